//! Pages become ballots. Pure: pages in the order of the input go in, groups
//! that are recorded together come out.
//!
//! - A page with a serial belongs to the ballot of that serial, wherever it
//!   lies in the pile.
//! - A page of a one-page form without a serial is a ballot.
//! - Pages of a longer form without serials are paired by their order: 1, 2,
//!   …, n. Where that order is broken (two fronts, a missing back, an
//!   unreadable page between), what lies there is flagged, and so is the
//!   ballot after it, and the one before it where a page follows that has no
//!   front: nobody can tell which of them took the wrong page. A ballot is
//!   therefore held until the page after it is seen.
//! - Pages that are recorded already are passed in their place, so that a run
//!   that was interrupted cuts the pile exactly as an undisturbed one.

use crate::read::{ProblemCode, Status};
use crate::store::{
    FormKey, MISPAIRED, MISPAIRED_NEIGHBOUR, NewBallot, NewGroup, NewPage, NewProblem, StoredPage,
};

/// What the assembler needs to know of a page's form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FormFacts {
    /// The registered form.
    pub key: FormKey,
    /// Pages of a ballot of this form.
    pub pages: u32,
}

/// Puts ballots together; see the module's text.
#[derive(Debug, Default)]
pub struct Assembler {
    open: Vec<NewPage>,
    open_form: Option<FormFacts>,
    held: Option<NewGroup>,
    after_mispaired: bool,
}

impl Assembler {
    /// Takes the next page of the pile; `form` is `None` for a page whose form
    /// is not known.
    pub fn page(&mut self, page: NewPage, form: Option<FormFacts>) -> Vec<NewGroup> {
        let mut out = Vec::new();
        let number = page.reading.page;
        match (form, number) {
            (Some(form), Some(number)) if page.reading.serial.is_some() || form.pages == 1 => {
                self.close_broken(&mut out);
                self.release(&mut out);
                self.after_mispaired = false;
                let _ = number;
                out.push(ballot(vec![page], form, None));
            }
            (Some(form), Some(number)) => self.paired(page, form, number, &mut out),
            _ if is_blank(&page) => out.push(loose(page)),
            _ => {
                self.close_broken(&mut out);
                self.release(&mut out);
                out.push(loose(page));
            }
        }
        out
    }

    /// A page that is recorded already lies here.
    pub fn passed(&mut self, page: &StoredPage) -> Vec<NewGroup> {
        let mut out = Vec::new();
        if page.blank {
            return out;
        }
        self.close_broken(&mut out);
        self.release(&mut out);
        if page.placed {
            self.after_mispaired = page.mispaired;
        }
        out
    }

    /// The pile ends here: the end of a folder or of a file with many pages.
    pub fn boundary(&mut self) -> Vec<NewGroup> {
        let mut out = Vec::new();
        self.close_broken(&mut out);
        self.release(&mut out);
        self.after_mispaired = false;
        out
    }

    fn paired(&mut self, page: NewPage, form: FormFacts, number: u32, out: &mut Vec<NewGroup>) {
        let expected = u32::try_from(self.open.len()).unwrap_or(u32::MAX) + 1;
        let continues = number == expected && (number == 1 || self.open_form == Some(form));
        if !continues {
            self.close_broken(out);
            if number != 1 {
                self.flag_held();
                self.release(out);
                let why = NewProblem {
                    code: MISPAIRED,
                    detail: format!("page {number} without page {} before it", number - 1),
                    blocking: true,
                };
                out.push(ballot(vec![page], form, Some(why)));
                self.after_mispaired = true;
                return;
            }
        }
        if number == 1 {
            self.release(out);
        }
        self.open.push(page);
        self.open_form = Some(form);
        if number == form.pages {
            let why = self.after_mispaired.then(neighbour);
            self.held = Some(ballot(std::mem::take(&mut self.open), form, why));
            self.after_mispaired = false;
        }
    }

    /// What was begun and did not come to its last page.
    fn close_broken(&mut self, out: &mut Vec<NewGroup>) {
        let pages = std::mem::take(&mut self.open);
        let Some(form) = self.open_form.take() else {
            return;
        };
        if pages.is_empty() {
            return;
        }
        self.flag_held();
        self.release(out);
        let why = NewProblem {
            code: MISPAIRED,
            detail: format!("page {} did not follow", pages.len() + 1),
            blocking: true,
        };
        out.push(ballot(pages, form, Some(why)));
        self.after_mispaired = true;
    }

