//! Baseline JPEG, the only kind that scanners write, to gray: as zune-jpeg
//! decodes it, pixel for pixel, in two thirds of the time.
//!
//! Only files that are in perfect order are decoded here. For anything else
//! ([`decode`] says `None`) there is zune-jpeg, which knows what is harmless
//! and what damage.

use fearless_simd::{Level, Simd, dispatch};

use super::huffman::{Bits, Table, ZIGZAG};
use super::idct;

/// Units whose coefficients are read before any of them is transformed: what
/// the processor has just written in small pieces it cannot yet load at once.
const AT_ONCE: usize = 16;

/// A decoded page.
pub(super) struct Decoded {
    pub width: u16,
    pub height: u16,
    /// The only component, or the first of three.
    pub pixels: Vec<u8>,
}

/// One component of a scan.
struct Component<'a> {
    /// Blocks across and down in a unit.
    size: (usize, usize),
    /// Steps of quantization, row by row.
    steps: &'a [i16; 64],
    mean: &'a Table,
    rest: &'a Table,
}

/// What the segments say.
#[derive(Default)]
struct Header {
    frame: Option<Frame>,
    steps: [Option<[i16; 64]>; 4],
    means: [Option<Box<Table>>; 4],
    rests: [Option<Box<Table>>; 4],
    /// Units between restarts; 0 without.
    interval: usize,
}

struct Frame {
    width: u16,
    height: u16,
    components: Vec<FrameComponent>,
}

struct FrameComponent {
    id: u8,
    size: (usize, usize),
    steps: usize,
}

fn word(data: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(*data.get(at..)?.first_chunk()?))
}

impl Header {
    /// Reads the segments up to the first scan; gives the scan's segment and
    /// where its data begin.
    fn read<'a>(&mut self, data: &'a [u8]) -> Option<(&'a [u8], usize)> {
        let mut at = 2;
        loop {
            if *data.get(at)? != 0xFF {
                return None;
            }
            let marker = *data.get(at + 1)?;
            let length = usize::from(word(data, at + 2)?);
            let end = at + 2 + length;
            let segment = data.get(at + 4..end)?;
            match marker {
                0xDA => return Some((segment, end)),
                0xDB => self.quantization(segment)?,
                0xC0 | 0xC1 if self.frame.is_none() => self.frame = Some(Frame::read(segment)?),
                0xC4 => self.huffman(segment)?,
                0xDD => self.interval = usize::from(word(segment, 0)?),
                // Who made it, and what for.
                0xE0..=0xEF | 0xFE => {}
                _ => return None,
            }
            at = end;
        }
    }

    fn quantization(&mut self, mut segment: &[u8]) -> Option<()> {
        while let Some((&id, rest)) = segment.split_first() {
            // A high half that is not 0 means steps of 16 bits.
            let steps = self.steps.get_mut(usize::from(id))?;
            let (coded, rest) = rest.split_first_chunk::<64>()?;
            let mut rows = [0; 64];
            for (&place, &step) in ZIGZAG.iter().zip(coded) {
                rows[usize::from(place)] = i16::from(step);
            }
            *steps = Some(rows);
            segment = rest;
        }
        Some(())
    }

    fn huffman(&mut self, mut segment: &[u8]) -> Option<()> {
        while let Some((&id, rest)) = segment.split_first() {
            let (counts, rest) = rest.split_first_chunk::<16>()?;
            let codes: usize = counts.iter().map(|c| usize::from(*c)).sum();
            let (symbols, rest) = rest.split_at_checked(codes)?;
            let tables = match id >> 4 {
                0 => &mut self.means,
                1 => &mut self.rests,
                _ => return None,
            };
            *tables.get_mut(usize::from(id & 15))? =
                Some(Table::new(counts, symbols, id >> 4 == 0)?);
            segment = rest;
        }
        Some(())
    }

    /// The components of a scan that has them all.
    fn components(&self, scan: &[u8]) -> Option<Vec<Component<'_>>> {
        let frame = self.frame.as_ref()?;
        let count = frame.components.len();
        let (&stated, rest) = scan.split_first()?;
        let (selectors, spectrum) = rest.split_at_checked(2 * count)?;
        if usize::from(stated) != count || spectrum != [0, 63, 0] {
            return None;
        }
        let components: Option<Vec<Component>> = frame
            .components
            .iter()
            .zip(selectors.as_chunks::<2>().0)
            .map(|(component, &[id, tables])| {
                (id == component.id).then_some(())?;
                Some(Component {
                    // Alone, a component has units of one block.
                    size: if count == 1 { (1, 1) } else { component.size },
                    steps: self.steps.get(component.steps)?.as_ref()?,
                    mean: self.means.get(usize::from(tables >> 4))?.as_deref()?,
                    rest: self.rests.get(usize::from(tables & 15))?.as_deref()?,
                })
            })
            .collect();
        components
    }
}

