//! Handwritten notes that are written down in the browser, and personal data that is
//! not shown to those who do not need it.

use crate::paper::{Office, SCAN, draw, stroke};
use crate::web_support::{Answer, Browser, FOUR, Served, accounts};
use image::GrayImage;
use phieu::form::code::{Key, serial};
use phieu::geometry::{MmRect, px_per_mm};
use serde_json::{Value, json};

/// Resolution of the drawn scans, dpi (as in `paper`).
const DPI: f64 = 150.0;

const WITH_NOTES: &str = r#"
id = "co-y-kien"
version = 1
languages = ["vi"]
paper = "A5"
title = "PHIẾU CÓ Ý KIẾN"
body = [
  { kind = "personal", id = "ho-ten", text = "Họ và tên:", lines = 1 },
  { kind = "single", id = "q1", text = "Có hài lòng không?", choices = [
    { id = "co", text = "Có" }, { id = "khong", text = "Không" } ] },
  { kind = "text", id = "y-kien", text = "Ý kiến khác:", lines = 2 },
]
"#;

/// Strokes as of handwriting across an area.
fn scribble(image: &mut GrayImage, rect: MmRect) {
    let (top, bottom) = (rect.min_y() + 1.5, rect.max_y() - 1.5);
    let mut x = rect.min_x() + 3.0;
    while x < rect.max_x() - 3.0 {
        stroke(image, (x, top), (x + 1.2, bottom), 0.4, 1.0);
        x += 2.4;
    }
}

fn area(office: &Office, id: &str) -> MmRect {
    let sheet = office.layout.page(1).unwrap();
    sheet.areas.iter().find(|a| a.id == id).unwrap().rect
}

/// Ballots 1 to `n`, each with a note and a name on it; people.
fn station(n: u64) -> (Office, Served) {
    let office = Office::new(WITH_NOTES);
    std::fs::create_dir_all(office.path("ảnh quét")).unwrap();
    for n in 1..=n {
        let number = serial(&Key::public(), &office.layout.digest, n);
        let mut image = draw(&office.layout, 1, Some(number), &["q1.co"]);
        scribble(&mut image, area(&office, "y-kien"));
        scribble(&mut image, area(&office, "ho-ten"));
        image
            .save(office.path(&format!("ảnh quét/{n}.png")))
            .unwrap();
    }
    office.says(0, &["init", "trạm"]);
    office.phieu(&SCAN);
    accounts(&office, &FOUR);
    let served = Served::start(&office);
    (office, served)
}

fn next(by: &Browser) -> Value {
    let said = by.get("/api/notes/next");
    assert_eq!(said.status, 200, "{said:?}");
    said.json()
}

/// The note of a page as it is now.
fn note(by: &Browser, page: i64) -> Value {
    let said = by.get(&format!("/api/notes/next?page={page}&area=y-kien"));
    assert_eq!(said.status, 200, "{said:?}");
    said.json()["note"].clone()
}

fn write_seen(by: &Browser, page: i64, text: &str, label: &str, seen: &Value) -> Answer {
    let body =
        json!({ "page": page, "area": "y-kien", "text": text, "label": label, "seen": seen });
    by.post("/api/notes/write", &body)
}

/// Writes with the newest text before the eyes.
fn write(by: &Browser, page: i64, text: &str, label: &str) -> u16 {
    let seen = match by.get(&format!("/api/notes/next?page={page}&area=y-kien")) {
        said if said.status == 200 => said.json()["note"]["version"].clone(),
        _ => json!(0),
    };
    write_seen(by, page, text, label, &seen).status
}

/// How many notes a page of the list shows.
fn listed(by: &Browser, address: &str) -> usize {
    let page = by.get(address);
    assert_eq!(page.status, 200, "{address} {page:?}");
    page.text.matches("class=\"clip\"").count()
}

