//! Pages become ballots. Pure: pages in the order of the input go in, groups
//! that are recorded together come out.
//!
//! - A page with a serial belongs to the ballot of that serial, wherever it
//!   lies in the pile.
//! - A page of a one-page form without a serial is a ballot.
//! - Pages of a longer form without serials are paired by their order: 1, 2,
//!   …, n. Where that order is broken (two fronts, a missing back, an
//!   unreadable page between), the ballots there and their neighbours on both
//!   sides are flagged, because nobody can tell which of them took the wrong
//!   page. A ballot is therefore held until the page after it is seen.
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

fn is_blank(page: &NewPage) -> bool {
    let problems = &page.reading.problems;
    problems.iter().any(|p| p.code == ProblemCode::BlankPage)
}

fn loose(page: NewPage) -> NewGroup {
    NewGroup {
        pages: vec![page],
        ballot: None,
    }
}

fn ballot(pages: Vec<NewPage>, form: FormFacts, why: Option<NewProblem>) -> NewGroup {
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
