//! The rules that make a layout readable.

use super::block::{BETWEEN_BOXES_MM, CLEAR_MM, TINY_MM};
use crate::form::frame::QR_QUIET_MM;
use crate::form::{CodeKind, Layout, PageLayout};
use crate::geometry::{MmRect, mm_rect};

/// Least number of anchors on a page: with fewer, the loss of a corner could
/// leave a fit that nothing proves.
const LEAST_ANCHORS: usize = 6;
/// Share of the page's width and height that the anchors must span.
const LEAST_SPAN: f64 = 0.8;

/// Every broken rule of a designed layout, in words; none if it can be read.
#[must_use]
pub fn violations(layout: &Layout) -> Vec<String> {
    let mut out = Vec::new();
    for page in &layout.pages {
        let mut say = |what: String| out.push(format!("page {}: {what}", page.page));
        boxes(page, &mut say);
        frame(page, &mut say);
        areas(page, &mut say);
    }
    for q in &layout.questions {
        for choice in &q.choices {
            let count = layout
                .pages
                .iter()
                .flat_map(|p| &p.boxes)
                .filter(|b| b.question == q.id && b.choice == *choice)
                .count();
            if count != 1 {
                out.push(format!("choice {choice} of {} has {count} boxes", q.id));
            }
        }
        let pages = layout
            .pages
            .iter()
            .filter(|p| p.boxes.iter().any(|b| b.question == q.id))
            .count();
        if pages > 1 {
            out.push(format!("{} stands on {pages} pages", q.id));
        }
    }
    out
}

fn boxes(page: &PageLayout, say: &mut impl FnMut(String)) {
    for (i, b) in page.boxes.iter().enumerate() {
        let name = format!("the box {}/{}", b.question, b.choice);
        if !inside(page, &b.rect) {
            say(format!("{name} is not on the paper"));
        }
        let near = grown(&b.rect, BETWEEN_BOXES_MM - TINY_MM);
        for other in &page.boxes[i + 1..] {
            if near.intersects(&other.rect) {
                say(format!(
                    "{name} is too close to {}/{}",
                    other.question, other.choice
                ));
            }
        }
        let clear = grown(&b.rect, CLEAR_MM - TINY_MM);
        for ink in &page.ink {
            if clear.intersects(ink) {
                say(format!("{name} has print too close to it"));
            }
        }
        for code in &page.codes {
            if clear.intersects(&code.rect) {
                say(format!("{name} is too close to a code"));
            }
        }
        for anchor in &page.anchors {
            if clear.intersects(&anchor.rect) {
                say(format!("{name} is too close to the anchor {}", anchor.id));
            }
        }
    }
}

fn frame(page: &PageLayout, say: &mut impl FnMut(String)) {
    for code in page.codes.iter().filter(|c| c.kind == CodeKind::Qr) {
        let quiet = grown(&code.rect, QR_QUIET_MM - TINY_MM);
        if let Some(ink) = page.ink.iter().find(|ink| quiet.intersects(ink)) {
            say(format!(
                "the quiet zone of a code is printed on at {:.1}, {:.1} mm ({:.1} by {:.1})",
                ink.origin.x, ink.origin.y, ink.size.width, ink.size.height
            ));
        }
    }
    for code in page.codes.iter().filter(|c| c.kind == CodeKind::Text) {
        if page.ink.iter().any(|ink| code.rect.intersects(ink)) {
            say("the line of characters is printed on".to_owned());
        }
    }
    for anchor in &page.anchors {
        let near = grown(&anchor.rect, 1.0);
        if page.ink.iter().any(|ink| near.intersects(ink)) {
            say(format!(
                "the anchor {} has print too close to it",
                anchor.id
            ));
        }
    }
    if page.anchors.len() < LEAST_ANCHORS {
        say(format!("there are only {} anchors", page.anchors.len()));
    }
    let span = |values: Vec<f64>| {
        values.iter().copied().fold(f64::MIN, f64::max)
            - values.iter().copied().fold(f64::MAX, f64::min)
    };
    let centres: Vec<_> = page.anchors.iter().map(|a| a.rect.center()).collect();
    if span(centres.iter().map(|c| c.x).collect()) < LEAST_SPAN * page.size.width
        || span(centres.iter().map(|c| c.y).collect()) < LEAST_SPAN * page.size.height
    {
        say("the anchors do not span the page".to_owned());
    }
}

fn areas(page: &PageLayout, say: &mut impl FnMut(String)) {
    for (i, area) in page.areas.iter().enumerate() {
        if !inside(page, &area.rect) {
            say(format!("the area {} is not on the paper", area.id));
        }
        for b in &page.boxes {
            if area.rect.intersects(&b.rect) {
                say(format!(
                    "the area {} lies on the box {}/{}",
                    area.id, b.question, b.choice
                ));
            }
        }
        for other in &page.areas[i + 1..] {
            // Writing lines below each other share an edge; in thousandths of
            // a millimetre it may lie on either side.
            if grown(&area.rect, -TINY_MM).intersects(&other.rect) {
                say(format!("the areas {} and {} overlap", area.id, other.id));
            }
        }
    }
}

fn inside(page: &PageLayout, r: &MmRect) -> bool {
    mm_rect(0.0, 0.0, page.size.width, page.size.height).contains_rect(r)
}

fn grown(r: &MmRect, by: f64) -> MmRect {
    r.inflate(by, by)
}
