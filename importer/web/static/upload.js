// Home: a dropped or chosen file is uploaded at once, with its progress.
"use strict";
{
  const form = document.getElementById("drop");
  const input = document.getElementById("file");
  const state = form.querySelector(".upload-state");

  const say = (text) => {
    state.hidden = false;
    state.textContent = text;
    delete document.body.dataset.uploading;
  };

  const upload = (file) => {
    if ("uploading" in document.body.dataset) return;
    const data = new FormData(form);
    data.set("file", file, file.name);
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("X-CSRF-Token", document.querySelector("meta[name=csrf]").content);
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) state.textContent = `Uploading ${file.name}: ${Math.round((100 * event.loaded) / event.total)} %`;
    });
    request.addEventListener("load", () => {
      if (request.status < 400) { location.assign(request.responseURL); return; }
      let answer = {};
      try { answer = JSON.parse(request.responseText); } catch { /* not JSON */ }
      say(`${answer.message || "The upload was refused."} ${answer.remedy || "You may be signed out, or the file is too large. Reload this page and try again."}`);
    });
    request.addEventListener("error", () => say("The connection was lost, or you are signed out. Reload this page and drop the file again; nothing was sent."));
    say(`Uploading ${file.name} …`);
    document.body.dataset.uploading = "";
    request.send(data);
  };

  const take = (files) => {
    if (files.length > 1) say(`Those are ${files.length} files. Drop one at a time.`);
    else if (files.length) upload(files[0]);
  };

  input.addEventListener("change", () => take(input.files));
  form.addEventListener("dragover", (event) => { event.preventDefault(); form.classList.add("over"); });
  form.addEventListener("dragleave", () => form.classList.remove("over"));
  form.addEventListener("drop", (event) => {
    event.preventDefault();
    form.classList.remove("over");
    take(event.dataTransfer.files);
  });
}
