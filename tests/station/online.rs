//! Online answers, as an office takes them in from its form tool.

use std::fs;

use crate::paper::{ONE_PAGE, Office};
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};
use serde_json::Value;

const CAMPAIGN: &str = r#"
name = "Khảo sát 2024"
templates = ["mẫu phiếu"]
forms = ["mot-trang"]
channels = ["counter", "online"]
starts = 2024-01-01
units = [
    { id = "xa-1", name = "Xã Một", quotas = [
        { form = "mot-trang", channel = "counter", quota = 2 },
        { form = "mot-trang", channel = "online", quota = 3 } ] },
    { id = "xa-2", name = "Xã Hai" },
]
"#;

const MAPPING: &str = r#"
name = "Google Forms"
form = "mot-trang"
key = "Mã"
[day]
column = "Dấu thời gian"
order = "dmy"
[unit]
column = "Đơn vị"
[questions.q1]
column = "Có hài lòng không?"
[questions.q2]
column = "Vì sao?"
separator = ","
"#;

const HEAD: &str = "Mã,Dấu thời gian,Họ tên,Đơn vị,Có hài lòng không?,Vì sao?\n";

const IMPORT: [&str; 6] = [
    "online",
    "import",
    "--mapping",
    "ghép.toml",
    "--station",
    "trạm",
];

struct Desk {
    office: Office,
}

impl Desk {
    fn new() -> Self {
        let office = Office::new(ONE_PAGE);
        fs::write(office.path("campaign.toml"), CAMPAIGN).unwrap();
        fs::write(office.path("ghép.toml"), MAPPING).unwrap();
        office.says(0, &["init", "trạm", "--campaign", "campaign.toml"]);
        Self { office }
    }

    fn table(&self, name: &str, rows: &str) {
        fs::write(self.office.path(name), format!("{HEAD}{rows}")).unwrap();
    }

    fn import(&self, code: i32, more: &[&str]) -> String {
        self.office.says(code, &[&IMPORT, more].concat())
    }

    /// The one line of a command that refuses.
    fn refused(&self, more: &[&str]) -> String {
        let before = self.office.tally("trạm");
        let out = self.office.phieu(&[&IMPORT, more].concat());
        assert_eq!(out.status.code(), Some(2));
        assert_eq!(self.office.tally("trạm"), before, "nothing is written");
        String::from_utf8(out.stderr).unwrap()
    }

    fn form(&self) -> Value {
        self.office.tally("trạm")["forms"][0].clone()
    }
}

const THREE: &str = "\
a1,5/11/2024 8:03:11,Đỗ Thị Ái,Xã Một,Có,\"Nhanh, Tốt\"
a2,6/11/2024 9:00,Bùi Văn Bé,xa-2,Không,
a3,6/11/2024 10:00,,xã  một,,Rẻ
";

#[test]
fn answers_of_a_form_tool_join_the_tally() {
    let desk = Desk::new();
    desk.table("trả lời.csv", THREE);
    let check = [
        "online",
        "check",
        "trả lời.csv",
        "--mapping",
        "ghép.toml",
        "--station",
        "trạm",
    ];
    let said = desk.office.says(0, &check);
    assert!(said.contains("3 câu trả lời hợp lệ"), "{said}");
    assert_eq!(desk.form()["ballots"]["total"], 0);
    let said = desk.import(0, &["trả lời.csv"]);
    assert!(said.contains("đã nhận 3"), "{said}");
    assert!(said.contains("xa-1: 2"), "{said}");
    let form = desk.form();
    assert_eq!(form["ballots"]["counted"], 3);
    let q = &form["questions"];
    assert_eq!(q[0]["answered"], 2);
    assert_eq!(q[0]["blank"], 1);
    assert_eq!(q[0]["choices"][0]["count"], 1);
    assert_eq!(q[1]["answered"], 2);
    assert_eq!(q[1]["choices"][1]["count"], 1);
    assert_eq!(q[1]["choices"][2]["count"], 1);
    // The same again changes nothing, and the log vouches for what came in.
    let said = desk.import(0, &["trả lời.csv"]);
    assert!(said.contains("không thay đổi gì"), "{said}");
    assert_eq!(desk.office.log("online-imported").len(), 1);
    desk.office.verify();
}

