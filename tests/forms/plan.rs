//! An office plans its survey: how many to ask, whom, and who collects how many.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Output;

use crate::paper::command;
use phieu::sha256;
use phieu::sheet::Sheet;
use phieu::station::Campaign;

const SEED: &str = "31415 92653 58979 32384";

/// A folder to work in.
struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    fn plan(&self, args: &[&str]) -> Output {
        let all: Vec<&str> = ["plan"].iter().chain(args).copied().collect();
        command(self.0.path(), &all).output().unwrap()
    }

    /// Runs and returns standard output and error; the exit code must be this.
    fn says(&self, code: i32, args: &[&str]) -> (String, String) {
        let out = self.plan(args);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (said, complained) = (text(&out.stdout), text(&out.stderr));
        assert_eq!(
            out.status.code(),
            Some(code),
            "{args:?}\n{said}\n{complained}"
        );
        (said, complained)
    }

    fn json(&self, code: i32, args: &[&str]) -> serde_json::Value {
        let all: Vec<&str> = args.iter().copied().chain(["--json"]).collect();
        serde_json::from_str(&self.says(code, &all).0).unwrap()
    }

    /// A list of people who had dealings, as Tiền Giang's plan wants it: six fields, town
    /// and countryside.
    fn list(&self, name: &str, people: usize) {
        let mut csv = String::from("Mã hồ sơ,Họ tên,Điện thoại,Lĩnh vực,Vùng\n");
        for i in 0..people {
            let (field, area) = (FIELDS[i % 6], ["Thành thị", "Nông thôn"][i / 6 % 2]);
            csv.push_str(&format!(
                "TG-{i:05},Nguyễn Văn {i},09{i:08},{field},{area}\n"
            ));
        }
        self.write(name, &csv);
    }
}

const FIELDS: [&str; 6] = [
    "Giao dịch điện tử",
    "Một cửa",
    "Tổ chức dịch vụ thu",
    "Chi trả qua ATM",
    "Chi trả tiền mặt",
    "Khám chữa bệnh",
];

/// Tiền Giang 2024: Slovin's formula for each of six groups; with e = 5 % none needs more
/// than 400. The populations are made up: the article gives none.
#[test]
fn tien_giang_works_out_its_sample_sizes() {
    let desk = Desk::new();
    let args = [
        "size",
        "Giao dịch điện tử=48.210",
        "Một cửa=12500",
        "Tổ chức dịch vụ thu=9.800",
        "Chi trả qua ATM=6400",
        "Chi trả tiền mặt=31200@4%",
        "Khám chữa bệnh=850000",
    ];
    let (text, _) = desk.says(0, &args);
    for quoted in [
        "12.500 / (1 + 12.500 × 0,05²) = 12.500 / 32,25 ≈ 387,60 → 388",
        "31.200 / (1 + 31.200 × 0,04²) = 31.200 / 50,92 ≈ 612,73 → 613",
        "850.000 / (1 + 850.000 × 0,05²) = 850.000 / 2.126 ≈ 399,81 → 400",
        "n = N / (1 + N × e²)",
        "Yamane, 1967",
    ] {
        assert!(text.contains(quoted), "{quoted}\n{text}");
    }
    let json = desk.json(0, &args);
    let samples: Vec<u64> = json["strata"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s["sample"].as_u64().unwrap())
        .collect();
    assert_eq!(samples, [397, 388, 385, 377, 613, 400]);
    assert_eq!(json["sample"], samples.iter().sum::<u64>());
    // The other method says fewer.
    let json = desk.json(0, &[&args[..], &["--method", "cochran"]].concat());
    assert_eq!(json["strata"][1]["sample"], 373);
}

