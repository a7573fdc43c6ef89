//! The words of the page.

use std::collections::{BTreeMap, BTreeSet};

use super::super::interval::{Share, clopper_pearson_95, upper_bound_95};
use super::super::report::Report;
use super::Files;
use super::conditions;
use super::figures::{TELLING, trimmed};
use super::speed::Speed;
use super::words::{cell, percent, rate, share, signed, significant, thousands};
use crate::synth::Level;

type Runs<'a> = [(&'a Report, String)];

pub(super) fn page(
    runs: &Runs,
    files: &Files,
    speed: Option<&Speed>,
    independent: Option<&str>,
) -> String {
    let mut out = vec![
        "# How accurate, how fast".to_owned(),
        "<!-- Made by `phieu selftest --report`; change its sources (src/selftest/page), not this file. -->".to_owned(),
        "Every number and plot on this page was made by commands in the tree from the files beside it; how to make them again stands at the end. A *silent error* is a question that the machine calls certain and that differs from what the respondent meant, or one of whose boxes does, or a page that was taken for another one. *Flagged* is a question that the machine leaves to a person. *Clear* is a question that a fair person would answer at a glance; only of those is it a fault to be flagged.".to_owned(),
        in_short(runs),
        asked(runs),
    ];
    out.push(WHAT_WAS_DONE.to_owned());
    out.push(not_shown(runs));
    out.push(silent_errors(runs));
    out.push(scores(runs, files));
    out.push(reliability(runs, files));
    out.push(by_condition(runs, files));
    out.push(price(runs, files));
    out.push(speed_of(runs, files, speed));
    out.push("## An independent check".to_owned());
    out.push(independent.unwrap_or(TO_BE_FILLED).trim().to_owned());
    out.push(again(runs, files));
    out.join("\n\n") + "\n"
}

const TO_BE_FILLED: &str = "> **TO BE FILLED.** Scans by a simulator that others wrote, with their own pens, paper and scanner, and real paper: what was read, how many silent errors, how many flagged, by what command. Until figures stand here, this page says nothing of them. (`phieu selftest --report DIR --independent FILE.md` puts them here.)";

const WHAT_WAS_DONE: &str = "## What was done

Each form is printed to PDF and drawn; simulated people with a pen and a hand of their own fill it in; the paper is folded, copied, stamped, and scanned at some resolution, skewed, blurred, with noise, into a JPEG, PNG, TIFF or black-and-white file; the reader reads that image with nothing else to go by; and what it says is compared with what the simulated person meant, box by box. What is mixed at each level (pens, marks, copies, folds, resolutions and how often each of them) is a table in the documentation of `src/synth`. Sheet number *n* depends on nothing but form, level, seed and *n*, so anybody can make the same sheets again, one by one.

Bounds and intervals: the bound of the silent error rate is one-sided, 95 %, exact for rare errors (Poisson; without an error it is the rule of three). The intervals of shares are two-sided, 95 %, exact (Clopper and Pearson) for a sample that is made smaller by the scatter between sheets (design effect, Korn and Graubard), because the questions of one sheet stand or fall together. About one interval in twenty misses the true value; this page has many.";

fn columns(runs: &Runs) -> Vec<String> {
    let names: Vec<&str> = runs.iter().map(|(_, name)| name.as_str()).collect();
    vec![
        format!("| | {} |", names.join(" | ")),
        format!("|---|{}", "---|".repeat(runs.len())),
    ]
}

/// A line of a table with a column for each run.
fn line(runs: &Runs, what: &str, of: &dyn Fn(&Report) -> String) -> String {
    let cells: Vec<String> = runs.iter().map(|(r, _)| cell(&of(r))).collect();
    format!("| {what} | {} |", cells.join(" | "))
}

fn part(counted: u64, of: u64) -> String {
    if of == 0 {
        return "–".to_owned();
    }
    format!(
        "{} of {} = {}",
        thousands(counted),
        thousands(of),
        percent(counted as f64 / of as f64)
    )
}

