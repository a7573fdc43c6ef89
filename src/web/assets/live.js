"use strict";
// Keeps the figures of the page up to date without reloading it.
const live = document.getElementById("live");
let shown = "";
// What somebody is about to press, has written or chosen stays as it is.
function busy() {
  const at = document.activeElement;
  if (live.contains(at) && ["INPUT", "SELECT", "TEXTAREA", "BUTTON"].includes(at.tagName)) { return true; }
  return [...live.querySelectorAll("input, textarea")].some((f) => f.value !== f.defaultValue)
    || [...live.querySelectorAll("option")].some((o) => o.selected !== o.defaultSelected);
}
async function refresh() {
  try {
    const answer = await fetch(live.dataset.from, { credentials: "same-origin" });
    if (answer.status === 401) { location.assign("/login"); return; }
    if (!answer.ok) { return; }
    const text = await answer.text();
    if (text !== shown && !busy()) {
      shown = text;
      live.innerHTML = text;
    }
  } catch (_) {
    // The station is restarting: the next try finds it.
  }
}
window.refreshLive = refresh;
setInterval(() => { if (!document.hidden) { refresh(); } }, Number(live.dataset.every));
