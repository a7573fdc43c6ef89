//! Ballots that wait as a whole, and the people who settle them in the browser.

use crate::paper::{ONE_PAGE, Office, SCAN, TWO_PAGES, count, draw};
use crate::web_support::{Answer, Browser, FOUR, Served, accounts};
use image::Luma;
use serde_json::{Value, json};

fn serve(office: &Office) -> Served {
    office.says(0, &["init", "trạm"]);
    office.phieu(&SCAN);
    accounts(office, &FOUR);
    Served::start(office)
}

/// Numbers of the ballots that wait, in the order of the list.
fn waiting(by: &Browser) -> Vec<i64> {
    let page = by.get("/ballots");
    assert_eq!(page.status, 200, "{page:?}");
    let table = page.text.split("<h2>").next().unwrap().to_owned();
    table
        .split("<td><a href=\"/ballots/")
        .skip(1)
        .filter_map(|t| t.split('"').next()?.parse().ok())
        .collect()
}

/// Numbers of the page images of a ballot, as its page shows them.
fn pages(by: &Browser, ballot: i64) -> Vec<i64> {
    let page = by.get(&format!("/ballots/{ballot}"));
    assert_eq!(page.status, 200, "{page:?}");
    page.text
        .split("data-page=\"")
        .skip(1)
        .filter_map(|t| t.split('"').next()?.parse().ok())
        .collect()
}

fn settle(by: &Browser, ballot: i64, what: &str, reason: &str) -> Answer {
    let body = json!({ "ballot": ballot, "what": what, "reason": reason });
    by.post("/api/ballots/settle", &body)
}

fn unsettle(by: &Browser, ballot: i64, what: &str) -> Answer {
    by.post(
        "/api/ballots/undo",
        &json!({ "ballot": ballot, "what": what }),
    )
}

/// Takes back the newest thing that was done with a page.
fn undo_act(by: &Browser) -> Answer {
    let text = by.get("/pages").text;
    let mark = "data-act=\"";
    let at = text.find(mark).unwrap() + mark.len();
    let act: i64 = text[at..].split('"').next().unwrap().parse().unwrap();
    by.post("/api/pages/undo", &json!({ "act": act, "reason": "nhầm" }))
}

fn ballots(office: &Office) -> (u64, u64, u64, u64) {
    let tally = office.tally("trạm");
    let of = |state: &str| tally["forms"][0]["ballots"][state].as_u64().unwrap();
    (of("total"), of("counted"), of("pending"), of("rejected"))
}

fn counts(office: &Office, choices: [(&str, &str); 2]) -> (u64, u64) {
    let tally = office.tally("trạm");
    let [a, b] = choices.map(|(q, c)| count(&tally, q, c));
    (a, b)
}

/// A page without a serial; `n` makes it another file than others of the same marks.
fn save(office: &Office, name: &str, page: u32, marked: &[&str], n: u8) {
    let mut image = draw(&office.layout, page, None, marked);
    image.put_pixel(3, 3, Luma([100 + n]));
    let path = office.path("ảnh quét").join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    image.save(path).unwrap();
}

const Q1: [(&str, &str); 2] = [("q1", "co"), ("q1", "khong")];

