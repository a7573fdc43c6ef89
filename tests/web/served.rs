//! Reviewers and others before their browsers, honest and not.

use std::collections::BTreeSet;
use std::thread;

use crate::paper::{ONE_PAGE, Office, SCAN, black_and_white, count};
use crate::web_support::{self, Browser, FOUR, Served, accounts};
use serde_json::json;

/// Ballots on each of which both boxes of q1 are crossed; their accounts.
fn office(ballots: u64) -> Office {
    let office = Office::new(ONE_PAGE);
    for n in 0..ballots {
        office.scan(
            &format!("ảnh quét/phiếu {n:03}.png"),
            1,
            Some(n),
            &["q1.co", "q1.khong", "q2.re"],
        );
    }
    office.says(0, &["init", "trạm"]);
    if ballots > 0 {
        office.says(1, &SCAN);
    }
    accounts(&office, &FOUR);
    office
}

#[test]
fn nobody_gets_in_without_an_account_and_guessing_locks_out() {
    let office = office(0);
    let served = Served::start(&office);
    let stranger = Browser::new(&served.url);
    let said = stranger.get("/");
    assert_eq!(
        (said.status, said.location.as_deref()),
        (303, Some("/login"))
    );
    for path in ["/review", "/wall", "/log", "/accounts", "/review/list"] {
        assert_eq!(stranger.get(path).status, 303, "{path}");
    }
    for path in ["/api/progress", "/picture/page/1"] {
        assert_eq!(stranger.get(path).status, 401, "{path}");
    }
    for _ in 0..5 {
        let wrong = [("name", "hoa"), ("password", "12345678")];
        assert_eq!(stranger.post_form("/login", &wrong).status, 401);
    }
    // Now not even the right one opens.
    let right = [("name", "hoa"), ("password", "mật khẩu của hoa")];
    let said = stranger.post_form("/login", &right);
    assert_eq!(said.status, 401);
    assert!(said.text.contains("15 phút"), "{}", said.text);
    assert_eq!(office.log("login-failed").len(), 5);
    assert_eq!(office.log("login-locked-out").len(), 1);
    // Others are not locked out with her.
    let lan = Browser::log_in(&served.url, "lan");
    assert_eq!(lan.get("/accounts").status, 200);
    assert_eq!(office.log("login").len(), 1);
}

/// On a blank black-and-white page all questions ask, for a light pen may be lost: the
/// desk once said "unclear mark" of them, and nobody knew what to look for.
#[test]
fn a_question_that_the_whole_page_leaves_in_doubt_says_why() {
    let office = Office::new(ONE_PAGE);
    let path = office.scan("ảnh quét/phiếu trắng.png", 1, Some(0), &[]);
    black_and_white(&path);
    office.says(0, &["init", "trạm"]);
    office.says(1, &SCAN);
    accounts(&office, &FOUR);
    let served = Served::start(&office);
    let hoa = Browser::log_in(&served.url, "hoa");
    let next = json!({ "wanted": {}, "after": null });
    let item = &hoa.post("/api/review/next", &next).json()["item"];
    let why = item["why"].as_array().unwrap();
    assert_eq!(why.len(), 1, "{item}");
    let said = why[0].as_str().unwrap();
    assert!(said.contains("thang xám"), "{said}");
    let reasons = item["choices"].as_array().unwrap();
    assert!(reasons.iter().all(|c| c["reason"].is_null()), "{item}");
}

#[test]
fn what_a_role_may_not_do_and_what_carries_no_token_is_refused() {
    let office = office(1);
    let served = Served::start(&office);
    let viewer = Browser::log_in(&served.url, "xem");
    assert_eq!(viewer.get("/review").status, 403);
    assert_eq!(viewer.get("/picture/page/1").status, 403);
    assert_eq!(viewer.get("/accounts").status, 403);
    let next = json!({ "wanted": {}, "after": null });
    assert_eq!(viewer.post("/api/review/next", &next).status, 403);
    assert_eq!(viewer.get("/").status, 200);

    let mut hoa = Browser::log_in(&served.url, "hoa");
    assert_eq!(hoa.get("/accounts").status, 403);
    let token = std::mem::replace(&mut hoa.csrf, "0".repeat(32));
    assert_eq!(hoa.post("/api/review/next", &next).status, 403);
    assert_eq!(office.log("refused-csrf").len(), 1);
    hoa.csrf = token;
    assert_eq!(hoa.post("/api/review/next", &next).status, 200);
    // A form of another site has no token either.
    let lan = Browser::log_in(&served.url, "lan");
    let form = [
        ("csrf", "x"),
        ("action", "add"),
        ("name", "gian"),
        ("role", "supervisor"),
        ("password", "123456789"),
    ];
    assert_eq!(lan.post_form("/accounts", &form).status, 403);
    assert_eq!(lan.post_form("/logout", &[("csrf", "x")]).status, 403);
    // Whoever logs out is out.
    assert_eq!(lan.post_form("/logout", &[("csrf", &lan.csrf)]).status, 303);
    assert_eq!(lan.get("/accounts").status, 303);
}

