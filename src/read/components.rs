//! Connected dark regions of a small image, by runs and union-find: one pass,
//! no label image.

/// One 8-connected region of dark pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Component {
    /// Number of pixels.
    pub area: u32,
    /// Leftmost column.
    pub x0: u32,
    /// Topmost row.
    pub y0: u32,
    /// Rightmost column, inclusive.
    pub x1: u32,
    /// Bottom row, inclusive.
    pub y1: u32,
    sum: [f64; 2],
    sum2: [f64; 3],
}

impl Component {
    fn of_run(y: u32, start: u32, end: u32) -> Self {
        let n = f64::from(end - start);
        // Pixel centres: start + 0.5 .. end - 0.5.
        let (a, b, yc) = (f64::from(start), f64::from(end), f64::from(y) + 0.5);
        let sx = n * (a + b) / 2.0;
        // Sum of (k + 0.5)^2 for k = a..b, in closed form.
        let cube = |v: f64| v * (4.0 * v * v - 1.0) / 12.0;
        let sxx = cube(b) - cube(a);
        Self {
            area: end - start,
            x0: start,
            y0: y,
            x1: end - 1,
            y1: y,
            sum: [sx, n * yc],
            sum2: [sxx, sx * yc, n * yc * yc],
        }
    }

    fn merge(&mut self, o: &Self) {
        self.area += o.area;
        self.x0 = self.x0.min(o.x0);
        self.y0 = self.y0.min(o.y0);
        self.x1 = self.x1.max(o.x1);
        self.y1 = self.y1.max(o.y1);
        for i in 0..2 {
            self.sum[i] += o.sum[i];
        }
        for i in 0..3 {
            self.sum2[i] += o.sum2[i];
        }
    }

    /// Columns from first to last.
    pub fn width(&self) -> u32 {
        self.x1 - self.x0 + 1
    }

    /// Rows from first to last.
    pub fn height(&self) -> u32 {
        self.y1 - self.y0 + 1
    }

    /// Centre of gravity, px (pixel centres are at half integers).
    pub fn centroid(&self) -> (f64, f64) {
        let n = f64::from(self.area);
        (self.sum[0] / n, self.sum[1] / n)
    }

    /// Central second moments per pixel: xx, xy, yy, px².
    pub fn moments(&self) -> (f64, f64, f64) {
        let n = f64::from(self.area);
        let (cx, cy) = self.centroid();
        // A pixel is a unit square, not a point: its own variance is 1/12.
        let own = 1.0 / 12.0;
        (
            self.sum2[0] / n - cx * cx + own,
            self.sum2[1] / n - cx * cy,
            self.sum2[2] / n - cy * cy + own,
        )
    }
}

/// Which pixels touch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Touch {
    /// Sides and corners: for ink.
    Corners,
    /// Sides only: for the paper that a thin line encloses.
    Sides,
}

/// Regions of the pixels of a row-major mask that are 1; all others are 0.
pub(crate) fn regions(width: u32, height: u32, touch: Touch, mask: &[u8]) -> Vec<Component> {
    let mut rows = mask.chunks_exact(width.max(1) as usize);
    regions_of_bits(width, height, touch, |_, words| match rows.next() {
        Some(row) => pack(row, words),
        None => words.fill(0),
    })
}

/// The same of a mask with a bit a pixel that is made row by row: `fill(y, words)`
/// sets the words of row `y`, in order, pixel 0 in the lowest bit of the first. Bits
/// beyond the width mean nothing.
pub(crate) fn regions_of_bits(
    width: u32,
    height: u32,
    touch: Touch,
    mut fill: impl FnMut(u32, &mut [u64]),
) -> Vec<Component> {
    let reach = u32::from(touch == Touch::Corners);
    let mut found: Vec<Component> = Vec::new();
    let mut parent: Vec<u32> = Vec::new();
    // Runs of the row above and of this row: start, end (exclusive), label.
    let mut above: Vec<(u32, u32, u32)> = Vec::new();
    let mut current: Vec<(u32, u32, u32)> = Vec::new();
    if width == 0 {
        return found;
    }
    let mut bits = Bits {
        words: vec![0; (width as usize).div_ceil(64)],
        width: width as usize,
    };
    for y in 0..height {
        current.clear();
        fill(y, &mut bits.words);
        let mut first_above = 0;
        let mut x = 0;
        while let Some(start) = bits.next(x, 0) {
            let end = bits.next(start, u64::MAX).unwrap_or(bits.width);
            let (start, x_end) = (start as u32, end as u32);
            x = end;
            let mut label = None;
            while first_above < above.len() && above[first_above].1 + reach <= start {
                first_above += 1;
            }
            for &(_, _, l) in above[first_above..]
                .iter()
                .take_while(|r| r.0 < x_end + reach)
            {
                let root = find(&mut parent, l);
                label = Some(match label {
                    None => root,
                    Some(mine) => union(&mut parent, &mut found, mine, root),
                });
            }
            let run = Component::of_run(y, start, x_end);
            let label = match label {
                Some(l) => {
                    found[l as usize].merge(&run);
                    l
                }
                None => {
                    let l = found.len() as u32;
                    found.push(run);
                    parent.push(l);
                    l
                }
            };
            current.push((start, x_end, label));
        }
        std::mem::swap(&mut above, &mut current);
    }
    (0..found.len())
        .filter(|&i| parent[i] as usize == i)
        .map(|i| found[i])
        .collect()
}

