//! Blocks onto pages, with the head and the foot of each.

use super::block::{Block, round};
use super::draw::{Draw, paragraph};
use super::head;
use super::style::{Styles, inline};
use crate::form::code::MAX_PAGES;
use crate::form::frame;
use crate::form::text::{Align, Face, Paragraph, Piece, Style};
use crate::form::{Form, FormError, Language, PageLayout};

/// Most that a gap between items grows to fill a page, mm: more would tear the
/// form apart.
const MOST_STRETCH_MM: f64 = 3.2;

/// Kept free above the foot when gaps grow, mm: the last item stands off.
const BOTTOM_MM: f64 = 2.5;

/// What a block's lowest line may reach below the block, mm: half of a grid's
/// border. On a page filled to the last hundredth of a millimetre it once stood
/// in the quiet zone of the code below.
const OVERHANG_MM: f64 = 0.1;

/// A block on its page.
struct Placed {
    y: f64,
    /// The gap above it may grow.
    stretches: bool,
    /// The head of its grid stands above it.
    with_header: bool,
    block: Block,
}

/// Puts blocks on pages; returns each page's layout and drawings.
///
/// # Errors
/// [`FormError::Mistake`] for what is higher than a page or beyond the last.
pub(crate) fn paginate(
    form: &Form,
    styles: &Styles,
    blocks: Vec<Block>,
) -> Result<Vec<(PageLayout, Vec<Draw>)>, FormError> {
    let end = frame::content(form.paper.size()).max_y();
    let bottom = end - OVERHANG_MM;
    let first = head::first(form, styles)?;
    let running = head::running(form, styles)?;
    let mut pages: Vec<Vec<Placed>> = vec![Vec::new()];
    let mut y = first.bottom;
    for mut blocks in chain(blocks) {
        let page = pages.last().map_or(&[][..], Vec::as_slice);
        let must_break = blocks[0].break_before && !page.is_empty();
        if must_break || y + height(&blocks, page.last()) > bottom {
            if !page.is_empty() {
                pages.push(Vec::new());
                y = running.bottom;
            }
            if y + height(&blocks, None) > bottom {
                if blocks.len() > 1 {
                    // Together they are higher than a page: one by one then.
                    let rest = blocks.split_off(1);
                    if y + height(&blocks, None) <= bottom {
                        place(&mut pages, &mut y, blocks);
                        for block in rest {
                            let page = pages.last().map_or(&[][..], Vec::as_slice);
                            let one = vec![block];
                            if y + height(&one, page.last()) > bottom {
                                pages.push(Vec::new());
                                y = running.bottom;
                            }
                            if y + height(&one, None) > bottom {
                                return Err(too_high(form, &one[0]));
                            }
                            place(&mut pages, &mut y, one);
                        }
                        continue;
                    }
                }
                return Err(too_high(form, &blocks[0]));
            }
        }
        place(&mut pages, &mut y, blocks);
    }
    let total = pages.len() as u32;
    if total > MAX_PAGES {
        return Err(form.mistake(
            form.at,
            format!("the form has {total} pages"),
            format!("shorten it to at most {MAX_PAGES}"),
        ));
    }
    let mut out = Vec::with_capacity(pages.len());
    for (i, mut page) in pages.into_iter().enumerate() {
        stretch(&mut page, end);
        let number = i as u32 + 1;
        let head = if i == 0 { &first } else { &running };
        let mut draws = head.draws.clone();
        draws.extend(foot(form, styles, number, total)?);
        out.push(finish(form, number, page, draws));
    }
    Ok(out)
}

fn too_high(form: &Form, block: &Block) -> FormError {
    form.mistake(
        block.at,
        "this item is higher than a page",
        "shorten it, or split it into several",
    )
}

/// Blocks that must stand together, with the one they stand above.
fn chain(blocks: Vec<Block>) -> Vec<Vec<Block>> {
    let mut chains: Vec<Vec<Block>> = Vec::new();
    let mut open = false;
    for block in blocks {
        let keep = block.keep_with_next;
        match chains.last_mut() {
            Some(last) if open && !block.break_before => last.push(block),
            _ => chains.push(vec![block]),
        }
        open = keep;
    }
    chains
}

fn needs_header(block: &Block, before: Option<&Block>) -> bool {
    block.header.is_some() && before.map(|b| &b.header) != Some(&block.header)
}

/// Height of these blocks after the one before them.
fn height(blocks: &[Block], before: Option<&Placed>) -> f64 {
    let mut before = before.map(|p| &p.block);
    let mut sum = 0.0;
    for block in blocks {
        if before.is_some() {
            sum += gap(block, before);
        }
        if let Some(header) = block
            .header
            .as_ref()
            .filter(|_| needs_header(block, before))
        {
            sum += header.height;
        }
        sum += block.height;
        before = Some(block);
    }
    sum
}

/// Room above a block. What follows the rows of a grid stands off like any
/// other item, and so does a grid's head.
fn gap(block: &Block, before: Option<&Block>) -> f64 {
    /// Above the head of a grid, mm.
    const ABOVE_HEADER_MM: f64 = 1.2;
    match before {
        Some(b) if needs_header(block, Some(b)) => block.space_before.max(ABOVE_HEADER_MM),
        _ => block.space_before,
    }
}

