// One end of a telephone line, sample by sample: what is heard here becomes frames of 20 ms, what
// is sent here is played. Runs where the audio runs; its clock is the sound card's, so that a tab
// in the background keeps time too.

import { FRAME_SAMPLES, RATE, decodeFloat, encodeFloat, rms } from "./mulaw.js";
import { PlayoutQueue } from "./playout.js";
import { Resampler } from "./resampler.js";

export class Line {
  /** `tell` takes {frame, level, played, gaps} every 20 ms, and {mark} for each mark to echo. */
  constructor(rate, tell) {
    this.tell = tell;
    this.down = new Resampler(rate, RATE);
    this.up = new Resampler(RATE, rate);
    this.queue = new PlayoutQueue(rate);
    this.frame = new Float32Array(FRAME_SAMPLES);
    this.filled = 0;
    this.muted = false;
    this.played = 0; // sum of squares since the last frame
    this.playedSamples = 0;
  }

  /** Do what the page asks for: play, mark, clear, mute. */
  obey({ play, mark, clear, muted }) {
    if (play) this.queue.push(this.up.push(decodeFloat(play)));
    if (mark) this.queue.mark(mark);
    if (clear) this.echo(this.queue.clear());
    if (muted !== undefined) this.muted = muted;
  }

  /** Hear `input` (null: nothing is connected) and fill `output`, which are equally long. */
  process(input, output) {
    this.echo(this.queue.pull(output));
    for (const sample of output) this.played += sample * sample;
    this.playedSamples += output.length;
    const heard = this.muted || !input ? new Float32Array(output.length) : input;
    for (const sample of this.down.push(heard)) {
      this.frame[this.filled] = sample;
      this.filled += 1;
      if (this.filled === FRAME_SAMPLES) this.send();
    }
  }

  send() {
    this.filled = 0;
    this.tell({
      frame: encodeFloat(this.frame),
      level: rms(this.frame),
      played: Math.sqrt(this.played / Math.max(1, this.playedSamples)),
      gaps: this.queue.gaps,
    });
    this.played = this.playedSamples = 0;
  }

  echo(marks) {
    for (const mark of marks) this.tell({ mark });
  }
}
