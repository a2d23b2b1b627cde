// Twilio's Media Streams messages, as the carrier's end of a call sends them. Numbers are strings.

export function toBase64(bytes) {
  return btoa(String.fromCharCode(...bytes));
}

export function fromBase64(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

/** The messages of one stream, in their order. */
export class StreamFraming {
  constructor(callSid, streamSid, parameters) {
    this.callSid = callSid;
    this.streamSid = streamSid;
    this.parameters = parameters;
    this.sequence = 0;
    this.chunk = 0;
    this.ms = 0;
  }

  connected() {
    return JSON.stringify({ event: "connected", protocol: "Call", version: "1.0.0" });
  }

  start() {
    return this.numbered("start", {
      accountSid: `AC${"0".repeat(32)}`,
      streamSid: this.streamSid,
      callSid: this.callSid,
      tracks: ["inbound"],
      mediaFormat: { encoding: "audio/x-mulaw", sampleRate: 8000, channels: 1 },
      customParameters: this.parameters,
    });
  }

  media(bytes) {
    this.chunk += 1;
    const timestamp = String(this.ms);
    this.ms += bytes.length / 8;
    return this.numbered("media", {
      track: "inbound",
      chunk: String(this.chunk),
      timestamp,
      payload: toBase64(bytes),
    });
  }

  mark(name) {
    return this.numbered("mark", { name });
  }

  dtmf(digit) {
    return this.numbered("dtmf", { track: "inbound_track", digit });
  }

  stop() {
    return this.numbered("stop", { accountSid: `AC${"0".repeat(32)}`, callSid: this.callSid });
  }

  /** Not Twilio's: the words of the caller as text, heeded on test calls only. */
  typed(text) {
    return JSON.stringify({ event: "typed", streamSid: this.streamSid, typed: { text } });
  }

  numbered(event, body) {
    this.sequence += 1;
    return JSON.stringify({
      event,
      sequenceNumber: String(this.sequence),
      streamSid: this.streamSid,
      [event]: body,
    });
  }
}
