//! The fingerprint of a layout.

use crate::form::{CodeKind, Correction, Layout, QuestionKind};
use crate::geometry::MmRect;

/// Ten characters of Crockford base32 of the BLAKE3 hash over everything that
/// matters for reading, in a fixed order, lengths in whole micrometres. What is
/// added to the layout's types later must be added here only if a reading
/// depends on it: then printed sheets of before are no longer read, rightly.
pub(crate) fn digest(layout: &Layout) -> String {
    let mut h = Fingerprint(blake3::Hasher::new_derive_key(
        "phieu 2026-11-21 digest of a layout",
    ));
    h.text(&layout.form);
    h.number(u64::from(layout.version));
    h.number(match layout.correction {
        Correction::None => 0,
        Correction::FillCancels => 1,
        Correction::CircleCancels => 2,
    });
    h.number(layout.questions.len() as u64);
    for q in &layout.questions {
        h.text(&q.id);
        h.number(match q.kind {
            QuestionKind::Single => 1,
            QuestionKind::Multiple => 2,
        });
        h.number(u64::from(q.max_choices.unwrap_or(0)));
        h.number(q.choices.len() as u64);
        for choice in &q.choices {
            h.text(choice);
        }
    }
    h.number(layout.pages.len() as u64);
    for page in &layout.pages {
        h.number(u64::from(page.page));
        h.length(page.size.width);
        h.length(page.size.height);
        h.number(page.boxes.len() as u64);
        for b in &page.boxes {
            h.text(&b.question);
            h.text(&b.choice);
            h.rect(&b.rect);
            h.number(b.shape as u64);
            h.length(b.outline_mm);
        }
        h.number(page.anchors.len() as u64);
        for a in &page.anchors {
            h.text(&a.id);
            h.rect(&a.rect);
        }
        h.number(page.codes.len() as u64);
        for c in &page.codes {
            h.number(match c.kind {
                CodeKind::Qr => 1,
                CodeKind::Text => 2,
            });
            h.rect(&c.rect);
        }
        h.number(page.areas.len() as u64);
        for a in &page.areas {
            h.text(&a.id);
            h.number(a.kind as u64);
            h.rect(&a.rect);
        }
        h.number(page.ink.len() as u64);
        for r in &page.ink {
            h.rect(r);
        }
    }
    h.finish()
}

struct Fingerprint(blake3::Hasher);

impl Fingerprint {
    fn number(&mut self, n: u64) {
        self.0.update(&n.to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.0.update(text.as_bytes());
    }

    fn length(&mut self, mm: f64) {
        let micrometres = (mm * 1000.0).round() as i64;
        self.0.update(&micrometres.to_le_bytes());
    }

    fn rect(&mut self, r: &MmRect) {
        for v in [r.origin.x, r.origin.y, r.size.width, r.size.height] {
            self.length(v);
        }
    }

    fn finish(self) -> String {
        let hash = self.0.finalize();
        crate::form::code::encode_50(hash.as_bytes())
    }
}
