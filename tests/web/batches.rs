//! A day's batches, settings and progress in the browser: files dropped into the
//! page, scans steered from it, by honest people and others.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::paper::{ONE_PAGE, Office, command, count};
use crate::web_support::{Answer, Browser, Served, accounts};
use phieu::station::Day;
use serde_json::json;

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

const PLAN: &str = r#"
name = "Khảo sát thử"
reporting_office = "Phòng Nội vụ"
forms = ["mot-trang"]
templates = ["mẫu phiếu"]
[[units]]
id = "xa-a"
name = "Xã A"
[[boxes]]
id = "h1"
unit = "xa-a"
"#;

fn office(plan: &str) -> Office {
    let office = Office::new(ONE_PAGE);
    fs::write(office.path("campaign.toml"), plan).unwrap();
    office.says(0, &["init", "trạm", "--campaign", "campaign.toml"]);
    accounts(
        &office,
        &[
            ("quét", "operator"),
            ("hoa", "reviewer"),
            ("mai", "reviewer"),
            ("lan", "supervisor"),
            ("xem", "viewer"),
        ],
    );
    office
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < PATIENCE, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn parcel(by: &Browser) -> String {
    let said = by.post("/api/inbox", &json!({}));
    assert_eq!(said.status, 200, "{said:?}");
    said.json()["id"].as_str().unwrap().to_owned()
}

/// As a script writes a name into an address.
fn encoded(name: &str) -> String {
    name.bytes().map(|b| format!("%{b:02X}")).collect()
}

fn send(by: &Browser, parcel: &str, name: &str, bytes: &[u8]) -> Answer {
    by.put(
        &format!("/api/inbox/{parcel}?name={}", encoded(name)),
        bytes,
    )
}

fn order(by: &Browser, parcel: &str, ballot_box: &str) -> Answer {
    by.post(
        &format!("/api/inbox/{parcel}/scan"),
        &json!({ "box": ballot_box }),
    )
}

fn ballot(office: &Office, n: u64, marked: &[&str]) -> Vec<u8> {
    fs::read(office.scan(&format!("nháp/{n}.png"), 1, Some(n), marked)).unwrap()
}

fn act(by: &Browser, fields: &[(&str, &str)]) -> Answer {
    let form = [&[("csrf", by.csrf.as_str())], fields].concat();
    by.post_form("/batches", &form)
}

#[test]
fn files_that_are_dropped_into_the_page_become_a_batch() {
    let office = office(PLAN);
    let served = Served::start(&office);
    let clerk = Browser::log_in(&served.url, "quét");
    let page = clerk.get("/batches").text;
    assert!(
        page.contains("id=\"drop\"") && page.contains("chưa có lô quét nào"),
        "{page}"
    );
    let id = parcel(&clerk);
    for n in 1..=4 {
        let marked: &[&str] = if n == 4 {
            &["q1.co", "q1.khong"]
        } else {
            &["q1.co"]
        };
        let name = format!("hòm một/phiếu {n}.png");
        assert_eq!(
            send(&clerk, &id, &name, &ballot(&office, n, marked)).status,
            200
        );
    }
    // What waits is seen by all, and begun by those who may.
    let xem = Browser::log_in(&served.url, "xem");
    assert!(
        xem.get("/batches")
            .text
            .contains("Tệp đã gửi lên, chưa quét xong")
    );
    assert!(
        order(&clerk, &id, "h9").text.contains("không có hòm"),
        "an unknown box"
    );
    assert_eq!(order(&clerk, &id, "xa-a/h1").status, 202);
    let live = || xem.get("/api/batches").text;
    until("the end of the scan", || live().contains("Đã quét xong"));
    let page = live();
    assert!(
        page.contains("4 tệp, 4 trang mới") && page.contains("1 cần xem"),
        "{page}"
    );
    assert!(
        page.contains("xa-a/h1") && !page.contains("chưa quét xong"),
        "{page}"
    );
    let tally = office.tally("trạm");
    assert_eq!(count(&tally, "q1", "co"), 3);
    assert_eq!(tally["forms"][0]["units"][0]["unit"], "xa-a");
    assert!(
        fs::read_dir(office.path("trạm/inbox"))
            .unwrap()
            .next()
            .is_none()
    );

    let one = xem.get("/batches/1").text;
    assert!(
        one.contains("hòm một/phiếu 1.png") && one.contains("1 câu chưa chắc"),
        "{one}"
    );
    assert!(!one.contains("/picture/page/"), "a viewer sees no pages");
    let one = xem.get("/batches/1?flagged=1").text;
    assert!(
        !one.contains("phiếu 1.png") && one.contains("phiếu 4.png"),
        "{one}"
    );
    assert_eq!(xem.get("/batches/77").status, 404);

    // The same again changes nothing.
    let id = parcel(&clerk);
    send(&clerk, &id, "lại.png", &ballot(&office, 1, &["q1.co"]));
    assert_eq!(order(&clerk, &id, "").status, 202);
    until("the known page", || {
        live().contains("1 trang đã có từ trước")
    });
    assert_eq!(office.tally("trạm"), tally);

    // What was counted is taken out by a supervisor, with a reason.
    let cancel = [("action", "cancel"), ("batch", "1"), ("reason", "nhầm hòm")];
    assert_eq!(act(&clerk, &cancel).status, 403);
    let lan = Browser::log_in(&served.url, "lan");
    let said = act(
        &lan,
        &[("action", "cancel"), ("batch", "1"), ("reason", " ")],
    );
    assert!(said.text.contains("phải ghi lý do"), "{}", said.text);
    assert_eq!(act(&lan, &cancel).status, 303);
    let said = act(&lan, &cancel);
    assert!(said.text.contains("lô 1 đã bị hủy"), "{}", said.text);
    assert!(xem.get("/batches/1").text.contains("nhầm hòm"));
    assert_eq!(count(&office.tally("trạm"), "q1", "co"), 0);
    assert_eq!(office.log("scan-ordered")[0]["person"], "quét");
    office.verify();
}

#[test]
fn what_is_dropped_by_hostile_hands_does_no_harm() {
    let office = office(PLAN);
    let served = Served::start(&office);
    let mut clerk = Browser::log_in(&served.url, "quét");
    let id = parcel(&clerk);
    let image = ballot(&office, 1, &["q1.co"]);

    let stranger = Browser::new(&served.url);
    assert_eq!(send(&stranger, &id, "a.png", &image).status, 401);
    let xem = Browser::log_in(&served.url, "xem");
    for said in [
        xem.post("/api/inbox", &json!({})),
        send(&xem, &id, "a.png", &image),
        order(&xem, &id, ""),
        act(&xem, &[("action", "stop")]),
    ] {
        assert_eq!(said.status, 403, "{said:?}");
    }
    let refused = office.log("refused");
    assert_eq!(refused.len(), 4);
    assert_eq!(
        (&refused[0]["person"], &refused[0]["detail"]["role"]),
        (&"xem".into(), &"viewer".into())
    );
    let token = std::mem::replace(&mut clerk.csrf, "0".repeat(32));
    assert_eq!(send(&clerk, &id, "a.png", &image).status, 403);
    assert_eq!(office.log("refused-csrf").len(), 1);
    clerk.csrf = token;

    for name in [
        "../../thoát.png",
        "a/../../../b.png",
        "/etc/c.png",
        "C:\\d.png",
        "\\\\máy\\e.png",
        "",
    ] {
        assert_eq!(send(&clerk, &id, name, &image).status, 400, "{name}");
    }
    assert_eq!(office.log("refused-upload").len(), 6);
    for name in ["virus.exe", ".ẩn.png", "__MACOSX/a.png"] {
        let said = send(&clerk, &id, name, &image);
        assert!((400..500).contains(&said.status), "{name} {said:?}");
    }
    for parcel in ["..", "..%2F..", "0", "0123456789abcdef0123", "%00"] {
        let said = send(&clerk, parcel, "a.png", &image);
        assert!((400..500).contains(&said.status), "{parcel} {said:?}");
    }
    let outside = fs::read_dir(office.dir.path()).unwrap();
    let names: Vec<_> = outside.map(|e| e.unwrap().file_name()).collect();
    assert!(
        !names.iter().any(|n| n.to_string_lossy().ends_with(".png")),
        "{names:?}"
    );

    // Five gigabytes are refused before one is sent; half a file is none.
    let raw = |length: u64, body: &[u8]| {
        let address = served.url.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        let head = format!(
            "PUT /api/inbox/{id}?name=to.png HTTP/1.1\r\nHost: localhost\r\nCookie: {}\r\n\
             X-Csrf: {}\r\nContent-Length: {length}\r\n\r\n",
            clerk.cookie, clerk.csrf
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body).unwrap();
        stream
    };
    let mut said = [0; 12];
    raw(5 << 30, b"").read_exact(&mut said).unwrap();
    assert_eq!(&said, b"HTTP/1.1 413");
    let giant = office.log("refused-upload").pop().unwrap();
    assert_eq!(giant["detail"]["name"], "to.png");
    assert!(
        giant["detail"]["why"].as_str().unwrap().contains("lớn hơn"),
        "{giant}"
    );
    let half = raw(image.len() as u64, &image[..image.len() / 2]);
    std::thread::sleep(Duration::from_millis(300));
    drop(half);
    let folder = office.path(&format!("trạm/inbox/{id}"));
    until("the half file to be gone", || {
        fs::read_dir(&folder).unwrap().next().is_none()
    });
    assert!(order(&clerk, &id, "").text.contains("chưa có tệp nào"));

    // A script in a name is text, and a file that is no image waits for a person.
    let name = "<img src=x onerror=alert(1)>/phiếu.png";
    assert_eq!(send(&clerk, &id, name, b"no image at all").status, 200);
    assert_eq!(order(&clerk, &id, "").status, 202);
    until("the end of the scan", || {
        clerk.get("/api/batches").text.contains("Đã quét xong")
    });
    let page = clerk.get("/batches/1").text;
    assert!(
        !page.contains("<img src=x") && page.contains("_img src=x"),
        "{page}"
    );
    assert!(page.contains("tệp hỏng"), "{page}");
    // Nothing comes into a pile that was scanned.
    assert_eq!(send(&clerk, &id, "muộn.png", &image).status, 404);
    office.verify();
}

#[test]
fn one_scan_at_a_time_and_it_is_steered_from_the_page() {
    let office = office(PLAN);
    let served = Served::start(&office);
    let clerk = Browser::log_in(&served.url, "quét");
    for n in 0..150 {
        office.scan(&format!("ảnh/{n:03}.png"), 1, Some(n), &["q1.co"]);
    }
    let id = parcel(&clerk);
    send(&clerk, &id, "sau.png", &ballot(&office, 900, &["q1.khong"]));
    // Another program scans.
    let mut child = command(
        office.dir.path(),
        &["scan", "ảnh", "--station", "trạm", "--threads", "1"],
    )
    .stdout(Stdio::null())
    .stderr(Stdio::null())
    .spawn()
    .unwrap();
    let live = || clerk.get("/api/batches").text;
    until("its batch", || live().contains("value=\"pause\""));
    let said = order(&clerk, &id, "");
    assert_eq!(said.status, 409);
    assert!(said.text.contains("đang quét một lô khác"), "{}", said.text);
    assert!(live().contains("phieu scan hoặc phieu watch"));
    assert_eq!(
        act(
            &clerk,
            &[("action", "pause"), ("batch", "1"), ("reason", "kẹt giấy")]
        )
        .status,
        303
    );
    until("the pause", || live().contains("value=\"resume\""));
    assert!(live().contains("kẹt giấy"));
    assert_eq!(
        act(&clerk, &[("action", "resume"), ("batch", "1")]).status,
        303
    );
    // A clerk may cancel what is at work.
    assert_eq!(
        act(
            &clerk,
            &[("action", "cancel"), ("batch", "1"), ("reason", "nhầm")]
        )
        .status,
        303
    );
    child.wait().unwrap();
    assert!(live().contains("ĐÃ HỦY"));
    // Now it is our turn, with the file that waited.
    assert_eq!(
        act(&clerk, &[("action", "scan"), ("parcel", &id)]).status,
        303
    );
    until("the end of the scan", || live().contains("Đã quét xong"));
    let tally = office.tally("trạm");
    assert_eq!(
        (count(&tally, "q1", "co"), count(&tally, "q1", "khong")),
        (0, 1)
    );

    // A scan of the page is paused, and cancelled: its files stay for another box.
    let id = parcel(&clerk);
    for n in 200..320 {
        send(
            &clerk,
            &id,
            &format!("{n}.png"),
            &ballot(&office, n, &["q1.co"]),
        );
    }
    assert_eq!(order(&clerk, &id, "").status, 202);
    until("its batch", || live().contains("value=\"pause\""));
    assert_eq!(
        act(&clerk, &[("action", "pause"), ("batch", "3")]).status,
        303
    );
    until("the pause", || live().contains("Đang tạm dừng"));
    let said = act(&clerk, &[("action", "discard"), ("parcel", &id)]);
    assert!(said.text.contains("đang được quét"), "{}", said.text);
    assert_eq!(
        act(
            &clerk,
            &[("action", "cancel"), ("batch", "3"), ("reason", "nhầm hòm")]
        )
        .status,
        303
    );
    until("the cancelled batch", || live().contains("có thể quét lại"));
    assert_eq!(count(&office.tally("trạm"), "q1", "co"), 0);
    assert_eq!(order(&clerk, &id, "xa-a/h1").status, 202);
    until("its batch", || live().contains("value=\"pause\""));
    // Stopped, it goes on where it was, out of the same box.
    assert_eq!(act(&clerk, &[("action", "stop")]).status, 303);
    until("the stop", || live().contains("Đã dừng quét"));
    assert!(live().contains("value=\"xa-a/h1\" selected"), "{}", live());
    let same = [("action", "scan"), ("parcel", &*id), ("box", "xa-a/h1")];
    assert_eq!(act(&clerk, &same).status, 303);
    until("all", || count(&office.tally("trạm"), "q1", "co") == 120);
    let units = &office.tally("trạm")["forms"][0]["units"];
    let of_xa_a = units
        .as_array()
        .unwrap()
        .iter()
        .find(|u| u["unit"] == "xa-a");
    assert_eq!(of_xa_a.unwrap()["ballots"]["counted"], 120, "{units}");
    until("the end of the scan", || live().contains("Đã quét xong"));
    // Thrown away, they are gone.
    let id = parcel(&clerk);
    send(&clerk, &id, "thừa.png", &ballot(&office, 901, &["q1.co"]));
    assert_eq!(
        act(&clerk, &[("action", "discard"), ("parcel", &id)]).status,
        303
    );
    assert!(!office.path(&format!("trạm/inbox/{id}")).exists());
    assert_eq!(office.log("upload-discarded").len(), 1);
    office.verify();
}

/// The server ends in the middle of a scan: the files are there after it is started
/// again, and nothing counts twice.
#[test]
fn a_scan_that_was_cut_off_goes_on_after_the_server_is_started_again() {
    let office = office(PLAN);
    let mut served = Served::start(&office);
    let clerk = Browser::log_in(&served.url, "quét");
    let id = parcel(&clerk);
    for n in 0..120 {
        send(
            &clerk,
            &id,
            &format!("{n}.png"),
            &ballot(&office, n, &["q1.co"]),
        );
    }
    assert_eq!(order(&clerk, &id, "xa-a/h1").status, 202);
    until("some pages", || {
        clerk.get("/api/batches").text.contains("value=\"pause\"")
    });
    served.kill();
    let served = Served::start(&office);
    let clerk = Browser::log_in(&served.url, "quét");
    let page = clerk.get("/batches").text;
    assert!(
        page.contains("chưa quét xong")
            && page.contains("bị ngắt giữa chừng")
            && page.contains("value=\"xa-a/h1\" selected"),
        "{page}"
    );
    assert_eq!(
        act(&clerk, &[("action", "scan"), ("parcel", &id)]).status,
        303
    );
    until("the end of the scan", || {
        clerk.get("/api/batches").text.contains("Đã quét xong")
    });
    assert_eq!(count(&office.tally("trạm"), "q1", "co"), 120);
    office.verify();
}

#[test]
fn a_supervisor_sets_how_much_is_seen_by_two() {
    let office = office(PLAN);
    for n in 0..2 {
        office.scan(&format!("ảnh/{n}.png"), 1, Some(n), &["q1.co", "q1.khong"]);
    }
    office.says(1, &["scan", "ảnh", "--station", "trạm"]);
    let served = Served::start(&office);
    let [lan, hoa, mai] = ["lan", "hoa", "mai"].map(|n| Browser::log_in(&served.url, n));
    assert_eq!(hoa.get("/settings").status, 403);
    let set = |by: &Browser, share: &str, reason: &str, kind: &str| {
        let mut form = vec![
            ("csrf", by.csrf.as_str()),
            ("share", share),
            ("reason", reason),
        ];
        if !kind.is_empty() {
            form.push((kind, "1"));
        }
        by.post_form("/settings", &form)
    };
    assert_eq!(set(&hoa, "100", "thử", "").status, 403);
    assert!(set(&lan, "101", "thử", "").text.contains("từ 0 đến 100"));
    assert!(set(&lan, "50", " ", "").text.contains("cần ghi lý do"));
    assert_eq!(
        set(&lan, "0", "chọn quá số ô hay nhầm", "overvote").status,
        303
    );
    let page = lan.get("/settings").text;
    assert!(page.contains("chọn quá số ô hay nhầm"), "{page}");
    let changed = office.log("setting-changed");
    assert_eq!(changed.len(), 2);
    assert_eq!(changed[0]["detail"]["reason"], "chọn quá số ô hay nhầm");
    // All of that kind wait for a second person, with a share of nothing.
    let outcome = |a: Answer| a.json()["outcome"].as_str().unwrap().to_owned();
    for _ in 0..2 {
        let item = hoa.next().unwrap();
        assert_eq!(outcome(hoa.settle(&item, &["co"])), "waits-for-second");
    }
    assert_eq!(
        outcome(mai.settle(&mai.next().unwrap(), &["co"])),
        "decided"
    );
    assert_eq!(
        outcome(mai.settle(&mai.next().unwrap(), &["khong"])),
        "differs"
    );
    let page = lan.get("/").text;
    assert!(page.contains("(1/2)") && page.contains("50.0 %"), "{page}");
    office.verify();
}

/// The day that is so many days from now.
fn in_days(days: i64) -> Day {
    let epoch = Day::new(1970, 1, 1).unwrap();
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    // The office's day begins seven hours before that of UTC.
    let wanted = i64::try_from((since.as_secs() + 7 * 3600) / 86_400).unwrap() + days;
    (2020..2200)
        .flat_map(|y| (1..=12).flat_map(move |m| (1..=31).filter_map(move |d| Day::new(y, m, d))))
        .find(|d| epoch.days_until(*d) == wanted)
        .unwrap()
}

#[test]
fn progress_is_shown_against_quota_and_deadline_and_an_empty_station_says_what_to_do() {
    let (soon, late) = (in_days(4), in_days(-10));
    let plan = format!(
        r#"
name = "Khảo sát thử"
reporting_office = "Phòng Nội vụ"
forms = ["mot-trang"]
templates = ["mẫu phiếu"]
units = [
    {{ id = "huyen", name = "Huyện Bình An" }},
    {{ id = "xa-a", name = "Xã A", parent = "huyen", quota = 2, deadline = {soon} }},
    {{ id = "xa-b", name = "Xã B", parent = "huyen", quota = 3, deadline = {late} }},
    {{ id = "xa-c", name = "Xã C", parent = "huyen", quota = 2, deadline = {soon} }},
]
boxes = [
    {{ id = "h1", unit = "xa-a" }}, {{ id = "h1", unit = "xa-b" }}, {{ id = "h1", unit = "xa-c" }},
]
"#
    );
    let office = office(&plan);
    let served = Served::start(&office);
    let clerk = Browser::log_in(&served.url, "quét");
    let page = clerk.get("/").text;
    assert!(
        page.contains("Việc cần làm") && page.contains("/boxes/open"),
        "{page}"
    );
    assert!(!page.contains("campaign update"), "it has a plan");
    let xem = Browser::log_in(&served.url, "xem");
    assert!(!xem.get("/").text.contains("/boxes/open"));

    for (unit, n) in [("xa-a", 2), ("xa-b", 1)] {
        let folder = format!("ảnh {unit}");
        for i in 0..n {
            let serial = i + 10 * (unit.len() as u64 + u64::from(unit == "xa-b"));
            office.scan(&format!("{folder}/{i}.png"), 1, Some(serial), &["q1.co"]);
        }
        let label = format!("{unit}/h1");
        office.says(0, &["scan", &folder, "--station", "trạm", "--box", &label]);
    }
    let text = |page: &str| {
        // Without the tags: what is read.
        let mut inside = false;
        let plain: String = page
            .chars()
            .filter(|c| {
                inside = (inside || *c == '<') && *c != '>';
                !inside && *c != '>'
            })
            .collect();
        plain.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let page = text(&xem.get("/").text);
    for words in [
        "đủ chỉ tiêu",
        "TRỄ HẠN 10 ngày",
        "SẮP ĐẾN HẠN",
        "Cơ quan tổng hợp: Phòng Nội vụ",
        "42 %",
        "1/3 đơn vị đủ",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("Việc cần làm"), "{page}");
    assert!(page.contains(&late.written()), "{page}");
    until("the live figures", || {
        text(&xem.get("/api/progress").text).contains("TRỄ HẠN")
    });
    let form = [("to", "en")];
    assert_eq!(xem.post_form("/language", &form).status, 303);
    let english = Browser {
        cookie: format!("{}; lang=en", xem.cookie),
        ..xem
    };
    let page = text(&english.get("/").text);
    assert!(
        page.contains("LATE by 10 days") && page.contains("reached"),
        "{page}"
    );
}