#[test]
fn sizes_come_from_a_table_and_go_into_one() {
    let desk = Desk::new();
    desk.write(
        "nhóm.csv",
        "Lĩnh vực;Vùng;Số người;e\nMột cửa;Thành thị;12.500;\nMột cửa;Nông thôn;300;3%\n",
    );
    let table = [
        "size",
        "--from",
        "nhóm.csv",
        "--name",
        "Lĩnh vực",
        "--name",
        "Vùng",
    ];
    let more = ["--margin-column", "e", "--response", "80%"];
    for out in ["cỡ.csv", "cỡ.xlsx"] {
        desk.says(0, &[&table[..], &more, &["--out", out]].concat());
        let own = (out == "cỡ.xlsx").then_some("Cỡ mẫu");
        let sheet = Sheet::read(&desk.path(out), own).unwrap();
        let rows: Vec<Vec<&str>> = sheet
            .rows
            .iter()
            .map(|r| r.cells.iter().map(String::as_str).collect())
            .collect();
        assert_eq!(rows[0][..2], ["Một cửa / Thành thị", "12500"]);
        assert_eq!(rows[0][3..5], ["388", "485"]);
        // 300 / (1 + 300 · 0.0009) = 236.2; 237 / 0.8 = 296.25.
        assert_eq!(rows[1][3..5], ["237", "297"]);
    }
    // With one in two answering, 300 people do not give 237 answers.
    let half = [&table[..], &["--margin-column", "e", "--response", "50%"]].concat();
    let (_, said) = desk.says(1, &half);
    assert!(said.contains("chỉ có 300 người"), "{said}");
    // A row of sums is no group: it is checked.
    desk.write("tổng.csv", "Nhóm,Số người\na,10\nb,20\nTổng số,30\n");
    assert_eq!(
        desk.json(0, &["size", "--from", "tổng.csv"])["population"],
        30
    );
    desk.write("tổng.csv", "Nhóm,Số người\na,10\nb,20\nTổng số,31\n");
    // One size for all, divided, with a minimum.
    let whole = [
        &table[..],
        &[
            "--allocate",
            "proportional",
            "--total",
            "400",
            "--min",
            "30",
        ],
    ]
    .concat();
    let json = desk.json(0, &whole);
    assert_eq!(
        (&json["strata"][0]["sample"], &json["strata"][1]["sample"]),
        (&370.into(), &30.into())
    );
    for (args, word) in [
        (&["size", "Một cửa"][..], "TÊN=SỐ"),
        (&["size", "a=1.5"], "số nguyên"),
        (&["size", "a=10", "--margin", "0,5"], "hai cách"),
        (&["size", "a=10", "a=20"], "hai lần"),
        (
            &["size", "a=10", "--allocate", "equal", "--total", "11"],
            "chỉ có 10",
        ),
        (&["size", "--from", "nhóm.csv"], "--name"),
        (&["size", "--from", "tổng.csv"], "ghi 31, các dòng"),
        (&["size", "a=10", "--out", "x.pdf"], ".csv, .xlsx"),
    ] {
        let (_, said) = desk.says(2, args);
        assert!(said.contains(word), "{args:?}: {said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
}

/// A draw from `ds.csv` by the seed.
fn draw<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["draw", "ds.csv", "--seed", SEED][..], more].concat()
}

/// What `sha256sum` and `sort` make of the list is what was drawn.
#[test]
fn anybody_draws_the_same() {
    let desk = Desk::new();
    desk.list("ds.csv", 600);
    let draw = draw(&["--key", "Mã hồ sơ", "--size", "40", "--reserve", "5"]);
    let (text, _) = desk.says(0, &[&draw[..], &["--out", "mẫu.csv"]].concat());
    let digits: String = SEED.split(' ').collect();
    let mut tickets: Vec<(String, String)> = (0..600)
        .map(|i| format!("TG-{i:05}"))
        .map(|key| (sha256::hex(format!("{digits},{key}").as_bytes()), key))
        .collect();
    tickets.sort();
    let drawn = Sheet::read(&desk.path("mẫu.csv"), None).unwrap();
    assert_eq!(
        drawn.header,
        ["stratum", "order", "status", "key", "row", "ticket"]
    );
    for (i, row) in drawn.rows.iter().enumerate() {
        let (ticket, key) = &tickets[i];
        let number: usize = key[3..].parse().unwrap();
        let status = if i < 40 { "drawn" } else { "reserve" };
        let wanted = [
            "",
            &(i + 1).to_string(),
            status,
            key,
            &(number + 2).to_string(),
            ticket,
        ]
        .map(str::to_owned);
        assert_eq!(row.cells, wanted);
    }
    assert_eq!(drawn.rows.len(), 45);
    let lines: String = tickets[..40].iter().map(|t| format!("{}\n", t.0)).collect();
    assert!(text.contains(&sha256::hex(lines.as_bytes())), "{text}");
    assert!(
        text.contains(&sha256::hex(&fs::read(desk.path("ds.csv")).unwrap())),
        "{text}"
    );
    // Not a name, not a telephone number.
    assert!(!desk.read("mẫu.csv").contains("Nguyễn"));
}