    fn flag_held(&mut self) {
        if let Some(NewGroup {
            ballot: Some(ballot),
            ..
        }) = &mut self.held
            && ballot
                .problems
                .iter()
                .all(|p| p.code != MISPAIRED_NEIGHBOUR)
        {
            ballot.problems.push(neighbour());
        }
    }

    fn release(&mut self, out: &mut Vec<NewGroup>) {
        out.extend(self.held.take());
    }
}

fn neighbour() -> NewProblem {
    NewProblem {
        code: MISPAIRED_NEIGHBOUR,
        detail: "the order of pages is broken next to this ballot".to_owned(),
        blocking: true,
    }
}

pub(super) fn is_blank(page: &NewPage) -> bool {
    let problems = &page.reading.problems;
    problems.iter().any(|p| p.code == ProblemCode::BlankPage)
}

fn loose(page: NewPage) -> NewGroup {
    NewGroup {
        pages: vec![page],
        ballot: None,
    }
}

pub(super) fn ballot(pages: Vec<NewPage>, form: FormFacts, why: Option<NewProblem>) -> NewGroup {
    let mut problems: Vec<NewProblem> = why.into_iter().collect();
    for page in &pages {
        for p in &page.reading.problems {
            if let Some(code) = doubts_identity(p.code) {
                problems.push(NewProblem {
                    code,
                    detail: p.detail.clone(),
                    blocking: true,
                });
            }
        }
    }
    let first = pages.first().map(|p| &p.reading);
    NewGroup {
        ballot: Some(NewBallot {
            form: form.key,
            serial: first.and_then(|r| r.serial.clone()),
            unit: first.and_then(|r| r.unit.clone()),
            ballot_box: first.and_then(|r| r.ballot_box.clone()),
            problems,
        }),
        pages,
    }
}

/// Problems of a page that leave open which paper it is: such a ballot must
/// not be counted by a machine. Other problems concern single answers, and
/// those say so themselves.
fn doubts_identity(code: ProblemCode) -> Option<&'static str> {
    match code {
        ProblemCode::SerialForged => Some("serial-forged"),
        ProblemCode::FormMismatch => Some("form-mismatch"),
        ProblemCode::FormUnknown => Some("form-unknown"),
        ProblemCode::FormAmbiguous => Some("form-ambiguous"),
        ProblemCode::QrUnreadable => Some("qr-unreadable"),
        _ => None,
    }
}

