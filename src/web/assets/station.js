"use strict";
// What the scripts of all pages share: the session's token, the language, the line
// that says how things went, and the way to ask the station.
const $ = (id) => document.getElementById(id);
const csrf = document.querySelector('meta[name="csrf"]').content;
const english = document.documentElement.lang === "en";
const say = (vi, en) => (english ? en : vi);

function tell(text, bad) {
  $("status").textContent = text;
  $("status").className = bad ? "bad" : "";
}

// With a body it changes something, without one it only asks.
async function request(path, body) {
  const answer = await fetch(path, body === undefined ? { credentials: "same-origin" } : {
    method: "POST",
    credentials: "same-origin",
    headers: { "content-type": "application/json", "x-csrf": csrf },
    body: JSON.stringify(body),
  }).catch(() => null);
  if (!answer) {
    throw new Error(say("Trạm không trả lời; chưa ghi gì. Thử lại.",
      "The station does not answer; nothing was written. Try again."));
  }
  if (answer.status === 401) { location.assign("/login"); throw new Error("401"); }
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) { throw new Error(said.error || String(answer.status)); }
  return said;
}
