//! Which ballots are drawn: those with the smallest tickets ([`crate::sampler`]). The
//! name of the ballot at `POSITION` in the pile of `BOX` is `BOX,POSITION`:
//!
//! ```text
//! printf '%s' '31415926535897932384,ngoc-ha/h1,17' | sha256sum
//! ```

use crate::sampler::{self, Seed, smallest};

/// A box to draw from.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Stratum {
    /// `UNIT/BOX`.
    #[serde(rename = "box")]
    pub label: String,
    /// Ballots, counted by hand.
    pub counted: u64,
}

/// A ballot that was drawn.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Drawn {
    /// Its ticket number, hex.
    pub ticket: String,
    /// The box.
    pub label: String,
    /// Its place in the pile, from 1.
    pub position: u64,
}

/// The ticket number of the ballot at this place, 64 hex digits.
#[must_use]
pub fn ticket(seed: &Seed, label: &str, position: u64) -> String {
    sampler::ticket(seed, &format!("{label},{position}"))
}

/// The `size` ballots with the smallest tickets, smallest first; all, where there
/// are no more.
#[must_use]
pub fn draw(seed: &Seed, boxes: &[Stratum], size: usize) -> Vec<Drawn> {
    let tickets = boxes.iter().flat_map(|of| {
        let label = of.label.as_str();
        (1..=of.counted).map(move |position| (ticket(seed, label, position), (label, position)))
    });
    smallest(tickets, size)
        .into_iter()
        .map(|(ticket, (label, position))| Drawn {
            ticket,
            label: label.to_owned(),
            position,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn seed() -> Seed {
        Seed::parse("31415 92653 58979 32384").unwrap()
    }

    /// As `printf '%s' '31415926535897932384,ngoc-ha/h1,17' | sha256sum` says.
    #[test]
    fn anybody_can_compute_a_ticket() {
        assert_eq!(
            ticket(&seed(), "ngoc-ha/h1", 17),
            "4416ce524ff539a6a78c21e6a134d16e155782296638cdea49f35e694abd3b6e"
        );
    }

    fn any_boxes() -> impl Strategy<Value = Vec<Stratum>> {
        proptest::collection::vec(0u64..40, 1..5).prop_map(|counts| {
            let boxes = counts.into_iter().enumerate();
            boxes
                .map(|(i, counted)| Stratum {
                    label: format!("u/h{i}"),
                    counted,
                })
                .collect()
        })
    }

    proptest! {
        /// All tickets sorted, the first ones: what people do with a spreadsheet.
        #[test]
        fn the_smallest_tickets_are_drawn(boxes in any_boxes(), size in 1usize..60) {
            let mut all: Vec<Drawn> = boxes
                .iter()
                .flat_map(|b| (1..=b.counted).map(|position| Drawn {
                    ticket: ticket(&seed(), &b.label, position),
                    label: b.label.clone(),
                    position,
                }))
                .collect();
            all.sort();
            all.truncate(size);
            prop_assert_eq!(draw(&seed(), &boxes, size), all);
        }

        #[test]
        fn a_larger_sample_begins_with_the_smaller_one(boxes in any_boxes(), size in 1usize..40) {
            let (small, large) = (draw(&seed(), &boxes, size), draw(&seed(), &boxes, 2 * size));
            prop_assert!(large.starts_with(&small));
        }
    }

    /// 2000 samples of 10 out of 40: each ballot is drawn 500 times, give or take
    /// five standard deviations (19 each).
    #[test]
    fn every_ballot_is_as_likely_as_any_other() {
        let boxes = [("a/1", 25), ("b/1", 15)].map(|(label, counted)| Stratum {
            label: label.to_owned(),
            counted,
        });
        let mut drawn = std::collections::BTreeMap::new();
        for n in 0..2000u64 {
            let seed = Seed::parse(&format!("{n:020}")).unwrap();
            for d in draw(&seed, &boxes, 10) {
                *drawn.entry((d.label, d.position)).or_insert(0i64) += 1;
            }
        }
        assert_eq!(drawn.len(), 40);
        assert!(drawn.values().all(|n| (n - 500).abs() < 97), "{drawn:?}");
    }
}