#[test]
fn notes_are_written_down_searched_without_marks_and_grouped() {
    let (office, served) = station(4);
    let hoa = Browser::log_in(&served.url, "hoa");
    let texts = [
        ("Cán bộ nhiệt tình", "khen"),
        ("THỦ TỤC còn rườm rà", "chê"),
        ("thu tuc nhanh <b>gọn</b>", "khen"),
    ];
    let mut pages = Vec::new();
    for (done, (text, label)) in texts.into_iter().enumerate() {
        let said = next(&hoa);
        assert_eq!(said["left"], 4 - done);
        let page = said["note"]["page"].as_i64().unwrap();
        assert!(!pages.contains(&page), "the next one is another one");
        assert_eq!(hoa.get(said["note"]["clip"].as_str().unwrap()).status, 200);
        assert_eq!(write(&hoa, page, text, label), 200);
        pages.push(page);
    }
    assert_eq!(listed(&hoa, "/notes"), 4);
    assert_eq!(listed(&hoa, "/notes?state=open"), 1);
    assert_eq!(listed(&hoa, "/notes?q=th%E1%BB%A7+t%E1%BB%A5c"), 2);
    assert_eq!(listed(&hoa, "/notes?q=CAN+BO"), 1);
    assert_eq!(listed(&hoa, "/notes?q=%25"), 0, "no wild cards");
    assert_eq!(listed(&hoa, "/notes?label=khen"), 2);
    assert_eq!(listed(&hoa, "/notes?label=khen&q=nhiet"), 1);
    let all = hoa.get("/notes").text;
    assert!(
        all.contains("khen</a></td><td class=\"number\">2</td>"),
        "{all}"
    );
    assert!(all.contains("&lt;b&gt;") && !all.contains("<b>gọn"));

    // The same again is nothing new; another text is beside the first; back again.
    let written = || office.log("note-written").len();
    assert_eq!(written(), 3);
    assert_eq!(write(&hoa, pages[0], "Cán bộ nhiệt tình", "khen"), 200);
    assert_eq!(written(), 3);
    assert_eq!(write(&hoa, pages[0], "Cán bộ chưa nhiệt tình", "chê"), 200);
    assert_eq!(listed(&hoa, "/notes?q=chua+nhiet+tinh"), 1);
    let undo = |by: &Browser| {
        let body = json!({ "page": pages[0], "area": "y-kien" });
        by.post("/api/notes/undo", &body).status
    };
    let mai = Browser::log_in(&served.url, "mai");
    assert_eq!(undo(&mai), 409, "not hers");
    assert_eq!(undo(&hoa), 200);
    assert_eq!(listed(&hoa, "/notes?q=chua+nhiet+tinh"), 0);
    assert_eq!(listed(&hoa, "/notes?label=khen"), 2);
    // A paper that is rejected has no notes.
    let before = listed(&hoa, "/notes");
    let station = phieu::station::Station::open(&office.path("trạm")).unwrap();
    let mut store = station.store().unwrap();
    let number = serial(&Key::public(), &office.layout.digest, 1);
    let ballot = store
        .ballot_of_serial("co-y-kien", &number)
        .unwrap()
        .unwrap();
    store
        .decide(&phieu::store::Decision {
            ballot,
            settled: phieu::store::Settled::Reject,
            reason: "thử".to_owned(),
            person: "lan".to_owned(),
        })
        .unwrap();
    assert_eq!(listed(&hoa, "/notes"), before - 1);
    office.verify();
}

/// Two people once wrote the same note at once, and the later text held without either
/// knowing.
#[test]
fn two_people_do_not_write_the_same_note_unseen() {
    let (office, served) = station(3);
    let [hoa, mai] = ["hoa", "mai"].map(|n| Browser::log_in(&served.url, n));
    // The desk does not lead both to the same note, and the list says who is at it.
    let (first, second) = (next(&hoa)["note"].clone(), next(&mai)["note"].clone());
    assert_ne!(first["page"], second["page"]);
    assert_eq!(first["version"], 0);
    assert!(mai.get("/notes").text.contains("đang chép: hoa"));
    // Mai opens hoa's all the same, from the list.
    let page = first["page"].as_i64().unwrap();
    let opened = note(&mai, page);
    assert_eq!(opened["held"], "hoa");
    // What she had is free for hoa's next.
    let said = write_seen(&hoa, page, "Cán bộ nhiệt tình", "khen", &first["version"]);
    assert_eq!(said.status, 200, "{said:?}");
    assert_eq!(next(&hoa)["note"]["page"], second["page"]);

    let said = write_seen(&mai, page, "Cán bộ nhiệt tâm", "", &opened["version"]);
    assert_eq!(said.status, 409, "{said:?}");
    assert!(
        said.text.contains("hoa") && said.text.contains("Cán bộ nhiệt tình"),
        "{said:?}"
    );
    assert_eq!(office.log("note-written").len(), 1);
    assert_eq!(note(&mai, page)["text"], "Cán bộ nhiệt tình");
    // The same words are no conflict, and nothing new.
    let same = write_seen(&mai, page, "Cán bộ nhiệt tình", "khen", &opened["version"]);
    assert_eq!(same.status, 200, "{same:?}");
    assert_eq!(office.log("note-written").len(), 1);
    // Once she has seen it, hers may take its place.
    let seen = note(&mai, page)["version"].clone();
    assert_eq!(
        write_seen(&mai, page, "Cán bộ nhiệt tâm", "", &seen).status,
        200
    );
    assert_eq!(note(&hoa, page)["person"], "mai");
    // Taken back meanwhile is a change too.
    let body = json!({ "page": page, "area": "y-kien" });
    assert_eq!(mai.post("/api/notes/undo", &body).status, 200);
    let late = write_seen(&hoa, page, "Cán bộ nhiệt tình!", "khen", &seen);
    assert_eq!(late.status, 409, "{late:?}");
    // A script that does not say what it saw writes nothing.
    let blind = json!({ "page": page, "area": "y-kien", "text": "x", "label": "" });
    assert!((400..500).contains(&hoa.post("/api/notes/write", &blind).status));
    office.verify();
}

