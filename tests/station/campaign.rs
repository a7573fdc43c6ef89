//! An office's plan: taken in, changed later, never so that a record is lost.

use std::fs;

use crate::paper::{ONE_PAGE, Office, command, count};

const PLAN: &str = r#"
name = "Khảo sát xã Hoằng Kim 2024"
legal_basis = ["Kế hoạch số 145/KH-UBND ngày 02/7/2024"]
reporting_office = "Văn phòng UBND xã"
starts = 2024-09-01
ends = "31/10/2024"
keep_until = 2029-12-31
channels = ["counter"]
forms = ["mot-trang"]
templates = ["mẫu phiếu"]

[[units]]
id = "hoang-kim"
name = "UBND xã Hoằng Kim"
deadline = 2024-11-05

[[units]]
id = "ho-tich"
name = "Lĩnh vực hộ tịch"
parent = "hoang-kim"
area = "rural"
quota = 30
quotas = [{ form = "mot-trang", quota = 30, deadline = "1/11/2024" }]

[[units]]
id = "bao-tro"
parent = "hoang-kim"
quota = 15

[[boxes]]
id = "h1"
unit = "ho-tich"

[[boxes]]
id = "h2"
unit = "bao-tro"
"#;

fn office() -> Office {
    let office = Office::new(ONE_PAGE);
    fs::write(office.path("campaign.toml"), PLAN).unwrap();
    office.says(0, &["init", "trạm", "--campaign", "campaign.toml"]);
    office
}

fn update<'a>(file: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let all = [
        "campaign",
        "update",
        "--station",
        "trạm",
        "--campaign",
        file,
    ];
    [all.as_slice(), more].concat()
}

fn shown(office: &Office) -> serde_json::Value {
    let said = office.says(0, &["campaign", "show", "--station", "trạm", "--json"]);
    serde_json::from_str(&said).unwrap()
}

/// Refused with one line that has this.
fn refused(office: &Office, args: &[&str], word: &str) {
    let out = office.phieu(args);
    let error = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(2), "{error}");
    assert_eq!(error.trim_end().lines().count(), 1, "{error}");
    assert!(error.contains(word), "{error}");
}

