//! A small station with everything that an export can meet: two units below one,
//! counted, blank, invalid, pending, decided and rejected ballots that were scanned,
//! ballots that came in online, and a second form.

#![allow(dead_code)]

pub mod schema;

use std::collections::BTreeMap;
use std::fs;

use phieu::form::{Layout, Library};
use phieu::read::{Answer, AnswerState};
use phieu::station::Station;
use phieu::store::{
    BallotState, Channel, Decision, NewSource, OutsideBallot, Packing, Settled, Store,
};
use serde_json::Value;

use crate::paper::Office;

/// Two factors, a choice outside of the denominator, and one question with several
/// answers.
pub const FORM: &str = r#"
id = "kiem-thu"
version = 1
languages = ["vi"]
paper = "A5"
title = "PHIẾU KHẢO SÁT"

[index]
field = "Hộ tịch"

[[content]]
id = "nd"
text = "Phục vụ"
factors = [
  { id = "yt1", text = "Tiếp cận", questions = ["q1"] },
  { id = "yt2", text = "Công chức & thái độ", questions = ["q-2"] },
]

[[body]]
kind = "single"
id = "q1"
text = "Có hài lòng không?"
choices = [
  { id = "co", text = "Có", satisfied = true, score = 5 },
  { id = "khong", text = "Không", satisfied = false, score = 1 },
  { id = "khac", text = "Không có ý kiến", excluded = true },
]

[[body]]
kind = "single"
id = "q-2"
text = "Thái độ 'lịch sự' chứ?"
choices = [
  { id = "tot", text = "Tốt", satisfied = true },
  { id = "xau", text = "=Xấu", satisfied = false },
]

[[body]]
kind = "multiple"
id = "q3"
text = "Vì sao?"
max-choices = 2
choices = [
  { id = "nhanh", text = "Nhanh" }, { id = "re", text = "Rẻ" }, { id = "tot", text = "Tốt" },
]
"#;

/// A form that nobody answers on paper here.
pub const SECOND: &str = r#"
id = "truc-tuyen"
version = 1
languages = ["vi"]
paper = "A5"
title = "PHIẾU TRỰC TUYẾN"

[[body]]
kind = "single"
id = "q1"
text = "Có hài lòng không?"
choices = [
  { id = "co", text = "Có", satisfied = true }, { id = "khong", text = "Không", satisfied = false },
]
"#;

const PLAN: &str = r#"
name = "Khảo sát huyện & xã 2026"
legal_basis = ["Kế hoạch số 1/KH-UBND", "Công văn số 2"]
reporting_office = "Văn phòng UBND huyện"
starts = 2026-09-01
ends = 2026-10-31
channels = ["counter", "online"]
forms = ["kiem-thu"]
templates = ["mẫu phiếu"]

[[units]]
id = "huyen"
name = "Huyện"

[[units]]
id = "xa-a"
name = "Xã A"
parent = "huyen"
area = "urban"
quota = 10

[[units]]
id = "xa-b"
name = "Xã B"
parent = "huyen"
area = "rural"
quota = 30

[[units]]
id = "xa-c"
name = "Xã C"
parent = "huyen"
area = "rural"
quota = 5

[[boxes]]
id = "h1"
unit = "xa-a"

[[boxes]]
id = "h2"
unit = "xa-b"
"#;

/// Who decides: a name that no export may have.
pub const PERSON: &str = "Nguyễn Thị Kín";

pub struct Desk {
    pub office: Office,
}

impl Desk {
    /// Ten scanned ballots in two boxes, decisions, and three that came in online.
    pub fn new() -> Self {
        let office = Office::new(FORM);
        fs::write(office.path("campaign.toml"), PLAN).unwrap();
        office.says(0, &["init", "trạm", "--campaign", "campaign.toml"]);
        let given: [(&str, u64, &[&str]); 10] = [
            ("a", 1, &["q1.co", "q-2.tot", "q3.nhanh", "q3.re"]),
            ("a", 2, &["q1.co", "q-2.xau", "q3.tot"]),
            ("a", 3, &["q1.khac", "q-2.tot"]),
            (
                "a",
                4,
                &["q1.khong", "q-2.tot", "q3.nhanh", "q3.re", "q3.tot"],
            ),
            ("b", 5, &["q1.co", "q1.khong", "q-2.tot", "q3.re"]),
            ("b", 6, &["q1.co", "q-2.tot", "q3.re"]),
            ("b", 7, &["q-2.tot", "q3.re"]),
            ("b", 8, &["q1.co", "q-2.tot"]),
            ("b", 9, &["q1.co", "q1.khong", "q-2.xau"]),
            ("b", 10, &["q1.khong", "q-2.xau"]),
        ];
        for (batch, number, marked) in given {
            let name = format!("{batch}/{number:02}.png");
            office.scan(&name, 1, Some(number), marked);
        }
        for (batch, name) in [("a", "xa-a/h1"), ("b", "xa-b/h2")] {
            office.phieu(&["scan", batch, "--station", "trạm", "--box", name]);
        }
        let desk = Self { office };
        // Number 5 is settled, number 10 is taken out, number 9 stays open.
        desk.decide(5, |before| Settled::Answer {
            question: "q1".to_owned(),
            before: Some(before),
            after: given_answer(AnswerState::Answered, &["khong"]),
        });
        desk.decide(10, |_| Settled::Reject);
        desk.add_online();
        desk
    }

