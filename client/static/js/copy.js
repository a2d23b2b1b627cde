// A button that copies what stands beside it; without it the text can be marked by hand.

for (const box of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn";
  button.textContent = box.dataset.label;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(box.dataset.copy);
    button.textContent = box.dataset.copied;
    setTimeout(() => (button.textContent = box.dataset.label), 2000);
  });
  box.append(button);
}