/// The list sorted otherwise, as a workbook, and a larger sample: the same people.
#[test]
fn order_and_kind_of_the_list_do_not_matter() {
    let desk = Desk::new();
    desk.list("ds.csv", 300);
    let text = desk.read("ds.csv");
    let mut lines: Vec<&str> = text.lines().collect();
    lines[1..].reverse();
    desk.write("ngược.csv", &lines.join("\n"));
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (r, line) in lines.iter().enumerate() {
        for (c, cell) in line.split(',').enumerate() {
            sheet.write_string(r as u32, c as u16, cell).unwrap();
        }
    }
    book.save(desk.path("ds.xlsx")).unwrap();
    let keys = |list: &str, each: &str| -> BTreeSet<String> {
        let json = desk.json(
            0,
            &[
                "draw",
                list,
                "--seed",
                SEED,
                "--key",
                "mã hồ sơ",
                "--strata",
                "Lĩnh vực",
                "--strata",
                "Vùng",
                "--each",
                each,
            ],
        );
        assert_eq!(json["strata"].as_array().unwrap().len(), 12);
        let people = json["people"].as_array().unwrap().iter();
        people
            .map(|p| p["key"].as_str().unwrap().to_owned())
            .collect()
    };
    let small = keys("ds.csv", "4");
    assert_eq!(small.len(), 48);
    assert_eq!(keys("ngược.csv", "4"), small);
    assert_eq!(keys("ds.xlsx", "4"), small);
    assert!(keys("ds.xlsx", "7").is_superset(&small));
}

#[test]
fn a_plan_goes_from_sizes_to_people_to_minutes() {
    let desk = Desk::new();
    desk.list("ds.csv", 240);
    // Forty of each field; the plan was made when there were more of one.
    let strata: Vec<String> = FIELDS
        .iter()
        .enumerate()
        .map(|(i, f)| format!("{f}={}", if i == 1 { 45 } else { 40 }))
        .collect();
    let strata: Vec<&str> = strata.iter().map(String::as_str).collect();
    desk.says(
        0,
        &[
            &["size"],
            &strata[..],
            &["--margin", "10%", "--out", "cỡ.xlsx"],
        ]
        .concat(),
    );
    let draw = draw(&[
        "--key",
        "Mã hồ sơ",
        "--strata",
        "Lĩnh vực",
        "--sizes",
        "cỡ.xlsx",
        "--reserve",
        "3",
    ]);
    let minutes = [
        "--out",
        "mẫu.xlsx",
        "--columns",
        "Điện thoại",
        "--office",
        "BHXH Việt Nam",
        "--office",
        "BHXH tỉnh Tiền Giang",
        "--campaign",
        "Khảo sát mức độ hài lòng năm 2024",
        "--place",
        "Mỹ Tho",
        "--date",
        "15/10/2024 8h30",
        "--present",
        "Trần Thị Bình; Trưởng ban",
        "--present",
        "Lê Văn Cường; Thư ký",
        "--thrown",
        "gieo 20 lần xúc xắc mười mặt",
    ];
    let (said, note) = desk.says(
        1,
        &[&draw[..], &minutes, &["--minutes", "biên bản.txt"]].concat(),
    );
    assert!(
        note.contains("cỡ mẫu tính cho 45 người, danh sách có 40"),
        "{note}"
    );
    assert!(
        said.contains("các cột: Nhóm, Thứ tự, Diện, Khóa, Dòng, Phiếu rút, Điện thoại"),
        "{said}"
    );
    let paper = desk.read("biên bản.txt");
    for word in [
        "BIÊN BẢN CHỌN MẪU NGẪU NHIÊN",
        "08 giờ 30 phút, ngày 15 tháng 10 năm 2024",
        "Ông/Bà Trần Thị Bình – Trưởng ban",
        SEED,
        "gieo 20 lần xúc xắc mười mặt",
        &sha256::hex(&fs::read(desk.path("ds.csv")).unwrap()),
        &sha256::hex(&fs::read(desk.path("mẫu.xlsx")).unwrap()),
        "Một cửa: có 40, được chọn 32, dự bị 3",
        "Tổng cộng: có 240, được chọn 177, dự bị 18",
        "bằng chữ: một trăm bảy mươi bảy",
        "printf '%s' '31415926535897932384,KHÓA' | sha256sum",
    ] {
        assert!(paper.contains(word), "{word}\n{paper}");
    }
    assert!(!paper.contains("TG-0"), "nobody is named: {paper}");
    // The same again has the same bytes.
    let before = fs::read(desk.path("mẫu.xlsx")).unwrap();
    desk.says(
        1,
        &[&draw[..], &minutes, &["--minutes", "biên bản.pdf"]].concat(),
    );
    assert_eq!(fs::read(desk.path("mẫu.xlsx")).unwrap(), before);
    assert!(
        fs::read(desk.path("biên bản.pdf"))
            .unwrap()
            .starts_with(b"%PDF")
    );
    // Drawn again and compared: the note stays, so does exit code 1; the verdict is clear.
    let (said, _) = desk.says(1, &[&draw[..], &["--verify", "mẫu.xlsx"]].concat());
    assert!(said.contains("mẫu.xlsx: KHỚP"), "{said}");
}

