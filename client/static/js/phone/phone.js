// The page of the phone: buttons, meters and the conversation as it happens.

import { Conversation } from "./conversation.js";
import { PhoneCall } from "./call.js";

const phone = document.querySelector("[data-phone]");
const words = phone.dataset;
const find = (name) => phone.querySelector(`[data-${name}]`);
const say = (why) => words[`say${why[0].toUpperCase()}${why.slice(1)}`] ?? "";

const conversation = new Conversation(phone);
const input = phone.querySelector("#words");
const unsaid = []; // what was typed before the line was open
let call = null;
let clock = null;

// Levels: -60 dBFS is nothing, -6 is all.

const share = (level) => Math.max(0, Math.min(1, (20 * Math.log10(level + 1e-6) + 60) / 54));

function showLevels(caller, agent) {
  phone.querySelector('[data-level="caller"]').style.transform = `scaleX(${share(caller)})`;
  phone.querySelector('[data-level="agent"]').style.transform = `scaleX(${share(agent)})`;
  find("ring").style.transform = `scale(${1 + 0.25 * Math.max(share(caller), share(agent))})`;
}

phone.addEventListener("phone:sound", ({ detail }) => showLevels(detail.level, detail.played));

// States

function tick(since) {
  const seconds = Math.floor((Date.now() - since) / 1000);
  find("clock").textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

let awake = null;

function sleep() {
  awake?.release();
  awake = null;
}

async function stayAwake() {
  try {
    awake = await navigator.wakeLock?.request("screen");
  } catch {
    awake = null; // a battery that is nearly empty; the call goes on
  }
  if (words.state !== "up") sleep(); // hung up meanwhile
}

// Looking elsewhere takes the lock from the screen, and on some telephones the sound from the page.
document.addEventListener("visibilitychange", () => {
  if (document.hidden || words.state !== "up") return;
  call.resume();
  stayAwake();
});

function show(state, why) {
  const up = state === "up";
  const busy = up || state === "opening";
  const focused = document.activeElement;
  words.state = busy ? state : "idle";
  find("status").textContent = say(why);
  find("call").setAttribute("aria-label", busy ? words.sayHangUp : words.sayCall);
  for (const control of [find("mute"), find("keys")]) control.disabled = !up;
  if (up) unsaid.forEach((text) => call.type(text));
  if (up || !busy) unsaid.length = 0;
  find("look").hidden = busy || !call?.callSid;
  clearInterval(clock);
  if (up) {
    const since = Date.now();
    tick(since);
    clock = setInterval(() => tick(since), 1000);
    stayAwake();
  } else if (!busy) {
    if (call?.callSid) find("look").href = words.callPage + call.callSid;
    openKeypad(false);
    showMute(false);
    showLevels(0, 0);
    sleep();
    call = null;
  } else {
    find("clock").textContent = "";
  }
  // What is switched off loses the focus. Not to the button that calls: who types may press Enter.
  if (focused.disabled || focused.closest("[hidden]")) find("screen").focus();
}

function notice(why) {
  const place = find("notice");
  place.querySelector("p").textContent = why ? say(why) : "";
  place.hidden = !why;
}

// Buttons

function ring(microphone) {
  conversation.clear();
  notice(null);
  call = new PhoneCall(
    { address: words.place, worklet: words.worklet, direction: find("direction").value },
    {
      state: show,
      notice,
      levels: (news) => phone.dispatchEvent(new CustomEvent("phone:sound", { detail: news })),
      turn: (turn) => conversation.show(turn),
    },
  );
  call.begin({ microphone });
}

find("call").addEventListener("click", () => (call ? call.hangUp() : ring(true)));

function showMute(muted) {
  find("mute").setAttribute("aria-pressed", String(muted));
  find("mute").setAttribute("aria-label", muted ? words.sayUnmute : words.sayMute);
}

find("mute").addEventListener("click", () => {
  const muted = find("mute").getAttribute("aria-pressed") !== "true";
  showMute(muted);
  call?.mute(muted);
});

function openKeypad(open) {
  find("keypad").hidden = !open;
  phone.classList.toggle("with-keypad", open);
  conversation.toEnd();
  find("keys").setAttribute("aria-expanded", String(open));
}

find("keys").addEventListener("click", () => openKeypad(find("keypad").hidden));
find("keypad").addEventListener("click", ({ target }) => {
  const key = target.closest("[data-key]")?.dataset.key;
  if (key) call?.press(key);
});

find("type").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = input.value.trim();
  if (!text) return;
  if (words.state === "up") {
    call.type(text);
  } else {
    unsaid.push(text);
    if (!call) ring(false);
  }
  input.value = "";
  input.focus();
});

// A page that is left ends its call; one in the background does not.
window.addEventListener("pagehide", () => call?.hangUp());
