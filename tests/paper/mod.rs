//! Small ballots for tests, drawn straight from the layout: no randomness, no
//! wear, a few milliseconds each.

// Each test file uses a part of it.
#![allow(dead_code)]

use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use image::{GrayImage, Luma, imageops};
use phieu::form::code::{Key, Payload, qr_modules, serial};
use phieu::form::{BoxSpec, CodeKind, Layout, Library, PageLayout};
use phieu::geometry::{MmRect, mm_rect, px_per_mm};
use phieu::page::{DecodeLimits, PageFile, Scan};
use phieu::read::{AnswerState, PageReading, ReadOptions, Reader};

/// Resolution of the drawn scans, dpi.
pub const DPI: f64 = 150.0;

/// A one-page form with two questions, on A5.
pub const ONE_PAGE: &str = r#"
id = "mot-trang"
version = 1
languages = ["vi"]
paper = "A5"
title = "PHIẾU THỬ"
body = [
  { kind = "single", id = "q1", text = "Có hài lòng không?", choices = [
    { id = "co", text = "Có" }, { id = "khong", text = "Không" } ] },
  { kind = "multiple", id = "q2", text = "Vì sao?", choices = [
    { id = "nhanh", text = "Nhanh" }, { id = "re", text = "Rẻ" }, { id = "tot", text = "Tốt" } ] },
]
"#;

/// A form with a front and a back, on A5.
pub const TWO_PAGES: &str = r#"
id = "hai-trang"
version = 1
languages = ["vi"]
paper = "A5"
title = "PHIẾU HAI TRANG"
body = [
  { kind = "single", id = "q1", text = "Có hài lòng không?", choices = [
    { id = "co", text = "Có" }, { id = "khong", text = "Không" } ] },
  { kind = "page-break" },
  { kind = "single", id = "q2", text = "Có trở lại không?", choices = [
    { id = "co", text = "Có" }, { id = "khong", text = "Không" } ] },
]
"#;

/// Six questions with two choices each, below each other, on A5.
pub const SIX: &str = r#"
id = "sau-cau"
version = 1
languages = ["vi"]
paper = "A5"
title = "PHIẾU THỬ"
body = [
  { kind = "single", id = "q1", text = "Một?", choices = [{ id = "co", text = "Có" }, { id = "khong", text = "Không" }] },
  { kind = "single", id = "q2", text = "Hai?", choices = [{ id = "co", text = "Có" }, { id = "khong", text = "Không" }] },
  { kind = "single", id = "q3", text = "Ba?", choices = [{ id = "co", text = "Có" }, { id = "khong", text = "Không" }] },
  { kind = "single", id = "q4", text = "Bốn?", choices = [{ id = "co", text = "Có" }, { id = "khong", text = "Không" }] },
  { kind = "single", id = "q5", text = "Năm?", choices = [{ id = "co", text = "Có" }, { id = "khong", text = "Không" }] },
  { kind = "single", id = "q6", text = "Sáu?", choices = [{ id = "co", text = "Có" }, { id = "khong", text = "Không" }] },
]
"#;

/// Rows of boxes on the second page of `tien-giang-2024`, …
pub const ROWS: [&str; 7] = [
    "yt5-1", "yt5-2", "yt6-1", "yt7-1", "yt7-2", "yt7-3", "yt8-1",
];
/// … and the box that answers them.
const CHOICE: &str = "hai-long";

/// Is a row answered so, and for certain?
pub fn answered(reading: &PageReading, row: &str) -> bool {
    let answer = &reading.answers[row];
    answer.state == AnswerState::Answered && answer.choices == [CHOICE]
}

/// Sheets of a form and a reader of them.
pub struct Desk {
    pub layout: Layout,
    reader: Reader,
}

impl Desk {
    /// Of [`SIX`].
    pub fn new() -> Self {
        Self::of_form(SIX)
    }

    /// Of a form in TOML.
    pub fn of_form(form: &str) -> Self {
        Self::of(Office::new(form).layout)
    }

