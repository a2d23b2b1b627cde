// Nothing waits silently: what was pressed looks busy at once, what comes of it is marked for screen
// readers, and a line on top of the page moves when it takes longer than a blink. What a page asks
// for by itself (polls, what is kept fresh) stays quiet.

const SLOW_MS = 200;

const waiting = new Map(); // what was pressed, by its request
let timer = 0;

function pressed({ elt, requestConfig }) {
  const event = requestConfig?.triggeringEvent;
  if (!event?.isTrusted) return null;
  return event.submitter ?? (event.target?.closest?.("button, a, input, select") || elt);
}

function showLine() {
  if (waiting.size) {
    timer ||= setTimeout(() => document.body.classList.add("is-slow"), SLOW_MS);
  } else {
    clearTimeout(timer);
    timer = 0;
    document.body.classList.remove("is-slow");
  }
}

document.addEventListener("htmx:beforeSend", ({ detail }) => {
  const one = pressed(detail);
  if (!one) return;
  waiting.set(detail.xhr, one);
  one.classList.add("is-waiting");
  detail.target.setAttribute("aria-busy", "true");
  showLine();
});

document.addEventListener("htmx:afterRequest", ({ detail }) => {
  detail.target?.removeAttribute("aria-busy");
  const one = waiting.get(detail.xhr);
  if (!waiting.delete(detail.xhr)) return;
  if (![...waiting.values()].includes(one)) one.classList.remove("is-waiting");
  showLine();
});