/// Names and addresses of respondents have no business in a station.
#[test]
fn nothing_personal_comes_in() {
    let desk = Desk::new();
    desk.table(
        "trả lời.csv",
        &THREE.replace("a1,", "do.thi.ai@example.vn,"),
    );
    desk.import(0, &["trả lời.csv"]);
    let folder = desk.office.path("trạm");
    for entry in walkdir::WalkDir::new(folder) {
        let entry = entry.unwrap();
        if entry.file_type().is_file() {
            let bytes = fs::read(entry.path()).unwrap();
            for word in ["Đỗ Thị Ái", "do.thi.ai"] {
                let found = bytes.windows(word.len()).any(|w| w == word.as_bytes());
                assert!(!found, "{word} in {}", entry.path().display());
            }
        }
    }
}

#[test]
fn every_row_with_a_mistake_is_named_and_keeps_all_out() {
    let desk = Desk::new();
    desk.table(
        "trả lời.csv",
        &format!(
            "{THREE}\
a4,6/11/2024,,Xã Ba,Có,
a5,6/11/2024,,Xã Một,Có lẽ,
a6,11/25/2024,,Xã Một,Có,
a7,6/11/2199,,Xã Một,Có,
a8,6/11/2023,,Xã Một,Có,
a1,6/11/2024,,Xã Một,Có,
,6/11/2024,,Xã Một,Có,
a9,6/11/2024,,Xã Một,Có,\"Nhanh, Đẹp\"
"
        ),
    );
    let line = desk.refused(&["trả lời.csv"]);
    assert!(line.contains("8 lỗi, chưa ghi gì"), "{line}");
    let args = [
        "online",
        "import",
        "trả lời.csv",
        "--mapping",
        "ghép.toml",
        "--station",
        "trạm",
    ];
    let out = desk
        .office
        .phieu(&[&args[..], &["--mistakes", "lỗi.csv", "--lang", "en"]].concat());
    let said = String::from_utf8(out.stdout).unwrap();
    for part in [
        "row 5, column \"Đơn vị\": \"Xã Ba\" is no unit",
        "row 6, column \"Có hài lòng không?\": \"Có lẽ\" is no answer of q1 (Có | Không)",
        "row 7, column \"Dấu thời gian\": \"11/25/2024\" is no day",
        "row 8, column \"Dấu thời gian\": the day \"6/11/2199\" is in the future",
        "row 9, column \"Dấu thời gian\": \"6/11/2023\" is before the first day",
        "row 10, column \"Mã\": the key \"a1\" is in row 2, too",
        "row 11, column \"Mã\": the key is missing",
        "row 12, column \"Vì sao?\": \"Nhanh, Đẹp\" is no answer of q2",
    ] {
        assert!(said.contains(part), "{part}\n{said}");
    }
    let listed = fs::read_to_string(desk.office.path("lỗi.csv")).unwrap();
    assert_eq!(listed.lines().count(), 9, "{listed}");
    // Somebody decides that they stay out: that is in the log.
    let said = desk.import(1, &["trả lời.csv", "--leave-out"]);
    assert!(
        said.contains("Bỏ các hàng: 5, 6, 7, 8, 9, 10, 11, 12"),
        "{said}"
    );
    assert_eq!(desk.form()["ballots"]["counted"], 3);
    let log = desk.office.log("online-imported");
    assert_eq!(log[0]["detail"]["detail"]["left_out"][0], 5, "{log:?}");
}

