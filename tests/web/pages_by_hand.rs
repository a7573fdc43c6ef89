//! Pages that the machine could not place, and the people who settle them in the
//! browser.

use crate::paper::{ONE_PAGE, Office, SCAN, TWO_PAGES, count, draw};
use crate::web_support::{Answer, Browser, FOUR, Served, accounts};
use image::{GrayImage, Luma, imageops};
use phieu::calibrate::Profile;
use phieu::form::Layout;
use phieu::form::code::{Key, serial};
use phieu::geometry::{MmRect, px_per_mm};
use phieu::station::Station;
use serde_json::{Value, json};

/// Resolution of the drawn scans, dpi (as in `paper`).
const DPI: f64 = 150.0;

fn white(image: &mut GrayImage, rect: MmRect) {
    let px = |mm: f64| (mm * px_per_mm(DPI)).round().max(0.0) as u32;
    for y in px(rect.min_y())..px(rect.max_y()).min(image.height()) {
        for x in px(rect.min_x())..px(rect.max_x()).min(image.width()) {
            image.put_pixel(x, y, Luma([255]));
        }
    }
}

/// Blots out the codes of a page.
fn without_codes(layout: &Layout, page: u32, marked: &[&str]) -> GrayImage {
    let mut image = draw(layout, page, None, marked);
    for code in &layout.page(page).unwrap().codes {
        white(&mut image, code.rect.inflate(1.0, 1.0));
    }
    image
}

/// … and all anchors but two: nothing tells where the paper lies.
fn without_frame(layout: &Layout, page: u32, marked: &[&str]) -> GrayImage {
    let mut image = without_codes(layout, page, marked);
    for anchor in layout.page(page).unwrap().anchors.iter().skip(2) {
        white(&mut image, anchor.rect.inflate(1.0, 1.0));
    }
    image
}

fn serial_of(office: &Office, n: u64) -> String {
    serial(&Key::public(), &office.layout.digest, n)
}

/// A station with one good ballot (number 1), these pages beside it, and people.
fn station(office: &Office, good: &[&str], pages: &[(&str, GrayImage)]) -> Served {
    for page in 1..=office.layout.pages.len() as u32 {
        let name = format!("ảnh quét/a{page}.png");
        office.scan(&name, page, Some(1), good);
    }
    for (name, image) in pages {
        image.save(office.path("ảnh quét").join(name)).unwrap();
    }
    office.says(0, &["init", "trạm"]);
    office.phieu(&SCAN);
    accounts(office, &FOUR);
    Served::start(office)
}

/// Numbers of the pages that wait, in the order of the list.
fn waiting(by: &Browser) -> Vec<i64> {
    let page = by.get("/pages");
    assert_eq!(page.status, 200, "{page:?}");
    let table = page.text.split("<h2>").next().unwrap().to_owned();
    table
        .split("href=\"/pages/")
        .skip(1)
        .filter_map(|t| t.split('"').next()?.parse().ok())
        .collect()
}

/// The newest thing that was done with a page.
fn last_act(by: &Browser) -> i64 {
    let text = by.get("/pages").text;
    let mark = "data-act=\"";
    let at = text.find(mark).unwrap() + mark.len();
    text[at..].split('"').next().unwrap().parse().unwrap()
}

fn one_page(page: i64, serial: Option<&str>) -> Value {
    json!({ "page": page, "form": "mot-trang/1", "number": 1, "serial": serial })
}

fn outcome(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["outcome"].as_str().unwrap().to_owned()
}

fn ballots(office: &Office, state: &str) -> u64 {
    office.tally("trạm")["forms"][0]["ballots"][state]
        .as_u64()
        .unwrap()
}

