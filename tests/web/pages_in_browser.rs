//! Pages, ballots and notes that people settle, before a real browser. Needs Chromium
//! as `by_keyboard.rs` does.

use crate::paper::{Office, SCAN, count, draw, stroke};
use crate::web_support::chromium::{Chromium, ENTER};
use crate::web_support::{Served, accounts};
use image::Luma;
use phieu::form::code::{Key, serial};
use phieu::geometry::px_per_mm;
use serde_json::{Value, json};

const FORM: &str = r#"
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
  { kind = "single", id = "q3", text = "Có trở lại không?", choices = [
    { id = "co", text = "Có" }, { id = "khong", text = "Không" } ] },
  { kind = "text", id = "y-kien", text = "Ý kiến khác:", lines = 2 },
]
"#;

/// Drags a mark to a place on the screen.
fn drag(chromium: &Chromium, mark: u32, to: (f64, f64)) {
    let from = chromium.script(&format!(
        "const b = document.querySelector('#corner-{mark} .dot').getBoundingClientRect();
         return [b.x + b.width / 2, b.y + b.height / 2];"
    ));
    let at = |v: &Value, i: usize| v[i].as_f64().unwrap().round() as i64;
    let actions = json!([
        { "type": "pointerMove", "duration": 0, "x": at(&from, 0), "y": at(&from, 1) },
        { "type": "pointerDown", "button": 0 },
        { "type": "pointerMove", "duration": 60, "x": to.0.round() as i64, "y": to.1.round() as i64 },
        { "type": "pointerUp", "button": 0 },
    ]);
    chromium.post(
        "/actions",
        &json!({ "actions": [{ "type": "pointer", "id": "mouse",
            "parameters": { "pointerType": "mouse" }, "actions": actions }] }),
    );
}

