// From one sample rate to another without folding what the lower one cannot hold: a low-pass
// (windowed sinc, Kaiser) evaluated only where an output sample falls.

const ZEROS = 24; // crossings on each side: 3 ms at 8 kHz, and a transition of 600 Hz
const BETA = 5.65; // 60 dB
const CUTOFF = 0.925; // of the lower rate's half: passes 3.4 kHz of 4, stops at 4

const gcd = (a, b) => (b ? gcd(b, a % b) : a);

function bessel(x) {
  let sum = 1;
  for (let k = 1, term = 1; term > sum * 1e-9; k += 1) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

/** Streams samples from one rate to another; both are whole numbers of samples a second. */
export class Resampler {
  constructor(fromRate, toRate) {
    const shared = gcd(fromRate, toRate);
    this.phases = toRate / shared;
    this.step = fromRate / shared; // in phases, from one output sample to the next
    const slower = Math.min(1, toRate / fromRate);
    this.half = Math.ceil(ZEROS / slower);
    this.kernels = new Array(this.phases);
    this.slower = slower;
    this.recent = new Float32Array(2 * this.half); // silence before the first sample
    this.at = 0; // of the next output sample, in phases from recent[half]
  }

  kernel(phase) {
    // One filter for each place between two input samples; of most ratios there are few.
    let kernel = this.kernels[phase];
    if (!kernel) {
      kernel = new Float32Array(2 * this.half);
      let sum = 0;
      for (let i = 0; i < kernel.length; i += 1) {
        const distance = i - this.half + 1 - phase / this.phases;
        const x = Math.PI * distance * CUTOFF * this.slower;
        const window = 1 - (distance / this.half) ** 2;
        if (window > 0) {
          kernel[i] = (x ? Math.sin(x) / x : 1) * bessel(BETA * Math.sqrt(window));
        }
        sum += kernel[i];
      }
      for (let i = 0; i < kernel.length; i += 1) kernel[i] /= sum;
      this.kernels[phase] = kernel;
    }
    return kernel;
  }

  /** Take samples and return those that they complete. */
  push(samples) {
    const { half, phases, step } = this;
    const input = new Float32Array(this.recent.length + samples.length);
    input.set(this.recent);
    input.set(samples, this.recent.length);
    const last = (input.length - 2 * half) * phases;
    const output = new Float32Array(this.at < last ? Math.ceil((last - this.at) / step) : 0);
    for (let n = 0; n < output.length; n += 1, this.at += step) {
      const first = Math.floor(this.at / phases) + 1;
      const kernel = this.kernel(this.at % phases);
      let sum = 0;
      for (let i = 0; i < kernel.length; i += 1) sum += kernel[i] * input[first + i];
      output[n] = sum;
    }
    this.at -= samples.length * phases;
    this.recent = input.slice(samples.length);
    return output;
  }
}
