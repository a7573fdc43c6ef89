//! Offices send each other what they counted: communes to a district, districts to a
//! province.

use std::fs;

use crate::exchange_support::{CAMPAIGN, World};
use crate::paper::command;
use phieu::exchange::{Came, import};
use phieu::station::Station;
use phieu::store::{Channel, NewSource, OutsideBallot, SourceKind};
use serde_json::{Value, json};

const YES: &[&str] = &["q1.co", "q2.nhanh", "q2.tot"];
const NO: &[&str] = &["q1.khong"];

/// Two communes, a district and a province.
fn world() -> World {
    let w = World::new(&["xa1", "xa2", "huyen", "tinh"]);
    w.scan("xa1", "xa-1/h1", &[(1, YES), (2, NO)]);
    w.scan("xa2", "xa-2/h1", &[(3, YES), (4, YES), (5, NO)]);
    w
}

#[test]
fn communes_report_to_the_district_and_the_district_to_the_province() {
    let w = world();
    w.export(0, "xa1", "xa1.phieu");
    w.export(0, "xa2", "xa2.phieu");
    let said = w.says(
        0,
        &["import", "xa1.phieu", "xa2.phieu", "--station", "huyen"],
    );
    assert!(said.contains("bản số 1 của xa1"), "{said}");
    assert_eq!(w.counted("huyen", "xa-1"), 2);
    assert_eq!(w.counted("huyen", "xa-2"), 3);
    // The district has ballots of its own.
    w.scan("huyen", "huyen-1/h1", &[(6, NO)]);
    w.export(0, "huyen", "huyen.phieu");
    w.import(0, "tinh", "huyen.phieu");
    for (unit, n) in [("xa-1", 2), ("xa-2", 3), ("huyen-1", 1), ("xa-3", 0)] {
        assert_eq!(w.counted("tinh", unit), n, "{unit}");
    }
    let origins = &w.manifest("huyen.phieu")["origins"];
    assert_eq!(origins[1]["name"], "xa1");
    assert_eq!(origins[1]["revision"], 1);
    assert_eq!(origins[2]["ballots"], 3);
    let boxes: Value = serde_json::from_str(&w.member("huyen.phieu", "boxes.json")).unwrap();
    let of: Vec<_> = boxes
        .as_array()
        .unwrap()
        .iter()
        .map(|b| (&b["unit"], &b["origin"]))
        .collect();
    assert_eq!(
        of,
        [
            (&json!("huyen-1"), &json!(0)),
            (&json!("xa-1"), &json!(1)),
            (&json!("xa-2"), &json!(2))
        ]
    );
    // A commune's own package would bring its ballots a second time.
    let said = w.refuses("tinh", "xa1.phieu");
    assert!(
        said.contains("came in before, with the package of huyen"),
        "{said}"
    );
    // And so would the province's, sent down again.
    w.export(0, "tinh", "tinh.phieu");
    assert!(
        w.refuses("huyen", "tinh.phieu")
            .contains("this station's own package")
    );
    for s in ["xa1", "xa2", "huyen", "tinh"] {
        w.says(0, &["audit", "verify", "--station", s]);
    }
}

#[test]
fn the_counts_in_a_package_are_the_tally() {
    let w = world();
    w.export(0, "xa2", "xa2.phieu");
    let counts: Value = serde_json::from_str(&w.member("xa2.phieu", "counts.json")).unwrap();
    let tally = w.office.tally("xa2");
    let questions = tally["forms"][0]["units"][0]["questions"]
        .as_array()
        .unwrap();
    assert_eq!(questions.len(), 2);
    for (a, b) in questions
        .iter()
        .zip(counts[0]["questions"].as_array().unwrap())
    {
        for key in ["question", "answered", "blank", "invalid", "pending"] {
            assert_eq!(a[key], b[key], "{key}");
        }
        for (a, b) in a["choices"]
            .as_array()
            .unwrap()
            .iter()
            .zip(b["choices"].as_array().unwrap())
        {
            assert_eq!((&a["choice"], &a["count"]), (&b[0], &b[1]));
        }
    }
    let lines = w.member("xa2.phieu", "ballots/mot-trang-v1.csv");
    assert!(lines.starts_with("origin,ballot,serial,unit,box,channel,day,state,q1,q2\n"));
    assert!(lines.contains(",xa-2,h1,counter,"), "{lines}");
    assert!(lines.contains(",counted,co,nhanh+tot\n") && lines.contains(",counted,khong,-\n"));
    assert_eq!(w.member("xa2.phieu", "campaign.toml"), CAMPAIGN);
    assert!(
        w.member("xa2.phieu", "forms/mot-trang-v1/form.toml")
            .contains("PHIẾU THỬ")
    );
}

