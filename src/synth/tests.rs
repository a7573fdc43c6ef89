//! What the room promises as a whole.

use std::collections::BTreeSet;

use proptest::prelude::*;
use rayon::prelude::*;

use super::*;
use crate::form::{Layout, QuestionKind};
use crate::geometry::{MmPoint, px_per_mm};

fn fingerprint(sheet: &SimulatedSheet) -> Vec<u8> {
    let mut hash = blake3::Hasher::new();
    for page in &sheet.pages {
        hash.update(page.scan.image.as_raw());
        hash.update(serde_json::to_string(&page.truth).unwrap().as_bytes());
    }
    hash.finalize().as_bytes().to_vec()
}

/// The same sheet is made on any thread, in any order, by any simulator of the
/// same seed; another seed or number gives another one.
#[test]
fn same_bytes_whoever_makes_it() {
    let layout = sample::layout();
    for level in [Level::Office, Level::Hard] {
        let one = Simulator::new(&layout, level, 5);
        let forward: Vec<_> = (0..3)
            .map(|n| fingerprint(&one.sheet(n).unwrap()))
            .collect();
        let two = Simulator::new(&layout, level, 5);
        let scattered: Vec<_> = [2u64, 0, 1]
            .into_par_iter()
            .map(|n| (n, fingerprint(&two.sheet(n).unwrap())))
            .collect();
        for (n, print) in scattered {
            assert_eq!(print, forward[n as usize]);
        }
        let distinct: BTreeSet<_> = forward.iter().collect();
        assert_eq!(distinct.len(), 3);
        let other = Simulator::new(&layout, level, 6);
        assert_ne!(fingerprint(&other.sheet(0).unwrap()), forward[0]);
    }
}

fn check_truth(layout: &Layout, truth: &PageTruth) {
    let page = layout.page(truth.page).unwrap();
    let boxes: usize = truth.questions.iter().map(|q| q.boxes.len()).sum();
    assert_eq!(boxes, page.boxes.len());
    for q in &truth.questions {
        let spec = layout.question(&q.id).unwrap();
        let marked: Vec<&str> = q
            .boxes
            .iter()
            .filter(|b| b.marked)
            .map(|b| b.choice.as_str())
            .collect();
        assert_eq!(marked, q.choices, "{q:?}");
        let most = match spec.kind {
            QuestionKind::Single => 1,
            QuestionKind::Multiple => spec.choices.len(),
        };
        match q.outcome {
            Outcome::Blank => assert!(marked.is_empty()),
            Outcome::Answered => assert!(!marked.is_empty() && marked.len() <= most),
            Outcome::Overvote => assert!(marked.len() > most),
            Outcome::Corrected => assert!(
                q.boxes
                    .iter()
                    .any(|b| !b.marked && b.drawn.is_some_and(|d| !d.chooses()))
            ),
        }
        for b in &q.boxes {
            if b.marked {
                assert!(b.drawn.is_some_and(Drawn::chooses), "{b:?}");
            }
            if b.clear && b.marked {
                assert!(b.ink_mm2 > 0.2, "{b:?}");
            }
            if b.clear && !b.marked {
                assert!(b.drawn.is_none() && b.foreign_mm2 < 0.1, "{b:?}");
            }
        }
        if q.clear {
            assert!(matches!(q.outcome, Outcome::Answered | Outcome::Blank));
            assert!(q.boxes.iter().all(|b| b.clear));
        }
    }
    assert_eq!(truth.areas.len(), page.areas.len());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Whatever the seed, the truth agrees with itself and with the layout.
    #[test]
    fn truth_agrees_with_itself(seed: u64, n: u64, hard: bool) {
        let layout = sample::layout();
        let level = if hard { Level::Hard } else { Level::Office };
        let sheet = Simulator::new(&layout, level, seed).plan(n);
        for truth in &sheet {
            check_truth(&layout, truth);
        }
    }
}