#[test]
fn two_images_under_one_serial_are_one_paper_or_two_as_a_person_says() {
    let office = Office::new(ONE_PAGE);
    office.scan("ảnh quét/a.png", 1, Some(1), &["q1.co"]);
    office.scan("ảnh quét/b.png", 1, Some(1), &["q1.khong"]);
    let served = serve(&office);
    let hoa = Browser::log_in(&served.url, "hoa");
    let mai = Browser::log_in(&served.url, "mai");
    let [id] = waiting(&hoa)[..] else {
        panic!("one ballot waits")
    };
    assert_eq!(ballots(&office), (1, 0, 1, 0));
    let view = hoa.get(&format!("/ballots/{id}")).text;
    assert!(
        view.contains("trùng số phiếu nhưng trả lời khác nhau"),
        "{view}"
    );
    assert!(
        view.contains("class=\"differs\""),
        "where they differ is shown"
    );

    assert_eq!(
        settle(&hoa, id, "duplicate-differs", " ").status,
        400,
        "a reason"
    );
    assert_eq!(settle(&hoa, id, "mispaired", "x").status, 409);
    assert_eq!(settle(&hoa, id, "duplicate-differs", "cùng tờ").status, 200);
    assert_eq!(ballots(&office), (1, 1, 0, 0));
    assert_eq!(counts(&office, Q1), (1, 0), "once, by the earlier image");
    assert_eq!(
        settle(&mai, id, "duplicate-differs", "x").status,
        409,
        "too late"
    );
    assert_eq!(
        unsettle(&mai, id, "duplicate-differs").status,
        409,
        "not hers"
    );
    assert_eq!(unsettle(&hoa, id, "duplicate-differs").status, 200);
    assert_eq!(ballots(&office), (1, 0, 1, 0));

    // Two papers: each counts by itself.
    let split = |reason: &str| {
        hoa.post(
            "/api/ballots/split",
            &json!({ "ballot": id, "reason": reason }),
        )
    };
    assert_eq!(split("").status, 400);
    assert_eq!(split("số phiếu bị sao chép").status, 200);
    assert_eq!(ballots(&office), (2, 2, 0, 0));
    assert_eq!(counts(&office, Q1), (1, 1));
    assert!(waiting(&hoa).is_empty());
    office.phieu(&SCAN);
    assert_eq!(counts(&office, Q1), (1, 1), "scanned again nothing changes");
    assert_eq!(undo_act(&mai).status, 409);
    assert_eq!(undo_act(&hoa).status, 200);
    assert_eq!(ballots(&office), (1, 0, 1, 0));
    let again = waiting(&hoa)[0];
    assert_eq!(settle(&hoa, again, "reject", "phiếu giả").status, 200);
    assert_eq!(ballots(&office), (1, 0, 0, 1));
    let lan = Browser::log_in(&served.url, "lan");
    assert_eq!(unsettle(&lan, again, "reject").status, 200);
    assert_eq!(ballots(&office), (1, 0, 1, 0));
    office.verify();
}

/// A back that came in another pile: front and back are put together by hand.
#[test]
fn a_missing_back_is_given_to_its_front_and_what_lay_beside_it_is_settled() {
    let office = Office::new(TWO_PAGES);
    let pile = [
        (1, "q1.co"),
        (2, "q2.co"),
        (1, "q1.khong"),
        (1, "q1.co"),
        (2, "q2.co"),
    ];
    for (at, (page, marked)) in pile.into_iter().enumerate() {
        save(&office, &format!("{at}.png"), page, &[marked], at as u8);
    }
    save(&office, "sau/lạc.png", 2, &["q2.khong"], 9);
    let served = serve(&office);
    let hoa = Browser::log_in(&served.url, "hoa");
    assert_eq!(ballots(&office), (4, 1, 3, 0));
    let found = waiting(&hoa);
    let text = |id: &i64| hoa.get(&format!("/ballots/{id}")).text;
    let lost = *found
        .iter()
        .find(|id| text(id).contains("lạc.png"))
        .unwrap();
    let front = *found.iter().find(|id| text(id).contains("/2.png")).unwrap();
    assert!(text(&front).contains("thiếu trang"), "{}", text(&front));
    // No word makes a missing page be there.
    assert_eq!(settle(&hoa, front, "incomplete", "x").status, 409);

    let back = pages(&hoa, lost)[0];
    let give = |into: Value, reason: &str| {
        let body = json!({ "page": back, "into": into, "reason": reason });
        hoa.post("/api/ballots/move", &body)
    };
    assert_eq!(give(json!(front), "").status, 400);
    assert_eq!(give(json!(99_999), "x").status, 409);
    assert_eq!(give(json!(front), "cùng nét bút").status, 200);
    // Together, but still to be believed.
    assert_eq!(ballots(&office), (3, 1, 2, 0));
    for id in waiting(&hoa) {
        for code in ["mispaired", "mispaired-neighbour"] {
            settle(&hoa, id, code, "đã so từng tờ");
        }
    }
    assert_eq!(ballots(&office), (3, 3, 0, 0));
    assert_eq!(counts(&office, Q1), (2, 1));
    assert_eq!(counts(&office, [("q2", "co"), ("q2", "khong")]), (2, 1));
    // The page leaves again: the front waits as before, and its page is a back
    // without a front.
    assert_eq!(undo_act(&hoa).status, 200);
    assert_eq!(ballots(&office), (4, 2, 2, 0));
    assert_eq!(counts(&office, Q1), (2, 0));
    office.verify();
}