#[test]
fn one_state_gives_one_package_but_for_the_revision() {
    let w = world();
    w.export(0, "xa1", "a.phieu");
    w.export(0, "xa1", "b.phieu");
    let (mut a, mut b) = (w.manifest("a.phieu"), w.manifest("b.phieu"));
    assert_eq!(
        (&a["revision"]["number"], &b["revision"]["number"]),
        (&json!(1), &json!(2))
    );
    assert_ne!(a["revision"]["log_head"], b["revision"]["log_head"]);
    a["revision"].take();
    b["revision"].take();
    assert_eq!(a, b);
    // With it all other members are the same bytes: the manifest has their digests.
    let log = w.says(
        0,
        &[
            "audit",
            "log",
            "--station",
            "xa1",
            "--format",
            "jsonl",
            "--kind",
            "exported",
        ],
    );
    assert_eq!(log.lines().count(), 2);
    let first: Value = serde_json::from_str(log.lines().next().unwrap()).unwrap();
    let digest = blake3::hash(&fs::read(w.path("a.phieu")).unwrap())
        .to_hex()
        .to_string();
    assert_eq!(first["detail"]["digest"], digest);
}

#[test]
fn a_newer_revision_replaces_the_older_one_which_keeps_its_row() {
    let w = world();
    w.export(0, "xa1", "cũ.phieu");
    w.import(0, "huyen", "cũ.phieu");
    let before = w.log_end("huyen");
    let said = w.import(0, "huyen", "cũ.phieu");
    assert!(said.contains("không thay đổi gì"), "{said}");
    assert_eq!(w.log_end("huyen"), before);
    w.scan("xa1", "xa-1/h2", &[(7, NO)]);
    w.export(0, "xa1", "mới.phieu");
    let said = w.says(0, &["import", "--check", "mới.phieu", "--station", "huyen"]);
    assert!(said.contains("Sẽ thay cho bản số 1"), "{said}");
    assert_eq!(w.log_end("huyen"), before);
    let said = w.import(0, "huyen", "mới.phieu");
    assert!(said.contains("Thay cho bản số 1"), "{said}");
    assert_eq!(w.counted("huyen", "xa-1"), 3);
    let all = w.sources("huyen");
    assert_eq!(all["sources"][0]["replaced"], true);
    assert_eq!(all["sources"][0]["ballots"], 2);
    assert_eq!(all["sources"][1]["revision"], 2);
    let said = w.refuses("huyen", "cũ.phieu");
    assert!(said.contains("revision 2 of it is here"), "{said}");
    w.says(0, &["audit", "verify", "--station", "huyen"]);
}