#[test]
fn foreign_hosts_giant_bodies_and_crooked_paths_do_no_harm() {
    let office = office(1);
    let served = Served::start(&office);
    let hoa = Browser::log_in(&served.url, "hoa");
    assert_eq!(hoa.get_with("/", ("host", "evil.example")).status, 403);
    assert_eq!(
        hoa.get_with("/", ("host", "127.0.0.1.evil.example")).status,
        403
    );
    for path in [
        "/assets/..%2f..%2fphieu.db",
        "/assets/../../phieu.db",
        "/picture/page/..%2f..%2fphieu.db",
        "/picture/page/99999999999999999999",
        "/picture/page/-1",
        "/picture/question/1/%00",
        "/picture/box/1/q1/%3Cscript%3E",
        "/nichts",
    ] {
        let said = hoa.get(path);
        assert!((400..500).contains(&said.status), "{path} {said:?}");
        assert!(said.policy.contains("default-src 'none'"), "{path}");
    }
    let foreign = json!({ "ballot": 1, "question": "q1", "choices": ["không có"] });
    assert_eq!(hoa.post("/api/review/answer", &foreign).status, 400);
    let nowhere = json!({ "ballot": 77, "question": "q1", "choices": ["co"] });
    assert_eq!(hoa.post("/api/review/answer", &nowhere).status, 409);
    let giant = json!({ "ballot": 1, "question": "q1", "choices": ["x".repeat(200_000)] });
    // Refused before it is read to its end: the connection may already be closed.
    let said = hoa.try_post("/api/review/answer", &giant);
    assert!(said.is_err() || said.is_ok_and(|a| a.status == 413));
    // The next call may still find the closed connection; the one after is answered.
    let alive = |_| hoa.try_get("/").is_ok_and(|a| a.status == 200);
    assert!((0..2).any(alive), "the station went down");
    assert!(office.log("answered").is_empty());
}

/// A file name is somebody's input: it is shown, and nothing else.
#[test]
fn a_script_in_a_file_name_or_a_reason_is_only_text() {
    let office = Office::new(ONE_PAGE);
    let name = "ảnh quét/<img src=x onerror=alert(1)>.png";
    if cfg!(windows) {
        return;
    }
    office.scan(name, 1, Some(1), &["q1.co", "q1.khong"]);
    office.says(0, &["init", "trạm"]);
    office.says(1, &SCAN);
    accounts(&office, &[("hoa", "reviewer")]);
    let served = Served::start(&office);
    let hoa = Browser::log_in(&served.url, "hoa");
    let item = hoa.next().unwrap();
    let body = json!({ "ballot": item["ballot"], "question": "q1",
        "reason": "<script>alert(2)</script>" });
    assert_eq!(hoa.post("/api/review/escalate", &body).status, 200);
    for page in ["/review/list", "/log"] {
        let text = hoa.get(page).text;
        assert!(
            !text.contains("<img src=x") && !text.contains("<script>alert"),
            "{page}"
        );
        assert!(text.contains("&lt;"), "{page}");
    }
}

#[test]
fn two_reviewers_never_get_the_same_question_and_each_counts_once() {
    let office = office(12);
    let served = Served::start(&office);
    let settled: Vec<BTreeSet<i64>> = thread::scope(|s| {
        let people = ["hoa", "mai"].map(|name| {
            let url = served.url.clone();
            s.spawn(move || {
                let person = Browser::log_in(&url, name);
                let mut mine = BTreeSet::new();
                while let Some(item) = person.next() {
                    assert_eq!(item["question"], "q1");
                    assert_eq!(person.settle(&item, &["co"]).status, 200);
                    assert!(mine.insert(item["ballot"].as_i64().unwrap()));
                }
                mine
            })
        });
        people.into_iter().map(|p| p.join().unwrap()).collect()
    });
    assert!(settled[0].is_disjoint(&settled[1]));
    assert_eq!(settled[0].len() + settled[1].len(), 12);
    let tally = office.tally("trạm");
    assert_eq!(count(&tally, "q1", "co"), 12);
    assert_eq!(count(&tally, "q2", "re"), 12);
    assert_eq!(office.log("answered").len(), 12);
    office.verify();
}

