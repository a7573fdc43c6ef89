//! Directories of TIFF files, which are also the directories of EXIF.
//!
//! TIFF 6.0 and BigTIFF, read from memory. Every offset and count comes from
//! the file and is checked against its length.

use super::scan::plausible_dpi;

/// The tags that are used, by their numbers in TIFF 6.0.
pub(crate) mod tag {
    pub const NEW_SUBFILE_TYPE: u16 = 254;
    pub const IMAGE_WIDTH: u16 = 256;
    pub const IMAGE_LENGTH: u16 = 257;
    pub const BITS_PER_SAMPLE: u16 = 258;
    pub const COMPRESSION: u16 = 259;
    pub const PHOTOMETRIC: u16 = 262;
    pub const FILL_ORDER: u16 = 266;
    pub const STRIP_OFFSETS: u16 = 273;
    pub const ORIENTATION: u16 = 274;
    pub const SAMPLES_PER_PIXEL: u16 = 277;
    pub const ROWS_PER_STRIP: u16 = 278;
    pub const STRIP_BYTE_COUNTS: u16 = 279;
    pub const X_RESOLUTION: u16 = 282;
    pub const Y_RESOLUTION: u16 = 283;
    pub const PLANAR_CONFIGURATION: u16 = 284;
    pub const T4_OPTIONS: u16 = 292;
    pub const RESOLUTION_UNIT: u16 = 296;
    pub const PREDICTOR: u16 = 317;
    pub const COLOR_MAP: u16 = 320;
    pub const TILE_WIDTH: u16 = 322;
    pub const TILE_LENGTH: u16 = 323;
    pub const TILE_OFFSETS: u16 = 324;
    pub const TILE_BYTE_COUNTS: u16 = 325;
    pub const EXTRA_SAMPLES: u16 = 338;
    pub const SAMPLE_FORMAT: u16 = 339;
    pub const JPEG_TABLES: u16 = 347;
    pub const JPEG_INTERCHANGE_FORMAT: u16 = 513;
    pub const JPEG_INTERCHANGE_LENGTH: u16 = 514;
}

/// Most entries of a directory: real ones have a few dozen.
const MAX_ENTRIES: u64 = 4096;

/// The numbers of a file in its byte order.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ifds<'a> {
    data: &'a [u8],
    little_endian: bool,
    big_tiff: bool,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    tag: u16,
    kind: u16,
    count: u64,
    /// Where the values are, in the file.
    at: u64,
}

/// One directory: of a page, or of EXIF.
#[derive(Debug)]
pub(crate) struct Ifd<'a> {
    file: Ifds<'a>,
    entries: Vec<Entry>,
    /// Offset of the next directory, 0 if there is none.
    pub next: u64,
}

impl<'a> Ifds<'a> {
    /// Reads the header; returns the file and the offset of its first
    /// directory, or nothing if this is not TIFF.
    pub fn new(data: &'a [u8]) -> Option<(Self, u64)> {
        let little_endian = match data.get(..2)? {
            b"II" => true,
            b"MM" => false,
            _ => return None,
        };
        let mut file = Self {
            data,
            little_endian,
            big_tiff: false,
        };
        match file.uint(2, 2)? {
            42 => {}
            // BigTIFF: the size of an offset, 8, and a zero come first.
            43 if file.uint(4, 2)? == 8 => file.big_tiff = true,
            _ => return None,
        }
        let first = if file.big_tiff {
            file.uint(8, 8)?
        } else {
            file.uint(4, 4)?
        };
        Some((file, first))
    }

    /// Whether numbers have their low byte first.
    pub fn little_endian(&self) -> bool {
        self.little_endian
    }

    fn uint(&self, at: u64, size: u64) -> Option<u64> {
        let at = usize::try_from(at).ok()?;
        let size = usize::try_from(size).ok()?;
        let bytes = self.data.get(at..at.checked_add(size)?)?;
        let fold = |n: u64, b: &u8| n << 8 | u64::from(*b);
        Some(if self.little_endian {
            bytes.iter().rev().fold(0, fold)
        } else {
            bytes.iter().fold(0, fold)
        })
    }

    /// Reads the directory at an offset, or nothing if it is not all there.
    pub fn directory(&self, offset: u64) -> Option<Ifd<'a>> {
        // Sizes of the entry count, an entry, and an offset.
        let (count_size, entry_size, offset_size) = if self.big_tiff {
            (8, 20, 8)
        } else {
            (2, 12, 4)
        };
        let count = self.uint(offset, count_size)?;
        if count == 0 || count > MAX_ENTRIES {
            return None;
        }
        let first = offset.checked_add(count_size)?;
        let mut entries = Vec::new();
        for i in 0..count {
            let at = first.checked_add(i * entry_size)?;
            let kind = self.uint(at + 2, 2)?;
            let count = self.uint(at + 4, offset_size)?;
            let value_at = at + 4 + offset_size;
            let in_place = value_size(kind)
                .and_then(|size| size.checked_mul(count))
                .is_some_and(|bytes| bytes <= offset_size);
            entries.push(Entry {
                tag: self.uint(at, 2)? as u16,
                kind: kind as u16,
                count,
                at: if in_place {
                    value_at
                } else {
                    self.uint(value_at, offset_size)?
                },
            });
        }
        let next = self.uint(first.checked_add(count * entry_size)?, offset_size);
        Some(Ifd {
            file: *self,
            entries,
            // Writers that leave the last offset out mean that there is none.
            next: next.unwrap_or(0),
        })
    }
}

