"use strict";
// Sends dropped or chosen files to the station one after the other, then lets it
// scan them.
(() => {
  const area = document.getElementById("drop");
  if (!area) { return; }
  const status = document.getElementById("drop-status");
  const bar = document.getElementById("sent");
  const stop = document.getElementById("drop-stop");
  const wanted = /\.(jpe?g|jpe|png|tiff?|pdf|zip)$/i;
  const largest = Number(area.dataset.largest);
  let going = null;

  function show(text, bad) {
    status.textContent = text;
    status.className = bad ? "problem" : "";
  }

  async function ask(path, options) {
    const answer = await fetch(path, {
      credentials: "same-origin",
      ...options,
      headers: { "x-csrf": csrf, ...(options.headers || {}) },
    });
    if (answer.status === 401) { location.assign("/login"); }
    if (!answer.ok) {
      const said = (await answer.json().catch(() => ({}))).error;
      throw new Error(said || say("trạm không nhận", "the station refused") + " (" + answer.status + ")");
    }
    return answer.json();
  }

  // All files below a dropped entry. A folder gives its entries by and by.
  async function walk(entry, into) {
    if (entry.isFile) {
      const file = await new Promise((ok, no) => entry.file(ok, no));
      into.push({ file, name: entry.fullPath.replace(/^\//, "") });
      return;
    }
    const reader = entry.createReader();
    for (;;) {
      const some = await new Promise((ok, no) => reader.readEntries(ok, no));
      if (some.length === 0) { return; }
      for (const inner of some) { await walk(inner, into); }
    }
  }

  function hidden(name) {
    return name.split("/").some((part) => part.startsWith(".") || part === "__MACOSX");
  }

  async function send(all) {
    if (going) { return; }
    const files = all.filter((f) => wanted.test(f.name) && !hidden(f.name));
    const left = all.length - files.length;
    if (files.length === 0) {
      show(say("Không có tệp ảnh nào trong đó.", "There are no image files in it."), true);
      return;
    }
    const giant = files.find((f) => f.file.size > largest);
    if (giant) {
      show(say("Tệp quá lớn, quét bằng lệnh phieu scan: ", "Too large, scan it by phieu scan: ") + giant.name, true);
      return;
    }
    going = new AbortController();
    bar.hidden = false;
    stop.hidden = false;
    const bytes = files.reduce((n, f) => n + f.file.size, 0) || 1;
    let sent = 0;
    try {
      const json = { "content-type": "application/json" };
      const box = JSON.stringify({ box: document.getElementById("box").value });
      const { id } = await ask("/api/inbox", { method: "POST", signal: going.signal, headers: json, body: box });
      for (const [i, f] of files.entries()) {
        show(say("Đang gửi ", "Sending ") + (i + 1) + "/" + files.length + ": " + f.name);
        await ask("/api/inbox/" + id + "?name=" + encodeURIComponent(f.name), {
          method: "PUT", body: f.file, signal: going.signal,
          headers: { "content-type": "application/octet-stream" },
        });
        sent += f.file.size;
        bar.value = sent / bytes;
      }
      await ask("/api/inbox/" + id + "/scan", {
        method: "POST", headers: json, body: box,
      });
      show(say("Đã gửi ", "Sent ") + files.length + say(" tệp và bắt đầu quét.", " files and began to scan.")
        + (left > 0 ? say(" Bỏ qua ", " Left out ") + left + say(" tệp không phải ảnh.", " files that are no images.") : ""));
    } catch (error) {
      const text = error.name === "AbortError"
        ? say("Đã dừng gửi; các tệp đã gửi ở bên dưới.", "Stopped; what was sent is below.")
        : error.message;
      show(text, true);
    }
    going = null;
    bar.hidden = true;
    bar.value = 0;
    stop.hidden = true;
    if (window.refreshLive) { window.refreshLive(); }
  }

  stop.addEventListener("click", () => { if (going) { going.abort(); } });
  for (const id of ["folder", "files"]) {
    document.getElementById(id).addEventListener("change", (event) => {
      const all = [...event.target.files].map((file) => ({ file, name: file.webkitRelativePath || file.name }));
      event.target.value = "";
      send(all);
    });
  }
  // A file that misses the area must not replace the page.
  for (const kind of ["dragover", "drop"]) {
    document.addEventListener(kind, (event) => event.preventDefault());
  }
  area.addEventListener("dragenter", () => area.classList.add("over"));
  area.addEventListener("dragover", () => area.classList.add("over"));
  area.addEventListener("dragleave", (event) => {
    if (!area.contains(event.relatedTarget)) { area.classList.remove("over"); }
  });
  area.addEventListener("drop", async (event) => {
    area.classList.remove("over");
    // The list is emptied when this turn ends: entries are taken first.
    const entries = [...event.dataTransfer.items]
      .filter((item) => item.kind === "file")
      .map((item) => item.webkitGetAsEntry && item.webkitGetAsEntry());
    const plain = [...event.dataTransfer.files].map((file) => ({ file, name: file.name }));
    if (entries.length === 0 || entries.some((e) => !e)) { send(plain); return; }
    const all = [];
    try {
      for (const entry of entries) { await walk(entry, all); }
    } catch (_) {
      show(say("Không đọc được thư mục.", "The folder cannot be read."), true);
      return;
    }
    send(all);
  });
})();
