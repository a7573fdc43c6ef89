//! What a profile tells the reader.

use super::profile::{Profile, ScanKind};
use super::streaks::Along;
use super::verdict;
use crate::geometry::px_per_mm;
use crate::read::{KnownScanner, KnownStreak};

impl Profile {
    /// What the reader is told of this scanner; [`KnownScanner`] says what comes
    /// of it. Skew, stretch and the paper's level are not: each page shows its
    /// own.
    #[must_use]
    pub fn known_scanner(&self) -> KnownScanner {
        let t = &self.tone;
        let bilevel = self.kind == ScanKind::Bilevel;
        KnownScanner {
            px_per_mm: [self.resolution.dpi_x, self.resolution.dpi_y].map(px_per_mm),
            noise: if bilevel {
                0.0
            } else {
                t.noise / (t.paper - t.black).max(1.0)
            },
            bilevel,
            light_strokes_vanish: verdict::light_strokes_vanish(self),
            streaks: self
                .streaks
                .iter()
                .map(|s| KnownStreak {
                    down: s.along == Along::Down,
                    at_mm: s.at_mm,
                    width_mm: s.width_mm,
                    darkness: s.darkness,
                })
                .collect(),
        }
    }
}
