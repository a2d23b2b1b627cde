// One test call from this page: placed by the API, carried by the very socket that Twilio uses.

import { Sound, openMicrophone } from "./audio.js";
import { StreamFraming, fromBase64 } from "./framing.js";

const MOST_UNSENT = 16_000; // bytes; a network that slow gets what is said now, not seconds later

/** Why a call could not be placed; `why` is the name of a sentence of the page. */
class Refused extends Error {
  constructor(why) {
    super(why);
    this.why = why;
  }
}

async function place(address, direction) {
  let answer;
  try {
    answer = await fetch(address, {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        "X-CSRFToken": document.body.dataset.csrf,
      },
      body: JSON.stringify({ direction }),
    });
  } catch {
    throw new Refused("failed");
  }
  if (answer.ok) return answer.json();
  const problem = await answer.json().catch(() => ({}));
  const known = { too_many_test_calls: "tooMany", no_room: "noRoom", csrf: "signedOut" };
  throw new Refused(answer.status === 401 ? "signedOut" : known[problem.code] ?? "failed");
}

/**
 * A call. `on` is told what happens: state(name, why), notice(why), levels(news), turn(turn).
 * States: opening, up, over.
 */
export class PhoneCall {
  constructor({ address, worklet, direction }, on) {
    this.on = on;
    this.address = address;
    this.worklet = worklet;
    this.direction = direction;
    this.over = false;
  }

  /**
   * Place the call; to be called by the very click, which alone lets a page make sounds. Who only
   * types is not asked for a microphone: the line hears silence.
   */
  async begin({ microphone }) {
    this.on.state("opening", microphone ? "microphone" : "connecting");
    try {
      this.sound = new Sound();
      const { stream, why } = microphone ? await openMicrophone() : { stream: null, why: null };
      this.sound.stream = stream;
      if (this.over) return this.sound.close();
      await this.sound.begin(this.worklet, (news) => this.fromLine(news));
      if (why) this.on.notice(why);
      for (const track of stream?.getTracks() ?? []) track.onended = () => this.on.notice("absent");
      if (this.over) return this.sound.close();
      this.on.state("opening", "connecting");
      const placed = await place(this.address, this.direction);
      if (!this.over) this.open(placed); // else it ends by itself, for nobody takes it
    } catch (error) {
      this.end(error instanceof Refused ? error.why : "noSound");
    }
  }

  open(placed) {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const path = new URL(placed.url).pathname;
    this.callSid = placed.call_sid;
    this.framing = new StreamFraming(placed.call_sid, placed.stream_sid, placed.parameters);
    this.socket = new WebSocket(`${scheme}//${location.host}${path}`, placed.protocols);
    this.socket.onopen = () => {
      this.socket.send(this.framing.connected());
      this.socket.send(this.framing.start());
      this.up = true;
      this.on.state("up", "up");
    };
    this.socket.onmessage = ({ data }) => this.fromServer(JSON.parse(data));
    this.socket.onclose = ({ code }) =>
      this.end(!this.up || code === 1008 ? "refused" : code === 1000 ? "other" : "broken");
  }

  fromServer(message) {
    if (message.event === "media") this.sound.ask({ play: fromBase64(message.media.payload) });
    else if (message.event === "mark") this.sound.ask({ mark: message.mark.name });
    else if (message.event === "clear") this.sound.ask({ clear: true });
    else if (message.event === "turn") this.on.turn(message.turn);
  }

  fromLine(news) {
    if (this.over) return; // the last of what the audio thread has told
    if (news.frame) {
      this.on.levels(news);
      if (this.up && this.socket.bufferedAmount < MOST_UNSENT) this.send("media", news.frame);
    } else {
      this.send("mark", news.mark);
    }
  }

  send(what, value) {
    if (this.up && this.socket.readyState === WebSocket.OPEN) {
      this.socket.send(this.framing[what](value));
    }
  }

  type(text) {
    this.send("typed", text);
  }

  press(digit) {
    this.send("dtmf", digit);
  }

  mute(muted) {
    this.sound.ask({ muted });
  }

  resume() {
    this.sound.resume();
  }

  hangUp() {
    this.send("stop");
    this.end("self");
  }

  end(why) {
    if (this.over) return;
    this.over = true;
    this.up = false;
    this.socket?.close();
    this.sound?.close();
    this.on.state("over", why);
  }
}
