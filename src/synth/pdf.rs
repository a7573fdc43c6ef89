//! The printed PDF of a form as planes of toner.

use std::sync::Arc;

use hayro::hayro_interpret::InterpreterSettings;
use hayro::hayro_syntax::Pdf;

use crate::form::{Form, Job, print};
use crate::geometry::{MM_PER_INCH, MmSize};
use crate::page::draw_on_white;

use super::SynthError;
use super::raster::Plane;

/// Points in an inch.
const POINTS: f64 = 72.0;

/// A master of the form: no serial, codes that are drawn over.
pub(crate) struct PrintedPdf {
    form: String,
    bytes: Arc<Vec<u8>>,
}

impl std::fmt::Debug for PrintedPdf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PrintedPdf({} bytes)", self.bytes.len())
    }
}

impl PrintedPdf {
    pub(crate) fn new(form: &Form) -> Result<Self, SynthError> {
        let mut bytes = Vec::new();
        print(form, &Job::master(), &mut bytes).map_err(|e| SynthError::Print {
            form: form.id.clone(),
            detail: e.to_string(),
        })?;
        Ok(Self {
            form: form.id.clone(),
            bytes: Arc::new(bytes),
        })
    }

    /// Any PDF; `name` is what errors call it.
    pub(crate) fn of_bytes(name: &str, bytes: Vec<u8>) -> Self {
        Self {
            form: name.to_owned(),
            bytes: Arc::new(bytes),
        }
    }

    /// A page at `ppm` pixels per mm.
    pub(crate) fn plane(&self, page: usize, size: MmSize, ppm: f64) -> Result<Plane, SynthError> {
        let failed = |detail: &str| SynthError::Print {
            form: self.form.clone(),
            detail: format!("page {}: {detail}", page + 1),
        };
        let pdf = Pdf::new(Arc::clone(&self.bytes)).map_err(|e| failed(&format!("{e:?}")))?;
        let page = pdf
            .pages()
            .get(page)
            .ok_or_else(|| failed("the PDF has fewer pages"))?;
        let side = |mm: f64| {
            let px = (mm * ppm).ceil().max(1.0);
            // The renderer counts pixels in sixteen bits.
            (px <= f64::from(u16::MAX)).then_some(px as u16)
        };
        let (Some(w), Some(h)) = (side(size.width), side(size.height)) else {
            return Err(failed("it is too large"));
        };
        let scale = ppm * MM_PER_INCH / POINTS;
        let pixmap = draw_on_white(page, &InterpreterSettings::default(), scale, (w, h));
        let data = pixmap
            .data()
            .iter()
            // Rec. 601 luma, as scanners and JPEG weigh the colours.
            .map(|p| {
                let luma =
                    (u32::from(p.r) * 299 + u32::from(p.g) * 587 + u32::from(p.b) * 114) / 1000;
                255 - luma.min(255) as u8
            })
            .collect();
        Ok(Plane {
            width: w.into(),
            height: h.into(),
            data,
        })
    }
}
