// What a picky visitor measures in a page that is open. Each judge returns a list of sentences.
(() => {
  const TARGET = 44, INLINE = 24, SLACK = 0.5, MOST = 12;
  const FREE_TEXT = "bdi, code, pre, kbd, samp, textarea, .technical, [data-user], [contenteditable]";
  const UNREAD = "script, style, template, noscript, svg";
  // Addresses and settings are written as they are typed.
  const AS_TYPED = /https?:\/\/\S+|\S+@\S+\.\S+|\b[A-Z]+(_[A-Z]+)+\b/g;
  const LABELS = ["placeholder", "title", "aria-label", "aria-description", "alt", "data-confirm"];
  const INTERACTIVE =
    "a[href], button, input:not([type=hidden]), select, textarea, summary, [role=button], " +
    "[role=switch], [role=tab], [role=menuitem], [tabindex]:not([tabindex='-1'])";

  const visible = (element) =>
    element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true }) &&
    element.getClientRects().length > 0;

  const shown = (element) => {
    const words = (element.getAttribute("aria-label") || element.textContent || element.name || "")
      .replace(/\s+/g, " ").trim().slice(0, 40);
    const classes = element.getAttribute("class");
    return `<${element.localName}${classes ? ` class="${classes}"` : ""}> "${words}"`;
  };

  const otherLanguage = (element, lang) => {
    const own = element.closest("[lang]");
    return own && own !== document.documentElement && !own.lang.startsWith(lang);
  };

  // Somebody's data, wherever it is repeated: what stands in <bdi> and the like, and what a text
  // holds between the marks that isolate a run of the other direction.
  function withoutData(text, data) {
    let rest = (text || "").replace(/\u2068[^\u2069]*\u2069/g, " ").replace(AS_TYPED, " ");
    for (const one of data) rest = rest.replaceAll(one, " ");
    return rest;
  }

  // Words of the other script that are neither somebody's data nor marked as another language.
  function mixedWords(lang, allowed) {
    const wrong = lang === "he" ? /[A-Za-z]{2,}/g : /[\u0590-\u05FF]+/g;
    const found = new Set();
    const data = [...document.querySelectorAll(FREE_TEXT)]
      .map((element) => element.textContent.trim()).filter((text) => text.length > 1)
      .sort((one, other) => other.length - one.length);
    const read = (text, where) => {
      const words = (withoutData(text, data).match(wrong) || []).filter((word) => !allowed.includes(word));
      if (words.length) found.add(`"${words.slice(0, 6).join(" ")}" in ${where}`);
    };
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const parent = walker.currentNode.parentElement;
      if (parent.closest(UNREAD) || parent.closest(FREE_TEXT) || otherLanguage(parent, lang)) continue;
      read(walker.currentNode.data, shown(parent));
    }
    for (const element of document.body.querySelectorAll("*")) {
      if (element.closest(FREE_TEXT) || otherLanguage(element, lang)) continue;
      for (const name of LABELS) {
        read(element.getAttribute(name), `${name} of ${shown(element)}`);
      }
    }
    if (!document.querySelector("title[data-user]")) {
      // A title may name the business or a caller, after the page's own words.
      read(document.title.split(" · ")[0], "the title");
    }
    return [...found];
  }

  function sideways(width) {
    const root = document.scrollingElement;
    if (root.scrollWidth <= width) return [];
    const edge = root.getBoundingClientRect();
    const beyond = (element) => {
      const box = element.getBoundingClientRect();
      return visible(element) && (box.right > edge.right + 1 || box.left < edge.left - 1);
    };
    const guilty = [...document.body.querySelectorAll("*")].filter(
      (element) => beyond(element) && ![...element.children].some(beyond),
    );
    return [`the page is ${root.scrollWidth} px wide: ${guilty.slice(0, 4).map(shown).join(", ")}`];
  }

  function smallTargets() {
    const wrong = [];
    for (const element of document.body.querySelectorAll(INTERACTIVE)) {
      if (!visible(element) || element.disabled || element.closest("[aria-hidden=true], [inert]")) continue;
      if (element.closest(".skip")) continue;
      const label = element.labels && element.labels[0];
      const choice = /^(checkbox|radio|file)$/.test(element.type) && label && visible(label);
      element.scrollIntoView({ block: "center", behavior: "instant" });
      const box = element.getBoundingClientRect();
      if (inProse(element)) {
        const line = parseFloat(getComputedStyle(element.parentElement).lineHeight) || 0;
        if (Math.max(box.height, line) < INLINE - SLACK) {
          wrong.push(`${shown(element)} in a line of ${Math.round(line)} px`);
        }
        continue;
      }
      const [wide, high] = choice ? widest([reach(element), reach(label)]) : reach(element);
      if (wide < TARGET - SLACK || high < TARGET - SLACK) {
        wrong.push(`${shown(element)} takes taps on ${Math.round(wide)} × ${Math.round(high)} px`);
      }
    }
    return wrong;
  }

  const inProse = (element) =>
    element.localName === "a" && getComputedStyle(element).display === "inline" &&
    [...element.parentElement.childNodes].some(
      (node) => node.nodeType === Node.TEXT_NODE && node.data.trim().length > 2,
    );

  const widest = (sizes) => sizes.reduce((one, other) => (Math.min(...one) < Math.min(...other) ? other : one));

  // How far from its middle an element is hit: pseudo-elements may make it larger than its box.
  function reach(element) {
    const box = element.getBoundingClientRect();
    const middle = [box.left + box.width / 2, box.top + box.height / 2];
    const hits = (x, y) => {
      const found = document.elementFromPoint(x, y);
      return found && (element.contains(found) || (found.closest("a, button, label") || {}) === element);
    };
    let wide = box.width, high = box.height;
    const half = TARGET / 2 - 1;
    if (high < TARGET && hits(middle[0], middle[1] - half) && hits(middle[0], middle[1] + half)) high = TARGET;
    if (wide < TARGET && hits(middle[0] - half, middle[1]) && hits(middle[0] + half, middle[1])) wide = TARGET;
    return [wide, high];
  }

  // Elements that look the same with the keyboard's focus on them.
  function unseenFocus() {
    const wrong = [];
    const before = document.activeElement;
    const look = (element) =>
      [element, element.parentElement, element.nextElementSibling, element.labels && element.labels[0]]
        .filter(Boolean)
        .map((one) => {
          const s = getComputedStyle(one);
          const outline = s.outlineStyle === "none" ? "" : s.outlineWidth + s.outlineColor;
          return [outline, s.boxShadow, s.borderColor, s.backgroundColor, s.textDecorationLine].join("|");
        }).join(";");
    for (const element of document.body.querySelectorAll(INTERACTIVE)) {
      if (!visible(element) || element.disabled || element.closest("[inert]")) continue;
      if (element === document.activeElement) element.blur();
      const plain = look(element);
      element.focus({ focusVisible: true, preventScroll: true });
      if (document.activeElement === element && look(element) === plain) wrong.push(shown(element));
      element.blur();
    }
    if (before && before !== document.body) before.focus({ preventScroll: true });
    return wrong;
  }

  function outline(lang) {
    const wrong = [];
    const root = document.documentElement;
    if (root.lang.split("-")[0] !== lang) wrong.push(`<html lang="${root.lang}">`);
    const dir = lang === "he" ? "rtl" : "ltr";
    if (root.dir !== dir) wrong.push(`<html dir="${root.dir}">`);
    const titles = [...document.querySelectorAll("h1")].filter(visible);
    if (titles.length !== 1) wrong.push(`${titles.length} visible <h1>`);
    if (!document.title.trim()) wrong.push("no <title>");
    if (document.querySelectorAll("main").length !== 1) wrong.push("not one <main>");
    const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
    const twice = new Set(ids.filter((id, at) => ids.indexOf(id) !== at));
    if (twice.size) wrong.push(`ids that stand twice: ${[...twice].join(", ")}`);
    return wrong;
  }

  // Actions that exist only with JavaScript, and forms that anybody's page could send.
  function brittleForms() {
    const wrong = [];
    for (const form of document.querySelectorAll("form")) {
      const method = (form.getAttribute("method") || "get").toLowerCase();
      // The choice of a language changes nothing that another site could gain by.
      const harmless = form.getAttribute("action") === "/language";
      if (method === "post" && !harmless && !form.querySelector("[name=csrf_token]")) {
        wrong.push(`${shown(form)} has no CSRF token`);
      }
      if (!form.querySelector("[type=submit], button:not([type])") &&
          !/type="?submit/.test(form.querySelector("noscript")?.textContent || "") &&
          !(form.id && document.querySelector(`[form="${form.id}"]`))) {
        wrong.push(`${shown(form)} has no button to send it`);
      }
    }
    const acts = "[hx-post], [hx-put], [hx-patch], [hx-delete]";
    for (const element of document.querySelectorAll(acts)) {
      if (!element.matches(`form, [role=button], ${INTERACTIVE}`)) continue; // an aid, no action
      const form = element.closest("form") || element.form;
      if (!form || (form.getAttribute("method") || "").toLowerCase() !== "post") {
        wrong.push(`${shown(element)} acts by htmx alone`);
      }
    }
    for (const link of document.querySelectorAll("a[href='#'], a[href^='javascript:'], a:not([href])")) {
      if (visible(link)) wrong.push(`${shown(link)} leads nowhere`);
    }
    return wrong;
  }

  // A fault that stands in each row is told a few times.
  const briefly = (judge) => (...given) => {
    const found = judge(...given);
    const rest = found.length - MOST;
    return rest > 0 ? [...found.slice(0, MOST), `… and ${rest} more`] : found;
  };

  window.judges = Object.fromEntries(
    Object.entries({ mixedWords, sideways, smallTargets, unseenFocus, outline, brittleForms })
      .map(([name, judge]) => [name, briefly(judge)]),
  );
})();