fn in_short(runs: &Runs) -> String {
    let mut lines = columns(runs);
    let mut add = |what: &str, of: &dyn Fn(&Report) -> String| lines.push(line(runs, what, of));
    add("forms", &|r| {
        r.forms.keys().cloned().collect::<Vec<_>>().join(", ")
    });
    add("simulated sheets", &|r| thousands(r.total.sheets));
    add("page images", &|r| thousands(r.counts.pages));
    add("boxes read", &|r| thousands(r.counts.positions));
    add("**silent errors**", &|r| {
        format!("**{}**", thousands(r.counts.silent_errors))
    });
    add("silent errors a box: 95 % upper bound", &|r| {
        if r.counts.positions == 0 {
            "–".to_owned()
        } else {
            rate(r.silent_error_rate_upper_95)
        }
    });
    add("sheets with a silent error", &|r| {
        thousands(r.total.sheets_with_silent_errors)
    });
    add("the same a sheet: 95 % upper bound", &|r| {
        if r.total.sheets == 0 {
            return "–".to_owned();
        }
        rate(upper_bound_95(
            r.total.sheets_with_silent_errors,
            r.total.sheets,
        ))
    });
    add("clear questions flagged", &|r| {
        share(&r.total.flagged_clear)
    });
    add("all questions flagged, unclear ones among them", &|r| {
        part(r.counts.flagged_questions, r.counts.questions)
    });
    add("pages refused as unreadable", &|r| {
        share(&r.total.unreadable)
    });
    add("pages without anything for a person", &|r| {
        part(r.counts.clean_pages, r.counts.pages)
    });
    add("mark model", &|r| r.model.id.clone());
    add("program", &|r| r.program.clone());
    format!("## In short\n\n{}", lines.join("\n"))
}

/// What the project asks of a level.
struct Asked {
    level: Level,
    boxes: u64,
    flagged: f64,
    unreadable: Option<f64>,
}

/// From the issue that this page answers: office and hard.
const ASKED: [Asked; 2] = [
    Asked {
        level: Level::Office,
        boxes: 1_000_000,
        flagged: 0.01,
        unreadable: None,
    },
    Asked {
        level: Level::Hard,
        boxes: 200_000,
        flagged: 0.05,
        unreadable: Some(0.01),
    },
];

/// VVSG 2.0 (2021), 1.2-C, asks this of a voting system's test.
const VVSG_BOXES: u64 = 10_000_000;

fn asked(runs: &Runs) -> String {
    let mut lines = vec![
        "| run | asked | found | |".to_owned(),
        "|---|---|---|---|".to_owned(),
    ];
    for (run, name) in runs {
        let (errors, boxes) = (run.counts.silent_errors, run.counts.positions);
        let found = format!("{} in {}", thousands(errors), thousands(boxes));
        let without_error = |wanted: u64| match (errors, boxes >= wanted) {
            (0, true) => "met",
            (0, false) => "too few boxes to say",
            _ => "**not met**",
        };
        let at_most = |s: &Share, most: f64| match s.share <= most {
            _ if s.of == 0 => "nothing to say",
            true if s.high_95 <= most => "met",
            true => "met, but the interval reaches beyond",
            false => "**not met**",
        };
        let mut row = |asked: String, found: &str, verdict: &str| {
            lines.push(format!("| {name} | {asked} | {found} | {verdict} |"));
        };
        if let Some(a) = ASKED.iter().find(|a| a.level == run.level) {
            row(
                format!("no silent error in {} boxes", thousands(a.boxes)),
                &found,
                without_error(a.boxes),
            );
            let s = &run.total.flagged_clear;
            row(
                format!(
                    "at most {} % of clear questions flagged",
                    trimmed(100.0 * a.flagged)
                ),
                &share(s),
                at_most(s, a.flagged),
            );
            if let Some(most) = a.unreadable {
                let s = &run.total.unreadable;
                row(
                    format!("at most {} % of pages unreadable", trimmed(100.0 * most)),
                    &share(s),
                    at_most(s, most),
                );
            }
        }
        row(
            format!(
                "no error in {} boxes (VVSG 2.0, 1.2-C, which asks it of real machines and paper)",
                thousands(VVSG_BOXES)
            ),
            &found,
            without_error(VVSG_BOXES),
        );
    }
    format!(
        "What was asked, and what was found:\n\n{}",
        lines.join("\n")
    )
}

