//! Ink over a printed label: who marks the wrong box may write "nhầm" over the words
//! beside it, and who means a box may cross its word, where no other ink than print is
//! looked for. How much of a word is black is known; what is darker than the page's other
//! words has more than print on it.

use std::collections::BTreeSet;

use super::areas::{FreeInk, STEP_MM, level};
use super::boxes::BoxesRead;
use super::folds::Folds;
use super::reading::MarkState;
use super::reason::Reason;
use crate::form::PrintedWord;
use crate::geometry::MmRect;

/// The middle of a word that belongs to a box's label lies between these distances left
/// or right of it, mm: nearer the arms of its cross are, farther nobody writes who means
/// the box, …
const ASIDE_MM: (f64, f64) = (2.5, 14.0);
/// … on a sheet of large marks from here on.
const ASIDE_LARGE_MM: f64 = 5.0;
/// … and no farther above or below the box's middle than this, mm.
const LEVEL_MM: f64 = 2.0;
/// So many words say at least how black this page's print is, …
const KNOWN: usize = 4;
/// … and so many are looked at if there are no more beside boxes without a mark.
const ENOUGH: usize = 16;
/// Of the words by which the print is known this share at least has nothing over it:
/// stamps and signatures lie over the others.
const MOST: f64 = 0.9;
/// Around a word its print is blurred, mm.
const BLUR_MM: f64 = 0.4;
/// Lighter than this (0 paper, 1 print) is paper, its noise, and most folds.
const PAPER: f64 = 0.2;
/// Less of a word than this is too little to compare, mm²: a dash, a full stop.
const LEAST_BLACK_MM2: f64 = 0.5;
/// Of what should be black so much is at least, or the page is another print.
const PRINTED: f64 = 0.3;

/// Writing adds so much ink to a label, in mm² of full darkness: half of a short word of
/// ten strokes of 2 mm by a pen of 0.3 mm, the rest of which lies on letters or beside
/// them. …
const WRITTEN_MM2: f64 = 1.8;
/// … and so many times what words without writing have more than the middle one does, as
/// a share of its black: print of a bad copy differs from word to word.
const TIMES: f64 = 1.5;
/// … which is this much at least, as a share: words differ by a twelfth on good prints.
const LEAST_SHARE: f64 = 0.2;

/// A mark adds at least so much ink to a printed word, in mm² of full darkness: a tick of
/// 5 mm by a pen of 0.45 mm, half of which lies on letters.
const MARKED_MM2: f64 = 1.1;

/// Doubts marks over whose labels something is written, and boxes of questions without a
/// mark where one of the words beside the box has a mark on it: who means the box may cross
/// its word. (Such questions were read as blank.)
pub(crate) fn doubt_ink_over(
    out: &mut BoxesRead,
    free: &FreeInk,
    folds: &Folds,
    questions: &[usize],
) {
    let with_ink: BTreeSet<usize> = (0..questions.len())
        .filter(|&i| out.verdicts[i].state != MarkState::Unmarked)
        .map(|i| questions[i])
        .collect();
    // Words together, how much ink on them asks, and why.
    let mut looked_at: Vec<(usize, Vec<PrintedWord>, f64, Reason)> = Vec::new();
    for (i, question) in questions.iter().enumerate() {
        let label = || label(out, free, &free.page.boxes[i].rect);
        if out.verdicts[i].state == MarkState::Marked {
            looked_at.push((i, label(), WRITTEN_MM2, Reason::WrittenBeside));
        } else if !with_ink.contains(question) {
            let words = label().into_iter();
            looked_at.extend(words.map(|word| (i, vec![word], MARKED_MM2, Reason::Trace)));
        }
    }
    looked_at.retain(|(_, words, ..)| !words.is_empty());
    if looked_at.is_empty() {
        return;
    }
    let Some(print) = Print::of(out, free) else {
        return;
    };
    for (i, words, least_mm2, reason) in looked_at {
        // Folds are looked for only where they matter: that takes a millisecond or two.
        let inked = |folds: Option<&Folds>| print.has_more(free, folds, &words, least_mm2);
        if inked(None) && inked(Some(folds)) {
            out.doubt(i, reason);
        }
    }
}