#[test]
fn a_page_without_codes_is_read_once_a_person_says_whose_it_is() {
    let office = Office::new(ONE_PAGE);
    let page = without_codes(&office.layout, 1, &["q1.khong", "q2.re"]);
    let served = station(&office, &["q1.co"], &[("b.png", page)]);
    let hoa = Browser::log_in(&served.url, "hoa");
    let [id] = waiting(&hoa)[..] else {
        panic!("one page waits")
    };
    let view = hoa.get(&format!("/pages/{id}"));
    assert!(view.text.contains("không đọc được mã in trên phiếu"));
    assert_eq!(hoa.get(&format!("/picture/scanned/{id}")).status, 200);

    // A serial that is none, a form that is not there: nothing is written.
    let typo = hoa.post("/api/pages/read", &one_page(id, Some("12345")));
    assert_eq!(typo.status, 400, "{typo:?}");
    let mut foreign = one_page(id, None);
    foreign["form"] = json!("khac/7");
    assert_eq!(hoa.post("/api/pages/read", &foreign).status, 400);
    assert_eq!(waiting(&hoa), [id]);

    // A serial that was only left out is not taken for a paper without one.
    let forgotten = hoa.post("/api/pages/read", &one_page(id, None));
    assert!(forgotten.status == 400 && forgotten.text.contains("không in số"));
    assert_eq!(waiting(&hoa), [id]);

    let number = serial_of(&office, 2);
    let said = hoa.post("/api/pages/read", &one_page(id, Some(&number)));
    assert_eq!(outcome(&said), "placed");
    let tally = office.tally("trạm");
    assert_eq!(
        (count(&tally, "q1", "khong"), count(&tally, "q2", "re")),
        (1, 1)
    );
    assert_eq!(ballots(&office, "counted"), 2);
    assert!(waiting(&hoa).is_empty());
    // Whoever comes later hears who was first.
    let mai = Browser::log_in(&served.url, "mai");
    let late = mai.post("/api/pages/read", &one_page(id, Some(&number)));
    assert!(late.status == 409 && late.text.contains("hoa"), "{late:?}");
    // Scanning the folder again changes nothing.
    office.phieu(&SCAN);
    assert_eq!(office.tally("trạm"), tally);

    // Back, but not by anybody.
    let act = json!({ "act": last_act(&hoa), "reason": "nhầm phiếu" });
    assert_eq!(mai.post("/api/pages/undo", &act).status, 409);
    assert_eq!(hoa.post("/api/pages/undo", &act).status, 200);
    assert_eq!(hoa.post("/api/pages/undo", &act).status, 409, "only once");
    assert_eq!(ballots(&office, "total"), 1);
    assert_eq!(waiting(&hoa), [id]);
    // And once more, by somebody else.
    let said = mai.post("/api/pages/read", &one_page(id, Some(&number)));
    assert_eq!(outcome(&said), "placed");
    assert_eq!(office.tally("trạm"), tally);
    office.verify();
}

/// What a person helped to read was once recorded as read without a scanner profile,
/// although it was read by the station's: nobody could have read it again alike.
#[test]
fn a_page_read_with_help_is_recorded_with_the_scanner_profile_it_was_read_by() {
    let office = Office::new(ONE_PAGE);
    let b = without_codes(&office.layout, 1, &["q1.khong"]);
    let c = without_codes(&office.layout, 1, &["q1.khong", "q2.re"]);
    let served = station(&office, &["q1.co"], &[("b.png", b), ("c.png", c)]);
    let station = Station::open(&office.path("trạm")).unwrap();
    let hoa = Browser::log_in(&served.url, "hoa");
    let waits = waiting(&hoa);
    let read = |page: i64, n: u64| {
        let said = hoa.post(
            "/api/pages/read",
            &one_page(page, Some(&serial_of(&office, n))),
        );
        assert_eq!(outcome(&said), "placed");
        let db = rusqlite::Connection::open(office.path("trạm/phieu.db")).unwrap();
        let by: Option<String> = db
            .query_row(
                "SELECT s.digest FROM readings r LEFT JOIN scanner_profiles s ON s.id = r.profile_id
                 WHERE r.page_id = ?1 ORDER BY r.id DESC LIMIT 1",
                [page],
                |r| r.get(0),
            )
            .unwrap();
        by
    };
    // The station has none: so it is.
    assert_eq!(read(waits[0], 2), None);
    // It is given one while it is served.
    let profile = Profile::named_or_load("flatbed").unwrap();
    station.set_profile(Some(&profile)).unwrap();
    assert_eq!(read(waits[1], 3), Some(profile.digest()));
    office.verify();
}

