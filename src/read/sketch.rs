//! A sketch of what a pen left in the marked boxes of a page: small enough to be
//! kept with the page, enough to tell whether two images show the same paper.
//!
//! Nobody draws the same cross twice. The inside of each marked box is reduced
//! to [`SIDE`] by [`SIDE`] cells, in the frame of the box itself, so that skew,
//! resolution and shift of the scan are gone; two sketches are compared box by
//! box by normalised correlation, which does not see brightness and contrast.
//! The figures are in `docs/batches.md`, measured by `tests/seen_twice.rs`.

use image::GrayImage;

use super::reading::{MarkState, PageReading, Status};

/// Cells a side. A box of 4 mm gives cells of 0.28 mm, about a pen's line: finer
/// ones would compare the noise.
pub const SIDE: usize = 12;

/// Half of the part of the box that is looked at, in widths of the box: without
/// the printed outline, which all papers have.
const REACH: f32 = 0.42;

/// Looks in each direction of a cell.
const LOOKS: usize = 3;

/// Cells by which two clips may lie apart. The box is found to about 0.1 mm on
/// each scan.
const SHIFT: isize = 1;

/// Marked boxes that are kept of a page: more prove nothing that these do not.
const MOST: usize = 32;

/// Least scatter of a clip's cells (standard deviation, gray levels) that is a
/// picture of anything: an evenly filled box looks like each other one.
const LEAST_SCATTER: f32 = 8.0;

/// What the pen left in the marked boxes of a page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sketch {
    clips: Vec<Clip>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Clip {
    /// Place of the box in the layout's order.
    at: u16,
    cells: Vec<u8>,
}

/// How like each other two sketches are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Likeness {
    /// Boxes that could be compared.
    pub boxes: usize,
    /// Mean of their correlations, -1 to 1.
    pub mean: f32,
}

impl Likeness {
    /// Is it so like that a person must look whether it is the same paper?
    ///
    /// Limits: see `docs/batches.md`.
    #[must_use]
    pub fn is_suspect(self) -> bool {
        let least = if self.boxes < MANY_BOXES {
            LEAST_MEAN_OF_FEW
        } else {
            LEAST_MEAN
        };
        self.boxes >= LEAST_BOXES && self.mean >= least
    }
}

/// Fewer marked boxes do not tell two papers apart well enough.
pub const LEAST_BOXES: usize = 3;

/// From so many boxes on chance hardly makes all of them alike.
pub const MANY_BOXES: usize = 5;

/// Least mean correlation of [`MANY_BOXES`] or more: rescans of the hard level go
/// down to 0.7, other people's papers stayed below 0.80.
pub const LEAST_MEAN: f32 = 0.80;

/// The same for fewer boxes: other people's papers stayed below 0.90, rescans were
/// above 0.95.
pub const LEAST_MEAN_OF_FEW: f32 = 0.90;

impl Sketch {
    /// Of a page that was read; empty where it was not.
    #[must_use]
    pub fn of(image: &GrayImage, reading: &PageReading) -> Self {
        if reading.status == Status::Unreadable {
            return Self::default();
        }
        let marked = reading
            .marks
            .iter()
            .enumerate()
            .filter(|(_, m)| m.state == MarkState::Marked);
        let clips = marked
            .filter_map(|(at, m)| {
                Some(Clip {
                    at: u16::try_from(at).ok()?,
                    cells: cells(image, &m.corners_px),
                })
            })
            .take(MOST)
            .collect();
        Self { clips }
    }

    /// Nothing to compare.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.clips.is_empty()
    }

    /// As bytes, to be kept.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.clips.len() * (2 + SIDE * SIDE));
        for clip in &self.clips {
            out.extend(clip.at.to_le_bytes());
            out.extend(&clip.cells);
        }
        out
    }

    /// Out of the bytes; what is left over at the end is ignored.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let clips = bytes
            .chunks_exact(2 + SIDE * SIDE)
            .filter_map(|piece| {
                let (at, cells) = piece.split_first_chunk::<2>()?;
                Some(Clip {
                    at: u16::from_le_bytes(*at),
                    cells: cells.to_vec(),
                })
            })
            .collect();
        Self { clips }
    }

    /// Compares the boxes that are marked in both.
    #[must_use]
    pub fn likeness(&self, other: &Self) -> Likeness {
        let mut sum = 0.0;
        let mut boxes = 0;
        for clip in &self.clips {
            let twin = other.clips.iter().find(|c| c.at == clip.at);
            if let Some(r) = twin.and_then(|twin| correlation(&clip.cells, &twin.cells)) {
                sum += r;
                boxes += 1;
            }
        }
        Likeness {
            boxes,
            mean: if boxes == 0 { 0.0 } else { sum / boxes as f32 },
        }
    }
}

