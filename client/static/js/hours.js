// Opening hours: rows that are not used stay out of the way, and a day's hours can be copied.
// Without this every day simply shows its empty rows.

const days = document.querySelector("[data-days]");

function button(text, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "btn btn-ghost";
  made.textContent = text;
  made.addEventListener("click", act);
  return made;
}

const inputs = (row) => [...row.querySelectorAll("input")];
const isBlank = (row) => inputs(row).every((input) => !input.value);
const rowsOf = (day) => [...day.querySelectorAll("[data-row]")];

function byHours() {
  const choice = document.querySelector('input[name="always"][value="0"]');
  if (choice) choice.checked = true;
}

function arrange(day) {
  const rows = rowsOf(day);
  const add = day.querySelector("[data-add-row]");
  rows.forEach((row, index) => {
    if (index > 0 && isBlank(row) && !row.dataset.wanted) row.hidden = true;
  });
  add.hidden = !rows.some((row) => row.hidden) || rows.every((row) => row.hidden || isBlank(row));
  day.querySelector("[data-copy-day]").hidden = rows.every(isBlank);
  day.querySelector(".day-state").hidden = !rows.every(isBlank);
}

function copy(from) {
  const values = rowsOf(from).map((row) => inputs(row).map((input) => input.value));
  for (const day of days.querySelectorAll("[data-day]")) {
    if (day === from || rowsOf(day).every(isBlank)) continue;
    rowsOf(day).forEach((row, index) => {
      row.hidden = false;
      inputs(row).forEach((input, at) => (input.value = values[index]?.[at] ?? ""));
    });
    arrange(day);
  }
}

for (const day of days?.querySelectorAll("[data-day]") ?? []) {
  const tools = document.createElement("div");
  tools.className = "day-tools";
  const add = button(days.dataset.add, () => {
    const next = rowsOf(day).find((row) => row.hidden);
    if (!next) return;
    next.hidden = false;
    next.dataset.wanted = "yes";
    next.querySelector("input").focus();
    arrange(day);
  });
  add.dataset.addRow = "";
  const same = button(days.dataset.copy, () => copy(day));
  same.dataset.copyDay = "";
  tools.append(add, same);
  day.append(tools);
  day.addEventListener("input", () => {
    byHours();
    arrange(day);
  });
  arrange(day);
}
