// The strip about running calls: asked for anew while the page is looked at. Of twenty open tabs one
// is; the others ask when they are turned to. Who cannot be reached is asked less and less often.

const EVERY_MS = 5000;
const AT_MOST_MS = 60000;

const slot = document.querySelector("[data-strip-url]");
let wait = EVERY_MS;
let timer = 0;

async function refresh() {
  clearTimeout(timer);
  if (document.hidden) return;
  try {
    const answer = await fetch(slot.dataset.stripUrl, {
      headers: { "HX-Request": "true" },
      redirect: "manual",
      signal: AbortSignal.timeout(EVERY_MS),
    });
    if (answer.status === 401 || answer.status === 404) return; // signed out, or no longer ours
    if (!answer.ok) throw new Error(String(answer.status));
    show(await answer.text());
    wait = EVERY_MS;
  } catch {
    wait = Math.min(wait * 2, AT_MOST_MS);
  }
  timer = setTimeout(refresh, wait);
}

function show(html) {
  const strip = new DOMParser().parseFromString(html, "text/html").querySelector("[data-strip]");
  const shown = slot.querySelector("[data-strip]");
  if (!strip || strip.dataset.strip === shown?.dataset.strip) return;
  const focused = shown === document.activeElement;
  slot.replaceChildren(document.importNode(strip, true));
  if (focused) slot.querySelector("[data-strip]").focus();
}

if (slot) {
  timer = setTimeout(refresh, EVERY_MS);
  document.addEventListener("visibilitychange", refresh);
}
