// Leads as they change: rows and cards follow the server, a card that is looked at becomes read, and
// notes that are not saved yet are not left behind.

const FALLBACK_MS = 15_000;

// The stream of what changes. It is open while the page is looked at: browsers have few connections.

class Following {
  constructor(url, onLead, onTick) {
    this.url = url;
    this.onLead = onLead;
    this.onTick = onTick;
    document.addEventListener("visibilitychange", () => this.follow());
    this.follow();
  }

  follow() {
    if (document.hidden) {
      this.source?.close();
      this.source = null;
      return;
    }
    if (this.source) return;
    this.source = new EventSource(this.url);
    this.source.addEventListener("lead", (event) => this.onLead(event.data));
    this.source.addEventListener("tick", () => this.onTick());
    this.source.addEventListener("error", () => {
      if (this.source?.readyState !== EventSource.CLOSED) return; // it connects again by itself
      this.source = null; // refused: too many streams, or the server ends
      setTimeout(() => {
        this.onTick();
        this.follow();
      }, FALLBACK_MS);
    });
  }
}

const changed = (element) => element && window.htmx.trigger(element, "changed");

function followList() {
  const known = (id) => document.getElementById(`lead-${id}`);
  const newer = () => changed(document.getElementById("newer"));
  new Following(
    document.getElementById("leads").dataset.stream,
    (id) => (known(id) ? changed(known(id)) : newer()),
    () => {
      newer();
      document.querySelectorAll(".lead-row[data-pending]").forEach(changed);
    },
  );
}

function followCard(card) {
  new Following(
    card.dataset.stream,
    (id) => id === card.dataset.lead && changed(card),
    () => changed(card),
  );
}

// A row whose lead is gone goes.

document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.xhr.status !== 404 || !event.detail.target.matches(".lead-row")) return;
  event.detail.shouldSwap = true;
  event.detail.isError = false;
  event.detail.serverResponse = "";
});

// A row that is exchanged keeps its tick; the focus finds its way by the ids.

document.addEventListener("htmx:afterSwap", ({ detail: { target, elt } }) => {
  if (!target?.matches(".lead-row") || !elt.matches?.(".lead-row")) return;
  const tick = (row) => row.querySelector("input[name=ids]");
  tick(elt).checked = tick(target).checked;
});

// The button of a tag goes with the tag: who has pressed it goes on at the one that adds tags.

document.addEventListener("htmx:afterSwap", ({ detail: { target } }) => {
  if (target?.id !== "lead-tags" || document.activeElement !== document.body) return;
  document.getElementById("tag-add").focus();
});

// A part that is as it was stays where it is: a recording plays on, and nothing jumps. What is being
// chosen or typed in is never exchanged.

const versions = new WeakMap();

document.addEventListener("htmx:oobBeforeSwap", (event) => {
  const { target, fragment } = event.detail;
  const next = fragment.dataset?.version;
  if (!next) return;
  const shown = target.querySelector("[data-version]")?.dataset.version ?? versions.get(target);
  versions.set(target, next);
  if (shown === next) event.detail.shouldSwap = false;
});

// A card is read once somebody has it before their eyes: not when it was only fetched ahead.

function markSeen() {
  const form = document.querySelector("#mark[data-unread]");
  if (!form || document.hidden || document.prerendering) return;
  window.htmx.trigger(form, "seen");
}

// Notes. What was typed while earlier words were on their way is not saved with them; what could not
// be sent is sent again, for nobody has a button to do so.

function watchNotes(form) {
  const state = form.querySelector("#notes-state");
  const field = form.elements.notes;
  let dirty = false;
  let sent = null;
  let waiting = 0;
  function tell() {
    dirty = true;
    if (state.querySelector(".notice")) return; // what somebody else wrote stays in sight
    state.replaceChildren(state.querySelector("input"), form.dataset.unsaved);
  }
  form.addEventListener("input", tell);
  form.addEventListener("htmx:beforeRequest", () => {
    clearTimeout(waiting);
    sent = field.value;
  });
  form.addEventListener("htmx:afterRequest", ({ detail: { successful, xhr } }) => {
    if (successful) dirty = false;
    if (successful && field.value !== sent) tell();
    if (xhr.status === 0 || xhr.status >= 500) {
      waiting = setTimeout(() => dirty && window.htmx.trigger(form, "again"), FALLBACK_MS);
    }
  });
  form.addEventListener("click", (event) => {
    if (event.target.closest("[data-drop]")) dirty = false;
  });
  window.addEventListener("beforeunload", (event) => dirty && event.preventDefault());
}

function start() {
  const card = document.getElementById("lead-live");
  const notes = document.getElementById("notes-form");
  if (document.getElementById("leads")) followList();
  if (card) followCard(card);
  if (notes) watchNotes(notes);
  markSeen();
  document.addEventListener("visibilitychange", markSeen);
  document.addEventListener("prerenderingchange", markSeen);
}

// After htmx, which waits for the whole document as well.
if (document.readyState === "complete") start();
else document.addEventListener("DOMContentLoaded", start);
