//! From a row of packed samples, as TIFF, PNG and PDF store them, to gray.

/// What the samples of a pixel mean, after each went through its table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Color {
    /// The first sample is the gray level (gray, palette, the Y of YCbCr).
    Single,
    /// Red, green, blue.
    Rgb,
    /// Cyan, magenta, yellow, black; 255 is full ink.
    Cmyk,
}

/// A sample that says how much of the pixel is there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Alpha {
    /// Its place among the samples of a pixel.
    pub index: usize,
    /// Colours are already multiplied by it.
    pub premultiplied: bool,
}

/// How the samples of a row are packed and what they mean.
#[derive(Debug, Clone)]
pub(crate) struct Samples {
    bits: u8,
    per_pixel: usize,
    color: Color,
    /// For each colour sample, its value of 0 to 255 by the stored value (the
    /// high byte of a 16-bit one).
    tables: Vec<[u8; 256]>,
    alpha: Option<Alpha>,
    little_endian: bool,
    /// The only table changes nothing.
    plain: bool,
}

/// A table that stretches stored values of `bits` bits to 0 to 255.
pub(crate) fn linear_table(bits: u8, invert: bool) -> [u8; 256] {
    // Zero bits come from broken files and are refused by `Samples::new`.
    let max = if bits >= 8 {
        255
    } else {
        (1usize << bits.max(1)) - 1
    };
    std::array::from_fn(|v| {
        let level = (v.min(max) * 255 + max / 2) / max;
        let level = u8::try_from(level).unwrap_or(u8::MAX);
        if invert { 255 - level } else { level }
    })
}

/// Gray of a colour by ITU-R BT.601, the same weights as the Y of a JPEG.
pub(crate) fn luma(r: u8, g: u8, b: u8) -> u8 {
    let sum = 299 * u32::from(r) + 587 * u32::from(g) + 114 * u32::from(b) + 500;
    (sum / 1000) as u8
}

/// Gray of inks, 255 full: what is left of white light.
fn cmyk_luma(c: u8, m: u8, y: u8, k: u8) -> u8 {
    let left = |ink: u8| {
        let product = (255 - u32::from(ink)) * (255 - u32::from(k)) + 127;
        (product / 255) as u8
    };
    luma(left(c), left(m), left(y))
}

impl Samples {
    /// Describes rows of `per_pixel` samples of `bits` bits (1, 2, 4, 8 or
    /// 16). `tables` has one table, used for every colour sample, or one for
    /// each. `None` if that is not a combination that can be read.
    pub fn new(
        bits: u8,
        per_pixel: usize,
        color: Color,
        tables: Vec<[u8; 256]>,
        alpha: Option<Alpha>,
        little_endian: bool,
    ) -> Option<Self> {
        let colors = match color {
            Color::Single => 1,
            Color::Rgb => 3,
            Color::Cmyk => 4,
        };
        // More samples than any page scanner writes; it bounds a row.
        const MAX_SAMPLES: usize = 16;
        let known = matches!(bits, 1 | 2 | 4 | 8 | 16)
            && (colors..=MAX_SAMPLES).contains(&per_pixel)
            && alpha.is_none_or(|a| (colors..per_pixel).contains(&a.index))
            && !tables.is_empty();
        let plain = tables
            .first()
            .is_some_and(|table| (0..=u8::MAX).eq(table.iter().copied()));
        known.then_some(Self {
            bits,
            per_pixel,
            color,
            tables,
            alpha,
            little_endian,
            plain,
        })
    }

    /// Bytes of a row of `width` pixels: rows start at byte boundaries.
    pub fn row_bytes(&self, width: usize) -> usize {
        (width * self.per_pixel * usize::from(self.bits)).div_ceil(8)
    }

    /// Writes the gray of a row. Pixels beyond the end of `row` are left.
    pub fn gray_row(&self, row: &[u8], out: &mut [u8]) {
        match (self.bits, self.per_pixel) {
            (1, 1) => self.bits_row(row, out),
            (8, 1) if self.plain => {
                let pixels = out.len().min(row.len());
                out[..pixels].copy_from_slice(&row[..pixels]);
            }
            (8, 1) => {
                for (to, from) in out.iter_mut().zip(row) {
                    *to = self.tables[0][usize::from(*from)];
                }
            }
            (8, n) => {
                for (to, pixel) in out.iter_mut().zip(row.chunks_exact(n)) {
                    *to = self.pixel(pixel);
                }
            }
            _ => self.any_row(row, out),
        }
    }

