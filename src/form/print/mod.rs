//! Printing: a form as a PDF, one or many copies.

mod outline;
mod paint;
mod plain;

use std::io::Write;
use std::sync::Arc;

use krilla::Document;
use krilla::geom::Transform;
use krilla::graphic::Graphic;
use krilla::metadata::Metadata;
use krilla::page::PageSettings;

use super::code::{Key, Payload, qr_modules, serial, text_line};
use super::compose::Sheet;
use super::{Form, FormError, Language};
use crate::geometry::MM_PER_INCH;
use paint::Painter;
pub(crate) use plain::{Plain, plain_pdf};

/// Points in a millimetre.
const PT_PER_MM: f64 = 72.0 / MM_PER_INCH;

/// What to print.
#[derive(Debug, Clone)]
pub struct Job {
    /// How many copies; each has all pages of the form.
    pub copies: u32,
    /// Number of the first copy's serial, the next has the next number; see
    /// [`super::code::serial`]. `None` prints a master without serial.
    pub serial_from: Option<u64>,
    /// Unit to print into the code.
    pub unit: Option<String>,
    /// Ballot box to print into the code.
    pub ballot_box: Option<String>,
    /// Key of serials and checks.
    pub key: Key,
}

impl Job {
    /// A master for the photocopier: one copy without serial, public key.
    #[must_use]
    pub fn master() -> Self {
        Self {
            copies: 1,
            serial_from: None,
            unit: None,
            ballot_box: None,
            key: Key::public(),
        }
    }

    /// The serials that this job prints, in order; none for a master.
    pub fn serials<'a>(&'a self, digest: &'a str) -> impl Iterator<Item = String> + 'a {
        let from = self.serial_from;
        (0..u64::from(self.copies))
            .filter_map(move |i| Some(serial(&self.key, digest, from?.wrapping_add(i))))
    }
}

/// Writes the PDF of a form. What all copies share is in the file once.
///
/// # Errors
/// [`FormError::Code`] if unit or box cannot be printed, [`FormError::Io`]-free
/// errors of the layout, [`FormError::Pdf`] if the PDF writer or `out` fails.
pub fn print(form: &Form, job: &Job, out: &mut dyn Write) -> Result<(), FormError> {
    let sheet = Sheet::compose(form)?;
    let bytes = pdf(form, &sheet, job)?;
    out.write_all(&bytes)
        .map_err(|e| FormError::Pdf(e.to_string()))
}

/// The PDF of a form as bytes.
///
/// # Errors
/// As [`print`].
pub fn pdf(form: &Form, sheet: &Sheet, job: &Job) -> Result<Vec<u8>, FormError> {
    let layout = &sheet.layout;
    let mut document = Document::new();
    document.set_metadata(
        Metadata::new()
            .title(format!(
                "{} ({} v{})",
                form.title.first.replace('\n', " "),
                form.id,
                form.version
            ))
            .language(
                match form.languages.first() {
                    Some(Language::En) => "en",
                    _ => "vi",
                }
                .to_owned(),
            )
            .creator(concat!("phieu ", env!("CARGO_PKG_VERSION")).to_owned()),
    );
    let painter = Painter::new()?;
    let mut shared: Vec<Option<Graphic>> = vec![None; layout.pages.len()];
    for copy in 0..job.copies {
        let number = job
            .serial_from
            .map(|from| serial(&job.key, &layout.digest, from.wrapping_add(u64::from(copy))));
        for (i, page) in layout.pages.iter().enumerate() {
            let payload = Payload {
                form: layout.form.clone(),
                version: layout.version,
                digest: layout.digest.clone(),
                page: page.page,
                serial: number.clone(),
                unit: job.unit.clone(),
                ballot_box: job.ballot_box.clone(),
            };
            let modules = qr_modules(&payload.encode(&job.key)?)?;
            let line = text_line(&payload, &job.key)?;

            let (w, h) = (page.size.width * PT_PER_MM, page.size.height * PT_PER_MM);
            let settings = PageSettings::from_wh(w as f32, h as f32)
                .ok_or_else(|| FormError::Pdf("a page has no size".to_owned()))?;
            let mut pdf_page = document.start_page_with(settings);
            let mut surface = pdf_page.surface();
            let scale = PT_PER_MM as f32;
            surface.push_transform(&Transform::from_scale(scale, scale));
            let graphic = match &shared[i] {
                Some(graphic) => graphic.clone(),
                None => {
                    let mut builder = surface.stream_builder();
                    let mut inner = builder.surface();
                    painter.page(&mut inner, page, &sheet.draws[i]);
                    inner.finish();
                    shared[i]
                        .insert(Graphic::new(builder.finish(), false))
                        .clone()
                }
            };
            surface.draw_graphic(graphic);
            let code = {
                let mut builder = surface.stream_builder();
                let mut inner = builder.surface();
                painter.modules(&mut inner, &modules);
                inner.finish();
                Graphic::new(builder.finish(), false)
            };
            painter.codes(&mut surface, page, &code, modules.size(), &line)?;
            surface.pop();
            surface.finish();
            pdf_page.finish();
        }
    }
    document
        .finish()
        .map_err(|e| FormError::Pdf(format!("{e:?}")))
}

/// The font's bytes for the PDF writer, shared rather than copied.
fn font_data(bytes: &'static [u8]) -> krilla::Data {
    let shared: Arc<dyn AsRef<[u8]> + Send + Sync> = Arc::new(bytes);
    shared.into()
}
