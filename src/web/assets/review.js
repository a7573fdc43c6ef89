"use strict";
// The review desk: shows one open question, sends what the person settles, and has
// the next one ready before it is asked for.
const query = new URLSearchParams(location.search);
const wanted = {};
for (const name of ["form", "question", "unit", "box", "state", "escalated"]) {
  if (query.get(name)) { wanted[name] = query.get(name); }
}

let current = null;       // what is on the desk
let ahead = Promise.resolve({ item: null, left: 0 }); // what comes next
let chosen = new Set();
let left = 0;
const done = [];          // settled here, newest last, for undo
let turn = 0;
let reasonFor = null;     // what the reason that is being typed is for

// Claims the next question after a place, and loads its pictures.
async function fetchNext(after, fresh) {
  const desk = await request("/api/review/next", { wanted, after, fresh: Boolean(fresh) });
  if (desk.item) {
    for (const source of [desk.item.strip, desk.item.page]) { new Image().src = source; }
  }
  return desk;
}

function lookAhead() {
  const place = current ? current.place : null;
  ahead = fetchNext(place, false);
  // Whoever needs it hears of the error then.
  ahead.catch(() => {});
}

async function start() {
  try {
    const at = query.get("at");
    if (at) {
      const colon = at.indexOf(":");
      show(await request("/api/review/take",
        { ballot: Number(at.slice(0, colon)), question: at.slice(colon + 1) }));
    } else {
      show(await fetchNext(null, true));
    }
  } catch (error) {
    tell(error.message, true);
    show({ item: null, left: 0 });
  }
}

function show(desk) {
  current = desk.item;
  left = desk.left;
  reasonFor = null;
  $("reason-form").hidden = true;
  for (const id of ["accept", "blank", "skip", "escalate"]) { $(id).disabled = !current; }
  $("undo").disabled = done.length === 0;
  $("strip").hidden = !current;
  $("sheet").hidden = !current;
  if (!current) {
    $("where").textContent = "";
    $("question").textContent = say("Không còn câu nào chờ.", "Nothing waits any more.");
    $("why").textContent = "";
    $("said").textContent = "";
    $("choices").replaceChildren();
    $("marks").replaceChildren();
    $("strip-picture").removeAttribute("src");
    $("sheet-picture").removeAttribute("src");
    return;
  }
  const ballot = current.serial || "#" + current.ballot;
  $("where").textContent = [
    say("Còn ", "Left: ") + left, current.title, say("phiếu ", "ballot ") + ballot,
    current.unit, current.box, current.file,
  ].filter(Boolean).join(" · ");
  $("question").textContent = current.text;
  const reasons = current.choices.filter((c) => c.reason).map((c) => c.text + ": " + c.reason);
  $("why").textContent = [current.state, ...current.why, ...reasons].join(" – ");
  $("said").textContent = [
    current.escalated,
    ...current.said.map((s) => s.person + ": " + (s.choices.join(", ") || "–")),
  ].filter(Boolean).join(" | ");
  $("strip-picture").src = current.strip;
  $("sheet-picture").src = current.page;
  chosen = new Set(current.suggestion);
  drawChoices();
  lookAhead();
}

function drawChoices() {
  const buttons = current.choices.map((choice, i) => {
    const button = document.createElement("button");
    button.type = "button";
    button.setAttribute("aria-pressed", String(chosen.has(choice.id)));
    const key = document.createElement("kbd");
    key.textContent = String(i + 1);
    const small = document.createElement("small");
    const seen = { marked: say("máy: đánh dấu", "machine: marked"),
      unmarked: say("máy: trống", "machine: empty"),
      marginal: say("máy: không rõ", "machine: unclear") }[choice.mark];
    small.textContent = seen + " " + choice.score.toFixed(2);
    button.append(key, " " + choice.text, small);
    button.addEventListener("click", () => choose(i));
    return button;
  });
  $("choices").replaceChildren(...buttons);
  const drawing = $("marks");
  drawing.setAttribute("viewBox", "0 0 1 1");
  drawing.setAttribute("preserveAspectRatio", "none");
  drawing.replaceChildren(...current.choices.filter((c) => c.at).map((choice) => {
    const [x, y, w, h] = choice.at;
    const rect = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    rect.setAttribute("x", x); rect.setAttribute("y", y);
    rect.setAttribute("width", w); rect.setAttribute("height", h);
    rect.setAttribute("class", choice.mark + (chosen.has(choice.id) ? " chosen" : ""));
    return rect;
  }));
}

function choose(i) {
  const choice = current && current.choices[i];
  if (!choice) { return; }
  // Of a single question one is meant: the key chooses it, whatever the machine
  // suggested. Two of them, an overvote that stands, only with Shift.
  const only = current.kind === "single";
  if (chosen.has(choice.id) && (!only || chosen.size === 1)) {
    chosen.delete(choice.id);
  } else {
    if (only) { chosen.clear(); }
    chosen.add(choice.id);
  }
  drawChoices();
}