    pub fn store(&self) -> Store {
        let station = Station::open(&self.office.path("trạm")).unwrap();
        station.store().unwrap()
    }

    fn decide(&self, number: u64, settled: impl Fn(Answer) -> Settled) {
        let mut store = self.store();
        let key = phieu::form::code::Key::public();
        let serial = phieu::form::code::serial(&key, &self.office.layout.digest, number);
        let ballot = store
            .ballot_of_serial("kiem-thu", &serial)
            .unwrap()
            .unwrap();
        let before = given_answer(AnswerState::Overvote, &["co", "khong"]);
        store
            .decide(&Decision {
                ballot,
                settled: settled(before),
                reason: "xem ảnh".to_owned(),
                person: PERSON.to_owned(),
            })
            .unwrap();
    }

    /// Three answers of unit xa-c that came in online; one of them waits.
    fn add_online(&self) {
        let store = self.store();
        let answers = |q1: Option<&str>| -> BTreeMap<String, Answer> {
            let q1 = match q1 {
                Some(choice) => given_answer(AnswerState::Answered, &[choice]),
                None => given_answer(AnswerState::Marginal, &[]),
            };
            BTreeMap::from([
                ("q1".to_owned(), q1),
                ("q-2".to_owned(), given_answer(AnswerState::Blank, &[])),
                (
                    "q3".to_owned(),
                    given_answer(AnswerState::Answered, &["tot"]),
                ),
            ])
        };
        let layout = &self.office.layout;
        let ballots = [
            (Some("co"), "=cmd|' /C calc'!A0"),
            (Some("khong"), "hàng-2"),
            (None, "hàng-3"),
        ]
        .iter()
        .map(|(q1, serial)| self.outside(&store, layout, "xa-c", serial, &answers(*q1)))
        .collect();
        add(&store, "trả lời.csv", "d1", ballots);
    }

    /// The station registers a second form, of which two answers come in.
    pub fn add_second_form(&self) {
        let dir = self.office.path("mẫu phiếu").join("mẫu 2");
        fs::create_dir_all(&dir).unwrap();
        fs::write(dir.join("form.toml"), SECOND).unwrap();
        let library = Library::load(&[self.office.path("mẫu phiếu")]).unwrap();
        let form = library
            .forms()
            .find(|f| f.layout.form == "truc-tuyen")
            .unwrap();
        let store = self.store();
        store
            .register_form(&form.layout, "PHIẾU TRỰC TUYẾN", SECOND)
            .unwrap();
        let answers = BTreeMap::from([(
            "q1".to_owned(),
            given_answer(AnswerState::Answered, &["co"]),
        )]);
        let ballots = ["t1", "t2"]
            .iter()
            .map(|serial| self.outside(&store, &form.layout, "xa-b", serial, &answers))
            .collect();
        add(&store, "trực tuyến.csv", "d2", ballots);
    }

    fn outside(
        &self,
        store: &Store,
        layout: &Layout,
        unit: &str,
        serial: &str,
        answers: &BTreeMap<String, Answer>,
    ) -> OutsideBallot {
        let forms = store.forms().unwrap();
        let form = forms.iter().find(|f| f.layout.form == layout.form).unwrap();
        OutsideBallot {
            form: form.key,
            unit: Some(unit.to_owned()),
            ballot_box: None,
            serial: Some(serial.to_owned()),
            channel: Channel::Online,
            day: "2026-10-05".to_owned(),
            state: BallotState::Counted,
            answers: Packing::of(layout).pack(|id| answers.get(id)),
        }
    }

    /// Something waits in this station, so the exit code is 1.
    pub fn report(&self, args: &[&str]) -> String {
        let all = [&["report", "--station", "trạm"], args].concat();
        self.office.says(1, &all)
    }

    pub fn tally(&self) -> Value {
        self.office.tally("trạm")
    }

    pub fn index(&self) -> Value {
        let args = [
            "index",
            "--station",
            "trạm",
            "--by",
            "unit",
            "--by",
            "channel",
            "--format",
            "json",
        ];
        let out = self.office.phieu(&args);
        serde_json::from_slice(&out.stdout).unwrap()
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.office.path(name)).unwrap()
    }
}

fn add(store: &Store, name: &str, digest: &str, ballots: Vec<OutsideBallot>) {
    store
        .add_source(&NewSource::online(name, digest, ballots))
        .unwrap();
}

pub fn given_answer(state: AnswerState, choices: &[&str]) -> Answer {
    Answer {
        state,
        choices: choices.iter().map(|c| (*c).to_owned()).collect(),
    }
}

/// Counts of a tally: by form, question and value (a choice, or a state).
pub fn counts(tally: &Value) -> BTreeMap<(String, String, String), u64> {
    let mut out = BTreeMap::new();
    for form in tally["forms"].as_array().unwrap() {
        for q in form["questions"].as_array().unwrap() {
            let key = |value: &str| {
                let text = |v: &Value| v.as_str().unwrap().to_owned();
                (text(&form["form"]), text(&q["question"]), value.to_owned())
            };
            for c in q["choices"].as_array().unwrap() {
                let choice = c["choice"].as_str().unwrap();
                out.insert(key(choice), c["count"].as_u64().unwrap());
            }
            for state in ["blank", "invalid", "pending"] {
                out.insert(key(state), q[state].as_u64().unwrap());
            }
        }
    }
    out
}