#[test]
fn an_exchanged_person_is_found() {
    let desk = Desk::new();
    desk.list("ds.csv", 100);
    let draw = draw(&["--key", "Mã hồ sơ", "--size", "10"]);
    desk.says(
        0,
        &[&draw[..], &["--out", "mẫu.csv", "--all-columns"]].concat(),
    );
    let (said, _) = desk.says(0, &[&draw[..], &["--verify", "mẫu.csv"]].concat());
    assert!(said.contains("mẫu.csv: KHỚP"), "{said}");
    let text = desk.read("mẫu.csv");
    let drawn = text
        .lines()
        .nth(4)
        .unwrap()
        .split(',')
        .nth(3)
        .unwrap()
        .to_owned();
    let other = (0..100)
        .map(|i| format!("TG-{i:05}"))
        .find(|k| !text.contains(k))
        .unwrap();
    desk.write("mẫu.csv", &text.replace(&drawn, &other));
    let (said, found) = desk.says(1, &[&draw[..], &["--verify", "mẫu.csv"]].concat());
    assert!(said.contains("KHÔNG KHỚP"), "{said}");
    assert!(found.contains(&format!("thiếu {drawn}")), "{found}");
    assert!(
        found.contains(&format!("dòng 5: {other} không được rút")),
        "{found}"
    );
    // Another seed is another draw.
    let other = [
        "draw",
        "ds.csv",
        "--seed",
        "98765432109876543210",
        "--key",
        "Mã hồ sơ",
        "--size",
        "10",
        "--verify",
        "mẫu.csv",
    ];
    desk.says(1, &other);
}