/// Forty writings of one note from two windows at once: each that was confirmed had the
/// one before it in sight.
#[test]
fn of_two_writings_at_the_same_moment_one_is_refused() {
    let (office, served) = station(1);
    let people = ["hoa", "mai"].map(|n| Browser::log_in(&served.url, n));
    let page = next(&people[0])["note"]["page"].as_i64().unwrap();
    let mut confirmed = 0;
    for round in 0..20 {
        let seen = note(&people[0], page)["version"].clone();
        let done = std::thread::scope(|scope| {
            people
                .each_ref()
                .map(|by| {
                    let (seen, text) = (&seen, format!("{round} {}", by.csrf));
                    scope.spawn(move || write_seen(by, page, &text, "", seen).status)
                })
                .map(|t| t.join().unwrap())
        });
        let fine = done.iter().filter(|s| **s == 200).count();
        assert_eq!((fine, done.contains(&409)), (1, true), "{done:?}");
        confirmed += fine;
    }
    assert_eq!(office.log("note-written").len(), confirmed);
}

#[test]
fn notes_are_for_reviewers_and_personal_data_is_no_note() {
    let (_office, served) = station(1);
    let [mut hoa, xem] = ["hoa", "xem"].map(|n| Browser::log_in(&served.url, n));
    let page = next(&hoa)["note"]["page"].as_i64().unwrap();
    for path in ["/notes", "/notes/write", "/api/notes/next"] {
        assert_eq!(xem.get(path).status, 403, "{path}");
    }
    assert_eq!(xem.get(&format!("/picture/area/{page}/y-kien")).status, 403);
    assert_eq!(write(&xem, page, "x", ""), 403);
    let token = std::mem::replace(&mut hoa.csrf, "0".repeat(32));
    assert_eq!(write(&hoa, page, "x", ""), 403);
    hoa.csrf = token;
    // A name is not transcribed, and its clip is nobody's.
    let name = json!({ "page": page, "area": "ho-ten", "text": "Nguyễn Văn A", "seen": 0 });
    assert_eq!(hoa.post("/api/notes/write", &name).status, 409);
    let lan = Browser::log_in(&served.url, "lan");
    for by in [&hoa, &lan] {
        assert_eq!(by.get(&format!("/picture/area/{page}/ho-ten")).status, 404);
    }
    assert!(!hoa.get("/notes").text.contains("ho-ten"));
    for path in [
        "/picture/area/1/x",
        "/picture/area/x/y-kien",
        "/notes?skip=4000000000",
    ] {
        assert!(hoa.get(path).status < 500, "{path}");
    }
}

/// Gray levels within a rectangle of the paper, in a picture of the whole page.
fn scatter(by: &Browser, path: &str, rect: MmRect, paper_mm: f64) -> f64 {
    let mut said = ureq::get(format!("{}{path}", by.url))
        .header("cookie", &by.cookie)
        .call()
        .unwrap();
    let bytes = said.body_mut().read_to_vec().unwrap();
    let image = image::load_from_memory(&bytes).unwrap().into_luma8();
    let scale = f64::from(image.width()) / paper_mm;
    let inner = rect.inflate(-1.5, -1.0);
    let px = |mm: f64| (mm * scale) as u32;
    let mut levels = Vec::new();
    for y in px(inner.min_y())..px(inner.max_y()) {
        // Beside each other: squares of one gray are steps, strokes are not.
        for x in px(inner.min_x())..px(inner.max_x()) {
            let (a, b) = (image.get_pixel(x, y).0[0], image.get_pixel(x + 1, y).0[0]);
            levels.push(f64::from(a.abs_diff(b)));
        }
    }
    levels.iter().sum::<f64>() / levels.len() as f64
}

#[test]
fn what_people_wrote_about_themselves_is_blurred_in_the_picture_itself() {
    let (office, served) = station(1);
    let [hoa, lan] = ["hoa", "lan"].map(|n| Browser::log_in(&served.url, n));
    let page = next(&hoa)["note"]["page"].as_i64().unwrap();
    let width = office.layout.page(1).unwrap().size.width;
    assert!(px_per_mm(DPI) * width > 800.0);
    let (name, note) = (area(&office, "ho-ten"), area(&office, "y-kien"));
    for path in ["page", "scanned"] {
        let path = format!("/picture/{path}/{page}");
        let seen = scatter(&lan, &path, name, width);
        let blurred = scatter(&hoa, &path, name, width);
        assert!(seen > 15.0 && blurred < 5.0, "{path}: {seen} {blurred}");
        let note_seen = scatter(&hoa, &path, note, width);
        assert!(note_seen > 15.0, "{path}: {note_seen}");
    }
}
