"use strict";
// Notes are written down one after the other: the picture, one text, Enter.
const desk = $("notes");
let current = null;
let skipped = 0;
let last = null;
let theirs = false; // what somebody else wrote meanwhile is on the screen

async function show(page, area) {
  try {
    const at = page ? `page=${page}&area=${encodeURIComponent(area)}` : `skip=${skipped}`;
    const said = await request("/api/notes/next?" + at);
    current = said.note;
    theirs = false;
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
    if (current.held) {
      tell(current.held + say(" đang chép ý kiến này.", " is writing this note down."), true);
    }
  } catch (error) { tell(error.message, true); }
}

async function write(text) {
  if (!current) { return; }
  const note = current;
  try {
    await request("/api/notes/write", { page: note.page, area: note.area, text, label: $("label").value,
      seen: note.version });
    last = note;
    $("undo").disabled = false;
    tell(say("Đã ghi.", "Written."));
    await show();
  } catch (error) {
    await compare(note, error);
  }
}

// Somebody else was first: both texts are on the screen, and whoever writes once more
// has seen the other's.
async function compare(note, error) {
  try {
    const now = (await request(`/api/notes/next?page=${note.page}&area=${encodeURIComponent(note.area)}`)).note;
    if (now.version === note.version) { tell(error.message, true); return; }
    note.version = now.version;
    theirs = now.text !== null;
    tell(error.message + ". " + say("Để vậy: Để sau (Alt+S). Thay bằng chữ của bạn: ghi lần nữa.",
      "Leave it so: Later (Alt+S). Put your text in its place: write once more."), true);
  } catch (other) { tell(other.message, true); }
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

function skip() {
  // What somebody wrote meanwhile is not passed over: it waits no more.
  if (!current || current.text === null && !theirs) { skipped += 1; }
  tell("");
  show();
}

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
