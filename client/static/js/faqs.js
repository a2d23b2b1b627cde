// Prepared answers: playing them, counting while one is written, and putting them in order.

const csrf = document.body.dataset.csrf;

function complain(text) {
  const line = document.createElement("div");
  line.className = "toast-line toast-danger";
  line.textContent = text;
  document.querySelector(".toasts")?.append(line);
  setTimeout(() => line.remove(), 8000);
}

// Playing. The sound is fetched first: while it is being rendered the server says so (202).

const MOST_TRIES = 12;
let player = null;
let playing = null;
let asking = null; // ends what is still being fetched

const say = (button, words) => {
  const state = button.parentElement.querySelector("[data-play-state]");
  if (state) state.textContent = words ?? "";
};

function stop() {
  asking?.abort();
  player?.pause();
  if (player?.src) URL.revokeObjectURL(player.src);
  player = null;
  if (!playing) return;
  playing.classList.remove("is-playing");
  playing.removeAttribute("aria-busy");
  if (playing.dataset.label) playing.setAttribute("aria-label", playing.dataset.label);
  say(playing);
  playing = null;
}

async function sound(url, signal) {
  for (let tries = 0; tries < MOST_TRIES && !signal.aborted; tries += 1) {
    const answer = await fetch(url, { headers: { Accept: "audio/wav" }, signal });
    if (answer.status === 200) return answer.blob();
    if (answer.status !== 202) return null;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  return null;
}

async function play(button, url) {
  const again = playing === button;
  stop();
  if (again) return;
  playing = button;
  button.setAttribute("aria-busy", "true");
  if (button.dataset.stop) {
    button.dataset.label = button.getAttribute("aria-label");
    button.setAttribute("aria-label", `${button.dataset.stop}: ${button.dataset.label}`);
  }
  say(button, button.dataset.making);
  asking = new AbortController();
  const { signal } = asking;
  let blob = null;
  try {
    blob = await sound(url, signal);
  } catch {
    // said below
  }
  if (signal.aborted) return; // stopped, or something else was started meanwhile
  button.removeAttribute("aria-busy");
  if (!blob) {
    stop();
    complain(button.dataset.failed);
    return;
  }
  player = new Audio(URL.createObjectURL(blob));
  player.addEventListener("ended", stop);
  player.addEventListener("error", () => {
    stop();
    complain(button.dataset.failed);
  });
  button.classList.add("is-playing");
  button.dataset.played = String(blob.size);
  say(button, button.dataset.playing);
  player.play().catch(stop);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("a[data-play]");
  if (!button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  play(button, button.href);
});

// Words that are not saved yet: those in the form's field, in the language that is chosen there.

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-play-typed]");
  if (!button) return;
  const text = button.form.querySelector("[data-say]").value.trim();
  const lang = button.form.querySelector("select[name$=lang]")?.value;
  const url = button.dataset.playTyped + encodeURIComponent(text);
  play(button, lang ? `${url}&lang=${encodeURIComponent(lang)}` : url);
});
document.addEventListener("input", (event) => {
  if (!event.target.matches("[data-say]")) return;
  const button = event.target.form.querySelector("button[data-play-typed]");
  if (button === playing) stop(); // these are other words by now
  const chars = [...event.target.value.trim()].length;
  button.disabled = chars === 0 || chars > button.dataset.most;
});

// What plays is stopped where it was started: with its button goes the sound.
document.addEventListener("htmx:afterSettle", () => {
  if (playing && !playing.isConnected) stop();
});

// Writing: how long the answer is, in characters and in seconds.

const SENTENCE_END = /[.!?…]+(?=\s|$)/;
const CHARS_OF_A_DIGIT = 5;

function count(field) {
  const form = field.closest("form");
  const counter = form?.querySelector("[data-counter]");
  if (!counter) return;
  const { hebrew, other, most, long, tooLong } = counter.dataset;
  const text = field.value.trim();
  const inHebrew = (form.querySelector("select[name$=lang]")?.value ?? "he").startsWith("he");
  const digits = (text.match(/\d/g) ?? []).length;
  const chars = [...text].length;
  const seconds = (chars + digits * (CHARS_OF_A_DIGIT - 1)) / (inHebrew ? hebrew : other);
  const sentences = text.replace(/[.!?…]+$/, "").split(SENTENCE_END).length;
  const warning = counter.querySelector("[data-warning]");
  const number = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 1 });
  counter.querySelector("[data-count]").textContent = number.format(chars);
  counter.querySelector("[data-seconds]").textContent = number.format(seconds);
  counter.classList.toggle("counter-over", chars > most);
  warning.hidden = chars <= most && sentences <= 2;
  warning.querySelector("[data-warning-text]").textContent = chars > most ? tooLong : long;
}

document.addEventListener("input", (event) => {
  if (event.target.matches("[data-answer]")) count(event.target);
  const draft = event.target.closest("[data-form]")?.querySelector("[data-draft]");
  if (draft && draft !== event.target && draft.value) again(draft);
});
document.addEventListener("change", (event) => {
  const answer = event.target.closest("form")?.querySelector("[data-answer]");
  if (answer && event.target.matches("select")) count(answer);
});

