//! Printing the target as PDF.

use std::sync::Arc;

use krilla::Document;
use krilla::geom::{PathBuilder, Point, Transform};
use krilla::metadata::Metadata;
use krilla::page::PageSettings;
use krilla::paint::Fill;
use krilla::surface::Surface;
use krilla::text::{Font, GlyphId, KrillaGlyph};

use super::CalibrateError;
use super::code::{MOST, Number, encode};
use super::target::{Ruler, SQUARE_MM, Target, paper_name};
use crate::form::FormError;
use crate::form::text::{Face, PT_MM, Run, shape};
use crate::geometry::{MM_PER_INCH, MmPoint, MmRect, MmVector, mm_rect};

/// Points in a millimetre.
const PT_PER_MM: f64 = 72.0 / MM_PER_INCH;
/// Thickness of a ruler's lines, mm: visible in any print, thin enough to lay
/// a ruler's mark on its middle.
const TICK_MM: f64 = 0.25;
/// Baseline to baseline, as a share of the letters' size: the stacked accents
/// of Vietnamese need more than the usual 1.2.
const LEADING: f64 = 1.32;

/// The PDF of `copies` targets, numbered where there are several; a single one
/// has the number of `target`, if any.
///
/// # Errors
/// [`CalibrateError::Copies`] for none or more than 99, [`CalibrateError::Print`]
/// if the PDF cannot be made.
pub fn pdf(target: &Target, copies: u32) -> Result<Vec<u8>, CalibrateError> {
    let of = u8::try_from(copies)
        .ok()
        .filter(|c| (1..=MOST).contains(c))
        .ok_or(CalibrateError::Copies(copies))?;
    let mut document = Document::new();
    document.set_metadata(
        Metadata::new()
            .title(format!(
                "Tờ mẫu kiểm tra máy quét (scanner target) {}",
                paper_name(target.paper)
            ))
            .language("vi".to_owned())
            .creator(concat!("phieu ", env!("CARGO_PKG_VERSION")).to_owned()),
    );
    let pen = Pen::new()?;
    for n in 1..=of {
        let numbered = Target {
            number: if of > 1 {
                Some(Number { n, of })
            } else {
                target.number
            },
            ..*target
        };
        page(&mut document, &pen, &numbered)?;
    }
    document
        .finish()
        .map_err(|e| FormError::Pdf(format!("{e:?}")).into())
}

fn page(document: &mut Document, pen: &Pen, target: &Target) -> Result<(), CalibrateError> {
    let size = target.size();
    let points = |mm: f64| (mm * PT_PER_MM) as f32;
    let settings = PageSettings::from_wh(points(size.width), points(size.height))
        .ok_or_else(|| FormError::Pdf("a page has no size".to_owned()))?;
    let mut page = document.start_page_with(settings);
    let mut surface = page.surface();
    let scale = PT_PER_MM as f32;
    surface.push_transform(&Transform::from_scale(scale, scale));
    let drawn = draw(&mut surface, pen, target);
    // Closed even when something failed: the writer insists.
    surface.pop();
    surface.finish();
    page.finish();
    drawn
}

fn draw(s: &mut Surface<'_>, pen: &Pen, target: &Target) -> Result<(), CalibrateError> {
    for anchor in target.anchors() {
        rect(s, &anchor.rect);
    }
    let half = SQUARE_MM / 2.0;
    for c in target.lattice() {
        rect(s, &mm_rect(c.x - half, c.y - half, SQUARE_MM, SQUARE_MM));
    }
    for bar in target.black_bars() {
        rect(s, &bar);
    }
    for corners in target.slanted() {
        polygon(s, &corners);
    }
    for (_, line) in target.lines() {
        rect(s, &line);
    }
    for bar in target.rulers() {
        ruler(s, &bar);
    }
    let number = target.number.map(encode);
    if let Some(bars) = number {
        for (cell, black) in target.code_cells().iter().zip(bars) {
            if black {
                rect(s, cell);
            }
        }
    }
    words(s, pen, target)
}

/// A line with a tick each centimetre, longer at both ends.
fn ruler(s: &mut Surface<'_>, bar: &Ruler) {
    let along = (bar.to - bar.from) / bar.length_mm();
    let across = MmVector::new(-along.y, along.x);
    let mut line = |from: MmPoint, to: MmPoint, along: MmVector| {
        let side = MmVector::new(-along.y, along.x) * (TICK_MM / 2.0);
        polygon(s, &[from + side, to + side, to - side, from - side]);
    };
    line(bar.from, bar.to, along);
    let ticks = (bar.length_mm() / 10.0).round() as usize;
    for i in 0..=ticks {
        let at = bar.from + along * (10.0 * i as f64);
        let reach = if i == 0 || i == ticks { 3.0 } else { 1.2 };
        line(at - across * reach, at + across * reach, across);
    }
}

