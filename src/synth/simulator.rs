//! The simulator: sheets by number, each from its own random numbers.

use std::sync::Arc;

use image::{GrayImage, imageops};

use crate::form::code::{Key, serial};
use crate::form::{Layout, LoadedForm, PageLayout, Source};
use crate::geometry::{MmPoint, MmRect, px_per_mm};
use crate::page::Scan;

use super::SynthError;
use super::answers;
use super::compose::{Sides, compose};
use super::conditions::Conditions;
use super::dice::Dice;
use super::level::Level;
use super::mixture::SheetConditions;
use super::pdf::PrintedPdf;
use super::print::Printed;
use super::respondent::Respondent;
use super::sensor;
use super::strokes::Stroke;
use super::truth::PageTruth;
use super::warp::Warp;

/// Makes the sheets of one form at one level. Sheet `n` depends on nothing but
/// the form, the level, the seed and `n`, so any thread can make any sheet.
#[derive(Debug)]
pub struct Simulator {
    layout: Arc<Layout>,
    printed: Printed,
    pub(super) level: Level,
    pub(super) seed: u64,
}

/// One sheet, filled in and scanned.
#[derive(Debug, Clone)]
pub struct SimulatedSheet {
    /// Its number.
    pub sheet: u64,
    /// Serial that is printed on it.
    pub serial: Option<String>,
    /// Who filled it in.
    pub respondent: Respondent,
    /// Its pages, in order.
    pub pages: Vec<SimulatedPage>,
}

/// One page as a scanner delivers it, with its truth.
#[derive(Debug, Clone)]
pub struct SimulatedPage {
    /// The image, after its file's compression.
    pub scan: Scan,
    /// The truth.
    pub truth: PageTruth,
    /// The bytes of the file, for a lossy one.
    pub(crate) jpeg: Option<Vec<u8>>,
}

impl Simulator {
    /// A simulator that draws what the layout says.
    #[must_use]
    pub fn new(layout: &Layout, level: Level, seed: u64) -> Self {
        let layout = Arc::new(layout.clone());
        Self {
            printed: Printed::new(Arc::clone(&layout), None),
            layout,
            level,
            seed,
        }
    }

    /// A simulator of a form as it is printed: a designed form is printed to
    /// PDF and the PDF drawn, a learned one looks like its blank sheet.
    ///
    /// # Errors
    /// [`SynthError::Print`].
    pub fn for_form(form: &LoadedForm, level: Level, seed: u64) -> Result<Self, SynthError> {
        let pdf = match &form.source {
            Source::Designed(designed) => Some(PrintedPdf::new(designed)?),
            Source::Learned { .. } => None,
        };
        let layout = Arc::new(form.layout.clone());
        Ok(Self {
            printed: Printed::new(Arc::clone(&layout), pdf),
            layout,
            level,
            seed,
        })
    }

    /// The form's layout.
    #[must_use]
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// How many pages a sheet has.
    #[must_use]
    pub fn pages_per_sheet(&self) -> usize {
        self.layout.pages.len()
    }

    /// Makes sheet `n` with all its pages.
    ///
    /// # Errors
    /// [`SynthError::Image`] where a page cannot be encoded.
    pub fn sheet(&self, n: u64) -> Result<SimulatedSheet, SynthError> {
        let respondent = self.respondent(n);
        let pages = (0..self.layout.pages.len())
            .map(|page| self.page(n, page, &respondent))
            .collect::<Result<_, _>>()?;
        Ok(SimulatedSheet {
            sheet: n,
            serial: self.serial(n),
            respondent,
            pages,
        })
    }

    pub(super) fn dice(&self, purpose: &str, n: u64, page: usize) -> Dice {
        Dice::new(self.seed, purpose, &[n, page as u64])
    }

    pub(super) fn serial(&self, n: u64) -> Option<String> {
        if self.layout.pages.iter().all(|p| p.codes.is_empty()) {
            return None;
        }
        // Another simulation prints other serials.
        let start = self.dice("serial", 0, 0).bits() >> 24;
        Some(serial(&Key::public(), &self.layout.digest, start + n))
    }

    /// What happens on one page, before anything is drawn.
    fn prepare(&self, n: u64, page: usize, respondent: &Respondent) -> Prepared {
        let layout = &self.layout.pages[page];
        let sheet = SheetConditions::draw(
            self.level,
            layout.size,
            &respondent.pen,
            &mut self.dice("conditions", n, 0),
        );
        let conditions = sheet.page(self.level, layout, &mut self.dice("page", n, page));
        self.prepare_under(n, page, respondent, conditions)
    }