#[test]
fn a_list_that_is_not_in_order_is_refused() {
    let desk = Desk::new();
    desk.write("ds.csv", "mã,tên,vùng\na1,A,x\n,B,x\na1,C,x\na4,D,y\n");
    for (args, word) in [
        (draw(&["--key", "mã", "--size", "1"]), "dòng 3"),
        (draw(&["--key", "số", "--size", "1"]), "không có cột \"số\""),
        (draw(&["--size", "5"]), "chỉ có 4"),
        (draw(&["--strata", "vùng", "--each", "2"]), "chỉ có 1 người"),
        (draw(&["--strata", "vùng", "--of", "x=1"]), "\"y\""),
        (
            draw(&[
                "--strata", "vùng", "--of", "x=1", "--of", "y=1", "--of", "z=1",
            ]),
            "\"z\"",
        ),
        (
            draw(&["--size", "1", "--each", "2", "--strata", "vùng"]),
            "cannot be used with",
        ),
        (draw(&[]), "required"),
        (draw(&["--size", "1", "--out", "x.txt"]), ".csv, .xlsx"),
        (
            vec!["draw", "ds.csv", "--seed", "123", "--size", "1"],
            "20 chữ số",
        ),
    ] {
        let out = desk.says(2, &args).1;
        assert!(out.contains(word), "{args:?}: {out}");
    }
    desk.write("ds.csv", "mã,tên\na1,A\na2,B\na1,C\n");
    let twice = draw(&["--key", "mã", "--size", "1"]);
    assert!(desk.says(2, &twice).1.contains("a1 (dòng/rows 2, 4)"));
    let (_, note) = desk.says(1, &[&twice[..], &["--once"]].concat());
    assert!(note.contains("1 dòng trùng khóa"), "{note}");
    // Without a key it is the order that counts, and that is said.
    let (_, note) = desk.says(1, &draw(&["--size", "2"]));
    assert!(note.contains("--key"), "{note}");
}

/// Lai Châu 2023: 700 of a form, 87 to each of seven districts and the rest, 91, to the
/// province's own department.
#[test]
fn lai_chau_divides_seven_hundred() {
    let desk = Desk::new();
    let units = [
        "van-phong",
        "tam-duong",
        "phong-tho",
        "sin-ho",
        "nam-nhun",
        "muong-te",
        "tan-uyen",
        "than-uyen",
    ];
    let total = [
        "quota",
        "--total",
        "700",
        "--form",
        "mau-01",
        "--rest-to",
        "van-phong",
    ];
    let (toml, _) = desk.says(0, &[&total[..], &units].concat());
    let made = Campaign::of_source(&format!("name = \"Lai Châu\"\n{toml}")).unwrap();
    let quotas: Vec<u32> = made
        .units
        .iter()
        .map(|u| u.whole_quota().unwrap())
        .collect();
    assert_eq!(quotas, [91, 87, 87, 87, 87, 87, 87, 87]);
    assert_eq!(made.quota_of_form("mau-01"), Some(700));
    // Largest remainder gives nobody more than one above another.
    let equal = ["quota", "--total", "700", "--form", "mau-01"];
    let (toml, _) = desk.says(0, &[&equal[..], &units].concat());
    let made = Campaign::of_source(&format!("name = \"Lai Châu\"\n{toml}")).unwrap();
    let quotas: Vec<u32> = made
        .units
        .iter()
        .map(|u| u.whole_quota().unwrap())
        .collect();
    assert_eq!(quotas, [88, 88, 88, 88, 87, 87, 87, 87]);
}

/// Tiền Giang: 400 of each of two forms, half on paper and half online, by people in town
/// and countryside; both ways it adds up.
#[test]
fn tien_giang_divides_by_area_and_channel() {
    let desk = Desk::new();
    desk.write(
        "vùng.csv",
        "unit,name,population\nthanh-thi,Thành thị,333\nnong-thon,Nông thôn,667\n",
    );
    let args = [
        "quota",
        "--total",
        "m1=401",
        "--total",
        "m2=400",
        "--units",
        "vùng.csv",
        "--channel",
        "counter=50",
        "--channel",
        "online=50",
        "--format",
        "json",
    ];
    let json: serde_json::Value = serde_json::from_str(&desk.says(0, &args).0).unwrap();
    assert_eq!(
        json["totals"],
        serde_json::json!({"m1/counter": 201, "m1/online": 200, "m2/counter": 200, "m2/online": 200})
    );
    assert_eq!(json["units"][0]["total"], 134 + 133);
    assert_eq!(json["deviations"], serde_json::json!([]));
}

