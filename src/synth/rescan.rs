//! The same sheet through a scanner once more: print, ink, wear and dirt stay
//! where they are on the paper, the feed and the sensor's noise do not.

use super::SynthError;
use super::conditions::{Conditions, Encoding};
use super::mixture::SheetConditions;
use super::respondent::Respondent;
use super::simulator::{SimulatedPage, SimulatedSheet, Simulator};

/// Which scanner a sheet is put through again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scanner {
    /// The same one at the same settings: another feed (skew, shift, stretch,
    /// turn), other dust, other noise (for gray files of another strength too)
    /// and another JPEG quality.
    Same,
    /// Any one of the level: resolution, file, tone, blur and threshold are
    /// drawn anew as well.
    Another,
}

impl Simulator {
    /// Sheet `n`, scanned for the `scan`-th time; scan 0 is
    /// [`Simulator::sheet`].
    ///
    /// The grain of paper and ink is drawn on the scan's pixels and so differs
    /// from scan to scan; a real sheet's does not.
    ///
    /// # Errors
    /// [`SynthError::Image`] where a page cannot be encoded.
    pub fn sheet_again(
        &self,
        n: u64,
        scan: u64,
        scanner: Scanner,
    ) -> Result<SimulatedSheet, SynthError> {
        if scan == 0 {
            return self.sheet(n);
        }
        let respondent = self.respondent(n);
        let pages = (0..self.pages_per_sheet())
            .map(|page| self.page_again(n, page, scan, scanner, &respondent))
            .collect::<Result<_, _>>()?;
        Ok(SimulatedSheet {
            sheet: n,
            serial: self.serial(n),
            respondent,
            pages,
        })
    }

    fn page_again(
        &self,
        n: u64,
        page: usize,
        scan: u64,
        scanner: Scanner,
        respondent: &Respondent,
    ) -> Result<SimulatedPage, SynthError> {
        let layout = &self.layout().pages[page];
        let draw = |purpose: &str, scan: u64| {
            let mut dice = match scan {
                0 => self.dice(purpose, n, 0),
                // Another purpose: the path alone would be that of a page.
                _ => self.dice(&format!("{purpose} of scan {scan}"), n, 0),
            };
            SheetConditions::draw(self.level, layout.size, &respondent.pen, &mut dice)
        };
        let first = draw("conditions", 0);
        let mut again = draw("conditions", scan);
        if scanner == Scanner::Same {
            let other = again.sensor;
            again = first.clone();
            // The threshold of a bilevel file was set for this noise.
            if first.sensor.encoding != Encoding::Bilevel {
                again.sensor.noise = other.noise;
            }
            if let (Encoding::Jpeg { .. }, Encoding::Jpeg { quality }) =
                (first.sensor.encoding, other.encoding)
            {
                again.sensor.encoding = Encoding::Jpeg { quality };
            }
        }
        let of_sheet = first.page(self.level, layout, &mut self.dice("page", n, page));
        let mut dice = self.dice(&format!("page of scan {scan}"), n, page);
        let of_scan = again.page(self.level, layout, &mut dice);
        let mut sensor = of_scan.sensor;
        if sensor.encoding == Encoding::Bilevel && scanner == Scanner::Another {
            // The threshold was drawn for another print of the form.
            super::mixture::set_threshold(
                &mut sensor,
                self.level,
                of_sheet.paper.white,
                &of_sheet.printing,
                &respondent.pen,
                &mut dice,
            );
        }
        let conditions = Conditions {
            feed: of_scan.feed,
            sensor,
            ..of_sheet
        };
        let prepared = self.prepare_under(n, page, respondent, conditions);
        let mut sensor_dice = self.dice(&format!("sensor of scan {scan}"), n, page);
        self.render(page, prepared, &mut sensor_dice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synth::{Level, sample};

    /// What was drawn is drawn again, elsewhere in another image.
    #[test]
    fn a_second_scan_is_of_the_same_sheet() {
        let simulator = Simulator::new(&sample::layout(), Level::Hard, 3);
        for scanner in [Scanner::Same, Scanner::Another] {
            let [a, b, c] = [0, 1, 2].map(|scan| simulator.sheet_again(7, scan, scanner).unwrap());
            for (one, other) in [(&a, &b), (&b, &c)] {
                for (one, other) in one.pages.iter().zip(&other.pages) {
                    let (t, u) = (&one.truth, &other.truth);
                    assert_eq!(t.serial, u.serial);
                    assert_eq!(t.conditions.paper, u.conditions.paper);
                    assert_eq!(t.conditions.printing, u.conditions.printing);
                    assert_ne!(t.conditions.feed, u.conditions.feed);
                    for (q, r) in t.questions.iter().zip(&u.questions) {
                        assert_eq!((&q.choices, q.outcome), (&r.choices, r.outcome));
                        for (x, y) in q.boxes.iter().zip(&r.boxes) {
                            assert!((x.ink_mm2 - y.ink_mm2).abs() < 1e-12);
                        }
                    }
                    assert_ne!(one.scan.image, other.scan.image);
                }
            }
        }
    }
}
