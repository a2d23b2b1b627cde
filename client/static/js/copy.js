// Buttons that copy a field's text: they need a clipboard, so they are hidden until this runs.

const SHOWN_MS = 2500;

for (const button of document.querySelectorAll("button[data-copy]")) {
  const field = document.getElementById(button.dataset.copy);
  const label = button.querySelector("span");
  const usual = label.textContent;
  let timer = 0;
  button.hidden = false;
  button.addEventListener("click", async () => {
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      // Without https there is no clipboard: the text is selected, the keyboard copies it.
      if (!document.execCommand("copy")) return;
    }
    label.textContent = button.dataset.done;
    clearTimeout(timer);
    timer = setTimeout(() => { label.textContent = usual; }, SHOWN_MS);
  });
}