    fn bits_row(&self, row: &[u8], out: &mut [u8]) {
        let [zero, one] = [self.tables[0][0], self.tables[0][1]].map(|v| [v; 8]);
        let [zero, one] = [zero, one].map(u64::from_le_bytes);
        // Eight pixels in a number, the first in its lowest byte: each byte keeps
        // its own bit, is made 0 or 255, and chooses.
        let eight = |byte: u8| {
            let own = u64::from_le_bytes([byte; 8]) & 0x0102_0408_1020_4080;
            let set = ((own + 0x7F7F_7F7F_7F7F_7F7F) >> 7 & 0x0101_0101_0101_0101) * 255;
            (zero ^ (set & (zero ^ one))).to_le_bytes()
        };
        let (whole, rest) = out.as_chunks_mut::<8>();
        for (to, byte) in whole.iter_mut().zip(row) {
            *to = eight(*byte);
        }
        if let Some(byte) = row.get(whole.len()) {
            rest.copy_from_slice(&eight(*byte)[..rest.len()]);
        }
    }

    fn any_row(&self, row: &[u8], out: &mut [u8]) {
        let mut pixel = [0u8; 16];
        for (x, to) in out.iter_mut().enumerate() {
            for (i, sample) in pixel[..self.per_pixel].iter_mut().enumerate() {
                let Some(value) = self.sample(row, x * self.per_pixel + i) else {
                    return;
                };
                *sample = value;
            }
            *to = self.pixel(&pixel[..self.per_pixel]);
        }
    }

    fn sample(&self, row: &[u8], index: usize) -> Option<u8> {
        match self.bits {
            8 => row.get(index).copied(),
            16 => row
                .get(index * 2 + usize::from(self.little_endian))
                .copied(),
            bits => {
                let bit = index * usize::from(bits);
                let byte = *row.get(bit / 8)?;
                Some((byte << (bit % 8)) >> (8 - bits))
            }
        }
    }

    fn pixel(&self, samples: &[u8]) -> u8 {
        let table = |i: usize| {
            let table = self.tables.get(i).unwrap_or(&self.tables[0]);
            table[usize::from(samples[i])]
        };
        let gray = match self.color {
            Color::Single => table(0),
            Color::Rgb => luma(table(0), table(1), table(2)),
            Color::Cmyk => cmyk_luma(table(0), table(1), table(2), table(3)),
        };
        match self.alpha {
            None => gray,
            Some(alpha) => {
                let there = self.full_scale(samples[alpha.index]);
                if alpha.premultiplied {
                    gray.saturating_add(255 - there)
                } else {
                    over_white(gray, there)
                }
            }
        }
    }

    fn full_scale(&self, value: u8) -> u8 {
        match self.bits {
            8 | 16 => value,
            bits => (u32::from(value) * 255 / ((1 << bits) - 1)) as u8,
        }
    }
}

/// A gray laid over white paper, `there` 0 to 255.
pub(crate) fn over_white(gray: u8, there: u8) -> u8 {
    let (gray, there) = (u32::from(gray), u32::from(there));
    ((gray * there + 255 * (255 - there) + 127) / 255) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(samples: &Samples, row: &[u8], width: usize) -> Vec<u8> {
        let mut out = vec![7; width];
        samples.gray_row(row, &mut out);
        out
    }

    #[test]
    fn small_depths_are_stretched_to_the_full_range() {
        let gray = |bits| {
            Samples::new(
                bits,
                1,
                Color::Single,
                vec![linear_table(bits, false)],
                None,
                false,
            )
            .unwrap()
        };
        assert_eq!(read(&gray(1), &[0b1010_0000], 4), [255, 0, 255, 0]);
        assert_eq!(read(&gray(2), &[0b0001_1011], 4), [0, 85, 170, 255]);
        assert_eq!(read(&gray(4), &[0x0F, 0x80], 3), [0, 255, 136]);
        assert_eq!(read(&gray(16), &[0x12, 0x34, 0xFF, 0x00], 2), [0x12, 0xFF]);
    }

    #[test]
    fn little_endian_sixteen_bit_takes_the_high_byte() {
        let samples = Samples::new(
            16,
            1,
            Color::Single,
            vec![linear_table(16, true)],
            None,
            true,
        )
        .unwrap();
        assert_eq!(read(&samples, &[0x34, 0x12], 1), [255 - 0x12]);
    }

    #[test]
    fn transparent_pixels_are_white_paper() {
        let alpha = Some(Alpha {
            index: 3,
            premultiplied: false,
        });
        let samples =
            Samples::new(8, 4, Color::Rgb, vec![linear_table(8, false)], alpha, false).unwrap();
        let row = [0, 0, 0, 0, 0, 0, 0, 255, 255, 0, 0, 255];
        assert_eq!(read(&samples, &row, 3), [255, 0, 76]);
    }

    #[test]
    fn full_inks_are_black_and_none_is_white() {
        let samples =
            Samples::new(8, 4, Color::Cmyk, vec![linear_table(8, false)], None, false).unwrap();
        let row = [0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 0];
        assert_eq!(read(&samples, &row, 3), [255, 0, 0]);
    }

    #[test]
    fn a_row_that_is_too_short_leaves_the_rest() {
        let samples = Samples::new(
            16,
            1,
            Color::Single,
            vec![linear_table(16, false)],
            None,
            false,
        )
        .unwrap();
        assert_eq!(read(&samples, &[9, 9, 1], 3), [9, 1, 7]);
    }
}
