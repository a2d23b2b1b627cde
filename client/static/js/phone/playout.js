// What the other side of a call does with what it is sent, as Twilio does it: audio plays in the
// order of its arrival, a mark comes back once all before it has been played, and `clear` forgets
// the audio and gives every waiting mark back at once.

const START_MS = 60; // gathered before the first sound, against frames that come late
const FADE_MS = 5; // so that nothing begins or breaks off with a click
const MOST_SECONDS = 60; // of waiting audio; what comes beyond it is lost

export class PlayoutQueue {
  constructor(rate) {
    this.rate = rate;
    this.items = []; // samples and names of marks, oldest first
    this.offset = 0; // already played of the first item
    this.waiting = 0; // samples
    this.sounding = false;
    this.waited = 0; // samples for which the first sound has been held back
    this.fadedIn = 0;
    this.tail = new Float32Array(0); // the fading end of what was cut
    this.last = 0;
    this.ended = false; // a mark has followed the last sound
    this.gaps = 0; // how often the audio was not there in time
  }

  get waitingMs() {
    return (this.waiting / this.rate) * 1000;
  }

  push(samples) {
    if (this.waiting + samples.length > MOST_SECONDS * this.rate) return;
    this.items.push(samples);
    this.waiting += samples.length;
  }

  mark(name) {
    this.items.push(name);
  }

  /** Forget what waits; return the marks to echo now. */
  clear() {
    const marks = this.items.filter((item) => typeof item === "string");
    if (this.sounding) this.fadeOut();
    this.items = [];
    this.offset = 0;
    this.waiting = 0;
    this.sounding = false;
    return marks;
  }

  /** Fill `output` with what is to be heard next; return the marks to echo now. */
  pull(output) {
    const marks = this.takeMarks();
    let at = this.playTail(output);
    if (!this.sounding) this.sounding = this.mayBegin(output.length);
    while (at < output.length && this.sounding && this.items.length) {
      at = this.playFirst(output, at);
      marks.push(...this.takeMarks());
    }
    if (this.sounding && at < output.length) {
      // After a mark this is the end of a reply; else the next audio is late.
      if (!this.ended) this.gaps += 1;
      this.sounding = false;
      this.fadeOut();
      at += this.playTail(output.subarray(at));
    }
    output.fill(0, at);
    return marks;
  }

  takeMarks() {
    const marks = [];
    while (typeof this.items[0] === "string") {
      marks.push(this.items.shift());
      this.ended = true;
    }
    return marks;
  }

  mayBegin(samples) {
    if (!this.waiting) {
      this.waited = 0;
      return false;
    }
    this.waited += samples;
    const enough = (START_MS / 1000) * this.rate;
    const complete = this.items.some((item) => typeof item === "string");
    if (this.waiting < enough && this.waited < enough && !complete) return false;
    this.waited = 0;
    this.fadedIn = 0;
    return true;
  }

  playFirst(output, at) {
    const item = this.items[0];
    const count = Math.min(output.length - at, item.length - this.offset);
    const fade = (FADE_MS / 1000) * this.rate;
    for (let i = 0; i < count; i += 1) {
      const gain = this.fadedIn < fade ? this.fadedIn / fade : 1;
      this.fadedIn += 1;
      this.last = item[this.offset + i] * gain;
      output[at + i] = this.last;
    }
    this.ended = false;
    this.offset += count;
    this.waiting -= count;
    if (this.offset === item.length) {
      this.items.shift();
      this.offset = 0;
    }
    return at + count;
  }

  /** Let what was heard last die away: with the audio that would have come, else by itself. */
  fadeOut() {
    const count = Math.round((FADE_MS / 1000) * this.rate);
    const next = this.items.find((item) => typeof item !== "string");
    this.tail = new Float32Array(count);
    for (let i = 0; i < count; i += 1) {
      const sample = next && this.offset + i < next.length ? next[this.offset + i] : this.last;
      this.tail[i] = sample * (1 - (i + 1) / count);
    }
    this.last = 0;
  }

  playTail(output) {
    const count = Math.min(output.length, this.tail.length);
    output.set(this.tail.subarray(0, count));
    this.tail = this.tail.slice(count);
    return count;
  }
}