#[test]
fn a_part_of_a_station_is_sent_by_itself_and_the_whole_replaces_the_parts() {
    let w = World::new(&["huyen", "tinh"]);
    w.scan("huyen", "xa-1/h1", &[(1, YES)]);
    w.scan("huyen", "xa-2/h1", &[(2, NO), (3, NO)]);
    let part = |code, unit: &str, out: &str| {
        w.says(
            code,
            &["export", "--station", "huyen", "--out", out, "--unit", unit],
        )
    };
    part(0, "xa-1", "1.phieu");
    part(0, "xa-2", "2.phieu");
    w.says(0, &["import", "1.phieu", "2.phieu", "--station", "tinh"]);
    assert_eq!(
        (w.counted("tinh", "xa-1"), w.counted("tinh", "xa-2")),
        (1, 2)
    );
    w.export(0, "huyen", "all.phieu");
    part(0, "xa-2", "3.phieu");
    let said = w.import(0, "tinh", "all.phieu");
    assert!(said.contains("Thay cho bản số 1, 2"), "{said}");
    assert_eq!(
        (w.counted("tinh", "xa-1"), w.counted("tinh", "xa-2")),
        (1, 2)
    );
    assert!(w.refuses("tinh", "3.phieu").contains("cannot replace it"));
    // The province sends on the parts of what came to it, and the nation puts them
    // together: what the parts have in common is no overlap.
    w.station("nước");
    w.pin("nước", "tinh");
    for (unit, out) in [("xa-1", "4.phieu"), ("xa-2", "5.phieu")] {
        w.says(
            0,
            &["export", "--station", "tinh", "--out", out, "--unit", unit],
        );
        w.import(0, "nước", out);
    }
    assert_eq!(
        (w.counted("nước", "xa-1"), w.counted("nước", "xa-2")),
        (1, 2)
    );
    w.export(0, "tinh", "6.phieu");
    w.import(0, "nước", "6.phieu");
    assert_eq!(
        (w.counted("nước", "xa-1"), w.counted("nước", "xa-2")),
        (1, 2)
    );
    w.says(0, &["audit", "verify", "--station", "nước"]);
    assert!(
        w.refused(&[
            "export",
            "--station",
            "huyen",
            "--out",
            "x",
            "--unit",
            "xa-99"
        ])
        .contains("xa-99")
    );
}

#[test]
fn a_key_is_believed_only_after_its_digits_were_compared() {
    let w = World::new(&["huyen"]);
    w.says(0, &["init", "xa1", "--campaign", "campaign.toml"]);
    w.scan("xa1", "xa-1/h1", &[(1, YES)]);
    assert!(
        w.refused(&["export", "--station", "xa1", "--out", "a.phieu"])
            .contains("key make")
    );
    w.says(0, &["key", "make", "--station", "xa1"]);
    assert!(
        w.refused(&["key", "make", "--station", "xa1"])
            .contains("--replace")
    );
    w.says(0, &["key", "show", "--station", "xa1", "--out", "xa1.pub"]);
    w.export(0, "xa1", "a.phieu");
    let said = w.refuses("huyen", "a.phieu");
    assert!(
        said.contains(&w.fingerprint("xa1")) && said.contains("phieu key pin"),
        "{said}"
    );
    let pin = |print: &str| -> Vec<String> {
        [
            "key",
            "pin",
            "xa1.pub",
            "--name",
            "xã 1",
            "--station",
            "huyen",
            "--fingerprint",
            print,
        ]
        .map(str::to_owned)
        .into()
    };
    let args = pin("11111 22222 33333 44444 55555 66666");
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    assert!(w.refused(&args).contains("nothing was pinned"));
    // Typed in when asked, without spaces.
    let typed = w.fingerprint("xa1").replace(' ', "");
    let mut child = command(
        w.office.dir.path(),
        &[
            "key",
            "pin",
            "xa1.pub",
            "--name",
            "xã 1",
            "--station",
            "huyen",
            "--unit",
            "xa-2",
        ],
    )
    .stdin(std::process::Stdio::piped())
    .spawn()
    .unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), typed.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
    let list = w.says(0, &["key", "list", "--station", "huyen"]);
    assert!(
        list.contains("xã 1") && list.contains(&w.fingerprint("xa1")),
        "{list}"
    );
    // It was believed for another unit.
    let said = w.refuses("huyen", "a.phieu");
    assert!(said.contains("may only send for unit xa-2"), "{said}");
    w.says(
        0,
        &[
            "key",
            "unpin",
            "xã 1",
            "--reason",
            "nhầm đơn vị",
            "--station",
            "huyen",
        ],
    );
    assert!(w.refuses("huyen", "a.phieu").contains("unknown key"));
    w.pin("huyen", "xa1");
    w.import(0, "huyen", "a.phieu");
    for kind in [
        "key-pinned",
        "key-unpinned",
        "station-key-made",
        "package-imported",
    ] {
        let log = w.says(0, &["audit", "log", "--station", "huyen", "--kind", kind]);
        assert!(!log.is_empty(), "{kind}");
    }
    // A new key of the same station is another key.
    w.says(
        0,
        &[
            "key",
            "make",
            "--replace",
            "--reason",
            "mất máy",
            "--station",
            "xa1",
        ],
    );
    w.export(0, "xa1", "b.phieu");
    assert!(w.refuses("huyen", "b.phieu").contains("unknown key"));
}