#[test]
fn a_plan_is_shown_with_the_deadlines_that_hold() {
    let office = office();
    let text = office.says(0, &["campaign", "show", "--station", "trạm"]);
    for words in [
        "Cơ quan tổng hợp: Văn phòng UBND xã",
        "Kết thúc: 31/10/2024",
        "Mẫu phiếu: mot-trang: 45 phiếu, hạn 31/10/2024",
        "    ho-tich  Lĩnh vực hộ tịch (nông thôn): 30 phiếu, hạn 05/11/2024",
        "mot-trang: 30 phiếu, hạn 01/11/2024",
        "lập trạm",
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
    let json = shown(&office);
    assert_eq!(json["units"][1]["deadline"], "2024-11-05");
    assert_eq!(json["units"][1]["quotas"][0]["deadline"], "2024-11-01");
    assert_eq!(json["keep_until"], "2029-12-31");
    let source = office.says(0, &["campaign", "show", "--station", "trạm", "--source"]);
    assert_eq!(source, PLAN);
    // The same plan again is no version.
    let said = office.says(0, &update("campaign.toml", &["--reason", "thử"]));
    assert!(said.contains("vẫn dùng phiên bản 1"), "{said}");
    fs::write(
        office.path("sai.toml"),
        "name = \"a\"\n\n[[units]]\nid = \"x\"\nhạn = 3\n",
    )
    .unwrap();
    refused(
        &office,
        &update("sai.toml", &["--reason", "thử"]),
        "sai.toml, line 5",
    );
}

#[test]
fn a_changed_plan_is_a_version_and_leaves_no_record_behind() {
    let office = office();
    office.scan("ảnh/1.png", 1, Some(1), &["q1.co"]);
    office.says(
        0,
        &["scan", "ảnh", "--station", "trạm", "--box", "ho-tich/h1"],
    );

    // Without the unit and the box that the ballot came out of.
    let without = PLAN
        .replace("id = \"ho-tich\"", "id = \"tu-phap\"")
        .replace("unit = \"ho-tich\"", "unit = \"tu-phap\"");
    fs::write(office.path("mới.toml"), without).unwrap();
    refused(
        &office,
        &update("mới.toml", &["--reason", "đổi tên"]),
        "unit ho-tich (1 ballots), box ho-tich/h1 (1 ballots)",
    );
    let other_form = PLAN.replace("mot-trang", "ba-dinh-2022");
    fs::write(office.path("mới.toml"), other_form).unwrap();
    refused(
        &office,
        &update("mới.toml", &["--dry-run"]),
        "form mot-trang (1 ballots)",
    );
    let versions = shown(&office)["versions"].as_array().unwrap().len();
    assert_eq!(versions, 1);

    // Another quota, and a unit less of which nothing came.
    let begin = PLAN.find("[[units]]\nid = \"bao-tro\"").unwrap();
    let end = PLAN.find("[[boxes]]").unwrap();
    let smaller = format!("{}{}", &PLAN[..begin], &PLAN[end..])
        .replace("quota = 30", "quota = 40")
        .replace("[[boxes]]\nid = \"h2\"\nunit = \"bao-tro\"\n", "");
    fs::write(office.path("mới.toml"), &smaller).unwrap();
    let said = office.says(0, &update("mới.toml", &["--dry-run"]));
    assert!(
        said.contains("- đơn vị bao-tro") && said.contains("30 → 40"),
        "{said}"
    );
    assert_eq!(shown(&office)["version"], 1);
    refused(&office, &update("mới.toml", &[]), "--reason");
    let by = ["--by", "Lê Như Đông", "--reason", "theo công văn 12"];
    office.says(0, &update("mới.toml", &by));
    let json = shown(&office);
    assert_eq!(
        (&json["version"], &json["units"][1]["quota"]),
        (&2.into(), &40.into())
    );
    assert_eq!(json["versions"][1]["by"], "Lê Như Đông");
    assert_eq!(json["versions"][1]["reason"], "theo công văn 12");
    assert_eq!(
        fs::read_to_string(office.path("trạm/campaign.toml")).unwrap(),
        smaller
    );
    // The old one is there, letter by letter.
    let old = [
        "campaign",
        "show",
        "--station",
        "trạm",
        "--campaign-version",
        "1",
        "--source",
    ];
    assert_eq!(office.says(0, &old), PLAN);
    let tally = office.tally("trạm");
    assert_eq!(count(&tally, "q1", "co"), 1);
    assert_eq!(tally["forms"][0]["units"][0]["unit"], "ho-tich");
    // Once the ballots count no more, the unit may go.
    office.cancel_first_batch("nhầm");
    let none = "name = \"Khảo sát xã Hoằng Kim 2024\"\ntemplates = [\"mẫu phiếu\"]\nforms = [\"mot-trang\"]\n";
    fs::write(office.path("mới.toml"), none).unwrap();
    office.says(0, &update("mới.toml", &["--reason", "làm lại"]));
    assert_eq!(office.log("campaign-changed").len(), 2);
    office.verify();
}

/// A station that was made without a plan is given one later.
#[test]
fn a_station_without_a_plan_is_given_one() {
    let office = Office::new(ONE_PAGE);
    office.says(0, &["init", "trạm"]);
    refused(
        &office,
        &["campaign", "show", "--station", "trạm"],
        "campaign update",
    );
    fs::write(office.path("campaign.toml"), PLAN).unwrap();
    let out = command(
        office.dir.path(),
        &update("campaign.toml", &["--reason", "có kế hoạch"]),
    )
    .env("USER", "văn phòng")
    .output()
    .unwrap();
    assert!(
        out.status.success(),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    assert_eq!(shown(&office)["versions"][0]["by"], "văn phòng");
    // The forms came with it: the folder is not needed any more.
    office.scan("ảnh/1.png", 1, Some(1), &["q1.co"]);
    fs::remove_dir_all(office.path("mẫu phiếu")).unwrap();
    office.says(0, &["scan", "ảnh", "--station", "trạm", "--box", "h1"]);
    assert_eq!(count(&office.tally("trạm"), "q1", "co"), 1);
    office.verify();
}

/// Sheets that came by post lie in a box of their own, and are counted apart.
#[test]
fn what_came_by_post_is_told_apart_by_its_box() {
    let office = Office::new(ONE_PAGE);
    let plan = |channel: &str| {
        format!(
            "name = \"Khảo sát\"\nchannels = [\"counter\", \"post\"]\nforms = [\"mot-trang\"]\n\
             templates = [\"mẫu phiếu\"]\nboxes = [{{ id = \"h1\" }}, {{ id = \"thư\"{channel} }}]\n"
        )
    };
    fs::write(office.path("campaign.toml"), plan("")).unwrap();
    office.says(0, &["init", "trạm", "--campaign", "campaign.toml"]);
    for (name, ballot_box, number) in [("1", "h1", 1), ("2", "thư", 2), ("3", "thư", 3)] {
        let folder = format!("ảnh {name}");
        office.scan(&format!("{folder}/1.png"), 1, Some(number), &["q1.co"]);
        office.says(
            0,
            &["scan", &folder, "--station", "trạm", "--box", ballot_box],
        );
    }
    let channels = || {
        office.says(0, &["report", "--station", "trạm", "--out", "trả lời.csv"]);
        let text = fs::read_to_string(office.path("trả lời.csv")).unwrap();
        ["counter", "post"].map(|c| text.lines().filter(|l| l.contains(c)).count())
    };
    assert_eq!(channels(), [3, 0]);
    // Somebody notices that the plan does not say it: figures are derived, so they follow.
    fs::write(office.path("campaign.toml"), plan(", channel = \"post\"")).unwrap();
    office.says(
        0,
        &update(
            "campaign.toml",
            &["--reason", "hòm thư là phiếu gửi bưu điện"],
        ),
    );
    assert_eq!(channels(), [1, 2]);
    let said = office.says(0, &["index", "--station", "trạm", "--by", "channel"]);
    assert!(said.contains("bưu điện"), "{said}");
    office.verify();
}
