// The microphone and the loudspeaker of this machine, joined to a line.

import { Line } from "./line.js";

const BLOCK = 1024; // samples at a time where there is no audio thread for us

/** Ask for the microphone: its stream, or null and why there is none. */
export async function openMicrophone() {
  if (!window.isSecureContext || !navigator.mediaDevices) return { stream: null, why: "insecure" };
  const wanted = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
  try {
    return { stream: await navigator.mediaDevices.getUserMedia({ audio: wanted }), why: null };
  } catch (error) {
    const why = { NotFoundError: "absent", OverconstrainedError: "absent", NotReadableError: "busy" };
    return { stream: null, why: why[error.name] ?? "denied" };
  }
}

/** Sound in and out of this machine. Make it in the very click: later a browser plays nothing. */
export class Sound {
  constructor() {
    this.context = new AudioContext({ latencyHint: "interactive" });
    this.resumed = this.context.resume();
    this.stream = null; // of the microphone; without one the line hears silence
  }

  /** Begin: `tell` takes what the line tells. */
  async begin(workletUrl, tell) {
    const { context, stream } = this;
    await this.resumed;
    if (context.audioWorklet) {
      await context.audioWorklet.addModule(workletUrl);
      this.node = new AudioWorkletNode(context, "maane-line", { outputChannelCount: [1] });
      this.node.port.onmessage = ({ data }) => tell(data);
      this.ask = (what) => this.node.port.postMessage(what);
    } else {
      // Pages over plain http have no audio thread; they are played less smoothly, but played.
      const line = new Line(context.sampleRate, tell);
      this.node = context.createScriptProcessor(BLOCK, 1, 1);
      this.node.onaudioprocess = ({ inputBuffer, outputBuffer }) =>
        line.process(stream && inputBuffer.getChannelData(0), outputBuffer.getChannelData(0));
      this.ask = (what) => line.obey(what);
    }
    if (stream) {
      this.source = context.createMediaStreamSource(stream);
      this.source.connect(this.node);
    }
    this.node.connect(context.destination);
  }

  /** Go on, where the browser has halted the sound; while somebody rings the telephone it cannot. */
  resume() {
    this.context.resume().catch(() => {});
  }

  close() {
    for (const track of this.stream?.getTracks() ?? []) {
      track.onended = null;
      track.stop();
    }
    this.node?.disconnect();
    if (this.context.state !== "closed") this.context.close();
  }
}