    /// The same under conditions that are known.
    pub(super) fn prepare_under(
        &self,
        n: u64,
        page: usize,
        respondent: &Respondent,
        conditions: Conditions,
    ) -> Prepared {
        let layout = &self.layout.pages[page];
        let warp = warp_of(layout, &conditions);
        let plan = answers::fill_in(
            &self.layout,
            layout,
            respondent,
            &conditions,
            &warp,
            &mut self.dice("answers", n, page),
        );
        Prepared {
            warp,
            strokes: plan.strokes,
            truth: PageTruth {
                form: self.layout.form.clone(),
                version: self.layout.version,
                page: layout.page,
                sheet: n,
                serial: self.serial(n),
                rotation: (360 - 90 * conditions.feed.quarter_turns) % 360,
                questions: plan.questions,
                areas: plan.areas,
                conditions,
            },
        }
    }

    /// The truth of sheet `n` without its images.
    #[must_use]
    pub fn plan(&self, n: u64) -> Vec<PageTruth> {
        let respondent = self.respondent(n);
        (0..self.layout.pages.len())
            .map(|page| self.prepare(n, page, &respondent).truth)
            .collect()
    }

    /// Who fills sheet `n` in.
    #[must_use]
    pub fn respondent(&self, n: u64) -> Respondent {
        Respondent::draw(self.level, &mut self.dice("respondent", n, 0))
    }

    fn page(
        &self,
        n: u64,
        page: usize,
        respondent: &Respondent,
    ) -> Result<SimulatedPage, SynthError> {
        let prepared = self.prepare(n, page, respondent);
        self.render(page, prepared, &mut self.dice("sensor", n, page))
    }

    /// Draws a page and scans it. What lies on the sheet comes from the sheet's
    /// number, what the sensor adds from `sensor_dice`.
    pub(super) fn render(
        &self,
        page: usize,
        prepared: Prepared,
        sensor_dice: &mut Dice,
    ) -> Result<SimulatedPage, SynthError> {
        let Prepared {
            warp,
            strokes,
            truth,
        } = prepared;
        let n = truth.sheet;
        let conditions = &truth.conditions;
        // What is printed on the other side; of a form of one page the same
        // form stands for whatever lay below.
        let back = if page.is_multiple_of(2) && page + 1 < self.layout.pages.len() {
            page + 1
        } else {
            page.saturating_sub(1)
        };
        let plane = compose(
            &self.printed,
            &Sides {
                front: page,
                back,
                size: self.layout.pages[page].size,
                serial: truth.serial.as_deref(),
            },
            conditions,
            &warp,
            &strokes,
            &mut self.dice("compose", n, page),
        )?;
        let plane = sensor::expose(plane, &conditions.sensor, sensor_dice);
        let filed = sensor::file(plane, &conditions.sensor, &conditions.feed)?;
        Ok(SimulatedPage {
            scan: filed.scan,
            truth,
            jpeg: filed.jpeg,
        })
    }
}

impl SimulatedPage {
    /// The part of the image that shows a place of the paper, upright.
    #[must_use]
    pub fn crop(&self, page: &PageLayout, area: &MmRect) -> GrayImage {
        let warp = warp_of(page, &self.truth.conditions);
        let corners = [
            area.origin,
            MmPoint::new(area.max_x(), area.origin.y),
            area.max(),
            MmPoint::new(area.origin.x, area.max_y()),
        ]
        .map(|p| warp.scan_of_layout(p));
        let upright = match self.truth.rotation {
            90 => imageops::rotate90(&self.scan.image),
            180 => imageops::rotate180(&self.scan.image),
            270 => imageops::rotate270(&self.scan.image),
            _ => self.scan.image.clone(),
        };
        let (w, h) = upright.dimensions();
        let least = |f: fn(&crate::geometry::PxPoint) -> f64, limit: u32| {
            let v = corners.iter().map(f).fold(f64::INFINITY, f64::min);
            (v.max(0.0) as u32).min(limit.saturating_sub(1))
        };
        let most = |f: fn(&crate::geometry::PxPoint) -> f64, limit: u32| {
            let v = corners.iter().map(f).fold(0.0, f64::max);
            (v.ceil() as u32).clamp(1, limit)
        };
        let (x0, y0) = (least(|p| p.x, w), least(|p| p.y, h));
        let (x1, y1) = (most(|p| p.x, w), most(|p| p.y, h));
        imageops::crop_imm(
            &upright,
            x0,
            y0,
            x1.saturating_sub(x0).max(1),
            y1.saturating_sub(y0).max(1),
        )
        .to_image()
    }
}

/// From the page's paper to its scan under these conditions.
pub(super) fn warp_of(page: &PageLayout, conditions: &Conditions) -> Warp {
    Warp::new(
        page.size,
        &conditions.printing,
        &conditions.feed,
        px_per_mm(f64::from(conditions.sensor.dpi)),
    )
}

/// A page that is known but not drawn.
pub(super) struct Prepared {
    pub warp: Warp,
    pub strokes: Vec<Stroke>,
    pub truth: PageTruth,
}