impl Frame {
    fn read(segment: &[u8]) -> Option<Self> {
        let (head, components) = segment.split_at_checked(6)?;
        let [bits, _, _, _, _, count] = *head.first_chunk()?;
        let components: Vec<FrameComponent> = components
            .chunks(3)
            .map(|c| {
                let &[id, size, steps] = c.first_chunk()?;
                Some(FrameComponent {
                    id,
                    size: (usize::from(size >> 4), usize::from(size & 15)),
                    steps: usize::from(steps),
                })
            })
            .collect::<Option<_>>()?;
        let first = components.first()?.size;
        // The first is what becomes the page: it must not be the coarser one.
        let fine = components
            .iter()
            .all(|c| (1..=first.0).contains(&c.size.0) && (1..=first.1).contains(&c.size.1));
        let known = bits == 8
            && matches!(count, 1 | 3)
            && usize::from(count) == components.len()
            && fine
            && first.0 <= 4
            && first.1 <= 4;
        known.then_some(Self {
            height: word(head, 1)?,
            width: word(head, 3)?,
            components,
        })
    }
}

/// Decodes the first component of a baseline JPEG of one or three components.
/// `None` for everything that is out of the ordinary or damaged.
///
/// The caller bounds the size that the header states.
pub(super) fn decode(data: &[u8]) -> Option<Decoded> {
    let mut header = Header::default();
    let (scan, start) = header.read(data)?;
    let components = header.components(scan)?;
    let frame = header.frame.as_ref()?;
    let (width, height) = (usize::from(frame.width), usize::from(frame.height));
    let (h, v) = components.first()?.size;
    let (across, down) = (width.div_ceil(8 * h), height.div_ceil(8 * v));
    let units = across * down;
    let every = match header.interval {
        0 => units,
        interval => interval,
    };
    if units == 0 {
        return None;
    }
    let coded = Coded::new(data.get(start..)?)?;
    if coded.pieces.len() != units.div_ceil(every) {
        return None;
    }
    let scan = Scan {
        components: &components,
        coded: &coded,
        size: (width, height),
        units: (across, down),
        every,
    };
    let level = Level::new();
    let pixels = dispatch!(level, simd => scan.decode(simd))?;
    Some(Decoded {
        width: frame.width,
        height: frame.height,
        pixels,
    })
}

struct Scan<'a> {
    components: &'a [Component<'a>],
    coded: &'a Coded,
    size: (usize, usize),
    units: (usize, usize),
    /// Units between restarts.
    every: usize,
}

