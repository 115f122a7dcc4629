// Progress of long work: asked for about once a second; the page moves on by itself when the work has ended.
"use strict";
for (const box of document.querySelectorAll("[data-status]")) {
  const part = (name) => box.querySelector(`[data-part=${name}]`);
  const write = (name, text) => { if (part(name)) part(name).textContent = text; };
  const bar = box.querySelector("progress");
  const number = (value) => Number(value).toLocaleString("en");
  let failures = 0;

  const show = (progress) => {
    if (progress.total) {
      if (bar) { bar.max = progress.total; bar.value = progress.done; }
      write("count", `${number(progress.done)} of ${number(progress.total)} rows`);
    } else if (progress.rows) {
      write("count", `${number(progress.rows)} rows read`);
    }
    write("waiting", progress.waiting || "\u00a0");
    part("notes")?.replaceChildren(...(progress.notes || []).map((text) => {
      const item = document.createElement("li");
      item.textContent = text;
      return item;
    }));
  };

  const ask = async () => {
    try {
      const answer = await fetch(box.dataset.status, { headers: { Accept: "application/json" } });
      if (answer.status === 401 || answer.status === 403) { location.reload(); return; }
      const status = await answer.json();
      failures = 0;
      show(status.progress || {});
      // The first rows are shown as soon as they have been read.
      if (box.dataset.preview === "no" && status.preview) { location.reload(); return; }
      // An upload would be lost by loading another page.
      if (status.state !== "running" && !("uploading" in document.body.dataset)) {
        if (!("stay" in box.dataset) && status.next && new URL(status.next, location.href).pathname !== location.pathname) location.assign(status.next);
        else location.reload();
        return;
      }
    } catch {
      failures += 1;
      write("waiting", "The connection is lost; trying again. The work goes on meanwhile.");
    }
    setTimeout(ask, Math.min(10000, 700 * (1 + failures)));
  };
  setTimeout(ask, 250);
}