/// A second image under a serial that is there must be a suspected duplicate, as a
/// scan makes it: not counted, and not instead of the first.
#[test]
fn a_page_given_a_serial_that_is_there_is_a_suspected_duplicate() {
    let office = Office::new(ONE_PAGE);
    let page = without_codes(&office.layout, 1, &["q1.khong"]);
    let served = station(&office, &["q1.co"], &[("b.png", page)]);
    let hoa = Browser::log_in(&served.url, "hoa");
    let id = waiting(&hoa)[0];
    let before = office.tally("trạm");
    let first = serial_of(&office, 1);
    for keyed in [false, true] {
        let mut body = one_page(id, Some(&first));
        let path = if keyed {
            body["answers"] = json!({ "q1": ["khong"], "q2": [] });
            "/api/pages/key"
        } else {
            "/api/pages/read"
        };
        let said = hoa.post(path, &body);
        assert_eq!(outcome(&said), "duplicate", "keyed: {keyed}");
        // Other answers: nobody knows which holds, so the ballot waits.
        assert_eq!(
            (ballots(&office, "total"), ballots(&office, "counted")),
            (1, 0)
        );
        let act = json!({ "act": last_act(&hoa) });
        assert_eq!(hoa.post("/api/pages/undo", &act).status, 200);
        assert_eq!(office.tally("trạm"), before);
    }
    // The same answers: shown, and counted once.
    let mut body = one_page(id, Some(&first));
    body["answers"] = json!({ "q1": ["co"], "q2": [] });
    assert_eq!(outcome(&hoa.post("/api/pages/key", &body)), "duplicate");
    let tally = office.tally("trạm");
    assert_eq!(
        (ballots(&office, "counted"), count(&tally, "q1", "co")),
        (1, 1)
    );
    office.verify();
}

#[test]
fn a_page_without_anchors_is_read_through_four_corners_and_only_where_they_are_right() {
    let office = Office::new(ONE_PAGE);
    let upright = without_frame(&office.layout, 1, &["q1.khong", "q2.tot"]);
    let turned = imageops::rotate90(&without_frame(&office.layout, 1, &["q1.co"]));
    let (w, h) = (f64::from(upright.width()), f64::from(upright.height()));
    let pages = [("b.png", upright), ("c.png", turned)];
    let served = station(&office, &[], &pages);
    let hoa = Browser::log_in(&served.url, "hoa");
    let pages = waiting(&hoa);
    assert_eq!(pages.len(), 2);
    let tally = office.tally("trạm");

    let read = |page: i64, n: u64, of: &str, px: Value| {
        let mut body = one_page(page, Some(&serial_of(&office, n)));
        if !px.is_null() {
            body["corners"] = json!({ "of": of, "px": px });
        }
        hoa.post("/api/pages/read", &body)
    };
    // Without corners, with crooked ones, with the paper on its face, with numbers
    // that are none: said so, and nothing written.
    assert_eq!(
        outcome(&read(pages[0], 2, "paper", Value::Null)),
        "unproven"
    );
    let off = json!([[40.0, 60.0], [w, 0.0], [w, h], [0.0, h - 90.0]]);
    assert_eq!(outcome(&read(pages[0], 2, "paper", off)), "unproven");
    let mirrored = json!([[w, 0.0], [0.0, 0.0], [0.0, h], [w, h]]);
    assert_eq!(outcome(&read(pages[0], 2, "paper", mirrored)), "unproven");
    let upside_down = json!([[w, h], [0.0, h], [0.0, 0.0], [w, 0.0]]);
    assert_eq!(
        outcome(&read(pages[0], 2, "paper", upside_down)),
        "unproven"
    );
    let far = json!([[1e300, 0.0], [0.0, -1e300], [0.0, 0.0], [1.0, 1.0]]);
    assert_eq!(outcome(&read(pages[0], 2, "paper", far)), "unproven");
    assert_eq!(office.tally("trạm"), tally);
    assert_eq!(waiting(&hoa), pages);

    // A hand on a screen misses by half a millimetre.
    let near = json!([
        [2.5, -2.0],
        [w - 2.0, 1.5],
        [w + 2.0, h - 3.0],
        [-1.5, h + 2.0]
    ]);
    assert_eq!(outcome(&read(pages[0], 2, "paper", near)), "placed");
    // Turned clockwise the paper's top left is the image's top right. The middles of
    // the corner squares lie 9 mm inside.
    let inset = 9.0 * px_per_mm(DPI);
    let squares = json!([
        [h - inset, inset],
        [h - inset, w - inset],
        [inset, w - inset],
        [inset, inset]
    ]);
    assert_eq!(outcome(&read(pages[1], 3, "anchors", squares)), "placed");
    let tally = office.tally("trạm");
    assert_eq!(ballots(&office, "counted"), 3);
    assert_eq!(
        (
            count(&tally, "q1", "khong"),
            count(&tally, "q1", "co"),
            count(&tally, "q2", "tot")
        ),
        (1, 1, 1)
    );
    office.verify();
}

