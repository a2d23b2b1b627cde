// G.711 mu-law, the telephone's 8-bit samples: the same tables as server/audio/mulaw.py.

export const RATE = 8000;
export const FRAME_SAMPLES = 160; // 20 ms
export const SILENCE = 0xff;

const BIAS = 0x84;
const CLIP = 32635;

/** The mu-law byte of one 16-bit sample. */
export function encodeSample(sample) {
  const sign = sample < 0 ? 0x80 : 0;
  const magnitude = Math.min(Math.abs(sample), CLIP) + BIAS;
  const exponent = 24 - Math.clz32(magnitude);
  const mantissa = (magnitude >> (exponent + 3)) & 0x0f;
  return ~(sign | (exponent << 4) | mantissa) & 0xff;
}

const DECODED = Int16Array.from({ length: 256 }, (_, byte) => {
  const code = ~byte & 0xff;
  const magnitude = (((code & 0x0f) << 3) + BIAS) << ((code >> 4) & 0x07);
  return code & 0x80 ? BIAS - magnitude : magnitude - BIAS;
});

/** The 16-bit samples of mu-law bytes. */
export function decode(bytes) {
  return Int16Array.from(bytes, (byte) => DECODED[byte]);
}

/** The mu-law bytes of samples between -1 and 1. */
export function encodeFloat(samples) {
  return Uint8Array.from(samples, (sample) =>
    encodeSample(Math.max(-32768, Math.min(32767, Math.round(sample * 32768)))),
  );
}

/** Samples between -1 and 1 of mu-law bytes. */
export function decodeFloat(bytes) {
  return Float32Array.from(bytes, (byte) => DECODED[byte] / 32768);
}

/** How loud samples between -1 and 1 are: their root mean square. */
export function rms(samples) {
  if (!samples.length) return 0;
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return Math.sqrt(sum / samples.length);
}
