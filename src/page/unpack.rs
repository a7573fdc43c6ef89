//! Decompressing strips and tiles as streams, so that a bomb is only ever
//! read as far as the page is large.

use std::io::{self, BufRead, Read};

/// PackBits of TIFF 6.0, section 9.
pub(crate) struct PackBits<'a> {
    data: &'a [u8],
    literal: usize,
    repeat: Option<(u8, usize)>,
}

impl<'a> PackBits<'a> {
    /// Reads `data` from its start.
    pub fn new(data: &'a [u8]) -> Self {
        Self {
            data,
            literal: 0,
            repeat: None,
        }
    }
}

impl Read for PackBits<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        loop {
            if self.literal > 0 {
                let n = self.literal.min(out.len()).min(self.data.len());
                out[..n].copy_from_slice(&self.data[..n]);
                self.data = &self.data[n..];
                self.literal = if n == 0 { 0 } else { self.literal - n };
                return Ok(n);
            }
            if let Some((byte, left)) = self.repeat {
                let n = left.min(out.len());
                out[..n].fill(byte);
                self.repeat = (left > n).then_some((byte, left - n));
                return Ok(n);
            }
            let Some((&head, rest)) = self.data.split_first() else {
                return Ok(0);
            };
            self.data = rest;
            match head {
                0..=127 => self.literal = usize::from(head) + 1,
                128 => {}
                129..=255 => {
                    let Some((&byte, rest)) = self.data.split_first() else {
                        return Ok(0);
                    };
                    self.data = rest;
                    self.repeat = Some((byte, 257 - usize::from(head)));
                }
            }
        }
    }
}

/// LZW of TIFF 6.0, section 13.
pub(crate) struct Lzw<'a> {
    data: &'a [u8],
    decoder: weezl::decode::Decoder,
    ended: bool,
}

impl<'a> Lzw<'a> {
    /// Reads `data` from its start.
    pub fn new(data: &'a [u8]) -> Self {
        Self {
            data,
            decoder: weezl::decode::Decoder::with_tiff_size_switch(weezl::BitOrder::Msb, 8),
            ended: false,
        }
    }
}

impl Read for Lzw<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while !self.ended && !out.is_empty() {
            let result = self.decoder.decode_bytes(self.data, out);
            self.data = &self.data[result.consumed_in..];
            match result.status {
                Ok(weezl::LzwStatus::Ok) => {}
                Ok(weezl::LzwStatus::NoProgress | weezl::LzwStatus::Done) => self.ended = true,
                Err(e) => return Err(io::Error::new(io::ErrorKind::InvalidData, e)),
            }
            if result.consumed_out > 0 {
                return Ok(result.consumed_out);
            }
        }
        Ok(0)
    }
}

/// Deflate with the header of zlib.
pub(crate) fn inflate<'a>(data: impl BufRead + 'a) -> Box<dyn Read + 'a> {
    Box::new(flate2::bufread::ZlibDecoder::new(data))
}

/// Fills `row`; returns false if the data ends or breaks before.
pub(crate) fn read_row(reader: &mut dyn Read, row: &mut [u8]) -> bool {
    reader.read_exact(row).is_ok()
}

/// Undoes horizontal differencing (TIFF 6.0, section 14) in a row of samples
/// of 8 or 16 bits.
pub(crate) fn undo_differences(
    row: &mut [u8],
    per_pixel: usize,
    sixteen: bool,
    little_endian: bool,
) {
    if sixteen {
        let join: fn([u8; 2]) -> u16 = if little_endian {
            u16::from_le_bytes
        } else {
            u16::from_be_bytes
        };
        for at in (per_pixel * 2..row.len().saturating_sub(1)).step_by(2) {
            let before = at - per_pixel * 2;
            let sum =
                join([row[at], row[at + 1]]).wrapping_add(join([row[before], row[before + 1]]));
            let bytes = if little_endian {
                sum.to_le_bytes()
            } else {
                sum.to_be_bytes()
            };
            row[at..at + 2].copy_from_slice(&bytes);
        }
    } else {
        for at in per_pixel..row.len() {
            row[at] = row[at].wrapping_add(row[at - per_pixel]);
        }
    }
}

/// Undoes a filter of PNG (its specification, section 9.2) in a row, given
/// the row above. `false` for a filter that does not exist.
pub(crate) fn undo_png_filter(kind: u8, row: &mut [u8], above: &[u8], pixel_bytes: usize) -> bool {
    let left_of = |row: &[u8], i: usize| i.checked_sub(pixel_bytes).map_or(0, |l| row[l]);
    match kind {
        0 => {}
        1 => {
            for i in 0..row.len() {
                row[i] = row[i].wrapping_add(left_of(row, i));
            }
        }
        2 => {
            for (to, up) in row.iter_mut().zip(above) {
                *to = to.wrapping_add(*up);
            }
        }
        3 => {
            for i in 0..row.len() {
                let mean = (u16::from(left_of(row, i)) + u16::from(above[i])) / 2;
                row[i] = row[i].wrapping_add(mean as u8);
            }
        }
        4 => {
            for i in 0..row.len() {
                let near = paeth(left_of(row, i), above[i], left_of(above, i));
                row[i] = row[i].wrapping_add(near);
            }
        }
        _ => return false,
    }
    true
}

/// The neighbour nearest to left + up - corner.
fn paeth(left: u8, up: u8, corner: u8) -> u8 {
    let (a, b, c) = (i16::from(left), i16::from(up), i16::from(corner));
    let (from_a, from_b, from_c) = ((b - c).abs(), (a - c).abs(), (a + b - 2 * c).abs());
    if from_a <= from_b && from_a <= from_c {
        left
    } else if from_b <= from_c {
        up
    } else {
        corner
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packbits_of_the_standard_s_example() {
        // Apple's Technical Note TN1023.
        let packed = [
            0xFE, 0xAA, 0x02, 0x80, 0x00, 0x2A, 0xFD, 0xAA, 0x03, 0x80, 0x00, 0x2A, 0x22, 0xF7,
            0xAA,
        ];
        let mut out = Vec::new();
        PackBits::new(&packed).read_to_end(&mut out).unwrap();
        let expected = [
            0xAA, 0xAA, 0xAA, 0x80, 0x00, 0x2A, 0xAA, 0xAA, 0xAA, 0xAA, 0x80, 0x00, 0x2A, 0x22,
            0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA,
        ];
        assert_eq!(out, expected);
    }

    #[test]
    fn packbits_that_end_early_end() {
        for packed in [&[0x05, 1, 2][..], &[0xFE], &[128, 128]] {
            let mut out = Vec::new();
            PackBits::new(packed).read_to_end(&mut out).unwrap();
            assert!(out.len() < 3);
        }
    }

    #[test]
    fn differences_of_sixteen_bits_carry_between_bytes() {
        let mut row = [0x00, 0xFF, 0x00, 0x02];
        undo_differences(&mut row, 1, true, false);
        assert_eq!(row, [0x00, 0xFF, 0x01, 0x01]);
        let mut row = [0xFF, 0x00, 0x02, 0x00];
        undo_differences(&mut row, 1, true, true);
        assert_eq!(row, [0xFF, 0x00, 0x01, 0x01]);
    }
}
