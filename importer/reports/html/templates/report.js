"use strict";
window.addEventListener("beforeprint", () => {
  for (const folded of document.querySelectorAll("details.evidence, details.folded")) folded.open = true;
});
for (const table of document.querySelectorAll("table[data-sort]")) {
  const body = table.tBodies[0];
  const rows = Array.from(body.rows);
  const field = document.getElementById(table.id + "-filter");
  const shown = document.getElementById(table.id + "-shown");
  const more = document.getElementById(table.id + "-more");
  const first = Number(table.dataset.first);
  const showAll = () => {
    for (const row of rows) row.classList.remove("later");
    more.hidden = true;
  };
  if (rows.length > first) {
    for (const row of rows.slice(first)) row.classList.add("later");
    more.hidden = false;
    more.firstChild.addEventListener("click", showAll);
  }
  const key = (row, index) => row.cells[index].dataset.key ?? row.cells[index].textContent.trim().toLowerCase();
  const compare = (a, b) => {
    const [x, y] = [Number(a), Number(b)];
    return Number.isNaN(x) || Number.isNaN(y) ? a.localeCompare(b) : x - y;
  };
  for (const heading of table.tHead.rows[0].cells) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = heading.textContent;
    heading.replaceChildren(button);
    button.addEventListener("click", () => {
      showAll();
      const down = heading.getAttribute("aria-sort") === "ascending";
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      heading.setAttribute("aria-sort", down ? "descending" : "ascending");
      const sorted = rows.slice().sort((a, b) => compare(key(a, heading.cellIndex), key(b, heading.cellIndex)));
      body.append(...(down ? sorted.reverse() : sorted));
    });
  }
  if (!field) continue;
  field.closest(".tools").hidden = false;
  field.addEventListener("input", () => {
    showAll();
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    let left = 0;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
      if (!row.hidden) left += 1;
    }
    shown.textContent = words.length ? `${left} of ${rows.length}` : "";
  });
}