#[test]
fn a_believed_key_does_not_speak_for_another_station() {
    let w = world();
    w.export(0, "xa1", "xa1.phieu");
    w.import(0, "huyen", "xa1.phieu");
    // Somebody at xa2 makes his station look like that of xa1.
    let id = |s: &str| {
        Station::open(&w.path(s))
            .unwrap()
            .store()
            .unwrap()
            .station()
            .unwrap()
            .id
    };
    let db = rusqlite::Connection::open(w.path("xa2/phieu.db")).unwrap();
    let triggers: Vec<String> = db
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'station'")
        .unwrap()
        .query_map([], |r| r.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    for t in triggers {
        db.execute_batch(&format!("DROP TRIGGER {t}")).unwrap();
    }
    db.execute("UPDATE station SET id = ?1", [id("xa1")])
        .unwrap();
    drop(db);
    w.export(0, "xa2", "giả.phieu");
    w.export(0, "xa2", "giả.phieu");
    let said = w.refuses("huyen", "giả.phieu");
    assert!(said.contains("pinned for another station"), "{said}");
}

#[test]
#[cfg(unix)]
fn only_the_owner_may_read_the_secret() {
    use std::os::unix::fs::PermissionsExt;
    let w = World::new(&["xa1"]);
    let path = w.path("xa1/signing.key");
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let secret = fs::read_to_string(&path).unwrap();
    let secret = secret.split_whitespace().nth(1).unwrap();
    let db = fs::read(w.path("xa1/phieu.db")).unwrap();
    assert!(!db.windows(64).any(|b| b == secret.as_bytes()));
    // Another secret in its place does not sign, and the audit says so.
    fs::write(&path, format!("phieu-signing-key-1 {}\n", "7".repeat(64))).unwrap();
    assert!(
        w.refused(&["export", "--station", "xa1", "--out", "x"])
            .contains("signing.key")
    );
    assert!(
        w.says(1, &["audit", "verify", "--station", "xa1"])
            .contains("signing.key")
    );
}

#[test]
fn another_campaign_or_form_is_refused_and_the_difference_named() {
    let w = world();
    let other = CAMPAIGN
        .replace("quota = 2", "quota = 5")
        .replace("Xã Hai", "Xã Hai mới");
    fs::write(w.path("campaign.toml"), other).unwrap();
    w.station("lạ");
    w.pin("huyen", "lạ");
    w.scan("lạ", "xa-1/h2", &[(9, YES)]);
    w.export(0, "lạ", "lạ.phieu");
    let said = w.refuses("huyen", "lạ.phieu");
    assert!(
        said.contains("another campaign") && said.contains("Xã Hai mới"),
        "{said}"
    );
    // The same campaign, but the form was laid out otherwise.
    fs::write(w.path("campaign.toml"), CAMPAIGN).unwrap();
    let form = w.path("mẫu phiếu/mẫu 1/form.toml");
    let text = fs::read_to_string(&form).unwrap();
    fs::write(&form, text.replace("id = \"q2\"", "id = \"q9\"")).unwrap();
    w.station("khác");
    w.pin("huyen", "khác");
    w.export(0, "khác", "khác.phieu");
    let said = w.refuses("huyen", "khác.phieu");
    assert!(
        said.contains("mot-trang v1") && said.contains("another layout"),
        "{said}"
    );
}

#[test]
fn a_box_or_a_serial_that_two_units_have_is_refused() {
    let w = world();
    w.export(0, "xa1", "xa1.phieu");
    w.import(0, "huyen", "xa1.phieu");
    // xa2 also opened box h1 of xa-1.
    w.scan("xa2", "xa-1/h1", &[(10, NO)]);
    w.export(0, "xa2", "hòm.phieu");
    let said = w.refuses("huyen", "hòm.phieu");
    assert!(said.contains("xa-1/h1: xa1"), "{said}");
    // A copied sheet: serial 2 came from xa1.
    let w = world();
    w.scan("xa2", "xa-2/h1", &[(2, YES)]);
    w.export(0, "xa1", "xa1.phieu");
    w.export(0, "xa2", "xa2.phieu");
    w.import(0, "huyen", "xa1.phieu");
    let said = w.refuses("huyen", "xa2.phieu");
    assert!(
        said.contains("1 số phiếu") && said.contains("(xa-2): xa1"),
        "{said}"
    );
    // All files are verified before the first is taken in; what they have in common
    // shows when the second one comes.
    let said = w.refused(&["import", "xa2.phieu", "xa1.phieu", "--station", "tinh"]);
    assert!(said.contains("xa1.phieu"), "{said}");
    assert_eq!(w.counted("tinh", "xa-2"), 4);
    // The station that scanned the copy takes it out, and sends again.
    let station = Station::open(&w.path("xa2")).unwrap();
    let mut store = station.store().unwrap();
    let mut copy = None;
    store
        .each_record::<phieu::store::StoreError>(|r| {
            copy = Some(r.ballot);
            Ok(())
        })
        .unwrap();
    store
        .decide(&phieu::store::Decision {
            ballot: copy.unwrap(),
            settled: phieu::store::Settled::Reject,
            reason: "phiếu sao chụp".into(),
            person: "lan".into(),
        })
        .unwrap();
    drop(store);
    w.export(0, "xa2", "xa2.phieu");
    w.import(0, "huyen", "xa2.phieu");
    assert_eq!(w.counted("huyen", "xa-2"), 3);
    let decisions = w.member("xa2.phieu", "decisions.csv");
    assert!(
        decisions.contains("phiếu sao chụp") && !decisions.contains("lan"),
        "{decisions}"
    );
    w.says(
        0,
        &[
            "export",
            "--names",
            "--station",
            "xa2",
            "--out",
            "tên.phieu",
        ],
    );
    assert!(w.member("tên.phieu", "decisions.csv").contains("lan"));
}

#[test]
fn what_waits_in_a_package_is_said_and_who_is_late_too() {
    let w = world();
    // Two answers where one is allowed: somebody must look; the tally has it as
    // invalid until then. A box that stays open is said as well.
    w.says(
        0,
        &[
            "box",
            "open",
            "--station",
            "xa1",
            "--unit",
            "xa-1",
            "--box",
            "h2",
            "--counted",
            "0",
            "--date",
            "25/11/2026",
            "--place",
            "Trụ sở",
            "--present",
            "Nguyễn Thị Lan; Tổ trưởng",
            "--lock",
            "whole",
            "--seal",
            "whole",
        ],
    );
    let said = w.export(1, "xa1", "xa1.phieu");
    assert!(said.contains("Hòm phiếu chưa đóng: xa-1/h2"), "{said}");
    let said = w.import(1, "huyen", "xa1.phieu");
    assert!(said.contains("Hòm phiếu chưa đóng: xa-1/h2"), "{said}");
    w.import(1, "huyen", "xa1.phieu");
    let boxes = w.member("xa1.phieu", "boxes.json");
    assert!(
        boxes.contains("Tổ trưởng") && !boxes.contains("Lan"),
        "{boxes}"
    );
    let said = w.says(1, &["import", "--list", "--station", "huyen"]);
    let line = |unit: &str| said.lines().find(|l| l.contains(unit)).unwrap().to_owned();
    assert!(
        line("xa-1  Xã Một").contains("2/2") && line("xa-1  Xã Một").ends_with("đủ"),
        "{said}"
    );
    assert!(
        line("xa-2  Xã Hai").contains("TRỄ") && line("xa-2").contains("CHƯA CÓ GÌ"),
        "{said}"
    );
    assert_eq!(w.says(1, &["sources", "--station", "huyen"]), said);
}

#[test]
fn the_audit_sees_a_changed_ballot_and_a_lost_package() {
    let w = world();
    w.export(0, "xa1", "xa1.phieu");
    w.import(0, "huyen", "xa1.phieu");
    w.says(0, &["audit", "verify", "--station", "huyen"]);
    let kept: Vec<_> = fs::read_dir(w.path("huyen/packages")).unwrap().collect();
    assert_eq!(kept.len(), 1);
    let kept = kept[0].as_ref().unwrap().path();
    assert_eq!(
        fs::read(&kept).unwrap(),
        fs::read(w.path("xa1.phieu")).unwrap()
    );
    fs::remove_file(&kept).unwrap();
    let said = w.says(1, &["audit", "verify", "--station", "huyen"]);
    assert!(said.contains("taken in is gone or changed"), "{said}");
    assert!(
        w.refused(&["export", "--station", "huyen", "--out", "x"])
            .contains("gone or changed")
    );
    fs::copy(w.path("xa1.phieu"), &kept).unwrap();
    w.says(0, &["audit", "verify", "--station", "huyen"]);
    // Somebody turns a ballot round, with the guards switched off for the moment.
    let db = rusqlite::Connection::open(w.path("huyen/phieu.db")).unwrap();
    let guard: String = db
        .query_row(
            "SELECT sql FROM sqlite_schema WHERE name = 'outside_ballots_never_changed'",
            [],
            |r| r.get(0),
        )
        .unwrap();
    db.execute_batch("DROP TRIGGER outside_ballots_never_changed")
        .unwrap();
    db.execute_batch("UPDATE outside_ballots SET state = 'rejected' WHERE id = 1")
        .unwrap();
    db.execute_batch(&guard).unwrap();
    drop(db);
    let said = w.says(1, &["audit", "verify", "--station", "huyen"]);
    assert!(
        said.contains("source 1 (\"xa1\") are not those that came in"),
        "{said}"
    );
}

#[test]
fn online_answers_go_on_to_the_next_office_once() {
    let w = World::new(&["huyen", "tinh"]);
    let station = Station::open(&w.path("huyen")).unwrap();
    let store = station.store().unwrap();
    let form = store.forms().unwrap().remove(0);
    let packing = phieu::store::Packing::of(&form.layout);
    store
        .add_source(&NewSource {
            kind: SourceKind::Online,
            name: "biểu mẫu trực tuyến".into(),
            digest: "ab".repeat(32),
            detail: json!({}),
            ballots: vec![OutsideBallot {
                form: form.key,
                unit: Some("xa-3".into()),
                ballot_box: None,
                serial: None,
                channel: Channel::Online,
                day: "2026-11-20".into(),
                state: phieu::store::BallotState::Counted,
                answers: packing.pack(|_| {
                    const BLANK: &phieu::read::Answer = &phieu::read::Answer {
                        state: phieu::read::AnswerState::Blank,
                        choices: Vec::new(),
                    };
                    Some(BLANK)
                }),
            }],
            replaces: Vec::new(),
            reason: String::new(),
        })
        .unwrap();
    drop(store);
    w.export(0, "huyen", "huyen.phieu");
    assert_eq!(w.manifest("huyen.phieu")["origins"][1]["kind"], "online");
    let tinh = Station::open(&w.path("tinh")).unwrap();
    let done = import(&tinh, &w.path("huyen.phieu")).unwrap();
    assert_eq!(done.came, Came::In { replaced: vec![] });
    let mut seen = Vec::new();
    tinh.store()
        .unwrap()
        .each_outside::<phieu::store::StoreError>(None, |b| {
            seen.push((b.channel, b.day, b.unit));
            Ok(())
        })
        .unwrap();
    assert_eq!(
        seen,
        [(
            Channel::Online,
            "2026-11-20".to_owned(),
            Some("xa-3".to_owned())
        )]
    );
}
