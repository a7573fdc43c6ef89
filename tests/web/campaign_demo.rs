//! A campaign that ships is played from the printed sheets to the results: `phieu demo
//! --campaign`, then the reporting office's results in the browser.

use crate::paper::{ONE_PAGE, Office};
use crate::web_support::{Browser, FOUR, Served, accounts};
use serde_json::Value;

/// Plays a campaign with one sheet of each form at each office; what it said.
fn play(office: &Office, campaign: &str) -> String {
    let limit = ["--limit", "1", "--lang", "en"];
    let out = office.phieu(&[&["demo", "tập dượt", "--campaign", campaign], &limit[..]].concat());
    let said = String::from_utf8_lossy(&out.stdout).into_owned();
    // Of few sheets one may be such that a page of it waits.
    assert!(matches!(out.status.code(), Some(0 | 1)), "{said} {out:?}");
    said
}

/// Eleven offices, of which each collects one sheet, send packages to a twelfth.
#[test]
fn a_campaign_of_many_offices_comes_together_at_the_reporting_office() {
    let office = Office::new(ONE_PAGE);
    let said = play(&office, "binh-dinh-2024");
    assert!(said.contains("11 ballots, "), "{said}");
    assert!(said.contains(" 0 wrong;"), "{said}");

    let index = std::fs::read(office.path("tập dượt/index.json")).unwrap();
    let index: Value = serde_json::from_slice(&index).unwrap();
    let groups = index["groups"].as_array().unwrap();
    assert_eq!(groups[0]["ballots"]["total"], 11);
    let valid = |g: &Value| g["overall"]["valid"].as_u64().unwrap();
    assert!(valid(&groups[0]) > 50, "{index}");
    // The offices add up to the whole.
    let of_units: u64 = groups
        .iter()
        .filter(|g| g["by"] == "unit" && g["depth"] == 1)
        .map(valid)
        .sum();
    assert_eq!(of_units, valid(&groups[0]));
    let report = std::fs::read(office.path("tập dượt/report.pdf")).unwrap();
    assert!(report.starts_with(b"%PDF"));

    // The same package again changes nothing.
    let packages: Vec<_> = std::fs::read_dir(office.path("tập dượt/packages"))
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    assert_eq!(packages.len(), 11);
    std::fs::rename(
        office.path("tập dượt/reporting-office"),
        office.path("trạm"),
    )
    .unwrap();
    let tally = ["tally", "--station", "trạm", "--format", "json"];
    let before = office.phieu(&tally).stdout;
    office.phieu(&["import", packages[0].to_str().unwrap(), "--station", "trạm"]);
    assert_eq!(before, office.phieu(&tally).stdout);
    office.says(0, &["audit", "verify", "--station", "trạm"]);

    accounts(&office, &FOUR);
    let served = Served::start(&office);
    let nobody = Browser::new(&served.url);
    assert_eq!(nobody.get("/results").status, 303);
    let hoa = Browser::log_in(&served.url, "hoa");
    let page = hoa.get("/results?by=unit");
    assert_eq!(page.status, 200, "{page:?}");
    assert!(page.text.contains("BHXH huyện Tây Sơn"), "{}", page.text);
    let satisfied = groups[0]["overall"]["satisfied"].to_string();
    assert!(
        page.text.contains(&format!(">{satisfied}<")),
        "{}",
        page.text
    );
    assert_eq!(hoa.get("/results?by=%3Cscript%3E").status, 200);
    let csv = hoa.get("/results/index.csv?by=channel");
    assert!(csv.text.starts_with("by,group,"), "{}", csv.text);
    assert_eq!(hoa.get("/results/report.pdf").status, 200);
    assert_eq!(hoa.get("/results/report.xlsx").status, 200);
}

/// Half of the answers come online, in town and countryside.
#[test]
fn what_came_on_paper_and_online_is_one_result_and_shown_apart() {
    let office = Office::new(ONE_PAGE);
    let said = play(&office, "tien-giang-2024");
    assert!(said.contains("online: 12 answers came in"), "{said}");
    assert!(said.contains("24 ballots, "), "{said}");
    assert!(said.contains(" 0 wrong;"), "{said}");
    let index = std::fs::read(office.path("tập dượt/index.json")).unwrap();
    let index: Value = serde_json::from_slice(&index).unwrap();
    let groups = index["groups"].as_array().unwrap();
    let ballots = |by: &str| -> Vec<u64> {
        let of = groups.iter().filter(|g| g["by"] == by);
        of.map(|g| g["ballots"]["total"].as_u64().unwrap())
            .collect()
    };
    assert_eq!(ballots("channel"), [12, 12], "{groups:#?}");
    assert_eq!(ballots("area"), [12, 12]);
    let office_station = office.path("tập dượt/reporting-office");
    std::fs::rename(office_station, office.path("trạm")).unwrap();
    office.verify();
}

#[test]
fn a_campaign_that_does_not_ship_is_named_with_those_that_do() {
    let office = Office::new(ONE_PAGE);
    let out = office.phieu(&["demo", "x", "--campaign", "ba-dinh"]);
    assert_eq!(out.status.code(), Some(2));
    let said = String::from_utf8_lossy(&out.stderr);
    assert!(said.contains("ba-dinh-2022"), "{said}");
    assert!(!office.path("x").exists());
}
