//! The minutes of a random draw, ready to sign: what was drawn from, by which seed, what
//! came of it, and how anybody draws it again. As a PDF in the layout of minutes in Decree
//! 30/2020/NĐ-CP, annex III, or as plain text. Nobody on the list is named.

use super::draw::Draw;
use crate::form::paper::signatures::signatures;
use crate::form::paper::table::{Row, Set, table};
use crate::form::paper::{Flow, bold, grouped, italic, national_heading, plain};
use crate::form::text::Align;
use crate::form::{FormError, plain_pdf};
use crate::sampler::Seed;
use crate::station::boxes::{Moment, words};

/// The list that was drawn from.
#[derive(Debug, Clone, Copy)]
pub struct ListFacts<'a> {
    /// Name of its file.
    pub file: &'a str,
    /// Name of the sheet in a workbook.
    pub sheet: Option<&'a str>,
    /// SHA-256 of the file, hex.
    pub sha256: &'a str,
    /// Rows with something in them.
    pub rows: usize,
    /// Rows that were left out because their key was there before.
    pub doubled: usize,
    /// The column of keys; `None`: row numbers.
    pub key: Option<&'a str>,
    /// The columns that make up strata; empty: none.
    pub strata: &'a str,
}

/// What the minutes are made from.
#[derive(Debug, Clone, Copy)]
pub struct DrawMinutes<'a> {
    /// Who issues them, at most two lines: the office above and the office.
    pub office: &'a [String],
    /// Name of the survey.
    pub campaign: Option<&'a str>,
    /// Where; `None`: to be written by hand.
    pub place: Option<&'a str>,
    /// When; `None`: to be written by hand.
    pub date: Option<&'a Moment>,
    /// Names and offices of those present; empty: to be written by hand.
    pub present: &'a [(String, String)],
    /// How the seed was thrown; `None`: to be written by hand.
    pub thrown: Option<&'a str>,
    /// The list.
    pub list: ListFacts<'a>,
    /// The digits.
    pub seed: &'a Seed,
    /// What was drawn.
    pub draw: &'a Draw,
    /// Name and SHA-256 of the file of those drawn.
    pub out: Option<(&'a str, &'a str)>,
    /// Columns of that file.
    pub columns: &'a [String],
    /// Name and version of the program.
    pub program: &'a str,
}

/// Size of the running text, pt; as in the minutes of a box.
const TEXT: f64 = 11.0;
/// English beside it, and long hex numbers, pt.
const SMALL: f64 = 8.5;