/// Whatever a person says: a code that can be read and says otherwise goes before it.
#[test]
fn a_page_is_not_read_as_another_one_than_its_code_says() {
    let office = Office::new(TWO_PAGES);
    let mut page = draw(&office.layout, 2, Some(serial_of(&office, 2)), &["q2.co"]);
    // Too few anchors for the machine, but the code can be read.
    for anchor in office.layout.page(2).unwrap().anchors.iter().skip(2) {
        white(&mut page, anchor.rect.inflate(1.0, 1.0));
    }
    let (w, h) = (f64::from(page.width()), f64::from(page.height()));
    let served = station(&office, &["q1.co", "q2.co"], &[("b.png", page)]);
    let hoa = Browser::log_in(&served.url, "hoa");
    let id = waiting(&hoa)[0];
    let px = json!([[0.0, 0.0], [w, 0.0], [w, h], [0.0, h]]);
    let body = |number: u32, n: u64| {
        json!({ "page": id, "form": "hai-trang/1", "number": number,
            "serial": serial_of(&office, n), "corners": { "of": "paper", "px": px } })
    };
    assert_eq!(
        outcome(&hoa.post("/api/pages/read", &body(1, 2))),
        "unproven"
    );
    assert_eq!(
        outcome(&hoa.post("/api/pages/read", &body(2, 9))),
        "unproven"
    );
    assert_eq!(outcome(&hoa.post("/api/pages/read", &body(2, 2))), "placed");
    // Its front is missing: it waits.
    assert_eq!(
        (ballots(&office, "total"), ballots(&office, "pending")),
        (2, 1)
    );
    office.verify();
}

#[test]
fn keyed_answers_are_a_persons_decisions_and_go_whole() {
    let office = Office::new(ONE_PAGE);
    let page = without_frame(&office.layout, 1, &["q1.co", "q2.re", "q2.tot"]);
    let served = station(&office, &["q1.co"], &[("b.png", page)]);
    let hoa = Browser::log_in(&served.url, "hoa");
    let id = waiting(&hoa)[0];
    let side = hoa.get("/api/pages/side?form=mot-trang/1&number=1").json();
    assert_eq!(side["questions"][1]["choices"][2]["id"], "tot");
    let number = serial_of(&office, 2);
    let key = |answers: Value| {
        let mut body = one_page(id, Some(&number));
        body["answers"] = answers;
        hoa.post("/api/pages/key", &body)
    };
    // A question that was forgotten is not blank, and nothing else is taken.
    for wrong in [
        json!({ "q1": ["co"] }),
        json!({ "q1": ["co"], "q2": ["khong"] }),
        json!({ "q1": ["co"], "q2": [], "q3": [] }),
    ] {
        assert_eq!(key(wrong).status, 409);
    }
    assert_eq!(ballots(&office, "total"), 1);
    let said = key(json!({ "q1": ["co"], "q2": ["tot", "re"] }));
    assert_eq!(outcome(&said), "placed");
    let ballot = said.json()["ballot"].clone();
    let tally = office.tally("trạm");
    assert_eq!(ballots(&office, "counted"), 2);
    assert_eq!(
        (count(&tally, "q1", "co"), count(&tally, "q2", "tot")),
        (2, 1)
    );
    // No reading of the machine came of it.
    let db = rusqlite::Connection::open(office.path("trạm/phieu.db")).unwrap();
    let readings: i64 = db
        .query_row(
            "SELECT count(*) FROM readings WHERE page_id = ?1",
            [id],
            |r| r.get(0),
        )
        .unwrap();
    assert_eq!(readings, 1);
    let by: String = db
        .query_row(
            "SELECT group_concat(DISTINCT person) FROM decisions",
            [],
            |r| r.get(0),
        )
        .unwrap();
    assert_eq!(by, "hoa");
    // One answer of it is not taken back alone: the question would vanish.
    let one = json!({ "ballot": ballot, "question": "q1", "reason": "" });
    let refused = hoa.post("/api/review/undo", &one);
    assert!(
        refused.status == 409 && refused.text.contains("cả trang"),
        "{refused:?}"
    );
    // The same paper in a better scan: the same answers, a duplicate, counted once.
    office.scan("ảnh quét/c.png", 1, Some(2), &["q1.co", "q2.re", "q2.tot"]);
    office.phieu(&SCAN);
    assert_eq!(ballots(&office, "total"), 2);
    assert_eq!(count(&office.tally("trạm"), "q2", "tot"), 1);
    // Taken back, the better scan is the page itself.
    let lan = Browser::log_in(&served.url, "lan");
    let act = json!({ "act": last_act(&lan), "reason": "quét lại" });
    assert_eq!(lan.post("/api/pages/undo", &act).status, 200);
    let tally = office.tally("trạm");
    assert_eq!(
        (ballots(&office, "counted"), count(&tally, "q2", "tot")),
        (2, 1)
    );
    office.verify();
}

