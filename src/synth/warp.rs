//! From the layout's paper to the scan's pixels, through the printer's scale
//! and the scanner's feed.
//!
//! The map is built so that along one row of the scan it is linear in x: the
//! inner loop of rendering is then two additions a pixel.

use crate::geometry::{MmPoint, MmSize, MmVector, PxPoint};

use super::conditions::{Feed, Printing};

/// One row of the scan, mapped back.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    /// Where the row's first pixel centre lies on the sheet, mm from the
    /// sheet's corner.
    pub sheet: MmPoint,
    /// Step on the sheet per pixel, mm.
    pub sheet_step: MmVector,
    /// Where the row's first pixel centre lies in the layout, mm.
    pub layout: MmPoint,
    /// Step in the layout per pixel, mm.
    pub layout_step: MmVector,
}

/// The map of one page.
#[derive(Debug, Clone)]
pub(crate) struct Warp {
    paper: MmSize,
    printing: Printing,
    feed: Feed,
    px_per_mm: f64,
    sin: f64,
    cos: f64,
    print_sin: f64,
    print_cos: f64,
}

impl Warp {
    pub(crate) fn new(paper: MmSize, printing: &Printing, feed: &Feed, px_per_mm: f64) -> Self {
        let (sin, cos) = feed.skew_deg.to_radians().sin_cos();
        let (print_sin, print_cos) = printing.skew_deg.to_radians().sin_cos();
        Self {
            paper,
            printing: *printing,
            feed: *feed,
            px_per_mm,
            sin,
            cos,
            print_sin,
            print_cos,
        }
    }

    /// Pixels per millimetre of the scan, before any stretch.
    pub(crate) fn px_per_mm(&self) -> f64 {
        self.px_per_mm
    }

    /// Size of the scanned image, px.
    pub(crate) fn image_size(&self) -> (u32, u32) {
        let side = |mm: f64| ((mm * self.px_per_mm).round().max(1.0)) as u32;
        (
            side(self.paper.width + self.feed.frame_extra_mm[0]),
            side(self.paper.height + self.feed.frame_extra_mm[1]),
        )
    }

    fn centre(&self) -> MmPoint {
        MmPoint::new(self.paper.width / 2.0, self.paper.height / 2.0)
    }

    /// Displacement of the feed at a height of the scan, mm: a slow wave and a
    /// faster one, as a worn roller gives.
    fn stretch(&self, y: f64) -> f64 {
        let t = y / self.paper.height;
        let tau = std::f64::consts::TAU;
        self.feed.stretch_mm
            * (0.7 * (tau * (0.8 * t + self.feed.stretch_phase)).sin()
                + 0.3 * (tau * (2.3 * t + 1.7 * self.feed.stretch_phase)).sin())
    }

    fn width_factor(&self, y: f64) -> f64 {
        1.0 + self.feed.trapezoid * (y / self.paper.height - 0.5)
    }

    fn sheet_of_scan(&self, scan: MmPoint) -> MmPoint {
        let c = self.centre();
        let y = scan.y + self.stretch(scan.y);
        let x = c.x + (scan.x - c.x) * self.width_factor(scan.y);
        let dx = x - c.x - self.feed.shift_mm[0];
        let dy = y - c.y - self.feed.shift_mm[1];
        MmPoint::new(
            c.x + self.cos * dx + self.sin * dy,
            c.y - self.sin * dx + self.cos * dy,
        )
    }

    fn layout_of_sheet(&self, sheet: MmPoint) -> MmPoint {
        let c = self.centre();
        let dx = sheet.x - c.x - self.printing.shift_mm[0];
        let dy = sheet.y - c.y - self.printing.shift_mm[1];
        MmPoint::new(
            c.x + (self.print_cos * dx + self.print_sin * dy) / self.printing.scale[0],
            c.y + (self.print_cos * dy - self.print_sin * dx) / self.printing.scale[1],
        )
    }

