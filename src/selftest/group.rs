//! The same counts for groups of pages: all, and those under one condition of
//! the simulation.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::synth::{Conditions, Encoding, PageTruth, PenKind, QuestionTruth, Respondent};

use super::compare::name;
use super::interval::{Scatter, Share, upper_bound_95};
use super::report::Counts;

/// What was counted of a group of pages or questions.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// Numbers.
    #[serde(flatten)]
    pub counts: Counts,
    /// Sheets that the group has a page of.
    pub sheets: u64,
    /// Of them, those with a silent error.
    pub sheets_with_silent_errors: u64,
    /// Share of clear questions that were sent to a person.
    pub flagged_clear: Share,
    /// Share of pages that were refused; nothing where the group is one of
    /// questions.
    pub unreadable: Share,
    /// [`upper_bound_95`] of silent errors for each box.
    pub silent_error_rate_upper_95: f64,
    /// What [`Self::flagged_clear`] is made of.
    pub flagged_clear_scatter: Scatter,
    /// What [`Self::unreadable`] is made of.
    pub unreadable_scatter: Scatter,
}

impl Group {
    /// Takes in what one sheet has of the group.
    pub(super) fn add_sheet(&mut self, of_sheet: &Counts) {
        self.counts.add(of_sheet);
        self.sheets += 1;
        self.sheets_with_silent_errors += u64::from(of_sheet.silent_errors > 0);
        self.flagged_clear_scatter
            .add(of_sheet.flagged_clear_questions, of_sheet.clear_questions);
        self.unreadable_scatter
            .add(of_sheet.unreadable_pages, of_sheet.pages);
    }

    /// Works out shares and bounds; `all` is the whole run, whose scatter serves
    /// where the group's own cannot be told.
    pub(super) fn finish(&mut self, all: Option<&Self>) {
        let scatter = |of: &dyn Fn(&Self) -> Scatter| {
            let otherwise = all.map(of).and_then(|s| s.design_effect()).unwrap_or(1.0);
            of(self).share(otherwise)
        };
        let flagged_clear = scatter(&|g| g.flagged_clear_scatter);
        let unreadable = scatter(&|g| g.unreadable_scatter);
        self.flagged_clear = flagged_clear;
        self.unreadable = unreadable;
        self.silent_error_rate_upper_95 =
            upper_bound_95(self.counts.silent_errors, self.counts.positions);
    }
}

/// Groups by condition: the condition's name, then its value. Every page is in
/// one group of each condition; [`MARK`] groups questions.
pub type ByCondition = BTreeMap<String, BTreeMap<String, Group>>;

/// The condition that groups questions, not pages: what was drawn.
pub const MARK: &str = "mark";

/// Scale of the print below and above which a print is called shrunk or
/// enlarged: "fit to page" makes about 96 %, a true one is within 1 %.
const TRUE_SCALE: (f64, f64) = (0.97, 1.01);
/// Darkness of solid toner below which a print is called pale.
const PALE: f64 = 0.75;
/// Gray level of paper below which it is coloured or recycled.
const WHITE: u8 = 226;
/// Qualities of JPEG in three classes.
const JPEG_QUALITY: (u8, u8) = (60, 80);

/// Under which conditions a page came to be: names and values.
pub(super) fn conditions_of(truth: &PageTruth, who: &Respondent) -> Vec<(&'static str, String)> {
    let c: &Conditions = &truth.conditions;
    let yes_no = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
    let scale = f64::midpoint(c.printing.scale[0], c.printing.scale[1]);
    vec![
        ("dpi", c.sensor.dpi.to_string()),
        (
            "file",
            match c.sensor.encoding {
                Encoding::Jpeg { .. } => "JPEG",
                Encoding::Png => "PNG",
                Encoding::Tiff => "TIFF",
                Encoding::Bilevel => "bilevel",
            }
            .to_owned(),
        ),
        (
            "jpeg-quality",
            match c.sensor.encoding {
                Encoding::Jpeg { quality } if quality < JPEG_QUALITY.0 => "under 60",
                Encoding::Jpeg { quality } if quality < JPEG_QUALITY.1 => "60 to 79",
                Encoding::Jpeg { .. } => "80 and more",
                _ => "no JPEG",
            }
            .to_owned(),
        ),
        (
            "pen",
            match who.pen.kind {
                PenKind::Ballpoint => "ballpoint",
                PenKind::Gel => "gel",
                PenKind::Pencil => "pencil",
                PenKind::Marker => "marker",
            }
            .to_owned(),
        ),
        ("hand", name(Some(who.hand.habit)).to_owned()),
        (
            "print-scale",
            if scale < TRUE_SCALE.0 {
                "under 97 %"
            } else if scale <= TRUE_SCALE.1 {
                "97 to 101 %"
            } else {
                "over 101 %"
            }
            .to_owned(),
        ),
        ("photocopied", c.printing.copies.to_string()),
        ("pale-toner", yes_no(c.printing.toner < PALE)),
        ("coloured-paper", yes_no(c.paper.white < WHITE)),
        ("folded", yes_no(!c.paper.folds.is_empty())),
        ("stamp", yes_no(c.paper.stamp.is_some())),
        ("streaks", yes_no(!c.sensor.streaks.is_empty())),
        ("rotation", truth.rotation.to_string()),
    ]
}

