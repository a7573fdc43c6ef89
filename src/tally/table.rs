//! The tally for people.

use std::io::Write;

use super::{Ballots, QuestionTally, Tally, TallyError};
use crate::lang::Lang;

/// Writes a table in plain text, in one language.
///
/// # Errors
/// The writer fails.
pub fn write_table(tally: &Tally, lang: Lang, mut out: impl Write) -> Result<(), TallyError> {
    if let Some(campaign) = &tally.campaign {
        writeln!(out, "{campaign}")?;
    }
    let p = &tally.pages;
    match lang {
        Lang::Vi => writeln!(
            out,
            "Đã quét {} trang: {} rõ, {} cần xem, {} không đọc được, {} trắng, {} nghi trùng.",
            p.total, p.clean, p.review, p.unreadable, p.blank, p.duplicates
        )?,
        Lang::En => writeln!(
            out,
            "{} pages scanned: {} clean, {} to review, {} unreadable, {} blank, \
             {} suspected duplicates.",
            p.total, p.clean, p.review, p.unreadable, p.blank, p.duplicates
        )?,
    }
    if p.unplaced > 0 {
        match lang {
            Lang::Vi => writeln!(
                out,
                "{} trang chưa biết thuộc phiếu nào: cần người xem.",
                p.unplaced
            )?,
            Lang::En => writeln!(
                out,
                "{} pages belong to no ballot yet: a person must look.",
                p.unplaced
            )?,
        }
    }
    for form in &tally.forms {
        writeln!(out)?;
        writeln!(
            out,
            "{} ({}, {} {})",
            form.title,
            form.form,
            lang.pick("phiên bản", "version"),
            form.version
        )?;
        block(&mut out, lang, form.ballots, &form.questions)?;
        // A single nameless unit would only repeat the whole.
        if form.units.iter().any(|u| u.unit.is_some()) {
            for unit in &form.units {
                let id = unit.unit.as_deref().unwrap_or("?");
                let name = unit.name.as_deref().unwrap_or(if unit.unit.is_none() {
                    lang.pick("chưa rõ đơn vị", "unit not known")
                } else {
                    ""
                });
                writeln!(out)?;
                writeln!(out, "{} {id} {name}", lang.pick("Đơn vị", "Unit"))?;
                block(&mut out, lang, unit.ballots, &unit.questions)?;
            }
        }
    }
    Ok(())
}

/// Ballots by what became of them, in words.
pub(super) fn ballots_line(b: Ballots, lang: Lang) -> String {
    match lang {
        Lang::Vi => format!(
            "Phiếu: {} (tính {}, chờ xử lý {}, loại {})",
            b.total, b.counted, b.pending, b.rejected
        ),
        Lang::En => format!(
            "Ballots: {} (counted {}, pending {}, rejected {})",
            b.total, b.counted, b.pending, b.rejected
        ),
    }
}

fn block(
    out: &mut impl Write,
    lang: Lang,
    b: Ballots,
    questions: &[QuestionTally],
) -> Result<(), std::io::Error> {
    writeln!(out, "{}", ballots_line(b, lang))?;
    let head = match lang {
        Lang::Vi => [
            "câu",
            "trả lời",
            "trống",
            "không hợp lệ",
            "chờ xử lý",
            "phương án",
        ],
        Lang::En => [
            "question", "answered", "blank", "invalid", "pending", "choices",
        ],
    };
    let rows: Vec<[String; 6]> = questions
        .iter()
        .map(|q| {
            let choices: Vec<String> = q
                .choices
                .iter()
                .map(|c| format!("{} {}", c.choice, c.count))
                .collect();
            [
                q.question.clone(),
                q.answered.to_string(),
                q.blank.to_string(),
                q.invalid.to_string(),
                q.pending.to_string(),
                choices.join(" · "),
            ]
        })
        .collect();
    let width = |column: usize| {
        rows.iter()
            .map(|r| r.get(column).map_or(0, |c| c.chars().count()))
            .chain(head.get(column).map(|h| h.chars().count()))
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let mut line = |cells: &[&str]| -> Result<(), std::io::Error> {
        let mut text = String::from("  ");
        for (i, (cell, w)) in cells.iter().zip(&widths).enumerate() {
            match i {
                0 => text.push_str(&format!("{cell:<w$}")),
                5 => text.push_str(&format!("   {cell}")),
                _ => text.push_str(&format!("  {cell:>w$}")),
            }
        }
        writeln!(out, "{}", text.trim_end())
    };
    line(&head)?;
    for row in &rows {
        line(&row.each_ref().map(String::as_str))?;
    }
    Ok(())
}