impl Scan<'_> {
    #[inline(always)]
    fn decode<S: Simd>(&self, simd: S) -> Option<Vec<u8>> {
        let (first, others) = self.components.split_first()?;
        let (h, v) = first.size;
        let (across, down) = self.units;
        let stride = across * 8 * h;
        let (width, height) = self.size;
        // A row of units, and from it the page, which is touched only once.
        let mut strip = vec![0u8; stride * 8 * v];
        let mut pixels = Vec::with_capacity(width * height);
        let mut blocks = vec![([0i16; 64], 0usize); AT_ONCE * h * v];
        let mut pieces = self.coded.pieces.iter();
        let mut bits = Bits::new(&[], 0);
        let (mut end, mut left, mut mean) = (0, 0, 0i32);
        for row in 0..down {
            for start in (0..across).step_by(AT_ONCE) {
                let units = AT_ONCE.min(across - start);
                let blocks = blocks.get_mut(..units * h * v)?;
                for unit in blocks.chunks_exact_mut(h * v) {
                    if left == 0 {
                        if !ended(&bits, end) {
                            return None;
                        }
                        let piece = pieces.next()?;
                        bits = Bits::new(&self.coded.bytes, piece.start);
                        (end, left, mean) = (piece.end, self.every, 0);
                    }
                    left -= 1;
                    for (block, last) in unit {
                        mean += i32::from(bits.mean(first.mean)?);
                        block[0] = i16::try_from(mean).ok().filter(|m| *m != i16::MIN)?;
                        *last = bits.rest(first.rest, |k, value| {
                            block[usize::from(ZIGZAG[k & 63]) & 63] = value;
                        })?;
                    }
                    for other in others {
                        for _ in 0..other.size.0 * other.size.1 {
                            bits.mean(other.mean)?;
                            bits.rest(other.rest, |_, _| {})?;
                        }
                    }
                }
                for (i, (block, last)) in blocks.iter_mut().enumerate() {
                    let (unit, y, x) = (start + i / (h * v), i / h % v, i % h);
                    let out = idct::transform(simd, block, first.steps, *last);
                    *block = [0; 64];
                    let to = strip.get_mut(y * 8 * stride + (unit * h + x) * 8..)?;
                    for (to, row) in to.chunks_mut(stride).zip(&out) {
                        to.first_chunk_mut::<8>()?.copy_from_slice(row);
                    }
                }
            }
            // Beyond the end there are only zeros: no need to go on.
            if bits.used() > end * 8 {
                return None;
            }
            let rows = strip.chunks_exact(stride).take(height - row * 8 * v);
            for line in rows {
                pixels.extend_from_slice(line.get(..width)?);
            }
        }
        ended(&bits, end).then_some(pixels)
    }
}

/// Has all been read but the bits that fill the last byte?
fn ended(bits: &Bits, end: usize) -> bool {
    (bits.used()..bits.used() + 8).contains(&(end * 8))
}

/// The entropy-coded bytes without what is stuffed between them.
struct Coded {
    bytes: Vec<u8>,
    /// The pieces between restarts, with a gap after each.
    pieces: Vec<std::ops::Range<usize>>,
}

impl Coded {
    /// Room after each piece, so that its last bits can be loaded eight bytes
    /// at a time.
    const GAP: [u8; 8] = [0; 8];

    /// Reads up to the end of the image, which must follow.
    fn new(data: &[u8]) -> Option<Self> {
        let mut bytes = Vec::with_capacity(data.len() + Self::GAP.len());
        let mut pieces = Vec::new();
        let (mut rest, mut start) = (data, 0);
        loop {
            // Most stretches are without a marker: no early end, so that all
            // are compared at once.
            while let Some((chunk, after)) = rest.split_first_chunk::<32>() {
                if chunk.iter().fold(0, |any, b| any | u8::from(*b == 0xFF)) != 0 {
                    break;
                }
                bytes.extend_from_slice(chunk);
                rest = after;
            }
            let marker = rest.iter().position(|b| *b == 0xFF)?;
            let (plain, after) = rest.split_at(marker);
            bytes.extend_from_slice(plain);
            let code = *after.get(1)?;
            rest = &after[2..];
            if code == 0 {
                bytes.push(0xFF);
                continue;
            }
            let restart = usize::from(code).checked_sub(0xD0).filter(|n| *n < 8);
            if restart.is_some_and(|n| n != pieces.len() % 8) {
                return None;
            }
            pieces.push(start..bytes.len());
            bytes.extend(Self::GAP);
            start = bytes.len();
            match (restart, code) {
                (Some(_), _) => {}
                (None, 0xD9) => return Some(Self { bytes, pieces }),
                _ => return None,
            }
        }
    }
}
