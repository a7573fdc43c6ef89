//! The plots: what the scores of marked and empty boxes are, whether the
//! model's probabilities hold, and what an error rate costs.

use super::super::report::Report;
use super::super::scores::{BIN, ScoreBin};
use super::plot::{Anchor, Axis, Fill, Frame, Stroke, Svg, width_of};
use super::words::{percent, signed, thousands};

/// Size of a plot, px.
const WIDTH: f64 = 820.0;
const HEIGHT: f64 = 470.0;
/// Room for the axes' labels.
const LEFT: f64 = 88.0;
const RIGHT: f64 = 24.0;
const BOTTOM: f64 = 78.0;

fn frame(x: (f64, f64), y: (f64, f64), top: f64, logarithmic: (bool, bool)) -> Frame {
    Frame {
        x: Axis {
            from: x.0,
            to: x.1,
            px: (LEFT, WIDTH - RIGHT),
            logarithmic: logarithmic.0,
        },
        y: Axis {
            from: y.0,
            to: y.1,
            px: (HEIGHT - BOTTOM, top),
            logarithmic: logarithmic.1,
        },
    }
}

fn probability(log_odds: f64) -> f64 {
    1.0 / (1.0 + libm::exp(-log_odds))
}

/// Log-odds beyond which a probability is not labelled: it would be a row of
/// zeros or nines.
const LABELLED: f64 = 11.0;
/// A count axis begins below one, so that a single box has a height.
const BELOW_ONE: f64 = 0.6;

/// How many boxes have which score, by what is true.
pub(super) fn scores(run: &Report, name: &str) -> String {
    let bins = &run.scores.bins;
    let limits = [
        (
            "empty below, where nothing else is marked",
            run.model.limits.alone,
        ),
        ("empty below", run.model.limits.unmarked),
        ("marked from", run.model.limits.marked),
    ];
    let ends = bins
        .iter()
        .map(|b| f64::from(b.from_halves) * BIN)
        .chain(limits.iter().map(|l| l.1).filter(|l| l.is_finite()));
    let (from, to) = ends.fold((0.0, 0.0), |(a, b): (f64, f64), v| (a.min(v), b.max(v)));
    let most = bins
        .iter()
        .map(|b| b.marked.max(b.empty).max(b.ringed).max(b.taken_back))
        .max()
        .unwrap_or(1)
        .max(10);
    let top = 150.0;
    let frame = frame(
        (from.floor() - 1.0, to.ceil() + 2.0),
        (BELOW_ONE, most as f64 * 1.6),
        top,
        (false, true),
    );
    let mut svg = Svg::new(WIDTH, HEIGHT);
    svg.bold(
        (LEFT, 24.0),
        Anchor::Start,
        &format!("What the model says of every box: {name}"),
    );
    let x_ticks: Vec<(f64, String)> = frame
        .x
        .ticks()
        .into_iter()
        .map(|v| {
            let text = significant_integer(v);
            let below = if v.abs() <= LABELLED {
                format!("\n{}", percent(probability(v)))
            } else {
                String::new()
            };
            (v, text + &below)
        })
        .collect();
    frame.draw_x(
        &mut svg,
        &x_ticks,
        "log-odds of a mark, and the probability that they stand for",
    );
    let y_ticks: Vec<(f64, String)> = frame
        .y
        .ticks()
        .into_iter()
        .map(|v| (v, thousands(v.round() as u64)))
        .collect();
    frame.draw_y(&mut svg, &y_ticks, "boxes (logarithmic)");
    let mut key_x = LEFT;
    for (of, label, fill, stroke) in [
        (
            (|b| b.empty) as fn(&ScoreBin) -> u64,
            "truly empty",
            Fill::Light,
            Stroke::Thin,
        ),
        (|b| b.marked, "truly marked", Fill::Hatched, Stroke::Thick),
        (|b| b.ringed, "ringed", Fill::None, Stroke::Dashed),
        (|b| b.taken_back, "taken back", Fill::None, Stroke::Dotted),
    ] {
        let count: u64 = bins.iter().map(of).sum();
        for shape in steps(&frame, bins, of) {
            svg.path(&shape, fill, stroke);
        }
        let label = format!("{label}: {}", thousands(count));
        svg.path(
            &[
                (key_x, 52.0),
                (key_x, 40.0),
                (key_x + 22.0, 40.0),
                (key_x + 22.0, 52.0),
                (key_x, 52.0),
            ],
            fill,
            stroke,
        );
        svg.text((key_x + 29.0, 51.0), Anchor::Start, &label);
        key_x += 50.0 + width_of(&label);
    }
    // Each limit's words have a row of their own above the plot.
    for (row, (what, limit)) in limits.iter().enumerate() {
        if !limit.is_finite() {
            continue;
        }
        let (x, y) = (frame.x.at(*limit), 82.0 + 24.0 * row as f64);
        svg.line((x, y + 5.0), (x, frame.y.px.0), Stroke::Dashed);
        let text = format!("{what} {}", signed(*limit));
        let half = width_of(&text) / 2.0;
        let middle = x.clamp(LEFT + half, WIDTH - RIGHT - half);
        svg.text((middle, y), Anchor::Middle, &text);
    }
    frame.border(&mut svg);
    svg.finish(&format!(
        "Number of truly empty and truly marked boxes by the model's log-odds, with the limits in use: {name}"
    ))
}

