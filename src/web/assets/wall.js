"use strict";
// A click on a box sends its question to review.
const csrf = document.querySelector('meta[name="csrf"]').content;
const english = document.documentElement.lang === "en";
const status = document.getElementById("status");
document.getElementById("wall").addEventListener("click", async (event) => {
  const box = event.target.closest("button.box");
  if (!box || box.disabled) { return; }
  box.disabled = true;
  const answer = await fetch("/api/doubt", {
    method: "POST",
    headers: { "content-type": "application/json", "x-csrf": csrf },
    body: JSON.stringify({ ballot: Number(box.dataset.ballot), question: box.dataset.question }),
  }).catch(() => null);
  if (answer && answer.ok) {
    box.classList.add("sent");
    status.textContent = english ? "Sent to review." : "Đã đưa ra kiểm tra.";
  } else {
    box.disabled = false;
    const said = answer ? (await answer.json().catch(() => ({}))).error : "";
    status.textContent = said || (english ? "The station does not answer." : "Trạm không trả lời.");
  }
});