/// How black this page's printed words are.
struct Print {
    /// The middle one's share of what should be black.
    middle: f64,
    /// What has more than its own by this share has more than print on it.
    share: f64,
}

impl Print {
    /// From words without a mark; `None` if there are too few, or the page is another print.
    fn of(out: &BoxesRead, free: &FreeInk) -> Option<Self> {
        let mut known: Vec<f64> = known(out, free)
            .iter()
            .map(|word| black(free, None, word) / word.black_mm2)
            .collect();
        if known.len() < KNOWN {
            return None;
        }
        known.sort_by(f64::total_cmp);
        let at = |share: f64| known[((known.len() - 1) as f64 * share) as usize];
        let (middle, most) = (at(0.5), at(MOST));
        (middle >= PRINTED).then(|| Self {
            middle,
            share: LEAST_SHARE.max(TIMES * (most / middle - 1.0)),
        })
    }

    /// Is there so much ink on these words beside their print, and these folds, mm² of full
    /// darkness?
    fn has_more(
        &self,
        free: &FreeInk,
        folds: Option<&Folds>,
        words: &[PrintedWord],
        least_mm2: f64,
    ) -> bool {
        let printed: f64 = words.iter().map(|word| self.middle * word.black_mm2).sum();
        let seen: f64 = words.iter().map(|word| black(free, folds, word)).sum();
        seen - printed >= least_mm2.max(self.share * printed)
    }
}

/// The words beside boxes without a mark; where these are few, words from all over the
/// page as well.
fn known(out: &BoxesRead, free: &FreeInk) -> Vec<PrintedWord> {
    let boxes = || free.page.boxes.iter().zip(&out.verdicts);
    let mut known: Vec<PrintedWord> = boxes()
        .filter(|(_, verdict)| verdict.state == MarkState::Unmarked)
        .flat_map(|(spec, _)| label(out, free, &spec.rect))
        .collect();
    if known.len() < ENOUGH {
        let all = free.page.words.iter().filter(is_enough);
        known.extend(all.step_by(free.page.words.len().div_ceil(ENOUGH)));
    }
    known
}

fn is_enough(word: &&PrintedWord) -> bool {
    word.black_mm2 >= LEAST_BLACK_MM2
}

/// The words of a box's label that may be written over for it.
fn label(out: &BoxesRead, free: &FreeInk, rect: &MmRect) -> Vec<PrintedWord> {
    let words = free.page.words.iter();
    let (mut least, most) = ASIDE_MM;
    if out.hand.large {
        least = ASIDE_LARGE_MM;
    }
    let near = |word: &&PrintedWord| {
        let (middle, box_middle) = (word.rect.center(), rect.center());
        let aside = (middle.x - rect.max_x()).max(rect.min_x() - middle.x);
        (least..=most).contains(&aside) && (middle.y - box_middle.y).abs() <= LEVEL_MM
    };
    words.filter(is_enough).filter(near).copied().collect()
}

/// How much ink there is on a word beside these folds, mm² of full darkness.
fn black(free: &FreeInk, folds: Option<&Folds>, word: &PrintedWord) -> f64 {
    let area = word.rect.inflate(BLUR_MM, BLUR_MM);
    let window = free.window(area);
    let paper = level(window.pixels.iter().copied(), 0.9).unwrap_or(free.tone.paper);
    let contrast = (paper - free.tone.black).max(1.0);
    let dark = |&p: &u8| Some((paper - f64::from(p)) / contrast).filter(|&dark| dark >= PAPER);
    let local = free.registration.local(area.center());
    let folded = folds.and_then(|folds| folds.cover(&local, area, STEP_MM));
    let plain = |i: usize| {
        let folded = folded.as_ref().and_then(|folded| folded.get(i));
        folded != Some(&true)
    };
    let samples = window.pixels.iter().enumerate();
    let samples = samples.filter(|(i, _)| plain(*i));
    samples.filter_map(|(_, p)| dark(p)).sum::<f64>() * STEP_MM * STEP_MM
}
