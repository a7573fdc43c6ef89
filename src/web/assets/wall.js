"use strict";
// A click on a box sends its question to review.
const status = $("status");
$("wall").addEventListener("click", async (event) => {
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
    status.textContent = say("Đã đưa ra kiểm tra.", "Sent to review.");
  } else {
    box.disabled = false;
    const said = answer ? (await answer.json().catch(() => ({}))).error : "";
    status.textContent = said || say("Trạm không trả lời.", "The station does not answer.");
  }
});