/// Mean gray of each cell of the box between these corners.
fn cells(image: &GrayImage, corners: &[[f32; 2]; 4]) -> Vec<u8> {
    let step = 2.0 * REACH / (SIDE * LOOKS) as f32;
    let place = |i: usize| 0.5 - REACH + (i as f32 + 0.5) * step;
    let mut out = Vec::with_capacity(SIDE * SIDE);
    for row in 0..SIDE {
        for column in 0..SIDE {
            let mut sum = 0.0;
            for (j, i) in (0..LOOKS).flat_map(|j| (0..LOOKS).map(move |i| (j, i))) {
                let (u, v) = (place(column * LOOKS + i), place(row * LOOKS + j));
                sum += gray_at(image, between(corners, u, v));
            }
            out.push((sum / (LOOKS * LOOKS) as f32 + 0.5) as u8);
        }
    }
    out
}

/// The point at (u, v) of the quadrangle, 0 to 1 from its top left corner.
fn between(c: &[[f32; 2]; 4], u: f32, v: f32) -> [f32; 2] {
    [0, 1].map(|k| {
        let top = c[0][k] + (c[1][k] - c[0][k]) * u;
        let bottom = c[3][k] + (c[2][k] - c[3][k]) * u;
        top + (bottom - top) * v
    })
}

/// Bilinear; white outside of the image.
fn gray_at(image: &GrayImage, [x, y]: [f32; 2]) -> f32 {
    let (left, top) = ((x - 0.5).floor(), (y - 0.5).floor());
    let (fx, fy) = (x - 0.5 - left, y - 0.5 - top);
    let pixel = |dx: f32, dy: f32| {
        let (x, y) = (left + dx, top + dy);
        if x < 0.0 || y < 0.0 {
            return 255.0;
        }
        image
            .get_pixel_checked(x as u32, y as u32)
            .map_or(255.0, |p| f32::from(p.0[0]))
    };
    let upper = pixel(0.0, 0.0) * (1.0 - fx) + pixel(1.0, 0.0) * fx;
    let lower = pixel(0.0, 1.0) * (1.0 - fx) + pixel(1.0, 1.0) * fx;
    upper * (1.0 - fy) + lower * fy
}

/// The best normalised correlation over small shifts; `None` where one of them
/// shows nothing.
fn correlation(a: &[u8], b: &[u8]) -> Option<f32> {
    let mut best: Option<f32> = None;
    for (dy, dx) in (-SHIFT..=SHIFT).flat_map(|dy| (-SHIFT..=SHIFT).map(move |dx| (dy, dx))) {
        let r = shifted(a, b, dx, dy)?;
        best = Some(best.map_or(r, |b| b.max(r)));
    }
    best
}

fn shifted(a: &[u8], b: &[u8], dx: isize, dy: isize) -> Option<f32> {
    let (mut n, mut sa, mut sb) = (0.0f32, 0.0f32, 0.0f32);
    let (mut saa, mut sbb, mut sab) = (0.0f32, 0.0f32, 0.0f32);
    for y in 0..SIDE {
        for x in 0..SIDE {
            let (Some(p), Some(q)) = (x.checked_add_signed(dx), y.checked_add_signed(dy)) else {
                continue;
            };
            if p >= SIDE || q >= SIDE {
                continue;
            }
            let (Some(u), Some(v)) = (a.get(y * SIDE + x), b.get(q * SIDE + p)) else {
                continue;
            };
            let (u, v) = (f32::from(*u), f32::from(*v));
            n += 1.0;
            sa += u;
            sb += v;
            saa += u * u;
            sbb += v * v;
            sab += u * v;
        }
    }
    if n == 0.0 {
        return None;
    }
    let (va, vb) = (saa / n - (sa / n) * (sa / n), sbb / n - (sb / n) * (sb / n));
    let least = LEAST_SCATTER * LEAST_SCATTER;
    if va < least || vb < least {
        return None;
    }
    Some((sab / n - (sa / n) * (sb / n)) / (va * vb).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sketch(seed: u8) -> Sketch {
        let clip = |at: u16| {
            let mut cells = vec![0; SIDE * SIDE];
            let mut hasher = blake3::Hasher::new();
            hasher.update(&[seed, at as u8]);
            hasher.finalize_xof().fill(&mut cells);
            Clip { at, cells }
        };
        Sketch {
            clips: (0..5).map(clip).collect(),
        }
    }

    #[test]
    fn a_sketch_is_like_itself_and_comes_back_out_of_its_bytes() {
        let one = sketch(1);
        assert_eq!(Sketch::from_bytes(&one.to_bytes()), one);
        assert!(Sketch::from_bytes(&[1, 2, 3]).is_empty());
        let same = one.likeness(&one);
        assert_eq!(same.boxes, 5);
        assert!(same.mean > 0.999 && same.is_suspect());
        assert!(!one.likeness(&sketch(2)).is_suspect());
    }

    /// An evenly filled box, and a page without marks, prove nothing.
    #[test]
    fn even_boxes_are_no_evidence() {
        let even = Sketch {
            clips: (0..9)
                .map(|at| Clip {
                    at,
                    cells: vec![40; SIDE * SIDE],
                })
                .collect(),
        };
        assert_eq!(even.likeness(&even).boxes, 0);
        assert!(!even.likeness(&even).is_suspect());
        assert!(!Sketch::default().likeness(&Sketch::default()).is_suspect());
    }
}