function chooseToo(i) {
  const choice = current && current.choices[i];
  if (choice) { chosen.add(choice.id); drawChoices(); }
}

// Puts the next question on the desk at once; what was settled is sent meanwhile.
// Where the queue seems empty, it is asked again once that has arrived: what was
// skipped, or fetched ahead and not looked at, is free again then.
async function advance(sent) {
  try {
    let desk = await ahead;
    if (!desk.item) {
      await sent.catch(() => {});
      desk = await fetchNext(null, true);
    }
    show(desk);
  } catch (error) {
    tell(error.message, true);
    show({ item: null, left: 0 });
  }
}

// Nothing chosen is no answer: a hasty Enter must not leave a question blank.
function accept() {
  if (current && chosen.size === 0) {
    tell(say("Chọn một ô, hoặc bấm 0 nếu người trả lời bỏ trống.",
      "Choose a box, or press 0 if the question was left blank."), true);
    return;
  }
  settle(chosen);
}

async function settle(choices) {
  if (!current) { return; }
  const item = current;
  const sent = request("/api/review/answer",
    { ballot: item.ballot, question: item.question, choices: [...choices] });
  const next = advance(sent);
  try {
    const { outcome } = await sent;
    done.push(item);
    $("undo").disabled = false;
    tell({
      "decided": say("Đã ghi.", "Written."),
      "waits-for-second": say("Đã ghi; chờ người thứ hai.", "Written; a second person will look."),
      "differs": say("Hai người khác nhau: chuyển giám sát.", "Two people differ: to a supervisor."),
    }[outcome]);
  } catch (error) {
    await next;
    tell((item.serial || "#" + item.ballot) + ": " + error.message, true);
  }
}

async function skip() {
  if (!current) { return; }
  const item = current;
  const sent = request("/api/review/release", { ballot: item.ballot, question: item.question });
  const next = advance(sent);
  await sent.catch((error) => tell(error.message, true));
  await next;
}

async function escalate(reason) {
  if (!current) { return; }
  const item = current;
  const sent = request("/api/review/escalate",
    { ballot: item.ballot, question: item.question, reason });
  const next = advance(sent);
  try {
    await sent;
    tell(say("Đã chuyển giám sát.", "Left to a supervisor."));
  } catch (error) {
    await next;
    tell(error.message, true);
  }
}

async function undo(reason) {
  const item = done.pop();
  if (!item) { return; }
  try {
    await request("/api/review/undo", { ballot: item.ballot, question: item.question, reason });
    // What lies on the desk and what was fetched ahead goes back to the queue.
    const next = await ahead.catch(() => ({ item: null }));
    for (const back of [current, next.item]) {
      if (back) { await request("/api/review/release", { ballot: back.ballot, question: back.question }); }
    }
    show(await request("/api/review/take", { ballot: item.ballot, question: item.question }));
    tell(say("Đã hoàn tác.", "Taken back."));
  } catch (error) {
    tell(error.message, true);
  }
}

function ask(what) {
  reasonFor = what;
  $("reason").value = "";
  $("reason-form").hidden = false;
  $("reason").focus();
}

function zoom() { $("sheet-frame").classList.toggle("zoomed"); }
function turnPage() {
  turn = (turn + 1) % 4;
  $("sheet-picture").className = turn ? "turned" + turn : "";
}

$("accept").addEventListener("click", accept);
$("blank").addEventListener("click", () => settle([]));
$("skip").addEventListener("click", skip);
$("escalate").addEventListener("click", () => ask("escalate"));
$("undo").addEventListener("click", () => undo(""));
$("zoom").addEventListener("click", zoom);
$("turn").addEventListener("click", turnPage);
$("reason-cancel").addEventListener("click", () => { $("reason-form").hidden = true; });
$("reason-form").addEventListener("submit", (event) => {
  event.preventDefault();
  $("reason-form").hidden = true;
  if (reasonFor === "escalate") { escalate($("reason").value); }
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) { return; }
  if (event.target.matches("input, select, textarea")) {
    if (event.key === "Escape") { $("reason-form").hidden = true; document.activeElement.blur(); }
    return;
  }
  const digit = /^Digit([1-9])$/.exec(event.code) || /^Numpad([1-9])$/.exec(event.code);
  let act = null;
  if (digit) {
    const i = Number(digit[1]) - 1;
    act = () => (event.shiftKey ? chooseToo(i) : choose(i));
  } else if (event.key === "Enter" && !event.target.matches("a, button:not(#accept)")) {
    act = accept;
  } else {
    act = { "0": () => settle([]), s: skip, e: () => ask("escalate"), u: () => undo(""),
      z: zoom, r: turnPage }[event.key.toLowerCase()];
  }
  if (act) { event.preventDefault(); if (!event.repeat) { act(); } }
});

start();
