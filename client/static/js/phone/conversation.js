// The conversation of a call: a bubble for each turn, and how the last answer's time was spent.

const SLOW_MS = 1200;
const number = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 0 });
const seconds = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 1 });

/** How the time from the end of speech to the first sound was spent, in milliseconds. */
export function stagesOf(timings) {
  const reached = (moment, before) => Math.max(before, moment ?? before);
  const silence = reached(timings.hangover_ms, 0);
  const words = reached(timings.final_ms, silence);
  const answer = reached(timings.tts_ready_ms, words);
  const total = reached(timings.total_latency_ms, 0);
  const upTo = (moment) => Math.min(moment, total);
  return {
    silence: upTo(silence),
    words: upTo(words) - upTo(silence),
    answer: upTo(answer) - upTo(words),
    start: total - upTo(answer),
    total,
  };
}

/** What is said again unchanged is not read out again. */
function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export class Conversation {
  constructor(phone) {
    this.words = phone.dataset;
    this.list = phone.querySelector("[data-chat]");
    this.screen = phone.querySelector("[data-screen]");
    this.empty = phone.querySelector("[data-empty]");
    this.stages = phone.querySelector("[data-stages]");
    this.mould = phone.querySelector("template[data-bubble]");
    this.bubbles = new Map();
  }

  clear() {
    this.list.replaceChildren();
    this.bubbles.clear();
    this.empty.hidden = false;
    this.stages.hidden = true;
  }

  /** Show a turn, or what has become of it. */
  show(turn) {
    const follows = this.screen.scrollHeight - this.screen.scrollTop - this.screen.clientHeight < 80;
    this.empty.hidden = true;
    const bubble = this.bubbles.get(turn.index) ?? this.add(turn);
    const part = (name) => bubble.querySelector(`[data-${name}]`);
    const total = turn.timings_ms?.total_latency_ms;
    put(part("text"), turn.text);
    for (const mark of bubble.querySelectorAll("[data-path]")) {
      mark.hidden = mark.dataset.path !== turn.path;
    }
    put(part("took"), total == null ? "" : this.ms(total));
    part("cut").hidden = !turn.interrupted;
    const heard = turn.heard_ms == null ? "" : seconds.format(turn.heard_ms / 1000);
    put(part("heard"), heard && this.words.sayHeard.replace("#", heard));
    bubble.querySelector(".bubble-meta").hidden = turn.speaker !== "agent";
    if (total != null) this.showStages(stagesOf(turn.timings_ms));
    if (follows) this.toEnd(); // who has scrolled up is left alone
  }

  toEnd() {
    this.screen.scrollTop = this.screen.scrollHeight;
  }

  add(turn) {
    const bubble = this.mould.content.firstElementChild.cloneNode(true);
    const agent = turn.speaker === "agent";
    bubble.classList.toggle("bubble-agent", agent);
    bubble.querySelector("[data-who]").textContent =
      `${agent ? this.words.sayAgent : this.words.sayCaller}: `;
    bubble.querySelector("[data-text]").lang = this.words.lang;
    bubble.dataset.index = turn.index;
    const next = [...this.list.children].find((other) => Number(other.dataset.index) > turn.index);
    this.list.insertBefore(bubble, next ?? null);
    this.bubbles.set(turn.index, bubble);
    return bubble;
  }

  showStages(stages) {
    this.stages.hidden = false;
    const total = this.stages.querySelector("[data-total]");
    total.textContent = this.ms(stages.total);
    total.classList.toggle("slow", stages.total > SLOW_MS);
    for (const name of ["silence", "words", "answer", "start"]) {
      this.stages.querySelector(`.stages-bar [data-stage=${name}]`).style.flexGrow = stages[name];
      this.stages.querySelector(`[data-ms=${name}]`).textContent = this.ms(stages[name]);
    }
  }

  ms(value) {
    return this.words.sayMs.replace("#", number.format(value));
  }
}
