// Forms whose changes would be lost: the browser asks before the page is left, and a second click sends nothing again.
"use strict";
for (const form of document.querySelectorAll("form[data-unsaved]")) {
  let changed = false;
  let sent = false;
  form.addEventListener("change", () => { changed = true; });
  form.addEventListener("submit", (event) => {
    if (sent) event.preventDefault();
    sent = true;
  });
  addEventListener("beforeunload", (event) => { if (changed && !sent) event.preventDefault(); });
  // The page comes back from the browser's memory as it was left.
  addEventListener("pageshow", () => { sent = false; });
}