fn words(s: &mut Surface<'_>, pen: &Pen, target: &Target) -> Result<(), CalibrateError> {
    let [title, vi, en, under_b, under_code, beside_a] = target.text_zones().map(|z| z.rect);
    let paper = paper_name(target.paper);
    let small = target.size().width < 180.0;
    // The largest sizes at which the longest text fits its band.
    let (head, body) = if small { (9.5, 6.5) } else { (12.0, 7.5) };
    pen.lines(
        s,
        &title,
        &[
            (Face::Bold, head, "TỜ MẪU KIỂM TRA MÁY QUÉT".to_owned()),
            (
                Face::Italic,
                body,
                format!("Scanner target {paper} · phieu calibrate"),
            ),
        ],
    )?;
    pen.lines(
        s,
        &vi,
        &[(
            Face::Regular,
            body,
            format!(
                "1. In trên giấy {paper} trắng, đúng tỷ lệ 100 % (không chọn “vừa trang”), không photocopy. \
                 2. Dùng thước đo từ vạch đầu đến vạch cuối của thước A và B, ghi lại. \
                 3. Quét các tờ này như quét phiếu, ít nhất ba lượt, rồi chạy: \
                 phieu calibrate measure ẢNH… --bar-mm A --bar-b-mm B --out may-quet.toml. \
                 Không viết, không gập tờ này."
            ),
        )],
    )?;
    pen.lines(
        s,
        &en,
        &[(
            Face::Italic,
            body,
            format!(
                "1. Print on white {paper} paper at 100 % (not “fit to page”); do not photocopy. \
                 2. With a ruler, measure bars A and B from first to last tick and write it down. \
                 3. Scan these sheets as you scan ballots, at least three times, then run the command above. \
                 Do not write on this sheet, do not fold it."
            ),
        )],
    )?;
    let [a, b] = target.rulers().map(|r| r.length_mm());
    pen.lines(
        s,
        &under_b,
        &[(
            Face::Regular,
            body,
            format!("Thước B: in đúng thì dài {b:.0} mm (bar B, {b:.0} mm if printed true)"),
        )],
    )?;
    pen.lines(
        s,
        &beside_a,
        &[
            (Face::Bold, body, "A".to_owned()),
            (Face::Regular, body, format!("{a:.0}")),
        ],
    )?;
    if let Some(number) = target.number {
        pen.lines(
            s,
            &under_code,
            &[(
                Face::Regular,
                body,
                format!(
                    "Tờ {}/{} (sheet): nạp đủ các tờ theo thứ tự (feed them all, in order)",
                    number.n, number.of
                ),
            )],
        )?;
    }
    Ok(())
}

/// The fonts as the PDF writer wants them.
struct Pen {
    fonts: Vec<Font>,
}

impl Pen {
    fn new() -> Result<Self, CalibrateError> {
        let fonts = Face::ALL
            .into_iter()
            .map(|face| {
                let shared: Arc<dyn AsRef<[u8]> + Send + Sync> = Arc::new(face.data());
                Font::new(shared.into(), 0).ok_or(FormError::Font(face.name()))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { fonts })
    }

    /// Texts one below the other, each centred and broken where it must be.
    fn lines(
        &self,
        s: &mut Surface<'_>,
        within: &MmRect,
        texts: &[(Face, f64, String)],
    ) -> Result<(), CalibrateError> {
        let mut rows = Vec::new();
        for (face, size, text) in texts {
            rows.extend(wrap(*face, *size, text, within.size.width)?);
        }
        let height: f64 = rows.iter().map(|r| r.size_pt * PT_MM * LEADING).sum();
        if height > within.size.height + 0.01 {
            // Text that ran into the lattice would spoil the measurement.
            return Err(CalibrateError::Text {
                needed_mm: height,
                room_mm: within.size.height,
            });
        }
        let mut y = within.center().y - height / 2.0;
        for run in &rows {
            y += run.size_pt * PT_MM * LEADING;
            let baseline = y - run.size_pt * PT_MM * (LEADING - 1.0);
            let x = within.center().x - run.width / 2.0;
            self.run(s, MmPoint::new(x, baseline), run);
        }
        Ok(())
    }

    fn run(&self, s: &mut Surface<'_>, at: MmPoint, run: &Run) {
        let glyphs: Vec<KrillaGlyph> = run
            .glyphs
            .iter()
            .map(|g| {
                KrillaGlyph::new(
                    GlyphId::new(g.id),
                    g.advance as f32,
                    g.x_offset as f32,
                    g.y_offset as f32,
                    0.0,
                    g.range.clone(),
                    None,
                )
            })
            .collect();
        s.set_stroke(None);
        s.set_fill(Some(Fill::default()));
        s.draw_glyphs(
            Point::from_xy(at.x as f32, at.y as f32),
            &glyphs,
            self.fonts[run.face as usize].clone(),
            &run.text,
            (run.size_pt * PT_MM) as f32,
            false,
        );
    }
}

/// Breaks a text at its blanks.
fn wrap(face: Face, size: f64, text: &str, width: f64) -> Result<Vec<Run>, CalibrateError> {
    let mut rows: Vec<Run> = Vec::new();
    for word in text.split_whitespace() {
        if let Some(last) = rows.last_mut() {
            let longer = shape(face, size, &format!("{} {word}", last.text))?;
            if longer.width <= width {
                *last = longer;
                continue;
            }
        }
        rows.push(shape(face, size, word)?);
    }
    Ok(rows)
}

fn rect(s: &mut Surface<'_>, r: &MmRect) {
    let (a, c) = (r.min(), r.max());
    polygon(s, &[a, MmPoint::new(c.x, a.y), c, MmPoint::new(a.x, c.y)]);
}

fn polygon(s: &mut Surface<'_>, corners: &[MmPoint]) {
    let mut path = PathBuilder::new();
    for (i, p) in corners.iter().enumerate() {
        if i == 0 {
            path.move_to(p.x as f32, p.y as f32);
        } else {
            path.line_to(p.x as f32, p.y as f32);
        }
    }
    path.close();
    if let Some(path) = path.finish() {
        s.set_stroke(None);
        s.set_fill(Some(Fill::default()));
        s.draw_path(&path);
    }
}