/// What two people must agree on once did not hold for keyed pages: one person's slip of
/// the finger counted, however the station was set.
#[test]
fn two_people_key_a_page_without_seeing_each_other_and_a_supervisor_settles_where_they_differ() {
    let office = Office::new(ONE_PAGE);
    let b = without_frame(&office.layout, 1, &["q1.co", "q2.re", "q2.tot"]);
    let c = without_frame(&office.layout, 1, &["q1.khong"]);
    let served = station(&office, &["q1.co"], &[("b.png", b), ("c.png", c)]);
    let [hoa, mai, lan] = ["hoa", "mai", "lan"].map(|n| Browser::log_in(&served.url, n));
    let set = [
        ("csrf", lan.csrf.as_str()),
        ("share", "0"),
        ("keyed", "1"),
        ("reason", "trang nhập tay phải có hai người"),
    ];
    assert_eq!(lan.post_form("/settings", &set).status, 303);
    let [first, other] = waiting(&hoa)[..] else {
        panic!("two pages wait")
    };
    let key = |by: &Browser, page: i64, n: u64, q1: &str, q2: Value| {
        let mut body = one_page(page, Some(&serial_of(&office, n)));
        body["answers"] = json!({ "q1": [q1], "q2": q2 });
        by.post("/api/pages/key", &body)
    };
    let before = office.tally("trạm");

    // The first word counts nothing, and the page waits for somebody else.
    let said = key(&hoa, first, 2, "co", json!(["re", "tot"]));
    assert_eq!(outcome(&said), "waits-for-second");
    assert_eq!(said.json()["next"], other, "not the same page again");
    assert_eq!(office.tally("trạm"), before);
    assert_eq!(waiting(&hoa), [first, other]);
    let again = key(&hoa, first, 2, "co", json!(["re", "tot"]));
    assert_eq!(again.status, 409, "one person is not two: {again:?}");
    // The second sees that it was keyed, by whom, and nothing of what.
    for path in ["/pages".to_owned(), format!("/pages/{first}")] {
        let text = mai.get(&path).text;
        assert!(text.contains("hoa đã nhập, chờ người thứ hai"), "{path}");
        assert!(!text.contains(&serial_of(&office, 2)), "{path} {text}");
        assert!(!text.contains("differences"), "{path}");
    }
    // The same in another order is the same.
    let said = key(&mai, first, 2, "co", json!(["tot", "re"]));
    assert_eq!(outcome(&said), "placed");
    let tally = office.tally("trạm");
    assert_eq!(
        (count(&tally, "q1", "co"), count(&tally, "q2", "re")),
        (2, 1)
    );
    let by = |office: &Office| -> String {
        let db = rusqlite::Connection::open(office.path("trạm/phieu.db")).unwrap();
        let sql = "SELECT group_concat(DISTINCT person) FROM decisions";
        db.query_row(sql, [], |r| r.get(0)).unwrap()
    };
    assert_eq!(by(&office), "hoa, mai");
    // Taken back by the second, the first one's word still stands; and her own goes
    // back only while nothing followed from it.
    let acts = |kind: &str| -> Vec<i64> {
        let log = office.log(kind);
        log.iter()
            .map(|e| e["detail"]["act"].as_i64().unwrap())
            .collect()
    };
    let [word, placed] = acts("page-by-hand")[..] else {
        panic!("two acts")
    };
    let undo = |by: &Browser, act: i64| by.post("/api/pages/undo", &json!({ "act": act })).status;
    assert_eq!(undo(&hoa, word), 409, "mai's stands on it");
    assert_eq!(undo(&mai, placed), 200);
    assert_eq!(office.tally("trạm"), before);
    assert_eq!(undo(&mai, word), 409, "not hers");
    assert_eq!(
        outcome(&key(&mai, first, 2, "co", json!(["re", "tot"]))),
        "placed"
    );
    assert_eq!(office.tally("trạm"), tally);

    // Another serial is another answer: nobody's counts until a supervisor's does.
    assert_eq!(
        outcome(&key(&mai, other, 3, "co", json!([]))),
        "waits-for-second"
    );
    assert_eq!(outcome(&key(&hoa, other, 3, "khong", json!([]))), "differs");
    assert_eq!(office.tally("trạm"), tally);
    let fresh = [("tam", "reviewer")];
    accounts(&office, &fresh);
    let tam = Browser::log_in(&served.url, "tam");
    for by in [&hoa, &mai, &tam] {
        let late = key(by, other, 3, "co", json!([]));
        assert_eq!(late.status, 409, "{late:?}");
        assert!(
            !by.get(&format!("/pages/{other}"))
                .text
                .contains("differences")
        );
    }
    let view = lan.get(&format!("/pages/{other}")).text;
    let table = view.split("id=\"differences\"").nth(1).unwrap();
    let table = table.split("</table>").next().unwrap();
    assert!(
        table.contains("Câu q1") && !table.contains("Câu q2"),
        "{table}"
    );
    assert_eq!(outcome(&key(&lan, other, 3, "khong", json!([]))), "placed");
    let tally = office.tally("trạm");
    assert_eq!(
        (ballots(&office, "counted"), count(&tally, "q1", "khong")),
        (3, 1)
    );
    assert!(waiting(&lan).is_empty());
    office.verify();
}

