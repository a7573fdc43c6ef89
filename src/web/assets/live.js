"use strict";
// Keeps the figures of the page up to date without reloading it.
const live = document.getElementById("live");
async function refresh() {
  try {
    const answer = await fetch(live.dataset.from, { credentials: "same-origin" });
    if (answer.status === 401) { location.assign("/login"); return; }
    if (answer.ok) { live.innerHTML = await answer.text(); }
  } catch (_) {
    // The station is restarting: the next try finds it.
  }
}
setInterval(() => { if (!document.hidden) { refresh(); } }, Number(live.dataset.every));
