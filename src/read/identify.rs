//! Which form, version, page and serial a registered page is.

use image::GrayImage;
use image::imageops::crop_imm;

use super::problem::{Problem, ProblemCode};
use super::qr;
use super::registration::Registration;
use super::text_line;
use crate::form::Layout;
use crate::form::code::{CodeError, Keyring, Payload};
use crate::geometry::{MmRect, MmSize};

/// What the codes say.
#[derive(Debug, Default)]
pub(crate) struct Identity {
    /// The payload, if one was read.
    pub payload: Option<Payload>,
    /// Forged or foreign codes.
    pub problems: Vec<Problem>,
    /// The payload was read by the map, module by module, and not searched for: the
    /// code lies where the map says, within a millimetre.
    pub in_place: bool,
}

impl Identity {
    /// Takes in a text that was read; true if it settles who the page is.
    fn take(&mut self, text: &str, keys: &Keyring) -> bool {
        self.settle(Payload::parse(text, keys), text)
    }

    /// Takes in what a code says; true if it settles who the page is.
    fn settle(&mut self, said: Result<Payload, CodeError>, text: &str) -> bool {
        match said {
            Ok(payload) => {
                self.payload = Some(payload);
                // A good code beside a forged or foreign one decides.
                self.problems.clear();
                true
            }
            Err(CodeError::SerialForged { payload }) => {
                if self.payload.is_none() {
                    self.problem(
                        ProblemCode::SerialForged,
                        format!(
                            "the keyed check of serial {} fails: forged, or printed with a key that is not known here",
                            payload.serial.as_deref().unwrap_or("-")
                        ),
                    );
                    self.payload = Some(Payload {
                        serial: None,
                        ..*payload
                    });
                }
                false
            }
            Err(CodeError::NotOurs) => {
                // Control characters of a foreign code must not reach a terminal.
                let shown: String = text
                    .chars()
                    .take(80)
                    .map(|c| if c.is_control() { ' ' } else { c })
                    .collect();
                self.problem(
                    ProblemCode::QrForeign,
                    format!("a QR code of somebody else: {shown}"),
                );
                false
            }
            Err(CodeError::UnknownDigest { digest }) => {
                self.problem(
                    ProblemCode::FormUnknown,
                    format!(
                        "the code line names layout {digest}, which is not among the templates"
                    ),
                );
                false
            }
            Err(_) => false,
        }
    }

    fn problem(&mut self, code: ProblemCode, detail: String) {
        if !self.problems.iter().any(|p| p.code == code) {
            self.problems.push(Problem { code, detail });
        }
    }
}

/// Around a code's place, this far is searched for it, mm.
const REGION_MM: f64 = 8.0;

/// Reads the codes of a registered page: first where they must be, then around
/// there, then the line of characters.
pub(crate) fn identify(
    image: &GrayImage,
    registration: &Registration,
    places: &[MmRect],
    paper: MmSize,
    layouts: &[&Layout],
    keys: &Keyring,
) -> Identity {
    let mut identity = Identity::default();
    for rect in places {
        let map = registration.local(rect.center());
        for text in qr::read_at(image, &map, *rect) {
            if identity.take(&text, keys) {
                identity.in_place = true;
                return identity;
            }
        }
    }
    if identity.payload.is_some() {
        return identity;
    }
    for rect in places {
        let map = registration.local(rect.center());
        let region = rect.inflate(REGION_MM, REGION_MM);
        let corners = super::boxes::corners(&map, region, (0.0, 0.0));
        let bound = |axis: usize, limit: u32| {
            let (mut low, mut high) = (f32::MAX, f32::MIN);
            for c in &corners {
                low = low.min(c[axis]);
                high = high.max(c[axis]);
            }
            // A float to integer cast saturates: places outside become empty.
            (
                (low.max(0.0) as u32).min(limit),
                (high.max(0.0) as u32).min(limit),
            )
        };
        let ((x0, x1), (y0, y1)) = (bound(0, image.width()), bound(1, image.height()));
        if x1 <= x0 || y1 <= y0 {
            continue;
        }
        let region = crop_imm(image, x0, y0, x1 - x0, y1 - y0).to_image();
        for text in qr::search(&region) {
            if identity.take(&text, keys) {
                return identity;
            }
        }
    }
    if identity.payload.is_none() {
        let said = text_line::read(image, registration, paper, layouts, keys);
        identity.settle(said, "");
    }
    identity
}

/// Of codes that were found anywhere: for pages that could not be registered, so
/// that a person hears whose they are.
pub(crate) fn identify_texts(texts: &[String], keys: &Keyring) -> Identity {
    let mut identity = Identity::default();
    for text in texts {
        if identity.take(text, keys) {
            break;
        }
    }
    identity
}