fn not_shown(runs: &Runs) -> String {
    let mut points = vec![
        "**No real paper.** What the simulator's authors did not think of is not in it: other pens, other printers, other damage. An error rate here is a rate among simulated sheets, and a zero is no promise for an office's own.".to_owned(),
        format!("**One house.** The people who wrote the simulator also wrote the reader, and the reader's mark model is learned from the same simulator, from sheets of another seed (here: {}). Good figures are therefore expected; bad ones would be a plain fault. Only the independent check below and real ballots say more.", learned_by(runs)),
        "**The mixture is ours.** How often a page is folded, copied or scanned in black and white is our guess of what offices send. Who knows his own mixture can weigh the table by condition with it.".to_owned(),
        "**What is left out.** Boxes of refused pages are not among the boxes read. Questions that are not clear (overvotes, corrections, covered boxes) do not count against the reader when they are flagged, but do when they are silently wrong. Boxes of flagged questions are among the boxes read, though a person looks at them. Where a scanner's threshold would have erased the pen altogether, the simulator scans in gray instead: marks that left no trace in the image are not tested.".to_owned(),
        "**People.** What is flagged, a person decides; that people err, too, is not in these figures.".to_owned(),
        "**Boxes are not independent.** The bound of errors a box holds if they were. Errors that come together, on one bad sheet, are better counted in sheets; that bound stands beside it.".to_owned(),
    ];
    for (run, name) in runs {
        if seed_of(&run.model.learned_by) == Some(run.seed) {
            points.push(format!("**The sheets of the run \"{name}\" were also learned from** (`{}`): it proves nothing about the model. Repeat it with another seed.", run.model.learned_by));
        }
    }
    if runs
        .windows(2)
        .any(|w| w[0].0.model.id != w[1].0.model.id || w[0].0.program != w[1].0.program)
    {
        points.push("**These runs are not of the same program or model**: see the last lines of the first table.".to_owned());
    }
    let points: Vec<String> = points.into_iter().map(|p| format!("- {p}")).collect();
    format!("## What this does not show\n\n{}", points.join("\n"))
}

/// The commands that learned the models of the runs.
fn learned_by(runs: &Runs) -> String {
    let commands: BTreeSet<String> = runs
        .iter()
        .map(|(r, _)| format!("`{}`", r.model.learned_by))
        .collect();
    commands.into_iter().collect::<Vec<_>>().join(", ")
}

fn seed_of(command: &str) -> Option<u64> {
    let mut words = command.split_whitespace();
    words.find(|w| *w == "--seed")?;
    words.next()?.parse().ok()
}

/// Most errors that the page lists of one run; the JSON has more.
const LISTED: usize = 40;

fn silent_errors(runs: &Runs) -> String {
    let mut out = vec!["## Silent errors, one by one".to_owned()];
    for (run, name) in runs {
        let n = run.counts.silent_errors;
        if n == 0 {
            out.push(format!(
                "{name}: none in {} boxes.",
                thousands(run.counts.positions)
            ));
            continue;
        }
        let mut lines = vec![
            format!("{name}: {}.\n", thousands(n)),
            "| form | sheet | page | question | true | read |".to_owned(),
            "|---|---|---|---|---|---|".to_owned(),
        ];
        for e in run.errors.iter().take(LISTED) {
            lines.push(format!(
                "| {} | {} | {} | {} | {} | {}{} |",
                cell(&e.form),
                e.sheet,
                e.page,
                cell(&e.question),
                cell(&e.truth),
                cell(&e.read),
                if e.drawn_like_an_answer { " †" } else { "" }
            ));
        }
        if n > LISTED as u64 {
            lines.push(format!("\n… and {} more.", thousands(n - LISTED as u64)));
        }
        let like_answers = run.drawn_like_answers();
        if like_answers > 0 {
            lines.push(format!(
                "\nOf these, {like_answers} that the paper does not show: where the pen rested in the box of a blank question († above), the simulation drew a dot no smaller than the smallest of the page's answers, which are dots. They count as errors all the same."
            ));
        }
        out.push(lines.join("\n"));
    }
    out.join("\n\n")
}