#[test]
fn a_question_that_was_settled_meanwhile_is_not_settled_again_and_can_be_undone() {
    let office = office(1);
    let served = Served::start(&office);
    let hoa = Browser::log_in(&served.url, "hoa");
    let mai = Browser::log_in(&served.url, "mai");
    let item = hoa.next().unwrap();
    assert!(mai.next().is_none(), "hoa looks at it");
    assert_eq!(hoa.settle(&item, &["khong"]).status, 200);
    let late = mai.settle(&item, &["co"]);
    assert_eq!(late.status, 409);
    assert!(late.text.contains("hoa"), "{}", late.text);
    assert_eq!(count(&office.tally("trạm"), "q1", "khong"), 1);
    let named = json!({ "ballot": item["ballot"], "question": "q1", "reason": "bấm nhầm" });
    assert_eq!(mai.post("/api/review/undo", &named).status, 409);
    assert_eq!(hoa.post("/api/review/undo", &named).status, 200);
    assert_eq!(count(&office.tally("trạm"), "q1", "khong"), 0);
    let again = mai.next().unwrap();
    assert_eq!(again["ballot"], item["ballot"]);
    assert_eq!(mai.settle(&again, &["co"]).status, 200);
    assert_eq!(count(&office.tally("trạm"), "q1", "co"), 1);
    let withdrawn = office.log("withdrawn");
    assert_eq!(withdrawn[0]["detail"]["reason"], "bấm nhầm");
    office.verify();
}

#[test]
fn two_must_agree_where_the_office_wants_it_and_a_supervisor_settles_the_rest() {
    let office = office(2);
    let station = phieu::station::Station::open(&office.path("trạm")).unwrap();
    station
        .store()
        .unwrap()
        .set("second-opinion-share", "100")
        .unwrap();
    let served = Served::start(&office);
    let [hoa, mai, lan] = ["hoa", "mai", "lan"].map(|n| Browser::log_in(&served.url, n));
    let outcome = |a: web_support::Answer| a.json()["outcome"].as_str().unwrap().to_owned();
    let first = hoa.next().unwrap();
    assert_eq!(outcome(hoa.settle(&first, &["co"])), "waits-for-second");
    let second = hoa.next().unwrap();
    assert_eq!(outcome(hoa.settle(&second, &["co"])), "waits-for-second");
    assert!(hoa.next().is_none(), "nobody is asked twice");
    // The second person does not see what the first one said.
    let item = mai.next().unwrap();
    assert_eq!(item["said"], json!([]));
    assert_eq!(outcome(mai.settle(&item, &["co"])), "decided");
    let item = mai.next().unwrap();
    assert_eq!(outcome(mai.settle(&item, &["khong"])), "differs");
    assert!(mai.next().is_none());
    let tally = office.tally("trạm");
    assert_eq!(
        (count(&tally, "q1", "co"), count(&tally, "q1", "khong")),
        (1, 0)
    );
    let left = lan.next().unwrap();
    assert_eq!(left["said"].as_array().unwrap().len(), 2);
    assert_eq!(outcome(lan.settle(&left, &["khong"])), "decided");
    let tally = office.tally("trạm");
    assert_eq!(
        (count(&tally, "q1", "co"), count(&tally, "q1", "khong")),
        (1, 1)
    );
    office.verify();
}