/// A part of the minutes.
enum Part {
    /// A heading in Vietnamese and English.
    Head(&'static str, &'static str),
    /// A label and what is said of it.
    Line(&'static str, String),
    /// A label, and a long number on a line of its own.
    Number(&'static str, String),
    /// Something to type in.
    Command(String),
    /// The strata.
    Strata,
}

impl DrawMinutes<'_> {
    fn opening(&self) -> String {
        let when = self.date.map_or_else(
            || "…… giờ …… phút, ngày …… tháng …… năm ……".to_owned(),
            Moment::vietnamese,
        );
        let place = self.place.unwrap_or("……………………………………");
        format!(
            "Hôm nay, {when}, tại {place}, chúng tôi tiến hành chọn mẫu ngẫu nhiên từ danh sách \
             dưới đây bằng số gieo công khai."
        )
    }

    fn people(&self) -> Vec<(&str, &str)> {
        if self.present.is_empty() {
            let blank = "……………………";
            return vec![
                (blank, "Người chủ trì"),
                (blank, "Người gieo số"),
                (blank, "Người chứng kiến"),
            ];
        }
        let all = self.present.iter();
        all.map(|(name, role)| (name.as_str(), role.as_str()))
            .collect()
    }

    fn parts(&self) -> Vec<Part> {
        let l = &self.list;
        let mut out = vec![Part::Head("II. Danh sách dùng để rút", "(the list)")];
        let file = match l.sheet {
            Some(sheet) => format!("{}, trang tính “{sheet}”", l.file),
            None => l.file.to_owned(),
        };
        out.push(Part::Line("Tệp", file));
        out.push(Part::Number("Mã SHA-256 của tệp", l.sha256.to_owned()));
        out.push(Part::Line("Số dòng", grouped(l.rows as u64)));
        if l.doubled > 0 {
            out.push(Part::Line(
                "Dòng trùng khóa, chỉ tính một lần",
                grouped(l.doubled as u64),
            ));
        }
        out.push(Part::Line(
            "Khóa",
            match l.key {
                Some(key) => format!("cột “{key}”; không phụ thuộc thứ tự dòng"),
                None => "số thứ tự dòng trong tệp; KHÔNG được đổi thứ tự dòng".to_owned(),
            },
        ));
        if !l.strata.is_empty() {
            out.push(Part::Line("Nhóm", format!("cột “{}”", l.strata)));
        }
        out.push(Part::Head("III. Số gieo và cách rút", "(seed and rule)"));
        out.push(Part::Line("Số gieo", in_groups(self.seed.digits())));
        let thrown = self.thrown.unwrap_or("……………………………………………………");
        out.push(Part::Line("Cách gieo", thrown.to_owned()));
        out.push(Part::Line(
            "Cách rút",
            "phiếu rút của mỗi người là mã SHA-256 của chuỗi “SỐ GIEO,KHÓA”; trong mỗi nhóm, người \
             có mã nhỏ nhất được chọn, các mã tiếp theo là dự bị (R. L. Rivest, arXiv:1808.10016)"
                .to_owned(),
        ));
        out.push(Part::Head("IV. Kết quả", "(result)"));
        out.push(Part::Strata);
        let (drawn, reserve) = self.draw.counts();
        out.push(Part::Line(
            "Tổng số được chọn",
            format!(
                "{} (bằng chữ: {}); dự bị: {}",
                grouped(drawn as u64),
                words(drawn as u64),
                grouped(reserve as u64)
            ),
        ));
        out.push(Part::Number(
            "Mã kết quả (SHA-256 các phiếu rút của người được chọn, xếp thứ tự, mỗi mã một dòng)",
            self.draw.digest(false),
        ));
        if reserve > 0 {
            out.push(Part::Number(
                "Mã kết quả của danh sách dự bị",
                self.draw.digest(true),
            ));
        }
        if let Some((file, sha256)) = self.out {
            out.push(Part::Line(
                "Tệp kết quả",
                format!("{file}, gồm các cột: {}", self.columns.join(", ")),
            ));
            out.push(Part::Number(
                "Mã SHA-256 của tệp kết quả",
                sha256.to_owned(),
            ));
        }
        out.push(Part::Head("V. Kiểm tra lại", "(to check)"));
        out.push(Part::Line(
            "Phiếu rút của một người, trên máy bất kỳ",
            "thay KHÓA bằng khóa của người đó".to_owned(),
        ));
        out.push(Part::Command(format!(
            "printf '%s' '{},KHÓA' | sha256sum",
            self.seed.digits()
        )));
        out.push(Part::Line(
            "Rút lại toàn bộ và so",
            "phieu plan draw … --verify TỆP-KẾT-QUẢ, với cùng danh sách, số gieo và cỡ mẫu"
                .to_owned(),
        ));
        out
    }

    fn strata(&self) -> Vec<[String; 4]> {
        let mut rows: Vec<[String; 4]> = self
            .draw
            .strata
            .iter()
            .map(|s| {
                let name = if s.name.is_empty() {
                    "(toàn danh sách)"
                } else {
                    &s.name
                };
                row(name, s.rows, s.size, s.reserve)
            })
            .collect();
        if rows.len() > 1 {
            let (drawn, reserve) = self.draw.counts();
            let all = self.draw.strata.iter().map(|s| s.rows).sum();
            rows.push(row("Tổng cộng", all, drawn, reserve));
        }
        rows
    }

    /// The minutes as a PDF, A4.
    ///
    /// # Errors
    /// The PDF writer fails.
    pub fn pdf(&self) -> Result<Vec<u8>, FormError> {
        let mut flow = Flow::new();
        national_heading(&mut flow, self.office, "Số: …………/BB-…………", None)?;
        flow.text(&[bold(15.0, "BIÊN BẢN")], Align::Centre, 0.0, 0.0)?;
        flow.text(
            &[bold(13.0, "CHỌN MẪU NGẪU NHIÊN")],
            Align::Centre,
            0.0,
            0.0,
        )?;
        let english = "Minutes of a random draw";
        flow.text(&[italic(SMALL, english)], Align::Centre, 0.0, 1.0)?;
        if let Some(campaign) = self.campaign {
            flow.text(&[plain(TEXT, campaign)], Align::Centre, 0.0, 0.0)?;
        }
        flow.gap(4.0);
        flow.text(&[plain(TEXT, &self.opening())], Align::Left, 0.0, 3.0)?;
        head(&mut flow, "I. Thành phần tham gia", "(present)")?;
        for (i, (name, role)) in self.people().into_iter().enumerate() {
            let pieces = [
                plain(TEXT, &format!("{}. Ông/Bà ", i + 1)),
                bold(TEXT, name),
                plain(TEXT, &format!(" – {role}")),
            ];
            flow.text(&pieces, Align::Left, 5.0, 0.5)?;
        }
        flow.gap(2.0);
        for part in self.parts() {
            match part {
                Part::Head(vi, en) => {
                    flow.gap(2.0);
                    head(&mut flow, vi, en)?;
                }
                Part::Line(label, text) => {
                    let pieces = [plain(TEXT, &format!("– {label}: ")), bold(TEXT, &text)];
                    flow.text(&pieces, Align::Left, 5.0, 0.5)?;
                }
                Part::Number(label, number) => {
                    flow.keep(12.0);
                    let label = plain(TEXT, &format!("– {label}:"));
                    flow.text(&[label], Align::Left, 5.0, 0.0)?;
                    flow.text(&[bold(SMALL, &number)], Align::Left, 9.0, 0.8)?;
                }
                Part::Command(text) => {
                    flow.text(&[plain(SMALL, &text)], Align::Left, 9.0, 0.8)?;
                }
                Part::Strata => {
                    let columns = [
                        ("Nhóm", 5.0, Set::Left),
                        ("Số người trong danh sách", 2.0, Set::Right),
                        ("Được chọn", 1.6, Set::Right),
                        ("Dự bị", 1.4, Set::Right),
                    ];
                    let mut rows: Vec<Row> = self
                        .strata()
                        .into_iter()
                        .map(|r| Row::new(r.to_vec()))
                        .collect();
                    if let (Some(last), true) = (rows.last_mut(), self.draw.strata.len() > 1) {
                        last.strong = true;
                    }
                    table(&mut flow, &columns, &rows)?;
                }
            }
        }
        flow.gap(3.0);
        flow.text(&[plain(TEXT, END)], Align::Left, 0.0, 5.0)?;
        signatures(&mut flow, &self.people())?;
        let foot = format!(
            "Lập bằng {} – mã kết quả {}",
            self.program,
            short(&self.draw.digest(false))
        );
        let pages = flow.finish(&foot)?;
        plain_pdf("Biên bản chọn mẫu ngẫu nhiên", &pages)
    }

    /// The minutes as plain text.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = String::new();
        let mut say = |line: &str| {
            out.push_str(line);
            out.push('\n');
        };
        for line in self.office {
            say(&line.to_uppercase());
        }
        say("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM");
        say("Độc lập - Tự do - Hạnh phúc");
        say("");
        say("BIÊN BẢN CHỌN MẪU NGẪU NHIÊN");
        if let Some(campaign) = self.campaign {
            say(campaign);
        }
        say("");
        say(&self.opening());
        say("");
        say("I. Thành phần tham gia");
        for (i, (name, role)) in self.people().into_iter().enumerate() {
            say(&format!("  {}. Ông/Bà {name} – {role}", i + 1));
        }
        for part in self.parts() {
            match part {
                Part::Head(vi, _) => {
                    say("");
                    say(vi);
                }
                Part::Line(label, text) => say(&format!("  – {label}: {text}")),
                Part::Number(label, text) => {
                    say(&format!("  – {label}:"));
                    say(&format!("      {text}"));
                }
                Part::Command(text) => say(&format!("      {text}")),
                Part::Strata => {
                    for [name, rows, drawn, reserve] in self.strata() {
                        say(&format!(
                            "  – {name}: có {rows}, được chọn {drawn}, dự bị {reserve}"
                        ));
                    }
                }
            }
        }
        say("");
        say(END);
        say("");
        for (name, role) in self.people() {
            say(&format!("{role}: {name}  (ký) ……………………"));
        }
        say("");
        say(&format!("Lập bằng {}", self.program));
        out
    }
}

const END: &str = "Biên bản kết thúc vào hồi …… giờ …… phút cùng ngày, đã đọc lại cho những người có \
                   mặt cùng nghe, thống nhất và ký tên dưới đây.";

fn head(flow: &mut Flow, vi: &str, en: &str) -> Result<(), FormError> {
    // A heading does not stay alone at the foot of a page.
    flow.keep(20.0);
    let pieces = [bold(TEXT, &format!("{vi} ")), italic(SMALL, en)];
    flow.text(&pieces, Align::Left, 0.0, 1.0)
}

fn row(name: &str, rows: usize, drawn: usize, reserve: usize) -> [String; 4] {
    let n = |n: usize| grouped(n as u64);
    [name.to_owned(), n(rows), n(drawn), n(reserve)]
}

/// Digits in groups of five, as people read them out.
fn in_groups(digits: &str) -> String {
    let all: Vec<char> = digits.chars().collect();
    let groups: Vec<String> = all.chunks(5).map(|c| c.iter().collect()).collect();
    groups.join(" ")
}

/// What is read out to compare.
fn short(digest: &str) -> &str {
    digest.get(..16).unwrap_or(digest)
}
