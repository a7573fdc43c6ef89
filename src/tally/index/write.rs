//! The index for people and for programs.

use std::io::Write;

use super::{Figure, Group, IndexReport, Overall};
use crate::lang::Lang;
use crate::store::Channel;
use crate::tally::TallyError;
use crate::tally::table::ballots_line;

/// Of a share that a hundredth of a percent ends on exactly, so much is lost when it
/// is computed; far less than any share of fewer than a billion answers differs from
/// such an end.
const TIE: f64 = 1e-9;

/// A share as percent with two decimals, half a hundredth rounded up; a comma before
/// the decimals in Vietnamese.
#[must_use]
pub fn percent(share: f64, lang: Lang) -> String {
    let hundredths = (share * 10_000.0 + 0.5 + TIE).floor();
    let text = format!("{:.2}", hundredths / 100.0);
    match lang {
        Lang::Vi => text.replace('.', ","),
        Lang::En => text,
    }
}

fn optional(share: Option<f64>, lang: Lang) -> String {
    share.map_or_else(|| "–".to_owned(), |s| percent(s, lang))
}

/// A difference of shares in points, with its sign.
pub(crate) fn points(difference: f64, lang: Lang) -> String {
    let text = percent(difference.abs(), lang);
    match difference {
        d if d < 0.0 && text.bytes().any(|b| (b'1'..=b'9').contains(&b)) => format!("−{text}"),
        _ => format!("+{text}"),
    }
}

/// Writes one JSON object, indented, with a newline at the end.
///
/// # Errors
/// The writer fails.
pub fn write_index_json(report: &IndexReport, mut out: impl Write) -> Result<(), TallyError> {
    serde_json::to_writer_pretty(&mut out, report).map_err(std::io::Error::from)?;
    out.write_all(b"\n")?;
    Ok(())
}

/// Writes CSV (UTF-8, a header line): a line for every group and form and part. Shares
/// are percent with two decimals and a point; what is not known is empty.
///
/// # Errors
/// The writer fails.
pub fn write_index_csv(report: &IndexReport, out: impl Write) -> Result<(), TallyError> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record([
        "by",
        "group",
        "group_name",
        "form",
        "version",
        "part",
        "id",
        "text",
        "respondents",
        "satisfied",
        "valid",
        "index",
        "low",
        "high",
        "mean_score",
        "difference",
    ])
    .map_err(std::io::Error::from)?;
    let share = |s: Option<f64>| s.map_or_else(String::new, |s| percent(s, Lang::En));
    for group in &report.groups {
        let (id, name) = (group.id.as_deref(), group.name.as_deref());
        let of_group = [group.by.as_str(), id.unwrap_or(""), name.unwrap_or("")];
        let o = &group.overall;
        let mut line = |form: [&str; 5], counts: [u64; 3], rest: [String; 5]| {
            let counts = counts.map(|n| n.to_string());
            let fields = of_group.into_iter().chain(form);
            csv.write_record(fields.chain(counts.iter().chain(&rest).map(String::as_str)))
        };
        line(
            ["", "", "overall", "", ""],
            [o.respondents, o.satisfied, o.valid],
            [
                share(o.index),
                share(o.low),
                share(o.high),
                String::new(),
                o.difference
                    .map_or_else(String::new, |d| points(d, Lang::En)),
            ],
        )
        .map_err(std::io::Error::from)?;
        for form in &group.forms {
            let version = form.version.to_string();
            for f in &form.figures {
                let part = match f.part {
                    super::Part::Form => "form",
                    super::Part::Content => "content",
                    super::Part::Factor => "factor",
                    super::Part::Question => "question",
                };
                line(
                    [&form.form, &version, part, &f.id, &f.text],
                    [f.respondents, f.satisfied, f.valid],
                    [
                        share(f.index),
                        share(f.low),
                        share(f.high),
                        f.mean_score.map_or_else(String::new, |m| format!("{m:.2}")),
                        f.difference
                            .map_or_else(String::new, |d| points(d, Lang::En)),
                    ],
                )
                .map_err(std::io::Error::from)?;
            }
        }
    }
    csv.flush()?;
    Ok(())
}

