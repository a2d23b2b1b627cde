// The instructions: what was typed is not lost by leaving, and what the other one wrote can be taken.

const form = document.getElementById("prompts-form");
const mark = form.querySelector("[data-unsaved-mark]");
const texts = () => JSON.stringify([...new FormData(form)].filter(([name]) => name !== "csrf_token"));
const quarrel = document.querySelector(".quarrel") !== null;
const saved = texts();
let leaving = false;

const isUnsaved = () => quarrel || texts() !== saved;
form.addEventListener("input", () => {
  if (mark) mark.hidden = !isUnsaved();
});
form.addEventListener("submit", () => (leaving = true));
addEventListener("pageshow", () => (leaving = false));
addEventListener("beforeunload", (event) => {
  if (mark && !leaving && isUnsaved()) event.preventDefault();
});
if (mark) mark.hidden = !quarrel;

// Only with a script can the calls be chosen between, or the other text be taken with one press.
const pick = document.getElementById("preview-direction");
if (pick && mark) pick.hidden = false;

for (const button of document.querySelectorAll("[data-take]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const field = form.elements[button.dataset.take];
    field.value = document.getElementById(button.dataset.from).value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  });
}
