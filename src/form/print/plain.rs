//! Papers that are no forms: minutes, cover sheets.

use krilla::Document;
use krilla::geom::Transform;
use krilla::metadata::Metadata;
use krilla::page::PageSettings;

use super::PT_PER_MM;
use super::paint::Painter;
use crate::form::FormError;
use crate::form::code::QrMatrix;
use crate::form::compose::Draw;
use crate::geometry::{MmRect, MmSize};

/// One page.
#[derive(Debug, Clone)]
pub(crate) struct Plain {
    /// The paper.
    pub size: MmSize,
    /// What is drawn.
    pub draws: Vec<Draw>,
    /// Codes, and the squares that they fill.
    pub symbols: Vec<(MmRect, QrMatrix)>,
}

/// The PDF of these pages.
///
/// # Errors
/// [`FormError::Font`] where the build is broken, [`FormError::Pdf`] if the PDF
/// writer fails.
pub(crate) fn plain_pdf(title: &str, pages: &[Plain]) -> Result<Vec<u8>, FormError> {
    let mut document = Document::new();
    document.set_metadata(
        Metadata::new()
            .title(title.to_owned())
            .language("vi".to_owned())
            .creator(concat!("phieu ", env!("CARGO_PKG_VERSION")).to_owned()),
    );
    let painter = Painter::new()?;
    for page in pages {
        let (w, h) = (page.size.width * PT_PER_MM, page.size.height * PT_PER_MM);
        let settings = PageSettings::from_wh(w as f32, h as f32)
            .ok_or_else(|| FormError::Pdf("a page has no size".to_owned()))?;
        let mut pdf_page = document.start_page_with(settings);
        let mut surface = pdf_page.surface();
        let scale = PT_PER_MM as f32;
        surface.push_transform(&Transform::from_scale(scale, scale));
        painter.draws(&mut surface, &page.draws);
        for (rect, modules) in &page.symbols {
            let module = (rect.size.width / f64::from(modules.size().max(1))) as f32;
            let (x, y) = (rect.origin.x as f32, rect.origin.y as f32);
            surface.push_transform(&Transform::from_row(module, 0.0, 0.0, module, x, y));
            painter.modules(&mut surface, modules);
            surface.pop();
        }
        surface.pop();
        surface.finish();
        pdf_page.finish();
    }
    document
        .finish()
        .map_err(|e| FormError::Pdf(format!("{e:?}")))
}