fn significant_integer(v: f64) -> String {
    format!("{v:.0}").replace('-', "−")
}

/// Outlines of runs of bins that are not empty.
fn steps(frame: &Frame, bins: &[ScoreBin], of: fn(&ScoreBin) -> u64) -> Vec<Vec<(f64, f64)>> {
    let mut shapes: Vec<Vec<(f64, f64)>> = Vec::new();
    let mut end = None;
    for bin in bins.iter().filter(|b| of(b) > 0) {
        let from = f64::from(bin.from_halves) * BIN;
        let (x0, y) = frame.at(from, of(bin) as f64);
        let x1 = frame.x.at(from + BIN);
        match shapes.last_mut().filter(|_| end == Some(bin.from_halves)) {
            Some(shape) => {
                shape.pop();
                shape.extend([(x0, y), (x1, y), (x1, frame.y.px.0)]);
            }
            None => shapes.push(vec![
                (x0, frame.y.px.0),
                (x0, y),
                (x1, y),
                (x1, frame.y.px.0),
            ]),
        }
        end = Some(bin.from_halves + 1);
    }
    shapes
}

/// Both axes of the calibration plot go so far, in log-odds: one in three
/// million at each end.
const CALIBRATED: f64 = 15.0;
/// Labels of its axes, in percent, and whether there is room for it across.
const CALIBRATION_TICKS: [(f64, bool); 13] = [
    (0.0001, true),
    (0.001, false),
    (0.01, true),
    (0.1, false),
    (1.0, true),
    (10.0, true),
    (50.0, true),
    (90.0, true),
    (99.0, true),
    (99.9, false),
    (99.99, true),
    (99.999, false),
    (99.9999, true),
];
/// A group of fewer boxes is left to the table: its interval spans the plot.
pub(super) const TELLING: u64 = 20;

/// Is what the model calls 1 % marked in 1 of 100 cases?
pub(super) fn reliability(runs: &[(&Report, String)]) -> String {
    let top = 76.0;
    let mut frame = frame(
        (-CALIBRATED, CALIBRATED),
        (-CALIBRATED, CALIBRATED),
        top,
        (false, false),
    );
    let side = 520.0;
    frame.x.px = (LEFT + 30.0, LEFT + 30.0 + side);
    frame.y.px = (top + side, top);
    let mut svg = Svg::new(LEFT + 30.0 + side + 60.0, top + side + BOTTOM);
    svg.bold(
        (frame.x.px.0, 24.0),
        Anchor::Start,
        "Predicted and observed shares of marked boxes",
    );
    let ticks: Vec<(f64, String)> = CALIBRATION_TICKS
        .iter()
        .map(|t| (logit(t.0 / 100.0), format!("{} %", trimmed(t.0))))
        .collect();
    let mut y_ticks = ticks.clone();
    y_ticks.push((-CALIBRATED, "none".to_owned()));
    y_ticks.push((CALIBRATED, "all".to_owned()));
    let x_ticks: Vec<(f64, String)> = ticks
        .into_iter()
        .zip(CALIBRATION_TICKS)
        .map(|((v, text), (_, across))| (v, if across { text } else { String::new() }))
        .collect();
    frame.draw_x(
        &mut svg,
        &x_ticks,
        "probability that the model gave (mean of each group)",
    );
    frame.draw_y(&mut svg, &y_ticks, "share that was truly marked");
    svg.line(
        frame.at(-CALIBRATED, -CALIBRATED),
        frame.at(CALIBRATED, CALIBRATED),
        Stroke::Dashed,
    );
    key(&mut svg, frame.x.px.0, 48.0, runs);
    let mut marks = Vec::new();
    for (series, (run, _)) in runs.iter().enumerate() {
        let groups = run.scores.reliability.iter();
        for r in groups.filter(|r| r.boxes >= TELLING) {
            // Side by side where they would lie on each other.
            let x = frame.x.at(logit(r.predicted)) + 4.0 * series as f64;
            let (low, high) = (frame.y.at(logit(r.low_95)), frame.y.at(logit(r.high_95)));
            svg.line((x, low), (x, high), Stroke::Thin);
            for y in [low, high] {
                svg.line((x - 3.5, y), (x + 3.5, y), Stroke::Thin);
            }
            let y = match r.marked {
                0 => frame.y.px.0,
                n if n == r.boxes => frame.y.px.1,
                _ => frame.y.at(logit(r.observed)),
            };
            marks.push(((x, y), series));
        }
    }
    frame.border(&mut svg);
    for (at, series) in marks {
        svg.mark(at, series);
    }
    svg.finish("Reliability diagram: the model's probability against the share of boxes that was truly marked, with 95 % intervals")
}