    /// Of `tien-giang-2024`, which ships and has [`ROWS`].
    pub fn of_rows() -> Self {
        let library = Library::load(&[]).expect("forms");
        let mut layouts = library.layouts().into_iter();
        Self::of(
            layouts
                .find(|l| l.form == "tien-giang-2024")
                .expect("the form"),
        )
    }

    fn of(layout: Layout) -> Self {
        Self {
            reader: Reader::new(vec![layout.clone()], ReadOptions::default()),
            layout,
        }
    }

    /// The second page of `tien-giang-2024`, answered in these of its [`ROWS`].
    pub fn rows(&self, rows: &[&str]) -> GrayImage {
        let crosses: Vec<String> = rows.iter().map(|row| format!("{row}.{CHOICE}")).collect();
        self.page(2, &crosses.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// The box of a row that is its answer there.
    pub fn of_row(&self, row: &str) -> MmRect {
        self.place_on(2, &format!("{row}.{CHOICE}"))
    }

    /// The same page, crossed in each of its [`ROWS`] by a pen so wide and so dark that
    /// goes so far beyond the corners of the boxes, mm.
    pub fn crossed_rows(&self, beyond: f64, pen: f64, darkness: f64) -> GrayImage {
        let mut image = self.page(2, &[]);
        for row in ROWS {
            let place = self.of_row(row).inflate(beyond, beyond);
            cross_by(&mut image, &place, pen, darkness);
        }
        image
    }

    pub fn sheet(&self, marked: &[&str]) -> GrayImage {
        self.page(1, marked)
    }

    pub fn page(&self, page: u32, marked: &[&str]) -> GrayImage {
        draw(&self.layout, page, None, marked)
    }

    /// The place of a checkbox of the first page, as `q1.co`.
    pub fn place(&self, name: &str) -> MmRect {
        self.place_on(1, name)
    }

    pub fn place_on(&self, page: u32, name: &str) -> MmRect {
        let page = self.layout.page(page).expect("a page");
        let named = |b: &&BoxSpec| format!("{}.{}", b.question, b.choice) == name;
        page.boxes.iter().find(named).expect("a box").rect
    }

    /// From the middle of a box to the nearest printed rule above or below it, mm.
    pub fn to_rule(&self, page: u32, place: &MmRect) -> f64 {
        let page = self.layout.page(page).expect("a page");
        let beside = |r: &&MmRect| {
            let across = r.min_x() < place.min_x() && r.max_x() > place.max_x();
            across && r.height() < 1.0
        };
        let rules = page.ink.iter().filter(beside);
        let away = rules.map(|r| (r.center().y - place.center().y).abs());
        away.fold(f64::INFINITY, f64::min)
    }

    pub fn read(&self, image: GrayImage) -> PageReading {
        self.read_as(image, false)
    }

    /// Reads it after a scanner's slight blur.
    pub fn read_blurred(&self, image: &GrayImage) -> PageReading {
        self.read(imageops::blur(image, 1.0))
    }

    pub fn read_as(&self, image: GrayImage, bilevel: bool) -> PageReading {
        self.reader.read(&Scan {
            image,
            dpi: None,
            bilevel,
        })
    }
}

/// Scans what lies in `ảnh quét` into the station `trạm`, by the office's forms.
pub const SCAN: [&str; 6] = [
    "scan",
    "ảnh quét",
    "--station",
    "trạm",
    "--templates",
    "mẫu phiếu",
];

/// A folder with a form in it, and a place for scans.
pub struct Office {
    pub dir: tempfile::TempDir,
    pub layout: Layout,
}

impl Office {
    pub fn new(form: &str) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let templates = dir.path().join("mẫu phiếu").join("mẫu 1");
        std::fs::create_dir_all(&templates).expect("a folder");
        std::fs::write(templates.join("form.toml"), form).expect("a form");
        let library = Library::load(&[dir.path().join("mẫu phiếu")]).expect("forms");
        let layout = library
            .forms()
            .find(|f| f.dir.is_some())
            .expect("the form")
            .layout
            .clone();
        Self { dir, layout }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Draws a page of ballot number `n` and saves it; the marked boxes are
    /// named as `q1.co`.
    pub fn scan(&self, name: &str, page: u32, number: Option<u64>, marked: &[&str]) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        let serial = number.map(|n| serial(&Key::public(), &self.layout.digest, n));
        draw(&self.layout, page, serial, marked)
            .save(&path)
            .expect("saved");
        path
    }

    pub fn phieu(&self, args: &[&str]) -> Output {
        command(self.dir.path(), args).output().expect("phieu runs")
    }

    /// Runs and returns what it wrote; the exit code must be this.
    pub fn says(&self, code: i32, args: &[&str]) -> String {
        let out = self.phieu(args);
        let text = String::from_utf8(out.stdout).expect("UTF-8");
        let errors = String::from_utf8_lossy(&out.stderr);
        assert_eq!(out.status.code(), Some(code), "{args:?}\n{text}\n{errors}");
        text
    }

    /// Cancels the first batch of the station `trạm`.
    pub fn cancel_first_batch(&self, reason: &str) {
        let args = [
            "batch",
            "cancel",
            "1",
            "--station",
            "trạm",
            "--reason",
            reason,
        ];
        self.says(0, &args);
    }

    /// What the log of the station `trạm` has of one kind.
    pub fn log(&self, kind: &str) -> Vec<serde_json::Value> {
        let args = [
            "audit",
            "log",
            "--station",
            "trạm",
            "--format",
            "jsonl",
            "--kind",
            kind,
        ];
        let lines = self.says(0, &args);
        let entry = |line: &str| serde_json::from_str(line).expect("JSON");
        lines.lines().map(entry).collect()
    }

    /// The log of the station `trạm` and all that it vouches for are whole.
    pub fn verify(&self) {
        self.says(0, &["audit", "verify", "--station", "trạm"]);
    }

    /// The tally, without the station's own id.
    pub fn tally(&self, station: &str) -> serde_json::Value {
        let out = self.phieu(&["tally", "--station", station, "--format", "json"]);
        let mut tally: serde_json::Value = serde_json::from_slice(&out.stdout).expect("JSON");
        tally["station"].take();
        tally
    }
}

/// The program, in a folder, with no language set.
pub fn command(dir: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_phieu"));
    command.args(args).current_dir(dir).env_remove("PHIEU_LANG");
    command
}

/// The count of a choice in the first form of a tally.
pub fn count(tally: &serde_json::Value, question: &str, choice: &str) -> u64 {
    let all = |v: &serde_json::Value| v.as_array().cloned().unwrap_or_default();
    all(&tally["forms"][0]["questions"])
        .iter()
        .filter(|q| q["question"] == question)
        .flat_map(|q| all(&q["choices"]))
        .filter(|c| c["choice"] == choice)
        .filter_map(|c| c["count"].as_u64())
        .sum()
}

/// A page as a perfect scanner would see it.
pub fn draw(layout: &Layout, page: u32, serial: Option<String>, marked: &[&str]) -> GrayImage {
    let sheet = layout.page(page).expect("a page");
    let scale = px_per_mm(DPI);
    let size = |mm: f64| (mm * scale).round() as u32;
    let mut image =
        GrayImage::from_pixel(size(sheet.size.width), size(sheet.size.height), Luma([255]));
    for anchor in &sheet.anchors {
        fill(&mut image, &anchor.rect);
    }
    let payload = Payload {
        form: layout.form.clone(),
        version: layout.version,
        digest: layout.digest.clone(),
        page,
        serial,
        unit: None,
        ballot_box: None,
    };
    codes(&mut image, sheet, &payload);
    for b in &sheet.boxes {
        let (r, line) = (b.rect, b.outline_mm);
        let (x, y, w, h) = (r.origin.x, r.origin.y, r.size.width, r.size.height);
        fill(&mut image, &mm_rect(x, y, w, line));
        fill(&mut image, &mm_rect(x, y + h - line, w, line));
        fill(&mut image, &mm_rect(x, y, line, h));
        fill(&mut image, &mm_rect(x + w - line, y, line, h));
        if marked.contains(&format!("{}.{}", b.question, b.choice).as_str()) {
            cross(&mut image, &r);
        }
    }
    image
}

/// A page of a form that ships, printed, and without anything of ours on it, neither codes
/// nor anchors: a sheet that somebody else made, upright and at [`DPI`].
pub fn printed_elsewhere(layout: &Layout, page: u32) -> GrayImage {
    let dir = tempfile::tempdir().expect("a folder");
    let args = [
        "form",
        "print",
        &layout.form,
        "--no-serial",
        "--out",
        "tờ trắng.pdf",
    ];
    let printed = command(dir.path(), &args).output().expect("it runs");
    assert!(printed.status.success(), "{printed:?}");
    let file = PageFile::open(&dir.path().join("tờ trắng.pdf"), &DecodeLimits::default());
    let file = file.expect("a PDF");
    let printed = file.page(page as usize - 1).expect("a page").image;
    let sheet = layout.page(page).expect("a page");
    let px = |mm: f64| (mm * px_per_mm(DPI)).round() as u32;
    let (w, h) = (px(sheet.size.width), px(sheet.size.height));
    let mut image = imageops::resize(&printed, w, h, imageops::FilterType::Triangle);
    let codes = sheet.codes.iter().map(|c| c.rect);
    let anchors = sheet.anchors.iter().map(|a| a.rect);
    for rect in codes.chain(anchors) {
        white(&mut image, &rect.inflate(1.0, 1.0));
    }
    image
}

fn white(image: &mut GrayImage, rect: &MmRect) {
    let px = |mm: f64| (mm * px_per_mm(DPI)).round().max(0.0) as u32;
    for y in px(rect.min_y())..px(rect.max_y()).min(image.height()) {
        for x in px(rect.min_x())..px(rect.max_x()).min(image.width()) {
            image.put_pixel(x, y, Luma([255]));
        }
    }
}

/// Draws the codes of a page anew, with other words in them.
pub fn redraw_codes(image: &mut GrayImage, layout: &Layout, page: u32, payload: &Payload) {
    let sheet = layout.page(page).expect("a page");
    let scale = px_per_mm(DPI);
    for code in sheet.codes.iter().filter(|c| c.kind == CodeKind::Qr) {
        let (r, px) = (code.rect, |mm: f64| (mm * scale).round() as u32);
        for y in px(r.min_y())..px(r.max_y()) {
            for x in px(r.min_x())..px(r.max_x()) {
                image.put_pixel(x, y, Luma([255]));
            }
        }
    }
    codes(image, sheet, payload);
}

fn codes(image: &mut GrayImage, sheet: &PageLayout, payload: &Payload) {
    let qr = qr_modules(&payload.encode(&Key::public()).expect("a code")).expect("a symbol");
    for code in sheet.codes.iter().filter(|c| c.kind == CodeKind::Qr) {
        let module = code.rect.size.width / f64::from(qr.size());
        for (x, y) in (0..qr.size()).flat_map(|y| (0..qr.size()).map(move |x| (x, y))) {
            if qr.get(x, y) {
                let (x, y) = (f64::from(x) * module, f64::from(y) * module);
                let at = code.rect.origin;
                fill(image, &mm_rect(at.x + x, at.y + y, module, module));
            }
        }
    }
}

/// Darkens each pixel by the share of it that the rectangle covers.
fn fill(image: &mut GrayImage, rect: &MmRect) {
    shade(image, rect, 1.0);
}

/// The same with ink of this darkness: 1 is black.
pub fn shade(image: &mut GrayImage, rect: &MmRect, darkness: f64) {
    let scale = px_per_mm(DPI);
    let (x0, y0) = (rect.origin.x * scale, rect.origin.y * scale);
    let (x1, y1) = (x0 + rect.size.width * scale, y0 + rect.size.height * scale);
    let share = |at: u32, from: f64, to: f64| {
        let at = f64::from(at);
        (to.min(at + 1.0) - from.max(at)).clamp(0.0, 1.0)
    };
    for y in y0 as u32..(y1.ceil() as u32).min(image.height()) {
        for x in x0 as u32..(x1.ceil() as u32).min(image.width()) {
            let ink = darkness * share(x, x0, x1) * share(y, y0, y1);
            let pixel = image.get_pixel_mut(x, y);
            pixel.0[0] = (f64::from(pixel.0[0]) - 255.0 * ink).max(0.0) as u8;
        }
    }
}

/// Saves an image anew with one bit a pixel.
pub fn black_and_white(path: &Path) {
    let gray = image::open(path).expect("a PNG").into_luma8();
    let rows = gray.as_raw().chunks(gray.width() as usize);
    let bits: Vec<u8> = rows
        .flat_map(|row| row.chunks(8))
        .map(|eight| {
            let bit = |(i, &p): (usize, &u8)| u8::from(p > 127) << (7 - i);
            eight.iter().enumerate().map(bit).sum()
        })
        .collect();
    let file = File::create(path).expect("a PNG");
    let mut encoder = png::Encoder::new(file, gray.width(), gray.height());
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    let mut writer = encoder.write_header().expect("a PNG");
    writer.write_image_data(&bits).expect("a PNG");
    writer.finish().expect("a PNG");
}

/// The page as a feeder took it that moved what lies at `y` on it down by so much, both mm.
pub fn fed(image: &GrayImage, moved: impl Fn(f64) -> f64) -> GrayImage {
    let scale = px_per_mm(DPI);
    GrayImage::from_fn(image.width(), image.height(), |x, y| {
        let y = f64::from(y) / scale;
        let from = ((y - moved(y)) * scale).round();
        *image.get_pixel(x, from.clamp(0.0, f64::from(image.height() - 1)) as u32)
    })
}

/// A straight stroke of a pen, all in mm.
pub fn stroke(image: &mut GrayImage, from: (f64, f64), to: (f64, f64), pen: f64, darkness: f64) {
    let length = (to.0 - from.0).hypot(to.1 - from.1);
    // One touch a pen's width, so that none darkens another much.
    let touches = (length / pen).ceil().max(1.0);
    for i in 0..=touches as u32 {
        let t = f64::from(i) / touches;
        let (x, y) = (from.0 + t * (to.0 - from.0), from.1 + t * (to.1 - from.1));
        shade(
            image,
            &mm_rect(x - pen / 2.0, y - pen / 2.0, pen, pen),
            darkness,
        );
    }
}

/// Two strokes of a pen from corner to corner, all in mm.
pub fn cross_by(image: &mut GrayImage, place: &MmRect, pen: f64, darkness: f64) {
    let (x0, y0, x1, y1) = (place.min_x(), place.min_y(), place.max_x(), place.max_y());
    stroke(image, (x0, y0), (x1, y1), pen, darkness);
    stroke(image, (x1, y0), (x0, y1), pen, darkness);
}

/// A square of ink, mm from a box's middle.
pub fn spot(image: &mut GrayImage, place: &MmRect, (dx, dy): (f64, f64), side: f64, darkness: f64) {
    let c = place.center();
    let (x, y) = (c.x + dx - side / 2.0, c.y + dy - side / 2.0);
    shade(image, &mm_rect(x, y, side, side), darkness);
}

/// A circle by hand around a box, drawn by these of 36 pieces: radii across and down, mm.
pub fn circle(
    image: &mut GrayImage,
    place: &MmRect,
    radii: (f64, f64),
    pieces: Range<i32>,
    (pen, darkness): (f64, f64),
) {
    let c = place.center();
    let at = |k: i32| {
        let turn = f64::from(k) / 36.0 * std::f64::consts::TAU;
        (c.x + radii.0 * turn.cos(), c.y + radii.1 * turn.sin())
    };
    for k in pieces {
        stroke(image, at(k), at(k + 1), pen, darkness);
    }
}

/// Two strokes of half a millimetre from corner to corner.
fn cross(image: &mut GrayImage, rect: &MmRect) {
    let side = rect.size.width * 0.8;
    let steps = 60;
    for i in 0..=steps {
        let t = f64::from(i) / f64::from(steps) * side + rect.size.width * 0.1;
        let dot =
            |x: f64, y: f64| mm_rect(rect.origin.x + x - 0.25, rect.origin.y + y - 0.25, 0.5, 0.5);
        fill(image, &dot(t, t));
        fill(image, &dot(rect.size.width - t, t));
    }
}