/// A word that was taken back is none, a supervisor needs no second, and of a share of
/// everything each page is keyed by two.
#[test]
fn a_word_about_a_page_is_taken_back_and_the_share_holds_for_pages() {
    let office = Office::new(TWO_PAGES);
    // Its code is read, so it lies in its ballot already; what it says is not.
    let mut back = draw(&office.layout, 2, Some(serial_of(&office, 2)), &[]);
    for b in &office.layout.page(2).unwrap().boxes {
        white(&mut back, b.rect.inflate(2.0, 2.0));
    }
    office.scan("ảnh quét/b1.png", 1, Some(2), &["q1.khong"]);
    let served = station(&office, &["q1.co", "q2.co"], &[("b2.png", back)]);
    let [hoa, mai, lan] = ["hoa", "mai", "lan"].map(|n| Browser::log_in(&served.url, n));
    let set = [
        ("csrf", lan.csrf.as_str()),
        ("share", "100"),
        ("reason", "tất cả hai người"),
    ];
    assert_eq!(lan.post_form("/settings", &set).status, 303);
    let id = waiting(&hoa)[0];
    let key = |by: &Browser, q2: &str| {
        let body = json!({ "page": id, "form": "hai-trang/1", "number": 2,
            "serial": serial_of(&office, 2), "answers": { "q2": [q2] } });
        outcome(&by.post("/api/pages/key", &body))
    };
    let tally = office.tally("trạm");
    assert_eq!(key(&hoa, "co"), "waits-for-second");
    let act = json!({ "act": last_act(&hoa), "reason": "gõ nhầm" });
    assert_eq!(hoa.post("/api/pages/undo", &act).status, 200);
    assert_eq!(office.tally("trạm"), tally, "its ballot is as it was");
    assert_eq!(waiting(&hoa), [id]);
    assert_eq!(key(&hoa, "khong"), "waits-for-second");
    // Scanning again changes nothing of it.
    office.phieu(&SCAN);
    assert_eq!(key(&mai, "khong"), "placed");
    assert_eq!(count(&office.tally("trạm"), "q2", "khong"), 1);
    let act = json!({ "act": last_act(&mai) });
    assert_eq!(mai.post("/api/pages/undo", &act).status, 200);
    assert_eq!(office.tally("trạm"), tally);
    assert_eq!(key(&lan, "co"), "placed", "a supervisor's word decides");
    assert_eq!(count(&office.tally("trạm"), "q2", "co"), 2);
    office.verify();
}

