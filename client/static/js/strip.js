// The strip about running calls, and the count of unread leads on the way to them: asked for anew
// while the page is looked at. Of twenty open tabs one is; the others ask when they are turned to.
// Who cannot be reached is asked less and less often.

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
  const answer = new DOMParser().parseFromString(html, "text/html");
  showStrip(answer.querySelector("[data-strip]"));
  showNews(answer.querySelector("[data-news]"));
}

// Screen readers are told when it grows; that somebody has read a lead is no news.
function showNews(news) {
  const shown = document.querySelector(".side [data-news]");
  if (!news || !shown) return;
  const grown = ["unread", "callbacks"].some((name) => +news.dataset[name] > +shown.dataset[name]);
  shown.replaceWith(document.importNode(news, true));
  if (grown) document.querySelector("[data-news-said]").textContent = news.ariaLabel;
}

function showStrip(strip) {
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
