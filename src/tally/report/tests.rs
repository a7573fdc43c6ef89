//! The report as it comes out of a station.

use std::collections::BTreeMap;

use super::*;
use crate::form::Library;
use crate::page::{DecodeLimits, PageFile};
use crate::read::{Answer, AnswerState};
use crate::store::{Actor, BallotState, Channel, NewSource, OutsideBallot, Packing, Store};

const CAMPAIGN: &str = r#"
name = "Khảo sát mức độ hài lòng của cá nhân, tổ chức đối với sự phục vụ năm 2024"
legal_basis = ["Kế hoạch số 3500/KH-BHXH ngày 03/10/2024 của BHXH Việt Nam"]
reporting_office = "Bảo hiểm xã hội tỉnh Tiền Giang"
forms = ["tien-giang-2024"]
channels = ["counter", "online"]

[[units]]
id = "tinh"
name = "Toàn tỉnh"

[[units]]
id = "my-tho"
name = "Thành phố Mỹ Tho"
parent = "tinh"
area = "urban"
quota = 150
population = 4000

[[units]]
id = "cai-be"
name = "Huyện Cái Bè, nơi có tên rất dài để xem bảng xuống dòng như thế nào khi hết chỗ"
parent = "tinh"
area = "rural"
quota = 150
"#;

/// Answers of 240 people; with another `turn` they say something else.
fn station(turn: usize) -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::create(
        &dir.path().join("phieu.db"),
        "0123",
        "phieu test",
        Actor::program(),
    )
    .unwrap();
    let library = Library::load(&[]).unwrap();
    let form = library.get("tien-giang-2024").unwrap();
    let key = store
        .register_form(&form.layout, &form.title(), &form.text)
        .unwrap();
    store.record_campaign("Khảo sát 2024", CAMPAIGN).unwrap();
    store
        .declare_unit("tinh", Some("Toàn tỉnh"), None, None)
        .unwrap();
    for (id, name) in [("my-tho", "Thành phố Mỹ Tho"), ("cai-be", "Huyện Cái Bè")] {
        store
            .declare_unit(id, Some(name), Some("tinh"), Some(150))
            .unwrap();
    }
    let packing = Packing::of(&form.layout);
    let ballots = (0..240_usize)
        .map(|i| {
            let answers: BTreeMap<String, Answer> = form
                .layout
                .questions
                .iter()
                .enumerate()
                .map(|(q, spec)| {
                    let n = spec.choices.len();
                    let choice = (i * 7 + q * 3 + i / 5) % (n + 1);
                    let said = match choice {
                        blank if blank == n => blank,
                        choice => (choice + turn) % n,
                    };
                    let answer = match spec.choices.get(said) {
                        None => Answer {
                            state: AnswerState::Blank,
                            choices: Vec::new(),
                        },
                        Some(id) => Answer {
                            state: AnswerState::Answered,
                            choices: vec![id.clone()],
                        },
                    };
                    (spec.id.clone(), answer)
                })
                .collect();
            OutsideBallot {
                form: key,
                unit: Some(["my-tho", "cai-be"][usize::from(i % 3 == 0)].to_owned()),
                ballot_box: None,
                serial: None,
                channel: if i % 2 == 0 {
                    Channel::Online
                } else {
                    Channel::Counter
                },
                day: "2024-11-02".to_owned(),
                state: if i % 60 == 7 {
                    BallotState::Pending
                } else {
                    BallotState::Counted
                },
                answers: packing.pack(|id| answers.get(id)),
            }
        })
        .collect();
    store
        .add_source(&NewSource::online("thử", "d", ballots))
        .unwrap();
    (dir, store)
}

/// Set `PHIEU_KEEP` to a folder to look at the report.
#[test]
fn a_report_has_pages_with_ink_on_them_and_is_the_same_again() {
    let (_dir, store) = station(0);
    let options = ReportOptions {
        office: vec![
            "Bảo hiểm xã hội Việt Nam".into(),
            "Bảo hiểm xã hội tỉnh Tiền Giang".into(),
        ],
        place: Some("Tiền Giang".into()),
        date: Some("2024-12-05".into()),
        recipients: vec![
            "Bảo hiểm xã hội Việt Nam".into(),
            "UBND tỉnh Tiền Giang".into(),
        ],
        ..ReportOptions::default()
    };
    let pdf = station_report(&store, &options).unwrap();
    if let Some(keep) = std::env::var_os("PHIEU_KEEP") {
        std::fs::write(std::path::Path::new(&keep).join("report.pdf"), &pdf).unwrap();
    }
    assert_eq!(pdf, station_report(&store, &options).unwrap());
    let file = PageFile::from_bytes(pdf, &DecodeLimits::default()).unwrap();
    assert!(file.page_count() >= 4, "{}", file.page_count());
    for i in 0..file.page_count() {
        let page = file.page(i).unwrap();
        assert!(page.image.pixels().filter(|p| p.0[0] < 128).count() > 500);
    }
}

/// All pages but the annex, which names the head of the log.
fn pages(store: &Store, suppress_below: u64) -> Vec<image::GrayImage> {
    let options = ReportOptions {
        date: Some("2024-12-05".into()),
        suppress_below,
        ..ReportOptions::default()
    };
    let pdf = station_report(store, &options).unwrap();
    let file = PageFile::from_bytes(pdf, &DecodeLimits::default()).unwrap();
    let before_annex = 0..file.page_count() - 1;
    before_annex.map(|i| file.page(i).unwrap().image).collect()
}

/// Indices and distributions of whole forms were once shown whatever was withheld of
/// groups.
#[test]
fn a_report_of_too_few_people_is_the_same_whatever_they_said() {
    let ((_a, one), (_b, other)) = (station(0), station(1));
    assert!(pages(&one, 0) != pages(&other, 0));
    assert!(pages(&one, 1000) == pages(&other, 1000));
}

#[test]
fn what_a_survey_rests_on_is_named_as_documents_do() {
    assert_eq!(basis_line("Kế hoạch số 1;"), "Căn cứ Kế hoạch số 1;");
    assert_eq!(basis_line("Căn cứ Luật"), "Căn cứ Luật;");
    assert_eq!(lower_first("Khảo sát"), "khảo sát");
    assert_eq!(lower_first("UBND"), "UBND");
}