    /// A row of the scan.
    pub(crate) fn row(&self, y: u32) -> Row {
        let at = |x: f64| {
            self.sheet_of_scan(MmPoint::new(
                (x + 0.5) / self.px_per_mm,
                (f64::from(y) + 0.5) / self.px_per_mm,
            ))
        };
        let (a, b) = (at(0.0), at(1.0));
        let (la, lb) = (self.layout_of_sheet(a), self.layout_of_sheet(b));
        Row {
            sheet: a,
            sheet_step: b - a,
            layout: la,
            layout_step: lb - la,
        }
    }

    /// Where a place of the layout was printed on the sheet, mm.
    pub(crate) fn sheet_of_layout(&self, p: MmPoint) -> MmPoint {
        let c = self.centre();
        let x = (p.x - c.x) * self.printing.scale[0];
        let y = (p.y - c.y) * self.printing.scale[1];
        MmPoint::new(
            c.x + self.printing.shift_mm[0] + self.print_cos * x - self.print_sin * y,
            c.y + self.printing.shift_mm[1] + self.print_sin * x + self.print_cos * y,
        )
    }

    /// Where a place of the sheet lies in the scan, px.
    pub(crate) fn scan_of_sheet(&self, p: MmPoint) -> PxPoint {
        let c = self.centre();
        let (dx, dy) = (p.x - c.x, p.y - c.y);
        let x = c.x + self.feed.shift_mm[0] + self.cos * dx - self.sin * dy;
        let y = c.y + self.feed.shift_mm[1] + self.sin * dx + self.cos * dy;
        let mut scan_y = y;
        // The stretch changes by less than 2 % of the distance, so four rounds
        // leave less than a thousandth of a pixel.
        for _ in 0..4 {
            scan_y = y - self.stretch(scan_y);
        }
        let scan_x = c.x + (x - c.x) / self.width_factor(scan_y);
        PxPoint::new(scan_x * self.px_per_mm, scan_y * self.px_per_mm)
    }

    /// Where a place of the layout lies in the scan, px.
    pub(crate) fn scan_of_layout(&self, p: MmPoint) -> PxPoint {
        self.scan_of_sheet(self.sheet_of_layout(p))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// A place that is mapped to the scan and back is where it was.
        #[test]
        fn there_and_back(
            x in 0.0..210.0f64, y in 0.0..297.0f64,
            skew in -8.0..8.0f64, print_skew in -0.5..0.5f64,
            sx in 0.94..1.06f64, sy in 0.94..1.06f64,
            shift in -15.0..15.0f64, stretch in 0.0..1.0f64, phase in 0.0..1.0f64,
            trapezoid in -0.02..0.02f64,
        ) {
            let printing = Printing {
                scale: [sx, sy], shift_mm: [0.7, -0.4], skew_deg: print_skew,
                ..Printing::perfect()
            };
            let feed = Feed {
                skew_deg: skew, shift_mm: [shift, -shift], stretch_mm: stretch,
                stretch_phase: phase, trapezoid, ..Feed::perfect()
            };
            let warp = Warp::new(MmSize::new(210.0, 297.0), &printing, &feed, 8.0);
            let p = MmPoint::new(x, y);
            let px = warp.scan_of_layout(p);
            let scan = MmPoint::new(px.x / 8.0, px.y / 8.0);
            let back = warp.layout_of_sheet(warp.sheet_of_scan(scan));
            prop_assert!((back - p).length() < 0.002, "{p:?} {back:?}");
        }
    }

    #[test]
    fn a_row_is_linear() {
        let feed = Feed {
            skew_deg: 1.3,
            stretch_mm: 0.8,
            trapezoid: 0.01,
            ..Feed::perfect()
        };
        let warp = Warp::new(MmSize::new(210.0, 297.0), &Printing::perfect(), &feed, 8.0);
        let row = warp.row(700);
        let by_row = row.layout + row.layout_step * 900.0;
        let direct =
            warp.layout_of_sheet(warp.sheet_of_scan(MmPoint::new(900.5 / 8.0, 700.5 / 8.0)));
        assert!((by_row - direct).length() < 1e-6);
    }
}