fn logit(p: f64) -> f64 {
    let p = p.clamp(1e-12, 1.0 - 1e-12);
    libm::log(p / (1.0 - p))
}

/// Which mark stands for which run.
pub(super) fn key(svg: &mut Svg, mut x: f64, y: f64, runs: &[(&Report, String)]) {
    for (series, (_, name)) in runs.iter().enumerate() {
        svg.mark((x + 5.0, y - 4.5), series);
        svg.text((x + 16.0, y), Anchor::Start, name);
        x += 40.0 + width_of(name);
    }
}

/// What a wanted silent error rate costs, as the model's file says; `None` where
/// it says nothing.
pub(super) fn prices(run: &Report) -> Option<String> {
    let model = &run.model;
    let mut prices: Vec<_> = model
        .prices
        .iter()
        .filter(|p| p.silent_error_rate > 0.0)
        .collect();
    prices.sort_by(|a, b| a.silent_error_rate.total_cmp(&b.silent_error_rate));
    let (first, last) = (prices.first()?, prices.last()?);
    let most = prices
        .iter()
        .map(|p| p.flagged_office.max(p.flagged_hard))
        .fold(0.001, f64::max);
    let top = 76.0;
    let frame = frame(
        (first.silent_error_rate / 2.0, last.silent_error_rate * 2.0),
        (0.0, most * 1.12),
        top,
        (true, false),
    );
    let mut svg = Svg::new(WIDTH, HEIGHT);
    svg.bold(
        (LEFT, 24.0),
        Anchor::Start,
        "What a wanted silent error rate costs",
    );
    let x_ticks: Vec<(f64, String)> = frame
        .x
        .ticks()
        .into_iter()
        .map(|v| (v, format!("1 in {}", thousands((1.0 / v).round() as u64))))
        .collect();
    frame.draw_x(&mut svg, &x_ticks, "wanted silent errors per box");
    let y_ticks: Vec<(f64, String)> = frame
        .y
        .ticks()
        .into_iter()
        .map(|v| (v, format!("{} %", trimmed(100.0 * v))))
        .collect();
    frame.draw_y(&mut svg, &y_ticks, "clear questions left to a person");
    let used = model.silent_error_rate;
    if used >= frame.x.from && used <= frame.x.to {
        let x = frame.x.at(used);
        svg.line((x, top), (x, frame.y.px.0), Stroke::Dashed);
        svg.text((x, top - 6.0), Anchor::Middle, "in use");
    }
    let mut key_x = LEFT;
    for (series, label) in ["office sheets", "hard sheets"].into_iter().enumerate() {
        let points: Vec<(f64, f64)> = prices
            .iter()
            .map(|p| {
                let flagged = if series == 0 {
                    p.flagged_office
                } else {
                    p.flagged_hard
                };
                frame.at(p.silent_error_rate, flagged)
            })
            .collect();
        svg.path(&points, Fill::None, Stroke::Thin);
        for point in points {
            svg.mark(point, series);
        }
        svg.mark((key_x + 5.0, 43.5), series);
        svg.text((key_x + 16.0, 48.0), Anchor::Start, label);
        key_x += 40.0 + width_of(label);
    }
    frame.border(&mut svg);
    Some(svg.finish(
        "Share of clear questions that the limits leave to a person, against the wanted silent error rate",
    ))
}

/// Without zeros at the end.
pub(super) fn trimmed(v: f64) -> String {
    let text = format!("{v:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