/// A shipped campaign becomes a table that an office can change, and the table becomes the
/// campaign again.
#[test]
fn a_campaign_goes_into_a_table_and_back() {
    let desk = Desk::new();
    for name in [
        "lai-chau-2023",
        "tien-giang-2024",
        "ba-dinh-2022",
        "binh-dinh-2024",
    ] {
        let file = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("templates/campaigns")
            .join(name)
            .join("campaign.toml");
        let file = file.to_str().unwrap();
        let shipped = Campaign::load(Path::new(file)).unwrap();
        let (text, _) = desk.says(0, &["quota", "--campaign", file]);
        assert!(text.contains("Tổng cộng"), "{text}");
        for (table, lang) in [
            ("chỉ tiêu.csv", "vi"),
            ("chỉ tiêu.xlsx", "vi"),
            ("quota.xlsx", "en"),
        ] {
            desk.says(
                0,
                &["quota", "--campaign", file, "--out", table, "--lang", lang],
            );
            desk.says(
                0,
                &[
                    "quota",
                    "--from",
                    table,
                    "--campaign",
                    file,
                    "--out",
                    "mới.toml",
                ],
            );
            let lines = desk.read("mới.toml");
            let forms = format!(
                "name = \"x\"\nforms = {:?}\nstarts = 2020-01-01\n{lines}",
                shipped.forms
            );
            let made = Campaign::of_source(&forms).unwrap();
            assert_eq!(made.quotas, shipped.quotas, "{name} {table}");
            for (a, b) in made.units.iter().zip(&shipped.units) {
                assert_eq!(
                    (
                        &a.id,
                        &a.name,
                        &a.parent,
                        a.area,
                        a.deadline,
                        a.whole_quota()
                    ),
                    (
                        &b.id,
                        &b.name,
                        &b.parent,
                        b.area,
                        b.deadline,
                        b.whole_quota()
                    ),
                    "{name} {table}"
                );
            }
            assert_eq!(made.units.len(), shipped.units.len());
        }
    }
}

#[test]
fn quotas_that_do_not_add_up_are_said() {
    let desk = Desk::new();
    desk.write(
        "campaign.toml",
        "name = \"a\"\nforms = [\"m1\"]\nquotas = [{ form = \"m1\", quota = 1000 }]\n\
         units = [{ id = \"tinh\", quota = 700 }, { id = \"a\", parent = \"tinh\", quota = 300 }, { id = \"b\", parent = \"tinh\", quota = 400 }]\n",
    );
    let (text, _) = desk.says(1, &["quota", "--campaign", "campaign.toml"]);
    assert!(
        text.contains("m1: toàn đợt 1.000, các đơn vị cộng lại 1.400"),
        "{text}"
    );
    assert!(text.contains("có thể bị tính hai lần"), "{text}");
    let (_, said) = desk.says(
        1,
        &[
            "quota",
            "--campaign",
            "campaign.toml",
            "--parents-are-totals",
            "--format",
            "csv",
        ],
    );
    assert!(
        said.contains("toàn đợt 1.000, các đơn vị cộng lại 700"),
        "{said}"
    );
    assert!(!said.contains("hai lần"), "{said}");
    for (args, word) in [
        (&["quota"][..], "required"),
        (&["quota", "--total", "700"], "divide among which units"),
        (&["quota", "--total", "700", "a=1", "b"], "trọng số"),
        (
            &[
                "quota",
                "--total",
                "700",
                "--form",
                "m",
                "a",
                "--rest-to",
                "z",
            ],
            "\"z\"",
        ),
        (
            &[
                "quota", "--total", "5", "--form", "m", "a", "b", "--min", "3",
            ],
            "tối thiểu",
        ),
        (
            &["quota", "--campaign", "campaign.toml", "--format", "toml"],
            "--from",
        ),
        (
            &[
                "quota",
                "--total",
                "9",
                "--form",
                "m2",
                "--campaign",
                "campaign.toml",
                "a",
            ],
            "\"m2\"",
        ),
        (
            &["quota", "--total", "9", "--campaign", "campaign.toml", "c"],
            "không có đơn vị \"c\"",
        ),
    ] {
        let (_, said) = desk.says(2, args);
        assert!(said.contains(word), "{args:?}: {said}");
    }
}