// The sentence that is tried is tried again when the answer changes, and Enter saves nothing.
let waiting = 0;
function again(draft) {
  clearTimeout(waiting);
  waiting = setTimeout(() => draft.dispatchEvent(new Event("again")), 400);
}
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.matches("[data-draft]")) {
    event.preventDefault();
    event.target.dispatchEvent(new Event("again"));
  }
});

// Which answers compete was looked at anew: what stood beside the rows goes, and comes along anew.

document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target.id !== "faq-conflicts" || !event.detail.shouldSwap) return;
  for (const note of document.querySelectorAll(".faq-conflict")) note.replaceChildren();
});

// On and off: shown at once; put back when it was not taken, the reason is said by then.

function show(form, on) {
  form.querySelector("[role=switch]").setAttribute("aria-checked", String(on));
  form.closest("article").classList.toggle("faq-off", !on);
}
const wanted = (form) => form.elements.active.value === "1";
document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.target.matches("[data-switch]")) show(event.target, wanted(event.target));
});
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.target.matches("[data-switch]") && !event.detail.successful) {
    show(event.target, !wanted(event.target));
  }
});

// Where the eyes and the keyboard go after a row has become a form, or a form a row.

document.addEventListener("htmx:afterSettle", (event) => {
  const part = event.detail.elt;
  if (!(part instanceof Element)) return;
  const form = part.matches("[data-form]") ? part : part.querySelector(":scope > [data-form]");
  const wrong = part.querySelector("[aria-invalid=true]");
  if (wrong) wrong.focus();
  else if (part.contains(document.activeElement)) return; // somebody was quicker: they write already
  else if (form) form.querySelector("input.form-control")?.focus();
  else if (part.matches("article[data-faq]") && document.activeElement === document.body) {
    document.getElementById(`${part.id}-edit`)?.focus();
  } else if (part.matches(".faq-gone")) part.querySelector("[data-focus]")?.focus();
});

// The order: by buttons or by dragging; shown at once, put back with the reason when refused.

const list = document.getElementById("faq-list");
const said = document.getElementById("faq-said");
const rows = () => [...list.querySelectorAll(":scope > article[data-faq]")];

// One after the other, as they were made; with one that is refused go those that follow it.
let sending = Promise.resolve();
let refusals = 0;

function move(row, other, where) {
  const before = rows();
  const focused = document.activeElement;
  const made = refusals;
  other[where](row);
  focused?.focus?.();
  sending = sending.then(async () => {
    if (made !== refusals) return; // put back already
    if (await isTaken(row, other, where)) {
      said.textContent = list.dataset.moved.replace("{place}", String(rows().indexOf(row) + 1));
      return;
    }
    refusals += 1;
    const end = rows().at(-1).nextSibling;
    for (const one of before) if (one.isConnected) list.insertBefore(one, end);
    focused?.focus?.();
    complain(list.dataset.notMoved);
  });
}

async function isTaken(row, other, where) {
  try {
    const answer = await fetch(`${list.dataset.api}/${row.dataset.faq}/move`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": csrf },
      body: JSON.stringify({ to: where, other_id: Number(other.dataset.faq) }),
    });
    return answer.ok;
  } catch {
    return false;
  }
}

if (list) {
  list.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-move]")) return;
    const up = event.submitter?.value === "up";
    const row = event.target.closest("article[data-faq]");
    const all = rows();
    const other = all[all.indexOf(row) + (up ? -1 : 1)];
    if (!other && !up && list.querySelector(".more")) return; // its place is on the next page
    event.preventDefault();
    event.stopPropagation();
    if (other) move(row, other, up ? "before" : "after");
  });

  let dragged = null;
  const clear = () => {
    for (const row of rows()) row.classList.remove("faq-over-before", "faq-over-after");
  };
  const half = (row, event) => {
    const box = row.getBoundingClientRect();
    return event.clientY < box.top + box.height / 2 ? "before" : "after";
  };
  list.addEventListener("dragstart", (event) => {
    if (!event.target.closest?.(".faq-handle")) return;
    dragged = event.target.closest("article[data-faq]");
    dragged.classList.add("faq-dragged");
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", dragged.dataset.faq);
    event.dataTransfer.setDragImage(dragged, 20, 20);
  });
  list.addEventListener("dragover", (event) => {
    const row = event.target.closest?.("article[data-faq]");
    if (!dragged || !row) return;
    event.preventDefault();
    clear();
    if (row !== dragged) row.classList.add(`faq-over-${half(row, event)}`);
  });
  list.addEventListener("drop", (event) => {
    const row = event.target.closest?.("article[data-faq]");
    if (!dragged || !row) return;
    event.preventDefault();
    if (row !== dragged) move(dragged, row, half(row, event));
  });
  list.addEventListener("dragend", () => {
    dragged?.classList.remove("faq-dragged");
    dragged = null;
    clear();
  });
}