#[test]
fn a_reviewer_settles_pages_ballots_and_notes_in_the_browser() {
    let Some(chromium) = Chromium::start() else {
        return;
    };
    let office = Office::new(FORM);
    let number = |n| serial(&Key::public(), &office.layout.digest, n);
    let scale = px_per_mm(150.0);
    // Two with nothing that tells where they lie; one of them will be keyed.
    for (name, marked) in [
        ("b.png", ["q1.khong", "q3.co"]),
        ("c.png", ["q1.co", "q3.khong"]),
    ] {
        let sheet = office.layout.page(1).unwrap();
        let mut image = draw(&office.layout, 1, None, &marked);
        let mut places: Vec<_> = sheet.codes.iter().map(|c| c.rect).collect();
        places.extend(sheet.anchors.iter().map(|a| a.rect));
        for r in places {
            let r = r.inflate(1.0, 1.0);
            for y in (r.min_y() * scale) as u32..(r.max_y() * scale) as u32 {
                for x in (r.min_x() * scale) as u32..(r.max_x() * scale) as u32 {
                    if x < image.width() && y < image.height() {
                        image.put_pixel(x, y, Luma([255]));
                    }
                }
            }
        }
        std::fs::create_dir_all(office.path("ảnh quét")).unwrap();
        image.save(office.path("ảnh quét").join(name)).unwrap();
    }
    // One serial, two answers; the first with a note.
    office.scan("ảnh quét/a1.png", 1, Some(1), &["q1.khong"]);
    let mut image = draw(&office.layout, 1, Some(number(1)), &["q1.co"]);
    let area = office.layout.page(1).unwrap().areas[0].rect;
    for i in 0..30 {
        let x = area.min_x() + 4.0 + 2.0 * f64::from(i);
        stroke(
            &mut image,
            (x, area.min_y() + 2.0),
            (x + 1.0, area.max_y() - 2.0),
            0.4,
            1.0,
        );
    }
    image.save(office.path("ảnh quét/a0.png")).unwrap();
    office.says(0, &["init", "trạm"]);
    office.says(1, &SCAN);
    accounts(&office, &[("hoa", "reviewer")]);
    let served = Served::start(&office);
    chromium.log_in(&served.url, "hoa");
    chromium.until("document.querySelector('.tiles')");

    chromium.go(&format!("{}/pages", served.url));
    chromium.until("document.querySelectorAll('tbody tr').length === 2");
    chromium.picture("7-pages-vi");
    chromium.script("document.querySelector('tbody a').click();");
    chromium.until("document.getElementById('by-hand')");
    chromium.until("document.querySelector('#picture image')");
    chromium.script("document.getElementById('form').selectedIndex = [...document.getElementById('form').options].findIndex((o) => o.value === 'mot-trang/1');");
    chromium.script("document.getElementById('serial').focus();");
    chromium.keys(&number(2));
    // Without corners it cannot be read, and the page says what to do.
    chromium.key(ENTER);
    chromium.until("document.getElementById('status').textContent.includes('Kéo bốn góc')");
    chromium.key("\u{E00C}");
    chromium.key("g");
    chromium.until("document.querySelectorAll('#picture .corner').length === 4");
    chromium.script("document.querySelector('input[name=\"of\"][value=\"paper\"]').click(); document.activeElement.blur();");
    chromium.picture("8-corners-vi");
    // The upper two by the mouse; the lower ones lie below the frame: by the arrows.
    let corner = |x: &str, y: &str| {
        let at = chromium.script(&format!(
            "const m = document.querySelector('#picture g').getScreenCTM();
             const s = document.getElementById('picture');
             const p = new DOMPoint({x} * s.dataset.width, {y} * s.dataset.height).matrixTransform(m);
             return [p.x, p.y];"
        ));
        (at[0].as_f64().unwrap(), at[1].as_f64().unwrap())
    };
    drag(&chromium, 1, corner("0", "0"));
    drag(&chromium, 2, corner("0.9995", "0"));
    for (mark, x) in [(3, 1.0), (4, -1.0)] {
        chromium.script(&format!(
            "document.getElementById('corner-{mark}').focus();"
        ));
        let step = |key: &str, times: f64| {
            for _ in 0..times.round() as u32 {
                chromium.key(key);
            }
        };
        // 4 % of the picture away from the corner, two pixels a step.
        let (w, h) = (f64::from(image.width()), f64::from(image.height()));
        step(
            if x > 0.0 { "\u{E014}" } else { "\u{E012}" },
            0.04 * w / 2.0,
        );
        step("\u{E015}", 0.04 * h / 2.0);
    }
    chromium.picture("8-corners-set-vi");
    let before = chromium.script("return location.pathname;");
    chromium.script("document.activeElement.blur();");
    chromium.key("d");
    chromium.until(&format!("location.pathname !== {before}"));
    assert_eq!(count(&office.tally("trạm"), "q1", "khong"), 1);

    // The next one is there at once; it is keyed.
    chromium.until("document.getElementById('by-hand')");
    chromium.script("document.getElementById('form').selectedIndex = [...document.getElementById('form').options].findIndex((o) => o.value === 'mot-trang/1');");
    chromium.script("document.getElementById('serial').focus();");
    chromium.keys(&number(3));
    chromium.key("\u{E00C}");
    chromium.key("n");
    chromium.until("document.activeElement.dataset.question === 'q1'");
    chromium.key(ENTER);
    chromium.until("document.getElementById('status').className === 'bad'");
    chromium.key("1");
    chromium.key(ENTER);
    chromium.until("document.activeElement.dataset.question === 'q2'");
    chromium.key("2");
    chromium.key("3");
    chromium.key(ENTER);
    chromium.picture("9-keying-vi");
    chromium.key("0");
    chromium.key(ENTER);
    chromium.until("location.pathname === '/pages'");
    chromium.until("document.getElementById('none')");
    let tally = office.tally("trạm");
    assert_eq!(
        (
            count(&tally, "q1", "co"),
            count(&tally, "q2", "re"),
            count(&tally, "q2", "tot")
        ),
        (1, 1, 1)
    );

    // The ballot with two answers.
    chromium.go(&format!("{}/ballots", served.url));
    chromium.until("document.querySelector('tbody a')");
    chromium.picture("10-ballots-vi");
    chromium.script("document.querySelector('tbody a').click();");
    chromium.until("document.querySelectorAll('figure img').length === 2");
    chromium
        .until("[...document.querySelectorAll('figure img')].every((i) => i.naturalWidth > 300)");
    chromium.picture("11-ballot-vi");
    chromium.script("document.querySelector('button.settle').click();");
    chromium.until("document.getElementById('status').className === 'bad'");
    chromium.until("document.activeElement.id === 'reason'");
    chromium.keys("cùng một tờ");
    chromium.script("document.querySelector('button.settle').click();");
    chromium.until("location.pathname === '/ballots'");
    assert_eq!(count(&office.tally("trạm"), "q1", "co"), 2);

    // Its note.
    chromium.go(&format!("{}/notes/write", served.url));
    chromium.until("document.activeElement.id === 'text'");
    chromium.until("document.getElementById('clip').naturalWidth > 300");
    chromium.keys("cán bộ nhiệt tình");
    chromium.picture("12-note-vi");
    chromium.key(ENTER);
    chromium.until("document.getElementById('what').textContent.startsWith('Không còn')");
    chromium.go(&format!("{}/notes?q=can+bo", served.url));
    chromium.until("document.querySelectorAll('img.clip').length === 1");
    chromium.picture("13-notes-vi");

    chromium.script("document.querySelector('form.language button').click();");
    chromium.until("document.documentElement.lang === 'en'");
    for (path, name) in [
        ("/pages", "7-pages"),
        ("/pages/3", "9-page-done"),
        ("/ballots", "10-ballots"),
        ("/notes", "13-notes"),
    ] {
        chromium.go(&format!("{}{path}", served.url));
        chromium.until("document.documentElement.lang === 'en'");
        chromium.picture(&format!("{name}-en"));
    }
    // A refused request is told by the browser too; nothing else went wrong.
    let complaints: Vec<String> = chromium
        .complaints()
        .into_iter()
        .filter(|c| !c.contains("/api/"))
        .collect();
    assert_eq!(complaints, Vec::<String>::new());
    office.verify();
}