#[test]
fn a_longer_file_replaces_the_shorter_and_nothing_else_does_silently() {
    let desk = Desk::new();
    desk.table("1.csv", THREE);
    desk.import(0, &["1.csv"]);
    desk.table("2.csv", &format!("{THREE}a4,7/11/2024,,xa-2,Có,Tốt\n"));
    let said = desk.import(0, &["2.csv"]);
    assert!(
        said.contains("Thay cho nguồn số 1 (3 câu trả lời)"),
        "{said}"
    );
    assert_eq!(desk.form()["ballots"]["counted"], 4);
    // The older one does not come back.
    let line = desk.refused(&["1.csv"]);
    assert!(line.contains("đã được thay"), "{line}");
    // Somebody changed an answer and took a row out.
    let changed = THREE.replace("Không", "Có").replace("a3", "a33");
    desk.table("3.csv", &changed);
    let line = desk.refused(&["3.csv"]);
    assert!(line.contains("thiếu 2 và khác 1 trong 4"), "{line}");
    desk.import(
        0,
        &["3.csv", "--reason", "trưởng phòng cho sửa, công văn 12"],
    );
    let form = desk.form();
    assert_eq!(form["ballots"]["counted"], 3);
    assert_eq!(form["questions"][0]["choices"][0]["count"], 2);
    desk.office.verify();
    // A second collection that has the same answers.
    let other = MAPPING.replace("Google Forms", "Khác");
    fs::write(desk.office.path("ghép.toml"), other).unwrap();
    let line = desk.refused(&["1.csv"]);
    assert!(line.contains("2 câu trả lời đã có ở đây"), "{line}");
}

#[test]
fn mistakes_in_the_mapping_name_their_line() {
    let desk = Desk::new();
    desk.table("trả lời.csv", THREE);
    for (from, to, what) in [
        (
            "[questions.q2]\ncolumn = \"Vì sao?\"\nseparator = \",\"\n",
            "",
            "thiếu câu q2",
        ),
        (
            "questions.q2",
            "questions.q9",
            "ghép.toml:12: mẫu phiếu không có câu \"q9\"",
        ),
        ("\"Vì sao?\"", "\"Vì sao\"", "không có cột \"Vì sao\""),
        ("order = \"dmy\"", "order = \"dym\"", "ghép.toml:5:"),
        ("separator", "seperator", "ghép.toml:14:"),
        ("[unit]\ncolumn = \"Đơn vị\"", "", "thiếu [unit]"),
        (
            "column = \"Đơn vị\"",
            "is = \"xa-9\"",
            "ghép.toml:8: không có đơn vị \"xa-9\"",
        ),
        (
            "\"mot-trang\"",
            "\"khac\"",
            "trạm không có mẫu phiếu \"khac\"",
        ),
        (
            "column = \"Có hài lòng không?\"",
            "column = \"Có hài lòng không?\"\nvalues = { \"Có\" = \"?\" }",
            "còn dấu",
        ),
    ] {
        let mapping = MAPPING.replacen(from, to, 1);
        assert_ne!(mapping, MAPPING, "{from}");
        fs::write(desk.office.path("ghép.toml"), mapping).unwrap();
        let line = desk.refused(&["trả lời.csv"]);
        assert!(line.contains(what), "{what}\n{line}");
        assert_eq!(line.lines().count(), 1, "{line}");
    }
}

#[test]
fn a_campaign_without_online_answers_takes_none() {
    let desk = Desk::new();
    let campaign = CAMPAIGN
        .replace("\"counter\", \"online\"", "\"counter\"")
        .replace("channel = \"online\",", "channel = \"counter\",")
        .replace(
            "{ form = \"mot-trang\", channel = \"counter\", quota = 2 },",
            "",
        );
    fs::write(desk.office.path("campaign.toml"), campaign).unwrap();
    desk.office
        .says(0, &["init", "trạm 2", "--campaign", "campaign.toml"]);
    desk.table("trả lời.csv", THREE);
    let args = ["online", "import", "trả lời.csv", "--mapping", "ghép.toml"];
    let out = desk
        .office
        .phieu(&[&args[..], &["--station", "trạm 2"]].concat());
    assert_eq!(out.status.code(), Some(2));
    let line = String::from_utf8(out.stderr).unwrap();
    assert!(line.contains("không có hình thức trực tuyến"), "{line}");
}

