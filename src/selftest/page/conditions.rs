//! Shares by condition of the simulated sheet: a plot and a table.

use std::collections::BTreeMap;

use super::super::group::Group;
use super::super::interval::Share;
use super::super::report::Report;
use super::figures::{key, trimmed};
use super::plot::{Anchor, Axis, Frame, Stroke, Svg};
use super::words::{cell, percent, rate, share, thousands};

/// Conditions in the order in which they are shown, with what they are called.
const ORDER: [(&str, &str); 14] = [
    ("dpi", "Resolution, dpi"),
    ("file", "File"),
    ("jpeg-quality", "JPEG quality"),
    ("pen", "Pen"),
    ("mark", "What was drawn for the question"),
    ("hand", "What the hand usually draws"),
    ("print-scale", "Scale of the print"),
    ("photocopied", "Photocopied so often"),
    ("pale-toner", "Pale toner (solid black under 75 %)"),
    ("coloured-paper", "Coloured or recycled paper"),
    ("folded", "Folded"),
    ("stamp", "A stamp on the page"),
    ("streaks", "Dust streaks"),
    ("rotation", "Turned, degrees"),
];

/// What is shown of each group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    FlaggedClear,
    Unreadable,
}

impl What {
    fn of(self, group: &Group) -> &Share {
        match self {
            Self::FlaggedClear => &group.flagged_clear,
            Self::Unreadable => &group.unreadable,
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::FlaggedClear => "Clear questions that were sent to a person",
            Self::Unreadable => "Pages that were refused as unreadable",
        }
    }
}

/// Names first that stand in [`ORDER`], then others; only where there is something
/// to compare.
fn conditions(runs: &[(&Report, String)]) -> Vec<(String, String)> {
    let mut all: BTreeMap<&str, ()> = BTreeMap::new();
    for (run, _) in runs {
        let told = run
            .by_condition
            .iter()
            .filter(|(_, values)| values.len() > 1);
        all.extend(told.map(|(k, _)| (k.as_str(), ())));
    }
    let known = ORDER
        .iter()
        .filter(|(name, _)| all.contains_key(name))
        .map(|(name, title)| ((*name).to_owned(), (*title).to_owned()));
    let others = all
        .keys()
        .filter(|name| ORDER.iter().all(|(known, _)| known != *name))
        .map(|name| ((*name).to_owned(), (*name).to_owned()));
    known.chain(others).collect()
}

/// Values of a condition in any of the runs: by their number, "under" before and
/// words after.
fn values(runs: &[(&Report, String)], condition: &str) -> Vec<String> {
    let mut all: Vec<String> = runs
        .iter()
        .filter_map(|(run, _)| run.by_condition.get(condition))
        .flat_map(|v| v.keys().cloned())
        .collect();
    all.sort_by(|a, b| {
        let place = |s: &str| {
            let number = s
                .split(' ')
                .next()
                .and_then(|w| w.parse::<f64>().ok())
                .unwrap_or(f64::INFINITY);
            if s.starts_with("under ") {
                -1.0
            } else {
                number
            }
        };
        place(a).total_cmp(&place(b)).then_with(|| a.cmp(b))
    });
    all.dedup();
    all
}

/// Where rows begin and shares are drawn, px.
const LABELS: f64 = 24.0;
const PLOT: (f64, f64) = (250.0, 680.0);
const COUNTS: f64 = 150.0;
const ROW: f64 = 17.0;
const TOP: f64 = 92.0;
/// A group of fewer does not stretch the axis: its interval is wide, whatever
/// the reader does.
const ENOUGH: u64 = 100;
/// Least length of the axis.
const SHORTEST: f64 = 0.01;

