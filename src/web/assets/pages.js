"use strict";
// Pages that wait for a person: the picture with its four marks, the answers that are
// keyed from it, and the way back.
const desk = $("by-hand");

for (const button of document.querySelectorAll("button.undo")) {
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      await request("/api/pages/undo", { act: Number(button.dataset.act) });
      location.reload();
    } catch (error) {
      button.disabled = false;
      tell(error.message, true);
    }
  });
}

if (desk) { (function atTheDesk() {
  const page = Number(desk.dataset.page);
  const picture = $("picture");
  const NS = "http://www.w3.org/2000/svg";
  const make = (name, attributes) => {
    const node = document.createElementNS(NS, name);
    for (const [k, v] of Object.entries(attributes)) { node.setAttribute(k, v); }
    return node;
  };
  const width = picture ? Number(picture.dataset.width) : 0;
  const height = picture ? Number(picture.dataset.height) : 0;
  let turn = 0;          // quarters clockwise
  let zoom = 1;
  let marks = null;      // four places in the image, px, once corners are wanted
  let touched = false;
  let paper = null;      // the group that is turned
  let handles = [];
  let outline = null;

  if (picture) {
    paper = make("g", {});
    paper.append(make("image", { href: picture.dataset.src, width, height }));
    picture.append(paper);
    lay();
  }

  function lay() {
    const [w, h] = turn % 2 ? [height, width] : [width, height];
    picture.setAttribute("viewBox", `0 0 ${w} ${h}`);
    picture.setAttribute("width", Math.round(100 * zoom) + "%");
    const moves = ["", `translate(${height} 0) rotate(90)`, `translate(${width} ${height}) rotate(180)`,
      `translate(0 ${width}) rotate(270)`];
    paper.setAttribute("transform", moves[turn]);
    if (marks && !touched) { marks = atTheCorners(); }
    drawMarks();
  }

  // Top left, top right, bottom right, bottom left as the picture is seen now.
  function atTheCorners() {
    const inset = 0.04;
    const all = [[inset, inset], [1 - inset, inset], [1 - inset, 1 - inset], [inset, 1 - inset]]
      .map(([x, y]) => [x * width, y * height]);
    return [0, 1, 2, 3].map((i) => all[(i + 4 - turn) % 4]);
  }

  function drawMarks() {
    if (!marks) { return; }
    // Of the same size on the screen, whatever the zoom.
    const unit = (turn % 2 ? height : width) / Math.max(1, picture.getBoundingClientRect().width);
    outline.setAttribute("points", marks.map((m) => m.join(",")).join(" "));
    outline.setAttribute("stroke-width", 2 * unit);
    handles.forEach((handle, i) => {
      const [x, y] = marks[i];
      handle.setAttribute("transform", `translate(${x} ${y})`);
      const [ring, dot, text] = handle.children;
      ring.setAttribute("r", 12 * unit);
      ring.setAttribute("stroke-width", 2 * unit);
      dot.setAttribute("r", 1.5 * unit);
      text.setAttribute("font-size", 15 * unit);
      text.setAttribute("transform", `rotate(${-90 * turn}) translate(${16 * unit} ${-10 * unit})`);
    });
  }

  function wantCorners(wanted) {
    $("corners").setAttribute("aria-pressed", String(wanted));
    $("corners-of").hidden = !wanted;
    if (!wanted) {
      marks = null;
      touched = false;
      for (const node of [outline, ...handles]) { if (node) { node.remove(); } }
      handles = [];
      return;
    }
    const option = $("form").selectedOptions[0];
    if (option && option.dataset.squares === "0") {
      document.querySelector('input[name="of"][value="paper"]').checked = true;
    }
    marks = atTheCorners();
    outline = make("polygon", { class: "corners" });
    paper.append(outline);
    handles = [0, 1, 2, 3].map((i) => {
      const handle = make("g", { class: "corner", tabindex: "0", role: "slider",
        "aria-label": say("dấu ", "mark ") + (i + 1), "aria-valuetext": String(i + 1), id: "corner-" + (i + 1) });
      const text = make("text", {});
      text.textContent = String(i + 1);
      handle.append(make("circle", { class: "ring" }), make("circle", { class: "dot" }), text);
      handle.addEventListener("pointerdown", (event) => {
        event.preventDefault();
        handle.setPointerCapture(event.pointerId);
        handle.focus();
      });
      handle.addEventListener("pointermove", (event) => {
        if (!handle.hasPointerCapture(event.pointerId)) { return; }
        const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(paper.getScreenCTM().inverse());
        marks[i] = [at.x, at.y];
        touched = true;
        drawMarks();
      });
      handle.addEventListener("keydown", (event) => {
        const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
        if (!step) { return; }
        event.preventDefault();
        event.stopPropagation();
        const far = (event.shiftKey ? 20 : 2) * Math.max(1, width / 1240);
        // As it is seen: the arrows turn with the picture.
        let [dx, dy] = step;
        for (let n = 0; n < turn; n += 1) { [dx, dy] = [dy, -dx]; }
        marks[i] = [marks[i][0] + dx * far, marks[i][1] + dy * far];
        touched = true;
        drawMarks();
      });
      paper.append(handle);
      return handle;
    });
    drawMarks();
  }

  const who = () => ({
    page,
    form: $("form").value,
    number: Number($("number").value) || 1,
    serial: $("serial").value.trim() || null,
    into: Number($("into").value) || null,
    unnumbered: $("unnumbered").checked,
  });

  function go(next) { location.assign(next ? "/pages/" + next : "/pages"); }

  function done(said) {
    if (said.outcome === "waits-for-second" || said.outcome === "differs") {
      tell(said.outcome === "differs"
        ? say("Đã ghi. Người kia nhập khác: chờ người giám sát.", "Recorded. The other person keyed it otherwise: for a supervisor.")
        : say("Đã ghi. Trang này cần người thứ hai nhập nữa mới được tính.", "Recorded. A second person must key this page before it counts."));
      setTimeout(() => go(said.next), 1500);
      return;
    }
    if (said.outcome === "duplicate") {
      tell(say("Phiếu số " + said.ballot + " đã có trang này: nghi trùng, chờ xem ở mục Phiếu chờ.",
        "Ballot " + said.ballot + " has this page already: a suspected duplicate, see Ballots."), true);
      setTimeout(() => go(said.next), 2500);
      return;
    }
    go(said.next);
  }

  async function read() {
    if (!$("form").value) { tell(say("Chọn mẫu phiếu trước.", "Choose a form first."), true); $("form").focus(); return; }
    tell(say("Đang đọc…", "Reading…"));
    const of = document.querySelector('input[name="of"]:checked');
    const corners = marks ? { of: of.value, px: marks } : null;
    try {
      const said = await request("/api/pages/read", { ...who(), corners });
      if (said.outcome === "unproven") {
        tell(say("Chưa đọc được: ", "Not read: ") + said.why + ". "
          + (marks
            ? say("Chỉnh các dấu và thử lại, hoặc nhập tay (N).", "Adjust the marks and try again, or key it by hand (N).")
            : say("Kéo bốn góc (G), hoặc nhập tay (N).", "Drag the four corners (G), or key it by hand (N).")), true);
        $("status").title = said.detail;
        return;
      }
      done(said);
    } catch (error) { tell(error.message, true); }
  }

  // --- Keying -----------------------------------------------------------------
  let questions = [];
  const keyed = new Map(); // question -> Set of choices, once answered
  let side = "";

  async function key() {
    if (!$("form").value) { tell(say("Chọn mẫu phiếu trước.", "Choose a form first."), true); $("form").focus(); return; }
    const wanted = "form=" + encodeURIComponent($("form").value) + "&number=" + (Number($("number").value) || 1);
    try {
      if (wanted !== side) {
        questions = (await request("/api/pages/side?" + wanted)).questions;
        side = wanted;
        keyed.clear();
        drawQuestions();
      }
      $("keying").hidden = false;
      const first = $("questions").querySelector("fieldset");
      if (first) { first.focus(); }
      tell(say("Số: chọn; 0: bỏ trống; Enter: câu sau; Enter ở câu cuối: ghi.",
        "Digits choose; 0 left blank; Enter: next; Enter at the last: record."));
    } catch (error) { tell(error.message, true); }
  }

  function drawQuestions() {
    $("questions").replaceChildren(...questions.map((q, n) => {
      const field = document.createElement("fieldset");
      field.tabIndex = 0;
      field.dataset.question = q.id;
      const legend = document.createElement("legend");
      legend.textContent = (n + 1) + ". " + q.text;
      field.append(legend);
      const buttons = q.choices.map((choice, i) => keyButton(String(i + 1), choice.text, () => toggle(q, choice.id)));
      buttons.push(keyButton("0", say("bỏ trống", "left blank"), () => toggle(q, null)));
      field.append(...buttons);
      field.addEventListener("keydown", (event) => {
        if (event.ctrlKey || event.metaKey || event.altKey) { return; }
        const digit = /^(?:Digit|Numpad)([0-9])$/.exec(event.code);
        if (digit) {
          event.preventDefault();
          event.stopPropagation();
          const i = Number(digit[1]);
          if (i === 0) { toggle(q, null); } else if (q.choices[i - 1]) { toggle(q, q.choices[i - 1].id, event.shiftKey); }
        } else if (event.key === "Enter" && !event.target.matches("button")) {
          event.preventDefault();
          event.stopPropagation();
          if (!keyed.has(q.id)) {
            tell(say("Chọn một ô, hoặc bấm 0 nếu người trả lời bỏ trống.",
              "Choose a box, or press 0 if the question was left blank."), true);
            return;
          }
          const next = $("questions").children[n + 1];
          if (next) { next.focus(); tell(""); } else { record(); }
        }
      });
      return field;
    }));
  }

  function keyButton(digit, text, act) {
    const button = document.createElement("button");
    button.type = "button";
    button.setAttribute("aria-pressed", "false");
    const kbd = document.createElement("kbd");
    kbd.textContent = digit;
    button.append(kbd, " " + text);
    button.addEventListener("click", act);
    return button;
  }

  function toggle(q, choice, too) {
    let set = keyed.get(q.id) || new Set();
    if (choice === null) {
      set = new Set();
    } else if (set.has(choice)) {
      set.delete(choice);
      if (set.size === 0) { keyed.delete(q.id); show(q); return; }
    } else {
      // Two of a question that takes one, an overvote that stands, only with Shift.
      if (q.kind === "single" && !too) { set = new Set(); }
      set.add(choice);
    }
    keyed.set(q.id, set);
    show(q);
  }

  function show(q) {
    const field = $("questions").querySelector(`[data-question="${CSS.escape(q.id)}"]`);
    const set = keyed.get(q.id);
    field.querySelectorAll("button").forEach((button, i) => {
      const pressed = set !== undefined
        && (i < q.choices.length ? set.has(q.choices[i].id) : set.size === 0);
      button.setAttribute("aria-pressed", String(pressed));
    });
  }

  async function record() {
    const open = questions.find((q) => !keyed.has(q.id));
    if (open) {
      $("questions").querySelector(`[data-question="${CSS.escape(open.id)}"]`).focus();
      tell(say("Còn câu chưa trả lời.", "A question has no answer yet."), true);
      return;
    }
    const answers = Object.fromEntries(questions.map((q) => [q.id, [...keyed.get(q.id)]]));
    try {
      done(await request("/api/pages/key", { ...who(), answers }));
    } catch (error) { tell(error.message, true); }
  }

  async function reject(reason) {
    try {
      go((await request("/api/pages/reject", { page, reason })).next);
    } catch (error) { tell(error.message, true); }
  }

  function why() {
    $("reason-form").hidden = false;
    $("reason").focus();
  }

  const turnIt = () => { if (picture) { turn = (turn + 1) % 4; lay(); } };
  const zoomBy = (by) => { if (picture) { zoom = Math.min(8, Math.max(1, zoom * by)); lay(); } };
  const cornersKey = () => { if (picture) { wantCorners(!marks); } };

  $("read").addEventListener("click", read);
  $("corners").addEventListener("click", cornersKey);
  $("key").addEventListener("click", key);
  $("reject").addEventListener("click", why);
  $("next").addEventListener("click", () => location.assign("/pages"));
  $("turn").addEventListener("click", turnIt);
  $("zoom-in").addEventListener("click", () => zoomBy(1.4));
  $("zoom-out").addEventListener("click", () => zoomBy(1 / 1.4));
  $("who").addEventListener("submit", (event) => { event.preventDefault(); read(); });
  $("keying").addEventListener("submit", (event) => { event.preventDefault(); record(); });
  $("reason-cancel").addEventListener("click", () => { $("reason-form").hidden = true; });
  $("reason-form").addEventListener("submit", (event) => { event.preventDefault(); reject($("reason").value); });

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) { return; }
    if (event.target.matches("input, select, textarea")) {
      if (event.key === "Escape") { $("reason-form").hidden = true; document.activeElement.blur(); }
      if (event.key === "Enter" && event.target.closest("#who")) { event.preventDefault(); read(); }
      return;
    }
    const act = { d: read, g: cornersKey, n: key, l: why, s: () => location.assign("/pages"), r: turnIt,
      "+": () => zoomBy(1.4), "=": () => zoomBy(1.4), "-": () => zoomBy(1 / 1.4) }[event.key.toLowerCase()];
    if (act) { event.preventDefault(); if (!event.repeat) { act(); } }
  });
}()); }