#[test]
fn a_click_on_the_wall_opens_a_question_that_the_machine_was_sure_of() {
    let office = Office::new(ONE_PAGE);
    office.scan("ảnh quét/1.png", 1, Some(1), &["q1.co"]);
    office.scan("ảnh quét/2.png", 1, Some(2), &["q1.khong"]);
    office.says(0, &["init", "trạm"]);
    office.says(0, &SCAN);
    accounts(&office, &[("hoa", "reviewer")]);
    let served = Served::start(&office);
    let hoa = Browser::log_in(&served.url, "hoa");
    let wall = hoa.get("/wall?form=mot-trang&of=q1/co&order=high").text;
    assert!(wall.contains("/picture/box/1/q1/co"), "{wall}");
    assert_eq!(hoa.get("/picture/box/1/q1/co").status, 200);
    assert!(hoa.next().is_none());
    let named = json!({ "ballot": 1, "question": "q1" });
    assert_eq!(hoa.post("/api/doubt", &named).status, 200);
    assert_eq!(count(&office.tally("trạm"), "q1", "co"), 0, "it waits");
    let item = hoa.next().unwrap();
    assert_eq!(item["suggestion"], json!(["co"]));
    assert_eq!(hoa.settle(&item, &["co"]).status, 200);
    assert_eq!(count(&office.tally("trạm"), "q1", "co"), 1);
    // What a person settled is not opened by a click.
    assert_eq!(hoa.post("/api/doubt", &named).status, 409);
    office.verify();
}

/// What a clerk got wrong was once said in English, in the words of the command line.
#[test]
fn a_box_is_opened_and_closed_in_the_browser_and_mistakes_are_said_in_vietnamese() {
    let office = office(0);
    let served = Served::start(&office);
    let lan = Browser::log_in(&served.url, "lan");
    let hoa = Browser::log_in(&served.url, "hoa");
    let xem = Browser::log_in(&served.url, "xem");
    let form = |by: &Browser, seal, counted| {
        [
            ("csrf", by.csrf.clone()),
            ("unit", String::new()),
            ("box", "h1".to_owned()),
            ("opened", "25/11/2026 8:15".to_owned()),
            ("place", "Bộ phận Một cửa".to_owned()),
            (
                "present",
                "Lê Thị Cúc; trưởng bộ phận\nTrần Văn A; công chức".to_owned(),
            ),
            ("lock", "whole".to_owned()),
            ("seal", String::from(seal)),
            ("counted", String::from(counted)),
        ]
    };
    let open = |by: &Browser, seal, counted| {
        let form = form(by, seal, counted);
        let form: Vec<(&str, &str)> = form.iter().map(|(k, v)| (*k, v.as_str())).collect();
        by.post_form("/boxes/open", &form)
    };
    assert_eq!(open(&xem, "whole", "3").status, 403);
    let broken = open(&hoa, "broken", "3");
    assert!(
        broken.text.contains("niêm phong không nguyên vẹn"),
        "{}",
        broken.text
    );
    assert!(!broken.text.contains("--remark"), "{}", broken.text);
    assert!(broken.text.contains("Lê Thị Cúc"), "what was typed is kept");
    assert_eq!(open(&hoa, "whole", "3").status, 303);
    let again = open(&hoa, "whole", "3");
    assert!(again.text.contains("hòm h1 đã mở"), "{}", again.text);
    assert!(xem.get("/boxes").text.contains("THIẾU"));
    for paper in ["/boxes/minutes.pdf?box=h1", "/boxes/cover.pdf?box=h1"] {
        assert_eq!(hoa.get(paper).status, 200, "{paper}");
        assert_eq!(xem.get(paper).status, 403, "{paper}");
    }
    let close = |by: &Browser, reason: &str| {
        let form = [
            ("csrf", by.csrf.as_str()),
            ("action", "close"),
            ("box", "h1"),
            ("reason", reason),
        ];
        by.post_form("/boxes", &form)
    };
    assert!(close(&hoa, "").text.contains("chưa khớp"));
    assert_eq!(close(&hoa, "thất lạc").status, 403);
    assert_eq!(close(&lan, "thất lạc, có biên bản").status, 303);
    let page = xem.get("/boxes").text;
    assert!(
        page.contains("đã đóng") && page.contains("thất lạc"),
        "{page}"
    );
    office.verify();
}

#[test]
fn serving_to_the_network_without_tls_is_refused() {
    let office = office(0);
    let said = office.phieu(&["serve", "--station", "trạm", "--listen", "0.0.0.0:0"]);
    assert_eq!(said.status.code(), Some(2));
    let line = String::from_utf8(said.stderr).unwrap();
    assert!(line.contains("--behind-proxy"), "{line}");
    let empty = Office::new(ONE_PAGE);
    empty.says(0, &["init", "trạm"]);
    let said = empty.phieu(&["serve", "--station", "trạm"]);
    assert_eq!(said.status.code(), Some(2));
    assert!(
        String::from_utf8(said.stderr)
            .unwrap()
            .contains("account add")
    );
}