/// Mean darkness (0 to 1) of a box's inside in an image of the clean level.
fn darkness(page: &SimulatedPage, layout: &Layout, question: &str, choice: &str) -> f64 {
    let c = &page.truth.conditions;
    let p = layout.page(page.truth.page).unwrap();
    let ppm = px_per_mm(f64::from(c.sensor.dpi));
    let map = warp::Warp::new(p.size, &c.printing, &c.feed, ppm);
    let rect = p
        .boxes
        .iter()
        .find(|b| b.question == question && b.choice == choice)
        .unwrap()
        .rect
        .inflate(-0.6, -0.6);
    let (mut sum, mut n) = (0.0, 0.0);
    for iy in 0..40 {
        for ix in 0..40 {
            let at = map.scan_of_layout(MmPoint::new(
                rect.origin.x + rect.size.width * (f64::from(ix) + 0.5) / 40.0,
                rect.origin.y + rect.size.height * (f64::from(iy) + 0.5) / 40.0,
            ));
            let v = page.scan.image.get_pixel(at.x as u32, at.y as u32).0[0];
            sum += 1.0 - f64::from(v) / 250.0;
            n += 1.0;
        }
    }
    sum / n
}

/// In a clean image a marked box has ink inside, where the truth says it is,
/// and an unmarked one has none.
#[test]
fn ink_is_where_the_truth_says() {
    let layout = sample::layout();
    let sim = Simulator::new(&layout, Level::Clean, 11);
    let (mut marked, mut empty) = (0, 0);
    for n in 0..2 {
        for page in &sim.sheet(n).unwrap().pages {
            for q in &page.truth.questions {
                for b in &q.boxes {
                    let dark = darkness(page, &layout, &q.id, &b.choice);
                    if b.marked {
                        assert!(dark > 0.08, "{} {} {dark}", q.id, b.choice);
                        marked += 1;
                    } else {
                        // What is left of an oval's outline in the corners.
                        assert!(dark < 0.035, "{} {} {dark}", q.id, b.choice);
                        empty += 1;
                    }
                }
            }
        }
    }
    assert!(marked > 15 && empty > 30, "{marked} {empty}");
}

/// Every kind of mark leaves ink inside its box, except a ring, which leaves
/// it around.
#[test]
fn every_mark_has_its_ink() {
    use crate::geometry::mm_rect;
    let rect = mm_rect(100.0, 100.0, 4.5, 4.5);
    for kind in [
        Drawn::Cross,
        Drawn::Check,
        Drawn::Slash,
        Drawn::Line,
        Drawn::Dot,
        Drawn::Scribble,
        Drawn::Fill,
        Drawn::Ring,
        Drawn::CancelledByFill,
        Drawn::CancelledByScribble,
        Drawn::CancelledByRing,
        Drawn::Hesitation,
        Drawn::Erased,
    ] {
        for seed in 0..40 {
            let mut dice = dice::Dice::new(seed, "test", &[]);
            let who = Respondent::draw(Level::Office, &mut dice);
            let strokes = strokes::mark(kind, &rect, &who.pen, &who.hand, &mut dice);
            let dabs: Vec<_> = strokes.iter().flat_map(|s| &s.dabs).collect();
            let inside = dabs.iter().filter(|d| rect.contains(d.at)).count();
            if kind == Drawn::Ring {
                assert_eq!(inside, 0, "{kind:?} {seed}");
            } else if kind == Drawn::CancelledByRing {
                assert!(inside > 15 && inside + 40 < dabs.len(), "{seed}: {inside}");
            } else {
                // A large mark or scribble may have most of itself outside.
                assert!(inside * 6 >= dabs.len(), "{kind:?} {seed}: {inside}");
            }
            assert!(
                dabs.iter().all(|d| d.radius > 0.0 && d.dark > 0.0),
                "{kind:?} {seed}"
            );
        }
    }
}

/// Files that are written decode to the pixels that the reader would get, and
/// every image has its line of truth.
#[test]
fn files_and_truth_belong_together() {
    let layout = sample::layout();
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("phiếu mẫu 1");
    let sim = Simulator::new(&layout, Level::Hard, 3);
    let files = sim.write_to(&folder, 4, 3).unwrap();
    assert_eq!(files.len(), 6);
    let truth = std::fs::read_to_string(folder.join(TRUTH_FILE)).unwrap();
    let lines: Vec<serde_json::Value> = truth
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    for (i, (file, line)) in files.iter().zip(&lines).enumerate() {
        assert_eq!(
            file.file_name().unwrap().to_str(),
            line["file"].as_str(),
            "{i}"
        );
        let sheet = sim.sheet(4 + i as u64 / 2).unwrap();
        let page = &sheet.pages[i % 2];
        if file.extension().is_some_and(|e| e == "tif") {
            continue;
        }
        let image = image::open(file).unwrap().into_luma8();
        assert_eq!(image, page.scan.image, "{}", file.display());
    }
}