/// What was drawn for a question.
pub(super) fn mark_of(question: &QuestionTruth) -> &'static str {
    let mut kinds = question.boxes.iter().filter_map(|b| b.drawn);
    let Some(first) = kinds.next() else {
        return "nothing";
    };
    let mut same = true;
    let mut chosen = first.chooses();
    for kind in kinds {
        same &= kind == first;
        chosen &= kind.chooses();
    }
    match (chosen, same) {
        (false, _) => "accident or taken back",
        (true, true) => name(Some(first)),
        (true, false) => "several kinds",
    }
}

/// What one sheet has of each group.
#[derive(Debug, Default)]
pub(super) struct OfSheet {
    /// All of it.
    pub all: Counts,
    by_condition: BTreeMap<(&'static str, String), Counts>,
}

impl OfSheet {
    pub(super) fn add(&mut self, condition: &'static str, value: String, counts: &Counts) {
        self.by_condition
            .entry((condition, value))
            .or_default()
            .add(counts);
    }

    pub(super) fn into_groups(self, groups: &mut ByCondition) {
        for ((condition, value), counts) in self.by_condition {
            groups
                .entry(condition.to_owned())
                .or_default()
                .entry(value)
                .or_default()
                .add_sheet(&counts);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synth::{Level, Simulator};

    /// Whatever is grouped, every page is in one group of each condition and
    /// every question in one kind of mark.
    #[test]
    fn groups_add_up() {
        let layout = crate::synth::sample::layout();
        let simulator = Simulator::new(&layout, Level::Hard, 5);
        let (mut groups, mut all) = (ByCondition::new(), Group::default());
        for n in 0..20 {
            let who = simulator.respondent(n);
            let mut sheet = OfSheet::default();
            for truth in simulator.plan(n) {
                let page = Counts {
                    pages: 1,
                    unreadable_pages: u64::from(n % 7 == 0),
                    clear_questions: 6,
                    flagged_clear_questions: n % 3,
                    ..Counts::default()
                };
                sheet.all.add(&page);
                for (condition, value) in conditions_of(&truth, &who) {
                    sheet.add(condition, value, &page);
                }
            }
            all.add_sheet(&sheet.all);
            sheet.into_groups(&mut groups);
        }
        all.finish(None);
        assert_eq!(all.sheets, 20);
        assert!(groups.len() > 10 && groups["dpi"].len() > 1);
        for (condition, values) in &groups {
            let mut sum = Counts::default();
            for group in values.values() {
                sum.add(&group.counts);
            }
            assert_eq!(sum, all.counts, "{condition}");
        }
        assert_eq!(
            all.flagged_clear.counted,
            all.counts.flagged_clear_questions
        );
        assert!(all.flagged_clear.design_effect > 1.0);
    }

    #[test]
    fn questions_are_named_by_their_marks() {
        use crate::synth::{BoxTruth, Drawn, Outcome};
        let question = |drawn: &[Option<Drawn>]| QuestionTruth {
            id: "q".into(),
            outcome: Outcome::Answered,
            choices: Vec::new(),
            clear: true,
            boxes: drawn
                .iter()
                .map(|d| BoxTruth {
                    choice: "c".into(),
                    marked: d.is_some(),
                    drawn: *d,
                    dot_mm: None,
                    ink_mm2: 0.0,
                    foreign_mm2: 0.0,
                    obscured: false,
                    clear: true,
                })
                .collect(),
        };
        let (x, tick) = (Some(Drawn::Cross), Some(Drawn::Check));
        for (drawn, called) in [
            (&[None, None][..], "nothing"),
            (&[None, x], "cross"),
            (&[x, x], "cross"),
            (&[x, tick], "several kinds"),
            (&[x, Some(Drawn::CancelledByFill)], "accident or taken back"),
            (&[Some(Drawn::Hesitation), None], "accident or taken back"),
        ] {
            assert_eq!(mark_of(&question(drawn)), called);
        }
    }
}