/// Bytes of a value by its type, TIFF 6.0 page 15 and BigTIFF.
fn value_size(kind: u64) -> Option<u64> {
    match kind {
        1 | 2 | 6 | 7 => Some(1),
        3 | 8 => Some(2),
        4 | 9 | 11 | 13 => Some(4),
        5 | 10 | 12 | 16 | 17 | 18 => Some(8),
        _ => None,
    }
}

impl<'a> Ifd<'a> {
    fn entry(&self, tag: u16) -> Option<&Entry> {
        self.entries.iter().find(|e| e.tag == tag)
    }

    /// Whether the directory has the tag.
    pub fn has(&self, tag: u16) -> bool {
        self.entry(tag).is_some()
    }

    /// All values of an unsigned tag; nothing if it is missing, of another
    /// type, or beyond the end of the file.
    pub fn uints(&self, tag: u16) -> Option<Vec<u64>> {
        let entry = self.entry(tag)?;
        let size: u64 = match entry.kind {
            1 | 7 => 1,
            3 => 2,
            4 | 13 => 4,
            16 | 18 => 8,
            _ => return None,
        };
        // Checked first so that a count of billions allocates nothing.
        let end = size.checked_mul(entry.count)?.checked_add(entry.at)?;
        if end > self.file.data.len() as u64 {
            return None;
        }
        (0..entry.count)
            .map(|i| self.file.uint(entry.at + i * size, size))
            .collect()
    }

    /// The first value of an unsigned tag.
    pub fn uint(&self, tag: u16) -> Option<u64> {
        let entry = self.entry(tag)?;
        let size: u64 = match entry.kind {
            1 | 7 => 1,
            3 => 2,
            4 | 13 => 4,
            16 | 18 => 8,
            _ => return None,
        };
        (entry.count > 0).then(|| self.file.uint(entry.at, size))?
    }

    /// The bytes of a tag of bytes.
    pub fn bytes(&self, tag: u16) -> Option<&'a [u8]> {
        let entry = self.entry(tag)?;
        if !matches!(entry.kind, 1 | 7) {
            return None;
        }
        let at = usize::try_from(entry.at).ok()?;
        let count = usize::try_from(entry.count).ok()?;
        self.file.data.get(at..at.checked_add(count)?)
    }

    fn rational(&self, tag: u16) -> Option<f64> {
        let entry = self.entry(tag)?;
        match entry.kind {
            5 if entry.count > 0 => {
                let above = self.file.uint(entry.at, 4)? as f64;
                let below = self.file.uint(entry.at.checked_add(4)?, 4)? as f64;
                (below > 0.0).then(|| above / below)
            }
            // Some writers use plain numbers.
            3 | 4 => self.uint(tag).map(|n| n as f64),
            11 if entry.count > 0 => {
                let bits = self.file.uint(entry.at, 4)? as u32;
                Some(f64::from(f32::from_bits(bits)))
            }
            _ => None,
        }
    }

    /// Resolution in dots per inch, where the tags say one that can be.
    pub fn dpi(&self) -> Option<(f64, f64)> {
        let x = self.rational(tag::X_RESOLUTION)?;
        let y = self.rational(tag::Y_RESOLUTION).unwrap_or(x);
        let per_inch = match self.uint(tag::RESOLUTION_UNIT).unwrap_or(2) {
            2 => 1.0,
            3 => 2.54,
            // No unit: only the shape of a pixel is said.
            _ => return None,
        };
        plausible_dpi(x * per_inch, y * per_inch)
    }

    /// Orientation, 1 to 8; 1 where it is missing or nonsense.
    pub fn orientation(&self) -> u16 {
        match self.uint(tag::ORIENTATION) {
            Some(n @ 1..=8) => n as u16,
            _ => 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exif() -> Vec<u8> {
        let mut data = b"II*\0\x08\0\0\0".to_vec();
        data.extend([3, 0]);
        let mut entry = |tag: u16, kind: u16, count: u32, value: u32| {
            data.extend(tag.to_le_bytes());
            data.extend(kind.to_le_bytes());
            data.extend(count.to_le_bytes());
            data.extend(value.to_le_bytes());
        };
        entry(tag::ORIENTATION, 3, 1, 6);
        entry(tag::X_RESOLUTION, 5, 1, 50);
        entry(tag::RESOLUTION_UNIT, 3, 1, 3);
        data.extend(0u32.to_le_bytes());
        data.extend(11811u32.to_le_bytes());
        data.extend(100u32.to_le_bytes());
        data
    }

    #[test]
    fn resolution_in_centimetres_becomes_dots_per_inch() {
        let data = exif();
        let (file, first) = Ifds::new(&data).unwrap();
        let ifd = file.directory(first).unwrap();
        let (x, y) = ifd.dpi().unwrap();
        assert!((x - 299.9994).abs() < 1e-6 && x == y);
        assert_eq!(ifd.orientation(), 6);
        assert_eq!(ifd.next, 0);
    }

    #[test]
    fn every_truncation_is_answered_without_a_panic() {
        let data = exif();
        for len in 0..data.len() {
            if let Some((file, first)) = Ifds::new(&data[..len])
                && let Some(ifd) = file.directory(first)
            {
                let _ = (ifd.dpi(), ifd.orientation(), ifd.uints(tag::X_RESOLUTION));
            }
        }
    }
}
