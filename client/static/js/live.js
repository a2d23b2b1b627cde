// Calls as they happen. Every event says how something is now, so hearing it twice does no harm; when
// the stream opens (again) it begins with all calls as they stand. It is closed while nobody looks:
// a browser has few connections for one server.

const list = document.querySelector("[data-live]");
const emptyState = document.querySelector("[data-empty]");
const state = document.querySelector("[data-state]");
const reasons = JSON.parse(list.dataset.reasons);
const MOST_ENDED = 5;

let stream = null;

function open() {
  stream?.close();
  stream = new EventSource(list.dataset.live);
  stream.addEventListener("open", () => tell(true));
  stream.addEventListener("error", () => {
    tell(false);
    // Refused for good (too many watch, signed out): the browser does not try again by itself.
    if (stream.readyState === EventSource.CLOSED) setTimeout(again, 10000);
  });
  stream.addEventListener("call", (event) => take(JSON.parse(event.data)));
}

async function again() {
  if (document.hidden || stream.readyState !== EventSource.CLOSED) return;
  const strip = `${list.dataset.card}strip`;
  const answer = await fetch(strip, { headers: { "HX-Request": "true" } }).catch(() => null);
  if (answer?.status === 401) location.reload(); // where one signs in
  else if (!document.hidden) open();
}

function tell(connected) {
  state.textContent = connected ? state.dataset.on : state.dataset.off;
  state.classList.toggle("is-lost", !connected);
}

// Cards. One that is on its way keeps what happens meanwhile, in order.

const coming = new Map();

function cardOf(sid) {
  return list.querySelector(`[data-call="${CSS.escape(sid)}"]`);
}

async function fetchCard(sid) {
  coming.set(sid, []);
  try {
    const answer = await fetch(`${list.dataset.card}${encodeURIComponent(sid)}/card`, {
      headers: { "HX-Request": "true" },
    });
    if (answer.ok) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const card = page.querySelector("[data-call]");
      if (card && !cardOf(sid)) {
        const added = document.importNode(card, true);
        list.append(added);
        begin(added);
        window.htmx.process(added);
      }
    }
  } catch {
    // The next opening of the stream brings it.
  }
  const waiting = coming.get(sid);
  coming.delete(sid);
  const card = cardOf(sid);
  if (card) for (const event of waiting) change(card, event);
  showEmpty();
}

function take(event) {
  if (event.type === "missed") return;
  if (event.type === "calls") {
    const running = new Set(event.call_sids);
    for (const card of list.querySelectorAll("[data-call]:not(.is-over)")) {
      if (!running.has(card.dataset.call)) over(card, "");
    }
    showEmpty();
    return;
  }
  const card = cardOf(event.call_sid);
  if (card) change(card, event);
  else if (coming.has(event.call_sid)) coming.get(event.call_sid).push(event);
  else if (event.type !== "ended") fetchCard(event.call_sid);
}

function change(card, event) {
  const words = card.querySelector("[data-words]");
  const dots = card.querySelector("[data-dots]");
  switch (event.type) {
    case "speech":
      dots.hidden = !event.speaking;
      break;
    case "words":
      words.textContent = event.text;
      break;
    case "turn":
      if (putTurn(card, event.turn)) words.textContent = "";
      break;
    case "text": {
      const item = card.querySelector(`[data-index="${event.index}"]`);
      if (item) atEnd(card, () => say(item, event.text));
      break;
    }
    case "ended":
      over(card, event.reason);
      break;
  }
}

// Turns

function putTurn(card, turn) {
  const turns = card.querySelector("[data-turns]");
  let item = turns.querySelector(`[data-index="${turn.index}"]`);
  const isNew = !item;
  atEnd(card, () => {
    if (isNew) {
      item = fromTemplate(`[data-turn="${turn.speaker}"]`);
      item.dataset.index = turn.index;
      item.classList.toggle("turn-filler", turn.path === "FILLER");
      const later = [...turns.children].find((one) => Number(one.dataset.index) > turn.index);
      turns.insertBefore(item, later ?? null);
    }
    say(item, turn.text);
    const mark = document.querySelector(`template[data-path="${turn.path}"]`);
    item.querySelector("[data-mark]").replaceChildren(mark ? mark.content.cloneNode(true) : "");
    item.querySelector(".turn-cut")?.remove();
    if (turn.interrupted) item.querySelector(".bubble").append(fromTemplate("[data-cut]"));
  });
  return isNew || turn.speaker === "caller";
}

function say(item, text) {
  const shown = item.querySelector("[data-text]");
  if (shown.textContent === text) return;
  shown.classList.toggle("quiet", !text);
  shown.textContent = text || list.dataset.nothing;
}

function fromTemplate(which) {
  return document.querySelector(`template${which}`).content.firstElementChild.cloneNode(true);
}

// Who reads at the end is kept there; who has scrolled up is left alone.
function atEnd(card, work) {
  const room = card.querySelector("[role=log]");
  const follows = room.scrollHeight - room.scrollTop - room.clientHeight < 80;
  work();
  if (follows) room.scrollTop = room.scrollHeight;
}

// Ends

function over(card, reason) {
  card.classList.add("is-over");
  card.querySelector("[data-now]").hidden = true;
  const ending = card.querySelector("[data-ending]");
  const held = ending?.contains(document.activeElement);
  ending?.remove();
  const line = card.querySelector("[data-over]");
  line.querySelector("[data-reason]").textContent = reasons[reason] ?? "";
  line.hidden = false;
  if (held) line.querySelector("a").focus();
  const ended = [...list.querySelectorAll(".is-over")];
  for (const old of ended.slice(0, Math.max(0, ended.length - MOST_ENDED))) old.remove();
  showEmpty();
}

function showEmpty() {
  emptyState.hidden = list.childElementCount > 0 || coming.size > 0;
}

// Clocks: counted from what the server said, for a visitor's clock may be wrong.

function begin(card) {
  const clock = card.querySelector("[data-seconds]");
  clock.began = performance.now() - Number(clock.dataset.seconds) * 1000;
  const room = card.querySelector("[role=log]");
  room.scrollTop = room.scrollHeight;
}

function tick() {
  for (const card of list.querySelectorAll("[data-call]:not(.is-over)")) {
    const clock = card.querySelector("[data-seconds]");
    const seconds = Math.floor((performance.now() - clock.began) / 1000);
    const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
    if (!parts[0]) parts.shift();
    clock.textContent = parts.map((n, at) => (at ? String(n).padStart(2, "0") : n)).join(":");
  }
}

for (const card of list.querySelectorAll("[data-call]")) begin(card);
setInterval(tick, 1000);
document.addEventListener("visibilitychange", () => (document.hidden ? stream?.close() : open()));
window.addEventListener("pagehide", () => stream?.close());
window.addEventListener("pageshow", (event) => event.persisted && open());
if (!document.hidden) open();