/// Packs a row of a mask, a byte a pixel, into bits.
fn pack(row: &[u8], words: &mut [u64]) {
    for (word, pixels) in words.iter_mut().zip(row.chunks(64)) {
        *word = 0;
        let (eights, rest) = pixels.as_chunks::<8>();
        for (i, eight) in eights.iter().enumerate() {
            // Moves the lowest bit of each byte to the top byte, in order.
            let eight = u64::from_le_bytes(*eight) & 0x0101_0101_0101_0101;
            *word |= (eight.wrapping_mul(0x0102_0408_1020_4080) >> 56) << (8 * i);
        }
        for (i, m) in rest.iter().enumerate() {
            *word |= u64::from(*m & 1) << (8 * eights.len() + i);
        }
    }
}

/// A row of a mask, a bit a pixel, so that runs of any length are passed in a
/// few steps.
struct Bits {
    words: Vec<u64>,
    width: usize,
}

impl Bits {
    /// First pixel from `from` on that is set, or with all ones as `flip` that
    /// is not.
    fn next(&self, from: usize, flip: u64) -> Option<usize> {
        let (first, words) = self.words.get(from / 64..)?.split_first()?;
        let left = (first ^ flip) >> (from % 64);
        let at = if left != 0 {
            from + left.trailing_zeros() as usize
        } else {
            let k = words.iter().position(|w| w ^ flip != 0)?;
            (from / 64 + 1 + k) * 64 + (words[k] ^ flip).trailing_zeros() as usize
        };
        (at < self.width).then_some(at)
    }
}

fn find(parent: &mut [u32], mut l: u32) -> u32 {
    while parent[l as usize] != l {
        parent[l as usize] = parent[parent[l as usize] as usize];
        l = parent[l as usize];
    }
    l
}

fn union(parent: &mut [u32], found: &mut [Component], a: u32, b: u32) -> u32 {
    if a == b {
        return a;
    }
    let (keep, gone) = (a.min(b), a.max(b));
    parent[gone as usize] = keep;
    let other = found[gone as usize];
    found[keep as usize].merge(&other);
    keep
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(rows: &[&str]) -> Vec<Component> {
        let w = rows[0].len();
        let flat: Vec<u8> = rows
            .iter()
            .flat_map(|r| r.bytes().map(|b| u8::from(b == b'#')))
            .collect();
        regions(w as u32, rows.len() as u32, Touch::Corners, &flat)
    }

    #[test]
    fn joins_arms_that_meet_below() {
        let c = of(&["#..#..#", "#..#..#", "#######", ".......", "#......"]);
        assert_eq!(c.len(), 2);
        assert_eq!((c[0].area, c[0].width(), c[0].height()), (13, 7, 3));
        assert_eq!(c[1].area, 1);
    }

    #[test]
    fn runs_in_long_rows_are_found_wherever_they_begin() {
        // Two words of 64 and a part of a third.
        for start in 0..140 {
            for end in start + 1..=140 {
                let mut row = [0u8; 140];
                row[start..end].fill(1);
                let c = regions(140, 1, Touch::Corners, &row);
                assert_eq!(
                    (c.len(), c[0].x0, c[0].x1),
                    (1, start as u32, end as u32 - 1)
                );
            }
        }
        assert!(regions(140, 1, Touch::Corners, &[0; 140]).is_empty());
        assert!(regions(0, 3, Touch::Corners, &[]).is_empty());
    }

    #[test]
    fn each_run_of_a_row_is_a_region() {
        let mut dice = 7u32;
        for width in [1u32, 8, 63, 64, 65, 130, 200] {
            let row: Vec<u8> = (0..width)
                .map(|_| {
                    dice = dice.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    u8::from(dice >> 30 != 0)
                })
                .collect();
            let found: Vec<u32> = regions(width, 1, Touch::Corners, &row)
                .iter()
                .flat_map(|c| c.x0..=c.x1)
                .collect();
            let set: Vec<u32> = (0..width).filter(|x| row[*x as usize] == 1).collect();
            assert_eq!(found, set);
        }
    }

    #[test]
    fn diagonal_neighbours_are_one_region() {
        assert_eq!(of(&["#..", ".#.", "..#"]).len(), 1);
        assert_eq!(of(&["..#", ".#.", "#.."]).len(), 1);
    }

    #[test]
    fn moments_of_a_square() {
        let c = of(&["....", ".##.", ".##.", "...."]);
        assert_eq!(c[0].centroid(), (2.0, 2.0));
        let (xx, xy, yy) = c[0].moments();
        assert!(
            (xx - 4.0 / 12.0).abs() < 1e-9 && (yy - 4.0 / 12.0).abs() < 1e-9 && xy.abs() < 1e-9
        );
    }
}
