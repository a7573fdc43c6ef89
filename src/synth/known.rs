//! Scans of any printed page under conditions that the caller chooses: where
//! the simulator draws conditions at random, a measuring instrument must be
//! tried under known ones.

use std::sync::Arc;

use crate::form::{Correction, Layout, PageLayout};
use crate::geometry::{MmSize, px_per_mm};

use super::SynthError;
use super::compose::{Sides, compose};
use super::conditions::Conditions;
use super::dice::Dice;
use super::pdf::PrintedPdf;
use super::print::Printed;
use super::sensor;
use super::simulator::SimulatedPage;
use super::truth::PageTruth;
use super::warp::Warp;

/// The first page of a PDF, printed and ready to be scanned any number of
/// times.
#[derive(Debug)]
pub struct KnownPrint {
    name: String,
    size: MmSize,
    printed: Printed,
}

impl KnownPrint {
    /// A print of the PDF's first page, whose paper has this size in mm.
    #[must_use]
    pub fn new(name: &str, pdf: Vec<u8>, size: MmSize) -> Self {
        let layout = Layout {
            form: name.to_owned(),
            version: 1,
            digest: String::new(),
            correction: Correction::None,
            questions: Vec::new(),
            pages: vec![PageLayout {
                page: 1,
                size,
                boxes: Vec::new(),
                anchors: Vec::new(),
                codes: Vec::new(),
                areas: Vec::new(),
                ink: Vec::new(),
                words: Vec::new(),
                reference: None,
            }],
        };
        Self {
            name: name.to_owned(),
            size,
            printed: Printed::new(Arc::new(layout), Some(PrintedPdf::of_bytes(name, pdf))),
        }
    }

    /// Scans it; the same conditions and seed give the same bytes.
    ///
    /// # Errors
    /// [`SynthError::Print`] if the PDF cannot be drawn, [`SynthError::Image`]
    /// if the page cannot be encoded.
    pub fn scan(&self, conditions: &Conditions, seed: u64) -> Result<SimulatedPage, SynthError> {
        let dice = |purpose| Dice::new(seed, purpose, &[0]);
        let warp = Warp::new(
            self.size,
            &conditions.printing,
            &conditions.feed,
            px_per_mm(f64::from(conditions.sensor.dpi)),
        );
        let sides = Sides {
            front: 0,
            back: 0,
            size: self.size,
            serial: None,
        };
        let plane = compose(
            &self.printed,
            &sides,
            conditions,
            &warp,
            &[],
            &mut dice("compose"),
        )?;
        let plane = sensor::expose(plane, &conditions.sensor, &mut dice("sensor"));
        let filed = sensor::file(plane, &conditions.sensor, &conditions.feed)?;
        Ok(SimulatedPage {
            scan: filed.scan,
            truth: PageTruth {
                form: self.name.clone(),
                version: 1,
                page: 1,
                sheet: seed,
                serial: None,
                rotation: (360 - 90 * conditions.feed.quarter_turns) % 360,
                questions: Vec::new(),
                areas: Vec::new(),
                conditions: conditions.clone(),
            },
            jpeg: filed.jpeg,
        })
    }
}