/// Does this page need a person's look before all of it counts?
#[must_use]
pub fn flagged(page: &NewPage) -> bool {
    page.reading.status != Status::Clean && !is_blank(page)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::AnswerState;
    use crate::store::sample::{answer, form_key, page, reading, unknown};
    use proptest::prelude::*;

    const TWO: FormFacts = FormFacts {
        key: form_key(1),
        pages: 2,
    };

    /// One letter a page: `1`, `2` pages of the two-page form, `x` unreadable,
    /// `_` blank, `|` the end of a pile.
    fn feed(assembler: &mut Assembler, at: usize, letter: char) -> Vec<NewGroup> {
        let name = format!("{at}-{letter}");
        let numbered = |n| {
            let blank = answer(AnswerState::Blank, &[]);
            page(&name, reading("two", n, None, blank))
        };
        match letter {
            '1' => assembler.page(numbered(1), Some(TWO)),
            '2' => assembler.page(numbered(2), Some(TWO)),
            'x' => assembler.page(page(&name, unknown(ProblemCode::AnchorsMissing)), None),
            '_' => assembler.page(page(&name, unknown(ProblemCode::BlankPage)), None),
            _ => assembler.boundary(),
        }
    }

    /// `12` a good ballot, `12?` one next to a broken place, `1!` a broken one,
    /// `x` a page without a ballot.
    fn word(group: &NewGroup) -> String {
        let letters: String = group
            .pages
            .iter()
            .filter_map(|p| p.image.name.chars().last())
            .collect();
        let has = |code| {
            let ballot = group.ballot.as_ref();
            ballot.is_some_and(|b| b.problems.iter().any(|p| p.code == code))
        };
        let flag = match (has(MISPAIRED), has(MISPAIRED_NEIGHBOUR)) {
            (true, _) => "!",
            (_, true) => "?",
            _ => "",
        };
        format!("{letters}{flag}")
    }

    fn pile(letters: &str) -> String {
        let mut assembler = Assembler::default();
        let mut out = Vec::new();
        for (at, letter) in letters.chars().enumerate() {
            out.extend(feed(&mut assembler, at, letter));
        }
        out.extend(assembler.boundary());
        out.iter().map(word).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn pages_without_serials_are_paired_by_their_order() {
        assert_eq!(pile("121212"), "12 12 12");
        assert_eq!(pile("12|12"), "12 12");
        assert_eq!(pile("1_2"), "_ 12");
    }

    #[test]
    fn a_broken_order_is_flagged_with_its_neighbours() {
        assert_eq!(pile("1211212"), "12 1! 12? 12");
        assert_eq!(pile("12212"), "12? 2! 12?");
        assert_eq!(pile("12x12"), "12 x 12");
        assert_eq!(pile("1x21212"), "1! x 2! 12? 12");
        assert_eq!(pile("1|2"), "1! 2!");
    }

    /// All fronts scanned first and all backs then: only by luck does a front
    /// meet its own back, so nothing of it may count.
    #[test]
    fn fronts_first_and_backs_then_count_nothing() {
        assert_eq!(pile("111222"), "1! 1! 12? 2! 2!");
    }

    #[test]
    fn a_serial_needs_no_order() {
        let mut assembler = Assembler::default();
        let blank = || answer(AnswerState::Blank, &[]);
        for (at, (n, serial)) in [(2, "A"), (1, "B"), (1, "A"), (2, "B")]
            .into_iter()
            .enumerate()
        {
            let p = page(&at.to_string(), reading("two", n, Some(serial), blank()));
            let groups = assembler.page(p, Some(TWO));
            let serials: Vec<_> = groups
                .iter()
                .filter_map(|g| g.ballot.as_ref()?.serial.as_deref())
                .collect();
            assert_eq!(serials, [serial]);
        }
    }

    #[test]
    fn a_ballot_whose_identity_is_in_doubt_is_not_counted_by_a_machine() {
        let mut forged = reading("one", 1, None, answer(AnswerState::Answered, &["a"]));
        forged.problems.push(crate::read::Problem {
            code: ProblemCode::SerialForged,
            detail: String::new(),
        });
        let one = FormFacts { pages: 1, ..TWO };
        let groups = Assembler::default().page(page("1", forged), Some(one));
        let blocking = groups.iter().filter_map(|g| g.ballot.as_ref()).any(|b| {
            b.problems
                .iter()
                .any(|p| p.blocking && p.code == "serial-forged")
        });
        assert!(blocking);
    }

    proptest! {
        /// A run that is killed after any group and started again cuts the
        /// pile exactly as an undisturbed one.
        #[test]
        fn an_interrupted_run_cuts_the_pile_as_an_undisturbed_one(
            letters in "[12_x|]{0,14}", kill in 0usize..14
        ) {
            let mut assembler = Assembler::default();
            let mut whole = Vec::new();
            for (at, letter) in letters.chars().enumerate() {
                whole.extend(feed(&mut assembler, at, letter));
            }
            whole.extend(assembler.boundary());

            let mut groups: Vec<NewGroup> = whole.iter().take(kill).cloned().collect();
            let stored: std::collections::HashMap<String, StoredPage> = groups
                .iter()
                .flat_map(|g| g.pages.iter().map(move |p| (g, p)))
                .map(|(g, p)| {
                    let problems = g.ballot.as_ref().map(|b| b.problems.as_slice());
                    (p.image.name.clone(), StoredPage {
                        index: 0,
                        status: p.reading.status,
                        placed: g.ballot.is_some(),
                        blank: is_blank(p),
                        mispaired: problems.unwrap_or(&[]).iter().any(|q| q.code == MISPAIRED),
                        current: true,
                        cover: None,
                    })
                })
                .collect();
            let mut assembler = Assembler::default();
            for (at, letter) in letters.chars().enumerate() {
                groups.extend(match stored.get(&format!("{at}-{letter}")) {
                    Some(page) => assembler.passed(page),
                    None => feed(&mut assembler, at, letter),
                });
            }
            groups.extend(assembler.boundary());
            let sorted = |groups: &[NewGroup]| {
                let mut all: Vec<String> = groups.iter().map(|g| {
                    let names: Vec<_> = g.pages.iter().map(|p| p.image.name.as_str()).collect();
                    format!("{} {}", word(g), names.join("+"))
                }).collect();
                all.sort();
                all
            };
            prop_assert_eq!(sorted(&groups), sorted(&whole));
        }
    }
}
