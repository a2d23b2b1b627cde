// The line in the browser's audio thread.

import { Line } from "./line.js";

registerProcessor(
  "maane-line",
  class extends AudioWorkletProcessor {
    constructor() {
      super();
      this.line = new Line(sampleRate, (news) => this.port.postMessage(news));
      this.port.onmessage = ({ data }) => this.line.obey(data);
    }

    process([input], [output]) {
      this.line.process(input[0] ?? null, output[0]);
      for (let channel = 1; channel < output.length; channel += 1) output[channel].set(output[0]);
      return true;
    }
  },
);