/// Papers without serials by the strokes in their boxes.
#[test]
fn a_paper_that_was_perhaps_scanned_before_is_another_one_or_the_same() {
    let office = Office::new(ONE_PAGE);
    let marked = ["q1.co", "q2.nhanh", "q2.re"];
    save(&office, "a.png", 1, &marked, 1);
    save(&office, "b.png", 1, &marked, 2);
    let served = serve(&office);
    let hoa = Browser::log_in(&served.url, "hoa");
    let id = waiting(&hoa)[0];
    let view = hoa.get(&format!("/ballots/{id}")).text;
    assert!(
        view.contains("a.png") && view.contains("b.png"),
        "both are shown"
    );
    assert_eq!(ballots(&office), (2, 1, 1, 0));
    assert_eq!(settle(&hoa, id, "same-paper", "hai người viết").status, 200);
    assert_eq!(
        (ballots(&office), counts(&office, Q1)),
        ((2, 2, 0, 0), (2, 0))
    );
    assert_eq!(unsettle(&hoa, id, "same-paper").status, 200);
    assert_eq!(
        settle(&hoa, id, "reject", "cùng một tờ với phiếu trước").status,
        200
    );
    assert_eq!(
        (ballots(&office), counts(&office, Q1)),
        ((2, 1, 0, 1), (1, 0))
    );
    office.verify();
}

#[test]
fn what_is_a_supervisors_matter_is_refused_to_others_and_so_are_strangers() {
    let office = Office::new(ONE_PAGE);
    office.scan("ảnh quét/a.png", 1, Some(1), &["q1.co"]);
    office.scan("ảnh quét/b.png", 1, Some(1), &["q1.khong"]);
    let served = serve(&office);
    let [mut hoa, xem, lan] = ["hoa", "xem", "lan"].map(|n| Browser::log_in(&served.url, n));
    let id = waiting(&hoa)[0];
    let db = rusqlite::Connection::open(office.path("trạm/phieu.db")).unwrap();
    db.execute(
        "INSERT INTO problems (ballot_id, code, detail, blocking) VALUES (?1, 'box-closed', '', 1)",
        [id],
    )
    .unwrap();
    assert_eq!(settle(&hoa, id, "box-closed", "x").status, 403);
    assert_eq!(settle(&lan, id, "box-closed", "đã báo cáo").status, 200);
    for path in ["/ballots".to_owned(), format!("/ballots/{id}")] {
        assert_eq!(xem.get(&path).status, 403);
        assert_eq!(Browser::new(&served.url).get(&path).status, 303);
    }
    let body = json!({ "ballot": id, "what": "reject", "page": 1, "reason": "x" });
    for path in ["settle", "undo", "split", "move"] {
        let path = format!("/api/ballots/{path}");
        assert_eq!(xem.post(&path, &body).status, 403, "{path}");
        let token = std::mem::replace(&mut hoa.csrf, "0".repeat(32));
        assert_eq!(hoa.post(&path, &body).status, 403, "{path}");
        hoa.csrf = token;
    }
    assert_eq!(waiting(&hoa), [id]);
    let odd = settle(&hoa, id, "reject", "<script>alert(1)</script>");
    assert_eq!(odd.status, 200);
    let text = hoa.get("/ballots").text;
    assert!(text.contains("&lt;script&gt;") && !text.contains("<script>alert"));
    for path in ["/ballots/0", "/ballots/-3", "/ballots/x", "/ballots?box='"] {
        assert!(hoa.get(path).status < 500, "{path}");
    }
}
