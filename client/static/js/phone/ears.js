// The page that tunes the ears: the microphone goes to the server, its readings come back and move
// the meter; a slider that is moved is tried at once.

import { Sound, openMicrophone } from "./audio.js";

const FRAMES = 5; // to a message: ten of them a second
const SECONDS = 10; // that the chart shows
const MOST = 0; // dBFS at the top of the chart
const LEAST = -70;
const BUSY = 1013;
const MOST_UNSENT = 8000; // bytes

const page = document.querySelector("[data-ears]");
const words = page.dataset;
const find = (name) => page.querySelector(`[data-${name}]`);
const say = (why) => words[`say${why[0].toUpperCase()}${why.slice(1)}`] ?? "";
const form = find("settings");
const chart = find("chart");
const lang = document.documentElement.lang;
const whole = new Intl.NumberFormat(lang, { maximumFractionDigits: 0 });
const percent = new Intl.NumberFormat(lang, { style: "percent", maximumFractionDigits: 0 });

let listening = null;
let readings = [];
let count = 0;

// What is tried

function tried() {
  return JSON.stringify({
    sensitivity: form.elements.sensitivity.value,
    barge_in: form.elements.barge_in.checked,
    barge_in_frames: Number(form.elements.barge_in_frames.value),
    hangover_ms: Number(form.elements.hangover_ms.value),
  });
}

form.addEventListener("input", ({ target }) => {
  const output = target.id && form.querySelector(`output[for="${target.id}"]`);
  if (output) {
    const ms = Number(target.value) * Number(output.dataset.times);
    output.textContent = words.sayMs.replace("#", whole.format(ms));
  }
  listening?.tune();
});

// The chart: time runs to the right in every language, as on any meter.

function draw() {
  const context = chart.getContext("2d");
  const scale = window.devicePixelRatio || 1;
  const { clientWidth: width, clientHeight: height } = chart;
  if (chart.width !== width * scale) {
    chart.width = width * scale;
    chart.height = height * scale;
  }
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height);
  if (!readings.length) return;
  const colours = getComputedStyle(page);
  const colour = (name) => colours.getPropertyValue(name).trim();
  const now = readings.at(-1).at_ms;
  const x = (ms) => width * (1 - (now - ms) / (SECONDS * 1000));
  const y = (dbfs) => height * (1 - (Math.max(LEAST, Math.min(MOST, dbfs)) - LEAST) / (MOST - LEAST));
  const bar = (width * 0.08) / SECONDS;
  for (const reading of readings) {
    context.fillStyle = colour(reading.speaking ? "--accent-text" : "--line-strong");
    const top = Math.min(y(reading.level_dbfs), height - 2);
    context.fillRect(x(reading.at_ms) - bar, top, bar, height - top);
  }
  const line = (name, key, dash) => {
    context.strokeStyle = colour(name);
    context.lineWidth = 2;
    context.setLineDash(dash);
    context.beginPath();
    for (const reading of readings) context.lineTo(x(reading.at_ms), y(reading[key]));
    context.stroke();
  };
  line("--info", "floor_dbfs", [2, 4]);
  line("--ink", "threshold_dbfs", [8, 4]);
  context.setLineDash([]);
  context.strokeStyle = colour("--bad");
  for (const moment of readings.flatMap((reading) => reading.moments)) {
    if (moment.what !== "interrupt") continue;
    context.beginPath();
    context.moveTo(x(moment.at_ms), 0);
    context.lineTo(x(moment.at_ms), height);
    context.stroke();
  }
}

function show(reading) {
  const before = readings.at(-1);
  readings.push(reading);
  readings = readings.filter(({ at_ms }) => at_ms > reading.at_ms - SECONDS * 1000);
  const fact = (name, text) => (page.querySelector(`[data-fact="${name}"]`).textContent = text);
  for (const name of ["level", "floor", "threshold"]) {
    fact(name, `${whole.format(reading[`${name}_dbfs`])} dBFS`);
  }
  fact("probability", reading.probability === null ? "–" : percent.format(reading.probability));
  for (const moment of reading.moments) {
    if (moment.what === "interrupt") {
      count += 1;
      fact("count", whole.format(count));
      status(words.sayInterrupted.replace("#", whole.format(moment.after_ms)));
    } else if (moment.what === "heard") {
      status(words.sayHeard);
    } else {
      status(words.sayQuiet);
    }
  }
  if (!before) status(words.sayQuiet);
  draw();
}

function status(text) {
  find("state").textContent = text;
}

function notice(why) {
  find("notice").querySelector("p").textContent = why ? say(why) : "";
  find("notice").hidden = !why;
}

/** One minute of listening. */
class Listening {
  constructor() {
    this.over = false;
    this.pending = [];
  }

  async begin() {
    status(words.sayOpening);
    try {
      this.sound = new Sound();
      const { stream, why } = await openMicrophone();
      this.sound.stream = stream;
      if (this.over) return this.sound.close();
      if (!stream) return this.end(why === "busy" ? "absent" : why);
      await this.sound.begin(words.worklet, (news) => this.fromLine(news));
      if (this.over) return this.sound.close();
      const scheme = location.protocol === "https:" ? "wss:" : "ws:";
      this.socket = new WebSocket(`${scheme}//${location.host}${words.socket}`);
      this.socket.onopen = () => this.tune();
      this.socket.onmessage = ({ data }) => show(JSON.parse(data));
      this.socket.onclose = ({ code }) =>
        this.end({ 1000: "time", [BUSY]: "busy" }[code] ?? "broken");
    } catch {
      this.end("noSound");
    }
  }

  get open() {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  tune() {
    if (this.open) this.socket.send(tried());
  }

  fromLine({ frame }) {
    if (!frame || !this.open) return;
    this.pending.push(frame);
    if (this.pending.length < FRAMES) return;
    const message = new Uint8Array(this.pending.reduce((sum, one) => sum + one.length, 0));
    this.pending.reduce((at, one) => (message.set(one, at), at + one.length), 0);
    this.pending = [];
    if (this.socket.bufferedAmount < MOST_UNSENT) this.socket.send(message);
  }

  end(why) {
    if (this.over) return;
    this.over = true;
    listening = null;
    this.socket?.close();
    this.sound?.close();
    button(false);
    status(["time", "busy", "broken"].includes(why) ? say(why) : "");
    if (["insecure", "denied", "absent", "noSound"].includes(why)) notice(why);
  }
}

function button(on) {
  find("listen").setAttribute("aria-pressed", String(on));
  find("label").textContent = on ? words.sayStop : words.sayStart;
}

find("listen").addEventListener("click", () => {
  if (listening) {
    listening.end("self");
    return;
  }
  readings = [];
  count = 0;
  page.querySelector('[data-fact="count"]').textContent = whole.format(0);
  notice(null);
  button(true);
  listening = new Listening();
  listening.begin();
});

window.addEventListener("pagehide", () => listening?.end("self"));