fn place(pages: &mut [Vec<Placed>], y: &mut f64, blocks: Vec<Block>) {
    let Some(page) = pages.last_mut() else { return };
    for block in blocks {
        let before = page.last().map(|p| &p.block);
        let with_header = needs_header(&block, before);
        let space = if before.is_some() {
            gap(&block, before)
        } else {
            0.0
        };
        let stretches = before.is_some() && block.space_before > 0.0;
        *y += space;
        let top = *y;
        if let Some(header) = block.header.as_ref().filter(|_| with_header) {
            *y += header.height;
        }
        *y += block.height;
        page.push(Placed {
            y: top,
            stretches,
            with_header,
            block,
        });
    }
}

/// Shares what is left at the bottom among the gaps.
fn stretch(page: &mut [Placed], bottom: f64) {
    let end = page.last().map_or(bottom, |p| {
        let header = p.block.header.as_ref().filter(|_| p.with_header);
        p.y + header.map_or(0.0, |h| h.height) + p.block.height
    });
    let gaps = page.iter().filter(|p| p.stretches).count();
    if gaps == 0 {
        return;
    }
    let each = ((bottom - BOTTOM_MM - end) / gaps as f64).clamp(0.0, MOST_STRETCH_MM);
    let mut shift = 0.0;
    for placed in page {
        if placed.stretches {
            shift += each;
        }
        placed.y += shift;
    }
}

fn finish(
    form: &Form,
    number: u32,
    page: Vec<Placed>,
    mut draws: Vec<Draw>,
) -> (PageLayout, Vec<Draw>) {
    let size = form.paper.size();
    let left = frame::content(size).origin.x;
    let mut all = Block::default();
    for placed in page {
        let mut y = placed.y;
        let header = placed.block.header.clone().filter(|_| placed.with_header);
        if let Some(header) = header {
            let moved = header.draws.iter().map(|d| d.clone().moved(left, y));
            draws.extend(moved);
            y += header.height;
        }
        all.absorb(placed.block, left, y);
    }
    draws.extend(all.draws);
    let layout = PageLayout {
        page: number,
        size,
        boxes: all.boxes,
        anchors: frame::anchors(size),
        codes: frame::codes(size),
        areas: all.areas,
        ink: draws
            .iter()
            .flat_map(Draw::ink)
            .map(|r| round(&r))
            .collect(),
        words: draws.iter().flat_map(Draw::words).collect(),
        reference: None,
    };
    (layout, draws)
}

/// Beside the lower code: thanks or "please turn over", what the line of
/// characters is, the page's number.
fn foot(form: &Form, styles: &Styles, number: u32, total: u32) -> Result<Vec<Draw>, FormError> {
    let paper = form.paper.size();
    let line = frame::text_line(paper);
    let left = line.origin.x;
    let right = frame::content(paper).max_x();
    let vietnamese = form.languages[0] == Language::Vi;
    let both = form.languages.len() > 1;
    let mut draws = Vec::new();

    let caption = match (vietnamese, both) {
        (true, false) => "Mã phiếu, chỉ để máy đọc; không cho biết ai trả lời",
        (true, true) => {
            "Mã phiếu, không cho biết ai trả lời / Sheet code, does not tell who answers"
        }
        (false, _) => "Sheet code, for the machine; it does not tell who answers",
    };
    let small = Style::new(Face::Regular, styles.foot);
    let place = match (vietnamese, total) {
        (true, _) => format!("Trang {number}/{total}"),
        (false, _) => format!("Page {number}/{total}"),
    };
    let place = Paragraph::set(
        &[Piece::new(Style::new(Face::Bold, styles.foot + 1.0), place)],
        right - left,
        Align::Left,
    )?;
    let caption = Paragraph::set(
        &[Piece::new(small, caption)],
        right - left - place.width() - 3.0,
        Align::Left,
    )?;
    let y = line.origin.y - 0.4 - caption.height();
    draws.extend(paragraph(&caption, left, y));
    let place_x = right - place.width();
    // On the baseline of the caption.
    let place_y =
        y + caption.ascent + (caption.lines.len() - 1) as f64 * caption.pitch - place.ascent;
    draws.extend(paragraph(&place, place_x, place_y));

    let words = if number == total {
        form.closing
            .as_ref()
            .map(|text| inline(text, Face::Bold, styles.heading))
    } else {
        let style = Style::new(Face::Italic, styles.small);
        let text = match (vietnamese, both) {
            (true, false) => "Xin xem tiếp trang sau",
            (true, true) => "Xin xem tiếp trang sau / Please continue on the next page",
            (false, _) => "Please continue on the next page",
        };
        Some(vec![Piece::new(style, text)])
    };
    if let Some(pieces) = words {
        let p = Paragraph::set(&pieces, right - left, Align::Centre)?;
        // Between the top of the code and the caption.
        let top = paper.height - frame::QR_INSET_MM - frame::QR_MM - 0.8;
        let free = y - top - p.height();
        if free < 0.0 {
            return Err(form.mistake(
                form.at,
                "the closing words do not fit into the foot of the page",
                "shorten `closing`",
            ));
        }
        let start = top + free / 2.0;
        // Centred under the form rather than in the foot, as far as the code
        // at the left lets it.
        let middle = f64::midpoint(frame::content(paper).origin.x, right);
        let x = (middle - (right - left) / 2.0)
            .max(left - ((right - left) - p.width()) / 2.0)
            .min(left);
        draws.extend(paragraph(&p, x, start));
    }
    Ok(draws)
}
