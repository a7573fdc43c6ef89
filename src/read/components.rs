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

/// Regions of the pixels of a row-major mask that are not 0.
pub(crate) fn regions(width: u32, height: u32, touch: Touch, mask: &[u8]) -> Vec<Component> {
    let reach = u32::from(touch == Touch::Corners);
    let mut found: Vec<Component> = Vec::new();
    let mut parent: Vec<u32> = Vec::new();
    // Runs of the row above and of this row: start, end (exclusive), label.
    let mut above: Vec<(u32, u32, u32)> = Vec::new();
    let mut current: Vec<(u32, u32, u32)> = Vec::new();
    if width == 0 {
        return found;
    }
    for (y, row) in (0..height).zip(mask.chunks_exact(width as usize)) {
        current.clear();
        let mut first_above = 0;
        let mut x = 0;
        while let Some(start) = next_set(row, x) {
            let length = row[start..].iter().position(|&m| m == 0);
            let end = length.map_or(row.len(), |n| start + n);
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

/// First pixel from `from` on that is not 0. Nearly all of a page is paper:
/// eight pixels of it are passed at a time.
fn next_set(row: &[u8], from: usize) -> Option<usize> {
    let rest = row.get(from..)?;
    let (eights, _) = rest.as_chunks::<8>();
    let paper = eights
        .iter()
        .take_while(|e| u64::from_ne_bytes(**e) == 0)
        .count();
    let skipped = paper * 8;
    let at = rest[skipped..].iter().position(|&m| m != 0)?;
    Some(from + skipped + at)
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
        for start in 0..40 {
            for end in start + 1..=40 {
                let mut row = [0u8; 40];
                row[start..end].fill(1);
                let c = regions(40, 1, Touch::Corners, &row);
                assert_eq!(
                    (c.len(), c[0].x0, c[0].x1),
                    (1, start as u32, end as u32 - 1)
                );
            }
        }
        assert!(regions(40, 1, Touch::Corners, &[0; 40]).is_empty());
        assert!(regions(0, 3, Touch::Corners, &[]).is_empty());
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
