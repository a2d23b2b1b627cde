// What every page does: relative times that go on, menus that close, questions before what cannot
// be taken back, and a word when the server does not answer.

const words = document.body.dataset;

// The page's token goes with every htmx request.
document.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-CSRFToken"] = words.csrf;
  event.detail.headers["HX-Current-URL-Path"] = location.pathname + location.search;
});

// Relative times

const UNITS = [
  ["year", 31536000],
  ["month", 2592000],
  ["week", 604800],
  ["day", 86400],
  ["hour", 3600],
  ["minute", 60],
];
const relative = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "auto" });

function ago(seconds) {
  const unit = UNITS.find(([, length]) => Math.abs(seconds) >= length);
  if (!unit || Math.abs(seconds) < 45) return words.now;
  // Hebrew's data repeat a number that the word has said: "לפני שעה (1)".
  return relative.format(-Math.round(seconds / unit[1]), unit[0]).replace(/\s*\(\d+\)$/, "");
}

function refreshTimes() {
  for (const time of document.querySelectorAll("time[data-ago]")) {
    const seconds = (Date.now() - Date.parse(time.dateTime)) / 1000;
    const text = ago(seconds);
    if (time.textContent !== text) time.textContent = text;
  }
}
refreshTimes();
setInterval(refreshTimes, 30_000);
document.addEventListener("htmx:afterSettle", refreshTimes);

// Menus are <details>: they work by themselves; here they also close.

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// Toasts

const TOAST_MS = 6000;

export function toast(text, kind = "success") {
  const line = document.createElement("div");
  line.className = `toast-line toast-${kind}`;
  line.textContent = text;
  document.querySelector(".toasts")?.append(line);
  setTimeout(() => line.remove(), TOAST_MS);
}

// Those that the server sends, with a page or with a part of one: what went well goes by itself,
// what did not stays until it is closed.

function closeButton(line) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "toast-close";
  button.textContent = "×";
  button.setAttribute("aria-label", words.close);
  button.addEventListener("click", () => {
    line.remove();
    document.getElementById("content").focus({ preventScroll: true });
  });
  return button;
}

function seeToToasts() {
  for (const line of document.querySelectorAll("[data-toast]")) {
    delete line.dataset.toast;
    if (line.matches(".toast-success")) setTimeout(() => line.remove(), TOAST_MS);
    else line.append(closeButton(line));
  }
}
seeToToasts();
document.addEventListener("htmx:afterSettle", seeToToasts);

// What a page asks for by itself, it asks for again: that it failed once is told to nobody.
function isUnasked({ detail }) {
  const polls = detail.elt.matches("[hx-trigger^='every']");
  return polls || detail.requestConfig?.triggeringEvent instanceof CustomEvent;
}

function failed(event) {
  if (!isUnasked(event)) toast(words.failed, "danger");
}
document.addEventListener("htmx:sendError", failed);
document.addEventListener("htmx:timeout", failed);
document.addEventListener("htmx:responseError", (event) => {
  if (isUnasked(event)) return;
  const answer = event.detail.xhr.responseText;
  const parsed = new DOMParser().parseFromString(answer, "text/html");
  const notice = parsed.querySelector(".notice");
  toast(notice ? notice.textContent.trim().replace(/\s+/g, " ") : words.failed, "danger");
});

// Whoever asked for more goes on at the first of what came: the link that they pressed is gone.

document.addEventListener("htmx:afterSwap", ({ detail }) => {
  if (!detail.target?.matches(".more") || document.activeElement !== document.body) return;
  const places = "a, button, summary";
  if (detail.elt.matches?.(places)) detail.elt.focus();
  else detail.elt.querySelector?.(places)?.focus();
});

// Asking first: data-confirm on a form, or on a button of one.

function ask(question) {
  return new Promise((resolve) => {
    const dialog = document.createElement("dialog");
    dialog.className = "ask";
    const text = document.createElement("p");
    text.textContent = question;
    const row = document.createElement("div");
    row.className = "ask-row";
    const button = (label, kind, value) => {
      const made = document.createElement("button");
      made.type = "button";
      made.className = `btn ${kind}`;
      made.textContent = label;
      made.addEventListener("click", () => dialog.close(value));
      return made;
    };
    const cancel = button(words.cancel, "", "");
    row.append(button(words.go, "btn-danger", "yes"), cancel);
    dialog.append(text, row);
    dialog.setAttribute("aria-label", question);
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
    cancel.focus();
  });
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  const question = event.submitter?.dataset.confirm || form.dataset.confirm;
  if (!question || form.dataset.confirmed || form.closest("[hx-boost]")) return;
  if (form.matches("[hx-post],[hx-delete],[hx-put],[hx-patch]")) return; // htmx asks below
  event.preventDefault();
  const submitter = event.submitter;
  ask(question).then((yes) => {
    if (!yes) return;
    form.dataset.confirmed = "yes";
    form.requestSubmit(submitter ?? undefined);
    delete form.dataset.confirmed;
  });
});

document.addEventListener("htmx:confirm", (event) => {
  const source = event.detail.elt;
  const submitter = event.detail.triggeringEvent?.submitter;
  const question = submitter?.dataset.confirm || source.dataset.confirm;
  if (!question) return;
  event.preventDefault();
  ask(question).then((yes) => yes && event.detail.issueRequest(true));
});

// A form that was sent is not sent twice.

document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || event.target.matches("[hx-post],[data-again]")) return;
  const button = event.submitter;
  if (button) setTimeout(() => (button.disabled = true), 0);
  setTimeout(() => button && (button.disabled = false), 5000);
});
window.addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("button[type=submit]:disabled:not([data-off])")) {
    button.disabled = false;
  }
});

// A field that sends its form when it changes: filters, switches.

document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-auto]");
  if (form && !form.matches("[hx-get],[hx-post]")) form.requestSubmit();
});