fn scores(runs: &Runs, files: &Files) -> String {
    let mut out = vec!["## How far marked and empty boxes are apart".to_owned(),
        "The mark model gives every box log-odds of being marked. Between the limits a person decides; the machine is certain only beyond. An empty box right of \"marked from\", or a marked box left of \"empty below\", would be a silent error, unless a rule (a line through the box, a ring around it, ink beside it) sends it to a person all the same. The first limit holds where nothing of the question is plainly marked: there any trace asks. *Ringed* boxes were chosen by a ring around them with nothing inside.".to_owned()];
    for ((run, name), (_, plot)) in runs.iter().zip(&files.of_runs) {
        let l = &run.model.limits;
        out.push(format!("![Number of boxes by log-odds, {name}]({plot})"));
        out.push(format!(
            "{name}: limits {}, {} and {}. {} boxes were out of sight or covered and always go to a person; they are not in the plot.",
            signed(l.alone),
            signed(l.unmarked),
            signed(l.marked),
            thousands(run.scores.hidden)
        ));
    }
    out.join("\n\n")
}

fn reliability(runs: &Runs, files: &Files) -> String {
    let mut out = vec![
        "## Do the probabilities hold?".to_owned(),
        format!("![Reliability diagram]({})", files.reliability),
        format!(
            "Boxes are grouped by their log-odds; of each group the mean probability that the model gave is set against the share that was truly marked. On the dashed line they agree; above it the model is too careful about marks, below it too bold. A mark on the border means that none, or all, of the group was marked; the line ends where the 95 % interval does. These intervals take boxes for independent, so they are rather too narrow. Left out are boxes that were marked by a ring around them (the model judges what is inside; a rule finds rings), those whose mark was taken back, and in the plot, not in the table, groups of fewer than {TELLING} boxes."
        ),
    ];
    for (run, name) in runs {
        let mut lines = vec![
            format!("<details><summary>The numbers: {name}</summary>\n"),
            "| log-odds | boxes | marked | predicted | observed | 95 % interval |".to_owned(),
            "|---|---|---|---|---|---|".to_owned(),
        ];
        for r in &run.scores.reliability {
            lines.push(format!(
                "| {} to {} | {} | {} | {} | {} | {} to {} |",
                signed(r.from),
                signed(r.to),
                thousands(r.boxes),
                thousands(r.marked),
                percent(r.predicted),
                percent(r.observed),
                percent(r.low_95),
                percent(r.high_95)
            ));
        }
        lines.push("\n</details>".to_owned());
        out.push(lines.join("\n"));
    }
    out.join("\n\n")
}

fn by_condition(runs: &Runs, files: &Files) -> String {
    let mut out = vec![
        "## What makes it hard".to_owned(),
        "A page stands under each of its conditions, so the groups of one condition add up to all pages. A condition that is often met together with another one (pale toner with copies, pencil with gray files) shows the effect of both.".to_owned(),
        format!("![Share of clear questions flagged, by condition]({})", files.flagged),
        format!("![Share of pages refused, by condition]({})", files.unreadable),
    ];
    for (run, name) in runs {
        out.push(format!(
            "<details><summary>The numbers: {name}</summary>\n\n{}\n</details>",
            conditions::table(run)
        ));
    }
    for (run, name) in runs {
        let list = |of: &BTreeMap<String, u64>| {
            let mut all: Vec<_> = of.iter().collect();
            all.sort_by(|a, b| b.1.cmp(a.1).then_with(|| a.0.cmp(b.0)));
            let all: Vec<String> = all
                .into_iter()
                .map(|(why, n)| format!("{why}: {}", thousands(*n)))
                .collect();
            if all.is_empty() {
                "none".to_owned()
            } else {
                all.join("; ")
            }
        };
        out.push(format!(
            "{name}. Why clear questions were flagged: {}. Why pages were refused: {}.",
            list(&run.flagged_because),
            list(&run.unreadable_because)
        ));
    }
    out.join("\n\n")
}

