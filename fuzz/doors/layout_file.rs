//! Any text as the two files of a learned form, and a page that is read with
//! it: nothing may crash or hang.
//!
//! The input is form.toml, a line `%%`, layout.json, a line `%%`, and marks
//! that are put on the page, three bytes each.

use image::{GrayImage, Luma};
use phieu::form::learned::{LearnedAnchors, LearnedForm, reference};
use phieu::form::{BoxShape, Layout, PageLayout};
use phieu::page::Scan;
use phieu::read::{PageReading, ReadOptions, Reader, Status};

const NEXT_PART: &[u8] = b"\n%%\n";

/// A small page is read quickly: px on the longer side.
const LONGER_SIDE: f64 = 260.0;

pub fn enter(data: &[u8]) {
    read(data);
}

/// The page's reading, where the two files are those of a form.
pub fn read(data: &[u8]) -> Option<PageReading> {
    let (form, rest) = split(data);
    let (anchors, marks) = split(rest);
    let (Ok(form), Ok(anchors)) = (std::str::from_utf8(form), std::str::from_utf8(anchors)) else {
        return None;
    };
    let form = LearnedForm::parse(form);
    let anchors = LearnedAnchors::parse(anchors);
    if let Ok(form) = &form {
        written_is_read(form);
    }
    let (form, anchors) = (form.ok()?, anchors.ok()?);
    // Every page takes its time; two are as good as all.
    if form.page.len() > 2 {
        return None;
    }
    let unprinted = form.layout(&anchors, &[]);
    let blanks: Vec<_> = unprinted
        .pages
        .iter()
        .map(|p| {
            let paper = [p.size.width, p.size.height];
            (p.page, reference(blank(p), paper))
        })
        .collect();
    let layout = form.layout(&anchors, &blanks);
    let scan = filled_in(&layout, marks);
    let reading = Reader::new(vec![layout.clone()], ReadOptions::default()).read(&scan);
    if reading.status != Status::Unreadable {
        let page = layout.page(reading.page.unwrap()).unwrap();
        assert_eq!(reading.marks.len(), page.boxes.len());
        assert_eq!(reading.areas.len(), page.areas.len());
    }
    serde_json::to_string(&reading).unwrap();
    Some(reading)
}

fn split(data: &[u8]) -> (&[u8], &[u8]) {
    data.windows(NEXT_PART.len())
        .position(|w| w == NEXT_PART)
        .map_or((data, &[]), |i| (&data[..i], &data[i + NEXT_PART.len()..]))
}

/// What learning writes (it knows no areas and no limits) is read again.
fn written_is_read(form: &LearnedForm) {
    let mut learned = form.clone();
    learned.area.clear();
    for question in &mut learned.question {
        question.max_choices = None;
    }
    let text = learned.to_toml("blank.png");
    assert_eq!(LearnedForm::parse(&text), Ok(learned), "{text}");
}

/// A page full of small specks, no two places alike, and its boxes.
fn blank(page: &PageLayout) -> GrayImage {
    let scale = LONGER_SIDE / page.size.width.max(page.size.height);
    let side = |mm: f64| (mm * scale).round().max(1.0) as u32;
    let mut image =
        GrayImage::from_pixel(side(page.size.width), side(page.size.height), Luma([250]));
    let mut dice = 1u32;
    for y in (0..image.height()).step_by(3) {
        for x in (0..image.width()).step_by(3) {
            // xorshift32 (Marsaglia, 2003).
            dice ^= dice << 13;
            dice ^= dice >> 17;
            dice ^= dice << 5;
            if dice.is_multiple_of(3) {
                dark(&mut image, x, y, 2, 20);
            }
        }
    }
    for b in &page.boxes {
        let (c, size) = (b.rect.center() * scale, b.rect.size * scale);
        let (half_w, half_h) = (size.width / 2.0, size.height / 2.0);
        let around = 2.0 * scale;
        let line = (b.outline_mm * scale).max(1.0);
        let range = |c: f64, half: f64, limit: u32| {
            let clamp = |v: f64| v.clamp(0.0, f64::from(limit)) as u32;
            clamp(c - half - around)..clamp(c + half + around)
        };
        for y in range(c.y, half_h, image.height()) {
            for x in range(c.x, half_w, image.width()) {
                let (dx, dy) = (f64::from(x) + 0.5 - c.x, f64::from(y) + 0.5 - c.y);
                let outside = match b.shape {
                    BoxShape::Rect => (dx.abs() - half_w).max(dy.abs() - half_h),
                    BoxShape::Oval => ((dx / half_w).hypot(dy / half_h) - 1.0) * half_w.min(half_h),
                };
                let on_line = (-line..=0.0).contains(&outside);
                image.put_pixel(x, y, Luma([if on_line { 20 } else { 250 }]));
            }
        }
    }
    image
}

/// The first or second page with marks on it. First byte: which page, and
/// whether it lies upside down.
fn filled_in(layout: &Layout, marks: &[u8]) -> Scan {
    let (choice, marks) = marks.split_first().unwrap_or((&0, &[]));
    let page = &layout.pages[usize::from(choice & 1) % layout.pages.len()];
    let blank = page.reference.as_ref().unwrap();
    let mut image = (*blank.image).clone();
    let (w, h) = image.dimensions();
    for mark in marks.chunks_exact(3).take(64) {
        let at = |share: u8, side: u32| u32::from(share) * side / 256;
        let size = 1 + u32::from(mark[2] & 15);
        dark(
            &mut image,
            at(mark[0], w),
            at(mark[1], h),
            size,
            mark[2] & 0xf0,
        );
    }
    if choice & 2 == 2 {
        image::imageops::rotate180_in_place(&mut image);
    }
    Scan {
        image,
        dpi: None,
        bilevel: false,
    }
}

fn dark(image: &mut GrayImage, x: u32, y: u32, size: u32, level: u8) {
    for y in y..(y + size).min(image.height()) {
        for x in x..(x + size).min(image.width()) {
            image.put_pixel(x, y, Luma([level]));
        }
    }
}