/// The plot.
pub(super) fn figure(what: What, runs: &[(&Report, String)]) -> String {
    struct Row {
        label: String,
        heading: bool,
        shares: Vec<Option<Share>>,
    }
    let mut rows = vec![Row {
        label: "All".to_owned(),
        heading: true,
        shares: runs
            .iter()
            .map(|(run, _)| Some(*what.of(&run.total)).filter(|s| s.of > 0))
            .collect(),
    }];
    for (condition, title) in conditions(runs) {
        // What the hand usually draws says less than what it did draw.
        if what == What::FlaggedClear && condition == "hand" {
            continue;
        }
        let of_values: Vec<Row> = values(runs, &condition)
            .into_iter()
            .map(|value| Row {
                shares: runs
                    .iter()
                    .map(|(run, _)| {
                        let group = run.by_condition.get(&condition)?.get(&value)?;
                        Some(*what.of(group)).filter(|s| s.of > 0)
                    })
                    .collect(),
                label: value,
                heading: false,
            })
            .filter(|row| row.shares.iter().any(Option::is_some))
            .collect();
        if !of_values.is_empty() {
            rows.push(Row {
                label: title,
                heading: true,
                shares: Vec::new(),
            });
            rows.extend(of_values);
        }
    }
    let height_of = |row: &Row| {
        if row.shares.is_empty() {
            ROW + 9.0
        } else {
            ROW * row.shares.iter().flatten().count().max(1) as f64 + 5.0
        }
    };
    let height: f64 = rows.iter().map(height_of).sum();
    let longest = rows
        .iter()
        .flat_map(|r| r.shares.iter().flatten())
        .filter(|s| s.of >= ENOUGH)
        .map(|s| (s.high_95).min(2.0 * s.share + 0.02))
        .fold(SHORTEST, f64::max);
    let frame = Frame {
        x: Axis {
            from: 0.0,
            to: (longest * 1.05).min(1.0),
            px: PLOT,
            logarithmic: false,
        },
        y: Axis {
            from: 0.0,
            to: height,
            px: (TOP + height, TOP),
            logarithmic: false,
        },
    };
    let mut svg = Svg::new(PLOT.1 + COUNTS + 20.0, TOP + height + 62.0);
    svg.bold((LABELS, 24.0), Anchor::Start, what.title());
    key(&mut svg, LABELS, 50.0, runs);
    let ticks: Vec<(f64, String)> = frame
        .x
        .ticks()
        .into_iter()
        .map(|v| (v, format!("{} %", trimmed(100.0 * v))))
        .collect();
    frame.draw_x(&mut svg, &ticks, "share, with its 95 % interval");
    for (x, text) in &ticks {
        svg.text((frame.x.at(*x), TOP - 8.0), Anchor::Middle, text);
    }
    svg.text((PLOT.1 + COUNTS, TOP - 8.0), Anchor::End, "counted of");
    let mut y = TOP;
    for row in &rows {
        let here = height_of(row);
        let label = (
            LABELS + if row.heading { 0.0 } else { 14.0 },
            y + here / 2.0 + 4.5,
        );
        if row.heading {
            svg.line((LABELS, y), (PLOT.1 + COUNTS, y), Stroke::Gray);
            svg.bold(label, Anchor::Start, &row.label);
        } else {
            svg.text(label, Anchor::Start, &row.label);
        }
        let shares = row.shares.iter().enumerate();
        let shown = shares.filter_map(|(n, s)| Some((n, s.as_ref()?)));
        for (place, (n, s)) in shown.enumerate() {
            let middle = y + 2.5 + ROW * (place as f64 + 0.5);
            let (low, high) = (frame.x.at(s.low_95), frame.x.at(s.high_95));
            svg.line((low, middle), (high, middle), Stroke::Thin);
            for (x, end) in [(low, s.low_95), (high, s.high_95)] {
                // No end where the interval goes on beyond the axis.
                if end <= frame.x.to {
                    svg.line((x, middle - 3.5), (x, middle + 3.5), Stroke::Thin);
                }
            }
            svg.mark((frame.x.at(s.share), middle), n);
            if s.share > frame.x.to {
                let text = format!("→ {}", percent(s.share));
                svg.text((PLOT.1 + 9.0, middle + 4.5), Anchor::Start, &text);
            }
            svg.text(
                (PLOT.1 + COUNTS, middle + 4.5),
                Anchor::End,
                &format!("{} / {}", thousands(s.counted), thousands(s.of)),
            );
        }
        y += here;
    }
    frame.border(&mut svg);
    svg.finish(&format!(
        "{} by condition, with 95 % intervals",
        what.title()
    ))
}

/// The numbers of both plots, and silent errors.
pub(super) fn table(run: &Report) -> String {
    let one = [(run, String::new())];
    let mut lines = vec![
        "| | sheets | pages refused | clear questions flagged | silent errors, of boxes read | 95 % upper bound |".to_owned(),
        "|---|---|---|---|---|---|".to_owned(),
    ];
    let line = |name: &str, group: &Group| {
        format!(
            "| {} | {} | {} | {} | {} of {} | {} |",
            cell(name),
            thousands(group.sheets),
            share(&group.unreadable),
            share(&group.flagged_clear),
            thousands(group.counts.silent_errors),
            thousands(group.counts.positions),
            if group.counts.positions == 0 {
                "–".to_owned()
            } else {
                rate(group.silent_error_rate_upper_95)
            }
        )
    };
    lines.push(line("**all**", &run.total));
    for (condition, title) in conditions(&one) {
        lines.push(format!("| **{}** | | | | | |", cell(&title)));
        for value in values(&one, &condition) {
            if let Some(group) = run.by_condition.get(&condition).and_then(|v| v.get(&value)) {
                lines.push(line(&value, group));
            }
        }
    }
    lines.join("\n")
}
