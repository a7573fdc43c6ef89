"use strict";
// Notes are written down one after the other: the picture, one text, Enter.
const desk = $("notes");
let current = null;
let skipped = 0;
let last = null;

async function show(page, area) {
  try {
    const at = page ? `page=${page}&area=${encodeURIComponent(area)}` : `skip=${skipped}`;
    const said = await request("/api/notes/next?" + at);
    current = said.note;
    $("write").hidden = !current;
    $("clip-frame").hidden = !current;
    $("labels").replaceChildren(...said.groups.map((g) => {
      const option = document.createElement("option");
      option.value = g;
      return option;
    }));
    if (!current) {
      $("what").textContent = skipped > 0
        ? say("Chỉ còn những ý kiến đã để sau.", "Only those left for later.")
        : say("Không còn ý kiến nào chưa chép.", "Everything is written down.");
      return;
    }
    $("what").textContent = ["· " + say("còn ", "left: ") + said.left,
      say("phiếu ", "ballot ") + (current.serial || "#" + current.ballot), current.area, current.unit, current.box]
      .filter(Boolean).join(" · ");
    $("clip").src = current.clip;
    $("text").value = current.text || "";
    $("label").value = current.label || "";
    $("text").focus();
  } catch (error) { tell(error.message, true); }
}

async function write(text) {
  if (!current) { return; }
  const note = current;
  try {
    await request("/api/notes/write", { page: note.page, area: note.area, text, label: $("label").value });
    last = note;
    $("undo").disabled = false;
    tell(say("Đã ghi.", "Written."));
    await show();
  } catch (error) { tell(error.message, true); }
}

// Nothing typed is no text: a hasty Enter must not say that nothing can be read.
function submit() {
  const text = $("text").value.trim();
  if (!text) {
    tell(say("Gõ nội dung, hoặc bấm Không đọc được (Alt+X).",
      "Type what it says, or press Cannot be read (Alt+X)."), true);
    return;
  }
  write(text);
}

async function undo() {
  if (!last) { return; }
  const note = last;
  try {
    await request("/api/notes/undo", { page: note.page, area: note.area });
    last = null;
    $("undo").disabled = true;
    tell(say("Đã hoàn tác.", "Taken back."));
    await show(note.page, note.area);
  } catch (error) { tell(error.message, true); }
}

function skip() { skipped += 1; show(); }

$("write").addEventListener("submit", (event) => { event.preventDefault(); submit(); });
$("unreadable").addEventListener("click", () => write(""));
$("skip").addEventListener("click", skip);
$("undo").addEventListener("click", undo);
document.addEventListener("keydown", (event) => {
  if (event.altKey) {
    const act = { KeyX: () => write(""), KeyS: skip, KeyZ: undo }[event.code];
    if (act) { event.preventDefault(); act(); }
    return;
  }
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.target.matches("#text, #label")) {
    event.preventDefault();
    submit();
  }
});
show(Number(desk.dataset.page), desk.dataset.area);