/// A page whose code is read and whose boxes are not where they should be belongs to
/// its ballot already.
#[test]
fn a_back_that_could_not_be_aligned_is_keyed_into_its_ballot_and_survives_a_cancelled_batch() {
    let office = Office::new(TWO_PAGES);
    let mut back = draw(&office.layout, 2, Some(serial_of(&office, 2)), &[]);
    let sheet = office.layout.page(2).unwrap();
    for b in &sheet.boxes {
        white(&mut back, b.rect.inflate(2.0, 2.0));
    }
    office.scan("ảnh quét/b1.png", 1, Some(2), &["q1.khong"]);
    let served = station(&office, &["q1.co", "q2.co"], &[("b2.png", back)]);
    assert_eq!(ballots(&office, "pending"), 1);
    let hoa = Browser::log_in(&served.url, "hoa");
    let id = waiting(&hoa)[0];
    let view = hoa.get(&format!("/pages/{id}")).text;
    assert!(
        view.contains(&serial_of(&office, 2)),
        "the code says whose it is"
    );
    let body = json!({ "page": id, "form": "hai-trang/1", "number": 2,
        "serial": serial_of(&office, 2), "answers": { "q2": ["khong"] } });
    assert_eq!(outcome(&hoa.post("/api/pages/key", &body)), "placed");
    let tally = office.tally("trạm");
    assert_eq!(ballots(&office, "counted"), 2);
    assert_eq!(
        (count(&tally, "q1", "khong"), count(&tally, "q2", "khong")),
        (1, 1)
    );
    // Another page of the ballot leaves by a cancelled batch and comes back: what was
    // keyed of this one holds.
    office.scan("ảnh quét 2/b1 lại.png", 1, Some(3), &["q1.co"]);
    let mut second = SCAN;
    second[1] = "ảnh quét 2";
    office.phieu(&second);
    office.says(
        0,
        &[
            "batch",
            "cancel",
            "2",
            "--station",
            "trạm",
            "--reason",
            "thử",
        ],
    );
    assert_eq!(office.tally("trạm"), tally);
    // The batch of the page itself: nothing of it counts any more, and the page does
    // not wait.
    office.cancel_first_batch("thử");
    assert_eq!(ballots(&office, "total"), 0);
    assert!(waiting(&hoa).is_empty());
    office.phieu(&SCAN);
    assert_eq!(
        (ballots(&office, "total"), ballots(&office, "counted")),
        (2, 1)
    );
    assert_eq!(waiting(&hoa), [id]);
    office.verify();
}

#[test]
fn a_rejected_page_is_left_alone_until_that_is_taken_back() {
    let office = Office::new(ONE_PAGE);
    let page = without_codes(&office.layout, 1, &["q1.khong"]);
    let served = station(&office, &["q1.co"], &[("b.png", page)]);
    let hoa = Browser::log_in(&served.url, "hoa");
    let id = waiting(&hoa)[0];
    let reject = |reason: &str| {
        hoa.post(
            "/api/pages/reject",
            &json!({ "page": id, "reason": reason }),
        )
    };
    assert_eq!(reject("  ").status, 400, "a reason is needed");
    assert_eq!(office.tally("trạm")["pages"]["unplaced"], 1);
    assert_eq!(outcome(&reject("thư của ai đó <script>")), "rejected");
    assert!(waiting(&hoa).is_empty());
    assert_eq!(office.tally("trạm")["pages"]["unplaced"], 0);
    let text = hoa.get("/pages").text;
    assert!(text.contains("thư của ai đó &lt;script&gt;") && !text.contains("đó <script>"));
    let act = json!({ "act": last_act(&hoa) });
    assert_eq!(hoa.post("/api/pages/undo", &act).status, 200);
    assert_eq!(waiting(&hoa), [id]);
    office.verify();
}

