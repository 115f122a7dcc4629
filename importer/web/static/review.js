// Review: rows with problems in a grid; cells are corrected in place and their row is checked anew at once.
"use strict";
{
  const place = document.getElementById("grid");
  if (place) {
    const columns = JSON.parse(place.dataset.columns);
    const token = document.querySelector("meta[name=csrf]").content;
    const said = document.getElementById("said");
    const undo = document.getElementById("undo");
    const alike = document.getElementById("alike");
    const filter = document.getElementById("filter");
    let edits = Number(place.dataset.edits);
    let current = place.dataset.current === "yes";
    let last = null;
    let quiet = false;

    const send = async (address, body) => {
      const answer = await fetch(address, {
        method: "POST",
        headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRF-Token": token },
        body: JSON.stringify(body),
      });
      const result = await answer.json();
      if (!answer.ok) throw new Error(`${result.message} ${result.remedy}`);
      return result;
    };

    const wrong = (row, letter) => row.problems.filter((one) => one.letter === letter);

    // Text only: what a cell holds came from outside and must never become a part of the page.
    const textCell = (letter) => (cell) => {
      const row = cell.getRow().getData();
      const element = cell.getElement();
      const found = wrong(row, letter);
      element.classList.toggle("wrong", found.length > 0);
      element.classList.toggle("edited", (row.edited || []).includes(letter));
      element.title = found.map((one) => one.text).join("\n");
      const span = document.createElement("span");
      span.textContent = cell.getValue() ?? "";
      return span;
    };

    const why = (cell) => {
      const list = document.createElement("div");
      list.className = "why";
      const row = cell.getRow().getData();
      list.textContent = row.problems.length ? row.problems.map((one) => (one.column ? `${one.column}: ` : "") + one.text).join(" ") : "Right now.";
      return list;
    };

    const plain = (text) => { const span = document.createElement("span"); span.textContent = text; return span; };

    const table = new Tabulator(place, {
      height: "min(34rem, 75vh)",
      layout: "fitDataFill",
      placeholder: "No rows with such problems.",
      index: "row",
      pagination: true,
      paginationMode: "remote",
      paginationSize: 100,
      paginationCounter: "rows",
      paginationElement: document.getElementById("pager"),
      paginationCounterElement: document.getElementById("counter"),
      ajaxURL: place.dataset.rows,
      ajaxParams: () => ({ code: filter.value }),
      selectableRange: 1,
      selectableRangeRows: true,
      selectableRangeColumns: true,
      selectableRangeClearCells: true,
      editTriggerEvent: "dblclick",
      clipboard: "copy",
      clipboardCopyStyled: false,
      clipboardCopyConfig: { columnHeaders: false, rowHeaders: false },
      clipboardCopyRowRange: "range",
      columnDefaults: { headerSort: false, resizable: true, tooltip: false },
      rowHeader: { field: "row", title: "Row", frozen: true, width: 74, headerSort: false, resizable: false },
      columns: [
        { title: "What is wrong", field: "problems", width: place.clientWidth < 600 ? 190 : 330, formatter: why, clipboard: false },
        ...columns.map((one) => ({
          title: one.heading,
          field: one.letter,
          editor: "input",
          titleFormatter: () => plain(`${one.letter}  ${one.heading}`),
          formatter: textCell(one.letter),
          maxWidth: 320,
          minWidth: 110,
        })),
      ],
      rowFormatter: (row) => row.getElement().classList.toggle("right", row.getData().problems.length === 0),
    });

    // A screen reader expects rows in a group of rows, and nothing else that takes the focus inside the grid.
    table.on("tableBuilt", () => {
      place.setAttribute("aria-label", "Rows to correct");
      place.querySelector(".tabulator-tableholder").setAttribute("role", "rowgroup");
      place.querySelector(".tabulator-table").setAttribute("role", "presentation");
    });

    const take = (result) => {
      edits = result.edits;
      current = false;
      undo.disabled = edits === 0;
      quiet = true;
      for (const one of result.data) {
        const row = table.getRow(one.row);
        if (row) { row.update(one); row.reformat(); }
      }
      quiet = false;
      const left = result.data.filter((one) => one.problems.length).length;
      said.textContent = result.changed !== undefined
        ? `${result.changed} cells were replaced.`
        : left ? `${left} of the changed rows still ${left === 1 ? "has a problem" : "have problems"}.` : "Right now.";
      mark();
    };

    const mark = () => {
      document.getElementById("again").classList.toggle("secondary", current);
      document.getElementById("go-on").classList.toggle("secondary", !current);
    };

    // One after another, so that of two corrections of a cell the later one stays; a lost connection is waited for.
    let queue = Promise.resolve();
    let unstored = 0;
    const storeNow = async (changes) => {
      for (;;) {
        try {
          take(await send(place.dataset.cells, { changes }));
          break;
        } catch (error) {
          if (!(error instanceof TypeError)) {
            said.textContent = `Not stored: ${error.message}`;
            table.replaceData();
            break;
          }
          said.textContent = "The connection is lost. The correction is stored as soon as it is back; keep this page open.";
          await new Promise((resolve) => { setTimeout(resolve, 1500); });
        }
      }
      unstored -= 1;
    };
    const store = (changes) => { unstored += 1; queue = queue.then(() => storeNow(changes)); };
    addEventListener("beforeunload", (event) => { if (unstored) event.preventDefault(); });

    // Cells that are changed together, as by clearing a range, are stored as one step.
    let waiting = [];
    const flush = () => { const changes = waiting; waiting = []; store(changes); };

    // Excel separates cells by tabs and lines by line breaks; a cell with either in it is quoted.
    const parseCells = (text) => {
      const lines = [[]];
      for (const [, quoted, plain, end] of text.replace(/\r\n?/g, "\n").matchAll(/(?:"((?:[^"]|"")*)"(?=\t|\n|$)|([^\t\n]*))(\t|\n|$)/g)) {
        lines.at(-1).push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
        if (end === "\n") lines.push([]);
        if (end === "") break;
      }
      if (lines.length > 1 && lines.at(-1).join("") === "") lines.pop();
      return lines;
    };

    // A block is pasted from the chosen cell on; a chosen range is filled with it, repeated where it is smaller.
    place.addEventListener("paste", (event) => {
      const range = table.getRanges()[0];
      if (!range || event.target.tagName === "INPUT") return;
      event.preventDefault();
      const block = parseCells(event.clipboardData.getData("text/plain"));
      const rows = table.getRows("active");
      const letters = columns.map((one) => one.letter);
      const chosenRows = range.getRows();
      const chosen = range.getColumns().map((one) => one.getField()).filter((field) => letters.includes(field));
      if (!chosen.length) return;
      const single = chosenRows.length === 1 && chosen.length === 1;
      const top = rows.findIndex((row) => row.getIndex() === chosenRows[0].getIndex());
      const left = letters.indexOf(chosen[0]);
      const height = single ? block.length : chosenRows.length;
      const width = single ? Math.max(...block.map((line) => line.length)) : chosen.length;
      const changes = [];
      rows.slice(top, top + height).forEach((row, down) => {
        const line = block[down % block.length];
        letters.slice(left, left + width).forEach((letter, across) => {
          if (single && across >= line.length) return;
          changes.push({ row: row.getIndex(), letter, text: line[across % line.length] });
        });
      });
      store(changes);
    });

    table.on("cellEdited", (cell) => {
      if (quiet || cell.getOldValue() === cell.getValue()) return;
      last = { letter: cell.getField(), old: cell.getOldValue() ?? "", text: cell.getValue() ?? "" };
      alike.disabled = false;
      if (!waiting.length) setTimeout(flush, 30);
      waiting.push({ row: cell.getRow().getData().row, letter: cell.getField(), text: String(cell.getValue() ?? "") });
    });
    undo.addEventListener("click", async () => {
      try { take(await send(place.dataset.undo, {})); } catch (error) { said.textContent = error.message; }
    });
    alike.addEventListener("click", async () => {
      if (!last) return;
      try {
        take(await send(place.dataset.alike, { letter: last.letter, old: last.old, new: last.text }));
      } catch (error) { said.textContent = error.message; }
    });
    filter.addEventListener("change", () => table.setPage(1));
    undo.disabled = edits === 0;
    mark();
  }
}
