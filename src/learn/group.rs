//! Guesses which targets belong to one question, by their places. The guess is
//! written into form.toml, where a person corrects it.

use super::rules::Rules;
use super::targets::Target;

/// Targets on one line differ in height by less than this, mm.
const LINE_MM: f64 = 1.2;
/// Targets in one column differ sideways by less than this, mm.
const COLUMN_MM: f64 = 1.5;
/// In a table of answers (very satisfied … not at all) columns are at most
/// this far apart, mm; columns of text are wider.
const TABLE_PITCH_MM: f64 = 36.0;
/// Yes and no on one line.
const PAIR_PITCH_MM: f64 = 26.0;
/// Within a question the choices follow each other evenly; a gap this many
/// times the usual one begins another question.
const GAP: f64 = 2.1;

/// Groups of indices into `targets`, each in reading order, in reading order.
pub(crate) fn questions(targets: &[Target], rules: &Rules) -> Vec<Vec<usize>> {
    let mut free: Vec<bool> = vec![true; targets.len()];
    let mut out: Vec<Vec<usize>> = Vec::new();
    for line in lines(targets) {
        for run in table_runs(targets, &line) {
            for &i in &run {
                free[i] = false;
            }
            out.push(run);
        }
    }
    let rest: Vec<usize> = (0..targets.len()).filter(|&i| free[i]).collect();
    for column in columns(targets, &rest) {
        out.extend(split_column(targets, rules, &column));
    }
    // Reading order: column of text by column of text where questions are
    // stacked, else from top to bottom.
    out.sort_by(|a, b| {
        let key = |g: &[usize]| {
            let r = targets[g[0]].rect;
            ((r.min_x() / 50.0).floor(), r.min_y(), r.min_x())
        };
        key(a)
            .partial_cmp(&key(b))
            .unwrap_or(std::cmp::Ordering::Equal)
    });
    out
}

/// Targets by line of text, each from left to right.
fn lines(targets: &[Target]) -> Vec<Vec<usize>> {
    let mut out: Vec<Vec<usize>> = Vec::new();
    for i in 0..targets.len() {
        let y = targets[i].rect.center().y;
        match out
            .iter_mut()
            .find(|l| (targets[l[0]].rect.center().y - y).abs() < LINE_MM)
        {
            Some(l) => l.push(i),
            None => out.push(vec![i]),
        }
    }
    for l in &mut out {
        l.sort_by(|&a, &b| targets[a].rect.min_x().total_cmp(&targets[b].rect.min_x()));
    }
    out
}

/// Parts of a line whose targets are near enough to be answers of one row.
fn table_runs(targets: &[Target], line: &[usize]) -> Vec<Vec<usize>> {
    let mut out: Vec<Vec<usize>> = Vec::new();
    let mut run: Vec<usize> = Vec::new();
    for &i in line {
        let near = run
            .last()
            .is_none_or(|&k| targets[i].rect.min_x() - targets[k].rect.min_x() <= TABLE_PITCH_MM);
        if !near {
            out.push(std::mem::take(&mut run));
        }
        run.push(i);
    }
    out.push(run);
    out.retain(|r| match r[..] {
        [a, b] => targets[b].rect.min_x() - targets[a].rect.min_x() <= PAIR_PITCH_MM,
        _ => r.len() >= 3,
    });
    out
}

/// Targets that stand under each other.
fn columns(targets: &[Target], of: &[usize]) -> Vec<Vec<usize>> {
    let mut out: Vec<Vec<usize>> = Vec::new();
    for &i in of {
        let x = targets[i].rect.center().x;
        match out
            .iter_mut()
            .find(|c| (targets[c[0]].rect.center().x - x).abs() < COLUMN_MM)
        {
            Some(c) => c.push(i),
            None => out.push(vec![i]),
        }
    }
    out
}

fn split_column(targets: &[Target], rules: &Rules, column: &[usize]) -> Vec<Vec<usize>> {
    let y = |i: usize| targets[i].rect.center().y;
    let mut sorted = column.to_vec();
    sorted.sort_by(|&a, &b| y(a).total_cmp(&y(b)));
    let mut gaps: Vec<f64> = sorted.windows(2).map(|p| y(p[1]) - y(p[0])).collect();
    gaps.sort_by(f64::total_cmp);
    // The lower quartile: the gap between choices, not between questions.
    let usual = gaps.get(gaps.len() / 4).copied().unwrap_or(f64::INFINITY);
    let mut out: Vec<Vec<usize>> = Vec::new();
    for i in sorted {
        let joined = out
            .last()
            .and_then(|g: &Vec<usize>| g.last())
            .is_some_and(|&k| {
                !rules.between(targets[k].rect.center(), targets[i].rect.center())
                    && y(i) - y(k) <= GAP * usual
            });
        match out.last_mut() {
            Some(g) if joined => g.push(i),
            _ => out.push(vec![i]),
        }
    }
    out
}