#[test]
fn pages_are_settled_by_reviewers_only_with_the_sessions_token_and_shown_as_looked_at() {
    let office = Office::new(ONE_PAGE);
    let page = without_codes(&office.layout, 1, &["q1.khong"]);
    let served = station(&office, &["q1.co"], &[("b.png", page)]);
    let [mut hoa, mai, xem] = ["hoa", "mai", "xem"].map(|n| Browser::log_in(&served.url, n));
    let id = waiting(&hoa)[0];
    let stranger = Browser::new(&served.url);
    for path in ["/pages".to_owned(), format!("/pages/{id}")] {
        assert_eq!(stranger.get(&path).status, 303, "{path}");
        assert_eq!(xem.get(&path).status, 403, "{path}");
    }
    assert_eq!(xem.get(&format!("/picture/scanned/{id}")).status, 403);
    let body = one_page(id, Some(&serial_of(&office, 2)));
    for path in ["read", "key", "reject", "undo"] {
        let mut sent = body.clone();
        sent["reason"] = json!("x");
        sent["act"] = json!(1);
        sent["answers"] = json!({});
        let said = xem.post(&format!("/api/pages/{path}"), &sent);
        assert_eq!(said.status, 403, "{path}");
    }
    let token = std::mem::replace(&mut hoa.csrf, "0".repeat(32));
    assert_eq!(hoa.post("/api/pages/read", &body).status, 403);
    hoa.csrf = token;
    assert_eq!(waiting(&hoa), [id]);
    assert_eq!(hoa.get(&format!("/pages/{id}")).status, 200);
    let seen = mai.get(&format!("/pages/{id}")).text;
    assert!(
        seen.contains("hoa") && seen.contains("đang xem trang này"),
        "{seen}"
    );
    assert!(mai.get("/pages").text.contains("đang xem: hoa"));
    for path in [
        "/pages/0",
        "/pages/x",
        "/picture/scanned/99",
        "/pages?batch=x'--",
    ] {
        let said = hoa.get(path);
        assert!(said.status < 500, "{path} {said:?}");
    }
}

/// Rows of boxes at the same distance fit a row further as well, all but the last one.
/// With its anchors torn off nothing but a hand says which row is which, and a hand
/// that is a row off must not make wrong answers.
#[test]
fn a_hand_that_is_a_row_off_is_found_out() {
    let rows: String = (1..=7)
        .map(|n| {
            format!(
                r#"{{ kind = "single", id = "q{n}", text = "Câu hỏi?", choices = [
                {{ id = "co", text = "Có" }}, {{ id = "khong", text = "Không" }} ] }},"#
            )
        })
        .collect();
    let office = Office::new(&format!(
        "id = \"bay-cau\"\nversion = 1\nlanguages = [\"vi\"]\npaper = \"A5\"\ntitle = \"THỬ\"\nbody = [\n{rows}\n]\n"
    ));
    let sheet = office.layout.page(1).unwrap();
    let top = |q: &str| {
        let b = sheet.boxes.iter().find(|b| b.question == q).unwrap();
        b.rect.min_y()
    };
    let pitch = (top("q3") - top("q2")) * px_per_mm(DPI);
    let marked = [
        "q1.co", "q2.khong", "q3.co", "q4.khong", "q5.khong", "q6.co", "q7.khong",
    ];
    let mut page = without_codes(&office.layout, 1, &marked);
    for anchor in &sheet.anchors {
        white(&mut page, anchor.rect.inflate(1.0, 1.0));
    }
    let (w, h) = (f64::from(page.width()), f64::from(page.height()));
    let served = station(&office, &[], &[("b.png", page)]);
    let hoa = Browser::log_in(&served.url, "hoa");
    let id = waiting(&hoa)[0];
    let choices = |q: usize, c: &str| count(&office.tally("trạm"), &format!("q{q}"), c);
    let mut placed = 0;
    for rows in [0.0, -1.0, 1.0, 0.5, 2.0] {
        let d = rows * pitch + 1.5;
        let body = json!({ "page": id, "form": "bay-cau/1", "number": 1,
            "serial": serial_of(&office, 2),
            "corners": { "of": "paper", "px": [[0.0, d], [w, d], [w, h + d], [0.0, h + d]] } });
        let said = hoa.post("/api/pages/read", &body);
        if outcome(&said) == "placed" {
            placed += 1;
            for (q, choice) in marked
                .iter()
                .map(|m| m.split_once('.').unwrap().1)
                .enumerate()
            {
                assert_eq!(choices(q + 1, choice), 1, "{rows} rows off, q{}", q + 1);
            }
            let act = json!({ "act": last_act(&hoa) });
            assert_eq!(hoa.post("/api/pages/undo", &act).status, 200);
        }
    }
    assert!(placed >= 2, "only {placed} of 5 were read at all");
    office.verify();
}
