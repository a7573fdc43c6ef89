"use strict";
// Ballots that wait as a whole: what a person says of them is sent, and the next one
// is there. (What was done with pages is taken back by pages.js.)
(function ballots() {
  const ballot = $("ballot") ? Number($("ballot").dataset.ballot) : null;

  const go = (next) => location.assign(next ? "/ballots/" + next : "/ballots");

  async function send(path, body) {
    const reason = $("reason").value.trim();
    if (!reason) {
      tell(say("Ghi lý do trước.", "Say why first."), true);
      $("reason").focus();
      return;
    }
    try {
      go((await request(path, { ...body, reason })).next);
    } catch (error) { tell(error.message, true); }
  }

  for (const button of document.querySelectorAll("button.unsettle")) {
    button.addEventListener("click", async () => {
      button.disabled = true;
      try {
        await request("/api/ballots/undo", { ballot: Number(button.dataset.ballot), what: button.dataset.what });
        location.assign("/ballots/" + button.dataset.ballot);
      } catch (error) {
        button.disabled = false;
        tell(error.message, true);
      }
    });
  }
  if (ballot === null) { return; }
  for (const button of document.querySelectorAll("button.settle")) {
    button.addEventListener("click", () => send("/api/ballots/settle", { ballot, what: button.dataset.code }));
  }
  for (const form of document.querySelectorAll("form.move")) {
    const page = Number(form.dataset.page);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const into = Number(form.querySelector("input").value);
      if (into) { send("/api/ballots/move", { page, into }); } else { form.querySelector("input").focus(); }
    });
    form.querySelector(".alone").addEventListener("click", () => send("/api/ballots/move", { page }));
  }
  for (const button of document.querySelectorAll("button.picture")) {
    button.addEventListener("click", () => button.closest("figure").classList.toggle("large"));
  }
  const reject = () => send("/api/ballots/settle", { ballot, what: "reject" });
  const on = (id, act) => { if ($(id)) { $(id).addEventListener("click", act); } };
  on("reject", reject);
  on("split", () => send("/api/ballots/split", { ballot }));
  on("next", () => location.assign("/ballots"));
  if ($("settle")) { $("settle").addEventListener("submit", (event) => event.preventDefault()); }
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) { return; }
    if (event.target.matches("input, select, textarea")) {
      if (event.key === "Escape") { document.activeElement.blur(); }
      return;
    }
    const act = { l: () => $("reject") && reject(), s: () => location.assign("/ballots") }[event.key.toLowerCase()];
    if (act) { event.preventDefault(); act(); }
  });
}());