/// The plan wants two on paper and three online: what comes by one way does not fill
/// the other's number.
#[test]
fn each_channel_has_its_own_quota() {
    let desk = Desk::new();
    let rows: Vec<String> = (0..5)
        .map(|i| format!("b{i},6/11/2024,,Xã Một,Có,\n"))
        .collect();
    desk.table("trả lời.csv", &rows.concat());
    desk.import(0, &["trả lời.csv"]);
    let out = desk
        .office
        .phieu(&["sources", "--station", "trạm", "--json"]);
    let sources: Value = serde_json::from_slice(&out.stdout).unwrap();
    let unit = &sources["units"][0];
    assert_eq!(unit["unit"], "xa-1");
    assert_eq!(unit["quota"], 5);
    assert_eq!(unit["counted"], 5);
    assert_eq!(unit["standing"], "on-the-way", "{sources}");
    assert_eq!(unit["forms"][0]["channel"], "counter");
    assert_eq!(unit["forms"][0]["counted"], 0);
    assert_eq!(unit["forms"][1]["standing"], "reached");
    // A number that is full and yet "not enough" must say of what.
    let said = desk.office.says(0, &["sources", "--station", "trạm"]);
    assert!(
        said.contains("- mot-trang (trực tiếp): 0/2  chưa đủ"),
        "{said}"
    );
    assert!(!said.contains("(trực tuyến)"), "{said}");
    // They show apart where figures are grouped by channel.
    let out = desk.office.phieu(&[
        "index",
        "--station",
        "trạm",
        "--by",
        "channel",
        "--format",
        "json",
    ]);
    let text = String::from_utf8(out.stdout).unwrap();
    assert!(text.contains("online"), "{text}");
}

#[test]
fn a_mapping_is_drafted_from_the_table() {
    let desk = Desk::new();
    let mut book = Workbook::new();
    let sheet = book.add_worksheet().set_name("Câu trả lời 1").unwrap();
    let head = [
        "Dấu thời gian",
        "Địa chỉ email",
        "Đơn vị",
        "1. Có hài lòng không? [bắt buộc]",
        "Vì sao? [Nhanh]",
        "Vì sao? [Rẻ]",
        "Vì sao? [Tốt]",
    ];
    sheet.write_row(0, 0, head).unwrap();
    let time = Format::new().set_num_format("dd/mm/yyyy hh:mm:ss");
    for (i, row) in (1..).zip([
        ["a@b.vn", "Một", "1. Có", "x", "", "x"],
        ["c@d.vn", "xa-2", "2. Không", "", "", ""],
    ]) {
        let at = ExcelDateTime::from_ymd(2024, 11, 5)
            .unwrap()
            .and_hms(8, 3, 1)
            .unwrap();
        sheet.write_datetime_with_format(i, 0, &at, &time).unwrap();
        sheet.write_row(i, 1, row).unwrap();
    }
    book.save(desk.office.path("trả lời.xlsx")).unwrap();
    let args = [
        "online",
        "mapping",
        "trả lời.xlsx",
        "--station",
        "trạm",
        "--form",
        "mot-trang",
    ];
    let said = desk
        .office
        .says(0, &[&args[..], &["--out", "nháp.toml"]].concat());
    assert!(
        said.contains("Cột không dùng") && said.contains("Địa chỉ email"),
        "{said}"
    );
    let draft = fs::read_to_string(desk.office.path("nháp.toml")).unwrap();
    for line in [
        "values = { \"Một\" = \"xa-1\" }",
        "values = { \"1. Có\" = \"co\", \"2. Không\" = \"khong\" }",
        "columns = { \"Vì sao? [Nhanh]\" = \"nhanh\", \"Vì sao? [Rẻ]\" = \"re\", \"Vì sao? [Tốt]\" = \"tot\" }",
        "order = \"ymd\"",
    ] {
        assert!(draft.contains(line), "{line}\n{draft}");
    }
    let args = [
        "online",
        "import",
        "trả lời.xlsx",
        "--mapping",
        "nháp.toml",
        "--station",
        "trạm",
    ];
    let said = desk.office.says(0, &args);
    assert!(said.contains("đã nhận 2"), "{said}");
    let q = &desk.form()["questions"];
    assert_eq!(q[0]["choices"][0]["count"], 1);
    assert_eq!(q[1]["choices"][0]["count"], 1);
    assert_eq!(q[1]["choices"][1]["count"], 0);
    assert_eq!(q[1]["blank"], 1);
}