/// Writes tables in plain text, in one language.
///
/// # Errors
/// The writer fails.
pub fn write_index_table(
    report: &IndexReport,
    lang: Lang,
    mut out: impl Write,
) -> Result<(), TallyError> {
    if let Some(campaign) = &report.campaign {
        writeln!(out, "{campaign}")?;
    }
    let Some((all, groups)) = report.groups.split_first() else {
        return Ok(());
    };
    whole(&mut out, all, lang)?;
    for form in &all.forms {
        writeln!(out)?;
        let field = form
            .field
            .as_ref()
            .map_or_else(String::new, |f| format!(" – {f}"));
        writeln!(
            out,
            "{} ({} v{}){field}",
            form.title, form.form, form.version
        )?;
        for figure in &form.figures {
            let indent = "  ".repeat(figure.depth as usize);
            let text = match (figure.part, figure.inside) {
                (super::Part::Form, _) => lang.pick("Cả phiếu", "Whole form").to_owned(),
                (_, true) => figure.text.clone(),
                (_, false) => format!(
                    "{} ({})",
                    figure.text,
                    lang.pick("ngoài chỉ số", "outside of the index")
                ),
            };
            writeln!(out, "{indent}{text}: {}", of_figure(figure, lang))?;
        }
    }
    let mut by = "";
    for group in groups {
        if group.by != by {
            by = &group.by;
            writeln!(out)?;
            writeln!(out, "{}", heading(by, lang))?;
        }
        line(&mut out, group, lang)?;
    }
    Ok(())
}

/// What stands above a kind of groups.
#[must_use]
pub(crate) fn heading(by: &str, lang: Lang) -> &'static str {
    match by {
        "unit" => lang.pick("Theo đơn vị", "By unit"),
        "area" => lang.pick("Theo khu vực", "By area"),
        "channel" => lang.pick("Theo hình thức thu phiếu", "By channel"),
        "field" => lang.pick("Theo lĩnh vực", "By field"),
        "month" => lang.pick("Theo tháng", "By month"),
        "question" => lang.pick("Theo nhóm người trả lời", "By answer"),
        _ => lang.pick("Chung", "All"),
    }
}

/// The name of a group for people.
#[must_use]
pub(crate) fn group_name(group: &Group, lang: Lang) -> String {
    match (
        group.by.as_str(),
        group.id.as_deref(),
        group.name.as_deref(),
    ) {
        ("all", ..) => lang.pick("Chung", "All").to_owned(),
        ("channel", Some(id), name) => match Channel::of(id) {
            Some(channel) => {
                let (vi, en) = channel.names();
                lang.pick(vi, en).to_owned()
            }
            None => name.unwrap_or(id).to_owned(),
        },
        (_, _, Some(name)) => name.to_owned(),
        (_, Some(id), None) => id.to_owned(),
        (_, None, None) => lang.pick("không rõ", "not known").to_owned(),
    }
}

fn whole(out: &mut impl Write, all: &Group, lang: Lang) -> Result<(), std::io::Error> {
    writeln!(out, "{}", ballots_line(all.ballots, lang))?;
    writeln!(
        out,
        "{}: {}",
        lang.pick("Chỉ số hài lòng chung", "Satisfaction index"),
        of_overall(&all.overall, lang)
    )
}

fn line(out: &mut impl Write, group: &Group, lang: Lang) -> Result<(), std::io::Error> {
    let o = &group.overall;
    let place = o.rank.map_or_else(String::new, |r| {
        format!(" {} {r}", lang.pick("hạng", "place"))
    });
    let waits = if group.ballots.pending > 0 {
        let n = group.ballots.pending;
        match lang {
            Lang::Vi => format!(", {n} phiếu chờ xử lý"),
            Lang::En => format!(", {n} ballots pending"),
        }
    } else {
        String::new()
    };
    writeln!(
        out,
        "  {}{}: {}{place}{waits}",
        "  ".repeat(group.depth as usize),
        group_name(group, lang),
        of_overall(o, lang)
    )
}

fn of_overall(o: &Overall, lang: Lang) -> String {
    figure_text(
        (o.index, o.low, o.high, o.difference),
        (o.satisfied, o.valid),
        lang,
    )
}

fn of_figure(f: &Figure, lang: Lang) -> String {
    let mut text = figure_text(
        (f.index, f.low, f.high, f.difference),
        (f.satisfied, f.valid),
        lang,
    );
    if let Some(mean) = f.mean_score {
        let mean = format!("{mean:.2}");
        let mean = match lang {
            Lang::Vi => mean.replace('.', ","),
            Lang::En => mean,
        };
        text.push_str(&format!(", {} {mean}", lang.pick("điểm", "score")));
    }
    text
}

fn figure_text(
    (index, low, high, difference): (Option<f64>, Option<f64>, Option<f64>, Option<f64>),
    (satisfied, valid): (u64, u64),
    lang: Lang,
) -> String {
    let mut text = format!("{} % ({satisfied}/{valid})", optional(index, lang));
    if let (Some(low), Some(high)) = (low, high) {
        text.push_str(&format!(
            " [{}; {}]",
            percent(low, lang),
            percent(high, lang)
        ));
    }
    if let Some(d) = difference {
        text.push_str(&format!(" {}", points(d, lang)));
    }
    text
}
