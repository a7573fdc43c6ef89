//! People read the office's time, programs read UTC.

use crate::paper::{ONE_PAGE, Office, SCAN};
use crate::web_support::{Browser, FOUR, Served, accounts};
use phieu::station::{LocalTime, Station, UTC_OFFSET};
use serde_json::Value;

fn started(office: &Office) -> String {
    let said = office.says(0, &["batch", "list", "--station", "trạm", "--json"]);
    let rows: Value = serde_json::from_str(&said).unwrap();
    rows[0]["started"].as_str().unwrap().to_owned()
}

fn office() -> Office {
    let office = Office::new(ONE_PAGE);
    office.scan("ảnh quét/1.png", 1, Some(1), &["q1.co"]);
    office
}

/// An office worker in Hanoi once read on all lists that the batch of this morning had
/// been scanned at night: what is shown was UTC.
#[test]
fn lists_and_log_show_the_time_on_the_offices_wall_and_json_has_utc() {
    let office = office();
    office.says(0, &["init", "trạm"]);
    office.phieu(&SCAN);
    accounts(&office, &FOUR);
    let utc = started(&office);
    assert!(utc.ends_with('Z') && utc.as_bytes()[10] == b'T', "{utc}");
    let here = LocalTime::VIETNAM.moment(&utc);
    assert_ne!(here, utc[..19].replace('T', " "));

    let table = office.says(0, &["batch", "list", "--station", "trạm"]);
    assert!(table.contains(&format!("{here} +07:00")), "{table}");
    let entry = &office.log("batch-started")[0];
    let at = entry["at"].as_str().unwrap();
    assert!(at.ends_with('Z'), "{at}");
    let log = office.says(0, &["audit", "log", "--station", "trạm"]);
    let wanted = LocalTime::VIETNAM.moment_and_offset(at);
    assert!(log.contains(&wanted) && !log.contains(at), "{log}");

    let served = Served::start(&office);
    let lan = Browser::log_in(&served.url, "lan");
    for (path, time) in [
        ("/batches", here.clone()),
        ("/batches/1", here),
        ("/log", LocalTime::VIETNAM.moment(at)),
    ] {
        let page = lan.get(path).text;
        assert!(page.contains("(UTC+07:00)"), "{path} {page}");
        assert!(page.contains(&time), "{path} lacks {time}: {page}");
        assert!(!page.contains("(UTC)"), "{path}");
    }

    // A station elsewhere: a supervisor sets the clock, with a reason.
    let set = |clock: &str, reason: &str| {
        let form = [
            ("csrf", lan.csrf.as_str()),
            ("share", "0"),
            ("utc_offset", clock),
            ("reason", reason),
        ];
        lan.post_form("/settings", &form)
    };
    assert!(set("+25", "thử").text.contains("+07:00, từ"));
    assert!(set("+08:00", " ").text.contains("cần ghi lý do"));
    assert!(lan.get("/batches").text.contains("(UTC+07:00)"));
    assert_eq!(set("+8", "trạm ở nước ngoài").status, 303);
    let moved = LocalTime::parse("+08:00").unwrap();
    let page = lan.get("/batches").text;
    assert!(page.contains("(UTC+08:00)") && page.contains(&moved.moment(&utc)));
    let table = office.says(0, &["batch", "list", "--station", "trạm"]);
    assert!(table.contains(&moved.moment_and_offset(&utc)), "{table}");
    assert_eq!(started(&office), utc);
    // What was set by the way is left alone.
    let kept = office.log("setting-changed");
    assert_eq!(set("", "chỉ đổi tỷ lệ").status, 303);
    assert_eq!(office.log("setting-changed").len(), kept.len());
    office.verify();
}

#[test]
fn a_station_is_made_with_another_clock() {
    let office = office();
    let wrong = office.phieu(&["init", "trạm", "--utc-offset", "+15"]);
    assert_eq!(wrong.status.code(), Some(2));
    office.says(0, &["init", "trạm", "--utc-offset", "-03:30"]);
    let store = Station::open(&office.path("trạm"))
        .unwrap()
        .store()
        .unwrap();
    assert_eq!(store.setting(UTC_OFFSET).unwrap().unwrap(), "-03:30");
    office.phieu(&SCAN);
    let west = LocalTime::parse("-03:30").unwrap();
    let table = office.says(0, &["batch", "list", "--station", "trạm"]);
    let time = west.moment_and_offset(&started(&office));
    assert!(table.contains(&time), "{table}");
}