fn price(runs: &Runs, files: &Files) -> String {
    let mut out = vec!["## What certainty costs".to_owned()];
    let Some((run, _)) = runs.first() else {
        return out.join("\n\n");
    };
    let model = &run.model;
    match files.prices {
        Some(plot) => {
            out.push(format!(
                "![Wanted silent error rate against flagged questions]({plot})"
            ));
            out.push(format!("The limits are set from a wanted silent error rate: {} in use. A smaller one costs more questions for people. These shares are what the limits alone flag, counted on sheets that the curves were not learned from (`{}`); folds, stamps and corrections come on top. Rates that no such simulation can show (one in a million) are extrapolated from the tails: they are what is aimed at, and the silent errors above are what was found.", rate(model.silent_error_rate), model.learned_by));
            let mut lines = vec![
                "| wanted silent errors a box | flagged, office | flagged, hard | limits |"
                    .to_owned(),
                "|---|---|---|---|".to_owned(),
            ];
            for p in &model.prices {
                lines.push(format!(
                    "| {} | {} | {} | {}, {}, {} |",
                    rate(p.silent_error_rate),
                    percent(p.flagged_office),
                    percent(p.flagged_hard),
                    signed(p.limits.alone),
                    signed(p.limits.unmarked),
                    signed(p.limits.marked)
                ));
            }
            out.push(lines.join("\n"));
        }
        None => out.push(format!(
            "The mark model of these runs ({}) does not say what other error rates would cost.",
            model.id
        )),
    }
    out.join("\n\n")
}

fn speed_of(runs: &Runs, files: &Files, speed: Option<&Speed>) -> String {
    let mut out = vec!["## Speed".to_owned()];
    match (speed, files.speed) {
        (Some(speed), Some((source, plot))) => {
            if let Some(plot) = plot {
                out.push(format!("![Time to decode and to read a page]({plot})"));
                out.push("Decoding is by this program's own decoders, the same that reading uses; the ratio is of decoding and reading to decoding alone; pages a second are of two threads.".to_owned());
                out.push(speed.table());
            }
            let notes: Vec<String> = speed.notes.iter().map(|n| format!("- {}", cell(n))).collect();
            if !notes.is_empty() {
                out.push(notes.join("\n"));
            }
            out.push(format!("As it was printed: [{source}]({source})."));
        }
        _ => out.push("No measurement was given to this page (`--speed FILE`, with what `cargo bench --bench read_pages` printed).".to_owned()),
    }
    let mut lines = columns(runs);
    let mut add = |what: &str, of: &dyn Fn(&Report) -> String| lines.push(line(runs, what, of));
    add("the run took", &|r| hours(r.seconds));
    add("threads", &|r| r.threads.to_string());
    add("pages simulated, read and compared a second", &|r| {
        significant(r.pages_per_second)
    });
    add("of that, reading a page on one thread", &|r| {
        format!("{} ms", significant(r.read_ms_per_page))
    });
    add("10,000,000 boxes would take at this speed", &|r| {
        if r.counts.positions == 0 {
            return "–".to_owned();
        }
        hours(r.seconds / r.counts.positions as f64 * VVSG_BOXES as f64)
    });
    out.push(format!(
        "The selftest's own time, most of which is the simulation; the images are of the level's mixture, and other programs may have run beside it:\n\n{}",
        lines.join("\n")
    ));
    out.join("\n\n")
}

fn hours(seconds: f64) -> String {
    match seconds {
        s if s < 90.0 => format!("{s:.0} s"),
        s if s < 5400.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.1} h", s / 3600.0),
    }
}

fn again(runs: &Runs, files: &Files) -> String {
    let mut commands = Vec::new();
    let mut from = Vec::new();
    for ((run, _), (json, _)) in runs.iter().zip(&files.of_runs) {
        commands.push(format!("    {} --json > {json}", run.command));
        from.push(format!("--from {json}"));
    }
    let mut last = format!("    phieu selftest --report . {}", from.join(" "));
    if files.speed.is_some() {
        commands.push("    cargo bench --bench read_pages > speed.txt".to_owned());
        last.push_str(" --speed speed.txt");
    }
    commands.push(last);
    let rule = clopper_pearson_95(0.0, 100.0);
    format!(
        "## How to repeat it\n\n{}\n\nThe same program gives the same counts with any number of threads; only times differ. A long run given `--resume FILE` keeps what it has counted in that file and goes on from there after an interruption. Another seed gives other sheets of the same kind: figures should then agree within their intervals, and a seed chosen by somebody else is the better proof. (How little a small run proves: nothing found in 100 leaves up to {} possible.)",
        commands.join("\n"),
        percent(rule[1])
    )
}
