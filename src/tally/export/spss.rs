//! SPSS syntax that reads the answers' CSV and says what they mean.

use std::io::Write;

use super::answers::missing;
use super::ballots::ExportForm;
use super::variables::{BLANK, INVALID, PENDING, Variable};
use crate::lang::Lang;
use crate::tally::TallyError;

/// Longest label of a variable and of a value, bytes (IBM SPSS Statistics Command
/// Syntax Reference, VARIABLE LABELS and VALUE LABELS).
const LONGEST_LABEL: usize = 255;
/// See [`LONGEST_LABEL`].
const LONGEST_VALUE_LABEL: usize = 120;

/// A text in quotes, in one line, no longer than this many bytes.
fn quoted(text: &str, most: usize) -> String {
    let mut out = String::from("'");
    let mut bytes = 0;
    for c in text.chars() {
        let c = if c.is_control() { ' ' } else { c };
        bytes += c.len_utf8();
        if bytes > most {
            break;
        }
        out.push(c);
        if c == '\'' {
            out.push('\'');
        }
    }
    out.push('\'');
    out
}

/// The types and labels of the columns before the answers.
fn fixed(lang: Lang) -> [(&'static str, &'static str, &'static str); 8] {
    [
        ("form", "A64", lang.pick("Mẫu phiếu", "Form")),
        ("version", "F5.0", lang.pick("Phiên bản", "Version")),
        ("serial", "A128", lang.pick("Số phiếu", "Serial")),
        ("unit", "A128", lang.pick("Đơn vị", "Unit")),
        ("box", "A128", lang.pick("Hòm phiếu", "Ballot box")),
        (
            "channel",
            "A16",
            lang.pick("Hình thức thu phiếu", "Channel"),
        ),
        ("day", "A10", lang.pick("Ngày nhận", "Day")),
        ("state", "A8", lang.pick("Tình trạng phiếu", "State")),
    ]
}

/// Writes the syntax for the file `data` that lies beside it.
pub(super) fn write_syntax(
    form: &ExportForm,
    columns: &[Variable],
    data: &str,
    lang: Lang,
    out: &mut impl Write,
) -> Result<(), TallyError> {
    // SPSS knows the encoding of syntax by this line.
    writeln!(out, "* Encoding: UTF-8.")?;
    let title: String = form.title.chars().filter(|c| !c.is_control()).collect();
    writeln!(out, "* {} ({} v{}):", title, form.form, form.version)?;
    let hint = lang.pick(
        "  mở từ thư mục chứa tệp CSV (lệnh CD) rồi chạy",
        "  run it in the folder of the CSV file (command CD)",
    );
    writeln!(out, "{hint}.")?;
    writeln!(out)?;
    writeln!(out, "GET DATA")?;
    writeln!(out, "  /TYPE=TXT")?;
    writeln!(out, "  /FILE={}", quoted(data, usize::MAX))?;
    writeln!(out, "  /ENCODING='UTF8'")?;
    writeln!(out, "  /ARRANGEMENT=DELIMITED")?;
    writeln!(out, "  /FIRSTCASE=2")?;
    writeln!(out, "  /DELIMITERS=','")?;
    writeln!(out, "  /QUALIFIER='\"'")?;
    writeln!(out, "  /VARIABLES=")?;
    for (name, kind, _) in fixed(lang) {
        writeln!(out, "    {name} {kind}")?;
    }
    for (i, v) in columns.iter().enumerate() {
        let end = if i + 1 == columns.len() { "." } else { "" };
        writeln!(out, "    {} F5.0{end}", v.name)?;
    }
    if columns.is_empty() {
        writeln!(out, "  .")?;
    }
    writeln!(out)?;
    writeln!(out, "VARIABLE LABELS")?;
    for (name, _, label) in fixed(lang) {
        let end = if name == "state" && columns.is_empty() {
            "."
        } else {
            ""
        };
        writeln!(out, "  {name} {}{end}", quoted(label, LONGEST_LABEL))?;
    }
    for (i, v) in columns.iter().enumerate() {
        let text = v.in_words(form);
        let end = if i + 1 == columns.len() { "." } else { "" };
        writeln!(out, "  {} {}{end}", v.name, quoted(&text, LONGEST_LABEL))?;
    }
    for v in columns {
        let q = &form.questions[v.question];
        writeln!(out)?;
        writeln!(out, "VALUE LABELS {}", v.name)?;
        let mut line = |value: i32, label: &str, end: &str| {
            let label = quoted(label, LONGEST_VALUE_LABEL);
            writeln!(out, "  {value} {label}{end}")
        };
        match v.choice {
            None => {
                for (i, c) in q.choices.iter().enumerate() {
                    line(i32::try_from(i + 1).unwrap_or(i32::MAX), c.in_words(), "")?;
                }
            }
            Some(_) => {
                line(0, lang.pick("không chọn", "not chosen"), "")?;
                line(1, lang.pick("chọn", "chosen"), "")?;
            }
        }
        for (value, label) in missing(lang) {
            line(value, label, if value == PENDING { "." } else { "" })?;
        }
        writeln!(
            out,
            "MISSING VALUES {} ({BLANK}, {INVALID}, {PENDING}).",
            v.name
        )?;
        let ordered = v.choice.is_none() && q.choices.iter().any(|c| c.score.is_some());
        let level = if ordered { "ORDINAL" } else { "NOMINAL" };
        writeln!(out, "VARIABLE LEVEL {} ({level}).", v.name)?;
    }
    writeln!(out)?;
    writeln!(out, "EXECUTE.")?;
    Ok(())
}
