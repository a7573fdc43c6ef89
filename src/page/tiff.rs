//! TIFF: one or many pages, in strips or tiles, of every compression that
//! scanners write.
//!
//! The pieces of a page are decompressed as streams, a row at a time, into
//! the gray page: nothing but the page itself is ever held.

use std::borrow::Cow;
use std::collections::HashSet;
use std::io::Read;

use hayro_ccitt::EncodingMode;
use image::GrayImage;

use super::fax::{Fax, nearly_all, paint_runs};
use super::ifd::{Ifd, Ifds, tag};
use super::jpeg::{self, Components};
use super::samples::{Alpha, Color, Samples, linear_table, luma};
use super::unpack::{Lzw, PackBits, inflate, read_row, undo_differences};
use super::{DecodeLimits, PageError, Scan, orient};

const FORMAT: &str = "TIFF";

fn damaged(detail: impl std::fmt::Display) -> PageError {
    PageError::damaged(FORMAT, detail)
}

/// Offsets of the directories of the pages, in their order. Thumbnails and
/// masks are left out, unless there is nothing else. A directory that cannot
/// be read is listed, so that its page is missed.
///
/// # Errors
/// [`PageError::Damaged`] if the directories form a loop,
/// [`PageError::TooManyPages`].
pub(crate) fn pages(data: &[u8], limits: &DecodeLimits) -> Result<Vec<u64>, PageError> {
    let (file, first) = Ifds::new(data).ok_or_else(|| damaged("its header is not whole"))?;
    let mut seen = HashSet::new();
    let (mut pages, mut others) = (Vec::new(), Vec::new());
    let mut offset = first;
    while offset != 0 {
        if !seen.insert(offset) {
            return Err(damaged("its pages go round in a circle"));
        }
        if seen.len() > limits.max_pages as usize {
            return Err(PageError::TooManyPages(limits.max_pages));
        }
        let directory = file.directory(offset);
        // Bit 0: a smaller copy; bit 2: a mask.
        let kind = directory
            .as_ref()
            .and_then(|d| d.uint(tag::NEW_SUBFILE_TYPE))
            .unwrap_or(0);
        if kind & 0b101 == 0 {
            pages.push(offset);
        } else {
            others.push(offset);
        }
        offset = directory.map_or(0, |d| d.next);
    }
    if pages.is_empty() {
        pages = others;
    }
    if pages.is_empty() {
        return Err(damaged("it has no pages"));
    }
    Ok(pages)
}

/// Decodes the page whose directory is at `offset`.
///
/// # Errors
/// [`PageError::TooLarge`] before anything is allocated; otherwise
/// [`PageError::Damaged`], also where data ends early.
pub(crate) fn decode(data: &[u8], offset: u64, limits: &DecodeLimits) -> Result<Scan, PageError> {
    let (file, _) = Ifds::new(data).ok_or_else(|| damaged("its header is not whole"))?;
    let ifd = file
        .directory(offset)
        .ok_or_else(|| damaged("the directory of the page cannot be read"))?;
    let page = Page::new(data, file.little_endian(), &ifd, limits)?;
    let image = page.decode(&ifd, limits)?;
    let scan = Scan {
        image,
        dpi: ifd.dpi(),
        bilevel: page.bits == 1 && page.per_pixel == 1,
    };
    Ok(orient::apply(scan, ifd.orientation()))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Compression {
    None,
    Fax(EncodingMode),
    /// Group 3 codes without ends of lines, each row from a new byte.
    FaxRows,
    Lzw,
    OldJpeg,
    Jpeg,
    Deflate,
    PackBits,
}

/// What a page's directory says about its pixels.
struct Page<'a> {
    data: &'a [u8],
    width: u32,
    /// 0 if the file does not say.
    height: u32,
    compression: Compression,
    photometric: u64,
    bits: u8,
    per_pixel: usize,
    planar: bool,
    differences: bool,
    reversed_bits: bool,
    little_endian: bool,
    pieces: Pieces,
}

/// The strips or tiles of a page.
struct Pieces {
    width: u32,
    height: u32,
    across: u32,
    offsets: Vec<u64>,
    sizes: Vec<u64>,
}

impl<'a> Page<'a> {
    fn new(
        data: &'a [u8],
        little_endian: bool,
        ifd: &Ifd<'a>,
        limits: &DecodeLimits,
    ) -> Result<Self, PageError> {
        let bits = ifd.uints(tag::BITS_PER_SAMPLE).unwrap_or_else(|| vec![1]);
        let per_pixel = ifd.uint(tag::SAMPLES_PER_PIXEL).unwrap_or(1);
        if bits.iter().any(|b| *b != bits[0]) {
            return Err(damaged("its samples have different depths"));
        }
        if ifd.uint(tag::SAMPLE_FORMAT).unwrap_or(1) == 3 {
            return Err(damaged("its samples are floating-point numbers"));
        }
        let compression = match ifd.uint(tag::COMPRESSION).unwrap_or(1) {
            1 => Compression::None,
            2 => Compression::FaxRows,
            3 if ifd.uint(tag::T4_OPTIONS).unwrap_or(0) & 1 == 1 => {
                Compression::Fax(EncodingMode::Group3_2D)
            }
            3 => Compression::Fax(EncodingMode::Group3_1D),
            4 => Compression::Fax(EncodingMode::Group4),
            5 => Compression::Lzw,
            6 => Compression::OldJpeg,
            7 => Compression::Jpeg,
            8 | 32946 => Compression::Deflate,
            32773 => Compression::PackBits,
            other => return Err(damaged(format!("compression {other} is not known"))),
        };
        let fax = matches!(compression, Compression::Fax(_) | Compression::FaxRows);
        let width = ifd.uint(tag::IMAGE_WIDTH).unwrap_or(0);
        let stated = ifd.uint(tag::IMAGE_LENGTH).unwrap_or(0);
        // Fax drivers that write while the sheet still moves leave it at 0.
        let checked = if stated == 0 && fax { 1 } else { stated };
        let (width, height) = limits.check_size(width, checked)?;
        let height = if stated == 0 { 0 } else { height };
        Ok(Self {
            data,
            width,
            height,
            compression,
            // Where it is missing, zero is white as on a fax.
            photometric: ifd
                .uint(tag::PHOTOMETRIC)
                .unwrap_or(if per_pixel >= 3 { 2 } else { 0 }),
            bits: bits
                .first()
                .and_then(|b| u8::try_from(*b).ok())
                .unwrap_or(0),
            per_pixel: usize::try_from(per_pixel).unwrap_or(0),
            planar: ifd.uint(tag::PLANAR_CONFIGURATION) == Some(2) && per_pixel > 1,
            differences: match ifd.uint(tag::PREDICTOR).unwrap_or(1) {
                1 => false,
                2 => true,
                other => return Err(damaged(format!("predictor {other} is not known"))),
            },
            reversed_bits: ifd.uint(tag::FILL_ORDER) == Some(2),
            little_endian,
            pieces: Pieces::new(ifd, width, height, data.len() as u64, limits)?,
        })
    }

    fn decode(&self, ifd: &Ifd<'a>, limits: &DecodeLimits) -> Result<GrayImage, PageError> {
        match self.compression {
            Compression::Fax(_) | Compression::FaxRows => self.decode_fax(limits),
            Compression::OldJpeg => self.decode_old_jpeg(ifd, limits),
            Compression::Jpeg => self.decode_jpeg(ifd, limits),
            _ => self.decode_samples(ifd),
        }
    }

    /// The bytes of a piece, with the first pixel in the high bit.
    fn piece(&self, index: usize) -> Option<Cow<'a, [u8]>> {
        let from = usize::try_from(*self.pieces.offsets.get(index)?).ok()?;
        let size = usize::try_from(*self.pieces.sizes.get(index)?).ok()?;
        let to = from.saturating_add(size).min(self.data.len());
        let bytes = self.data.get(from..to)?;
        Some(if self.reversed_bits {
            Cow::Owned(bytes.iter().map(|b| b.reverse_bits()).collect())
        } else {
            Cow::Borrowed(bytes)
        })
    }

    fn decode_fax(&self, limits: &DecodeLimits) -> Result<GrayImage, PageError> {
        if self.bits != 1 || self.per_pixel != 1 {
            return Err(damaged("fax data is one bit a pixel, the file says more"));
        }
        if self.height == 0 {
            return self.decode_fax_of_unknown_height(limits);
        }
        let (white, black) = self.fax_colors();
        let mut image = GrayImage::from_pixel(self.width, self.height, image::Luma([white]));
        for index in 0..self.pieces.count(self.height) {
            let (x, y, _, rows) = self.pieces.place(index, self.width, self.height);
            let bytes = self
                .piece(index)
                .ok_or_else(|| damaged("a part of the page is missing"))?;
            let fax = self.fax(self.pieces.width.max(1), rows);
            let decoded = fax.decode(&bytes, &mut |row, changes| {
                let start = (y + row) as usize * self.width as usize;
                let line = &mut image.as_mut()[start..start + self.width as usize];
                if let Some(line) = line.get_mut(x as usize..) {
                    paint_runs(changes, fax.columns, line, black);
                }
            });
            let last = y + rows == self.height;
            if decoded < rows && !(last && nearly_all(y + decoded, self.height)) {
                return Err(damaged(format!(
                    "the page breaks off at row {} of {}",
                    y + decoded,
                    self.height
                )));
            }
        }
        Ok(image)
    }

    fn decode_fax_of_unknown_height(&self, limits: &DecodeLimits) -> Result<GrayImage, PageError> {
        let (white, black) = self.fax_colors();
        let most = limits.max_pixels / u64::from(self.width);
        let bytes = self
            .piece(0)
            .ok_or_else(|| damaged("the page is missing"))?;
        let fax = self.fax(self.width, u32::try_from(most).unwrap_or(u32::MAX));
        let mut pixels: Vec<u8> = Vec::new();
        let rows = fax.decode(&bytes, &mut |_, changes| {
            let start = pixels.len();
            pixels.resize(start + self.width as usize, white);
            paint_runs(changes, fax.columns, &mut pixels[start..], black);
        });
        if rows == 0 {
            return Err(PageError::Empty);
        }
        GrayImage::from_vec(self.width, rows, pixels)
            .ok_or_else(|| damaged("its size does not fit its pixels"))
    }

    fn fax(&self, columns: u32, rows: u32) -> Fax {
        let (encoding, aligned) = match self.compression {
            Compression::Fax(encoding) => (encoding, false),
            _ => (EncodingMode::Group3_1D, true),
        };
        Fax {
            columns,
            rows,
            encoding,
            byte_aligned: aligned,
            end_of_block: !aligned,
            end_of_line: false,
        }
    }

    /// White and black of the codes, as gray: a file may say that zero, which
    /// codes call white, is black.
    fn fax_colors(&self) -> (u8, u8) {
        if self.photometric == 1 {
            (0, 255)
        } else {
            (255, 0)
        }
    }

    fn decode_jpeg(&self, ifd: &Ifd<'a>, limits: &DecodeLimits) -> Result<GrayImage, PageError> {
        if self.planar {
            return Err(damaged("its colours are in separate JPEG planes"));
        }
        let tables = ifd.bytes(tag::JPEG_TABLES);
        let components = if self.photometric == 2 {
            Components::Rgb
        } else {
            Components::AsMarked
        };
        let count = self.pieces.count(self.height);
        // A stream may be a block larger than its piece, and no more: each of
        // many could claim the largest page otherwise.
        const BLOCK: u64 = 16;
        let largest = (u64::from(self.pieces.width) + BLOCK)
            .saturating_mul(u64::from(self.pieces.height) + BLOCK);
        let limits = DecodeLimits {
            max_pixels: limits.max_pixels.min(largest),
            ..*limits
        };
        let mut image = GrayImage::new(self.width, self.height);
        for index in 0..count {
            let (x, y, columns, rows) = self.pieces.place(index, self.width, self.height);
            let bytes = self
                .piece(index)
                .ok_or_else(|| damaged("a part of the page is missing"))?;
            let whole = with_tables(&bytes, tables);
            let mut part = jpeg::decode_gray(&whole, components, &limits)?;
            if self.photometric == 0 {
                part.iter_mut().for_each(|level| *level = 255 - *level);
            }
            if part.dimensions() == (self.width, self.height) && count == 1 {
                return Ok(part);
            }
            if part.width() < columns || part.height() < rows {
                return Err(damaged("a part of the page is smaller than stated"));
            }
            for row in 0..rows {
                let from = row as usize * part.width() as usize;
                let to = (y + row) as usize * self.width as usize + x as usize;
                let columns = columns as usize;
                image.as_mut()[to..to + columns]
                    .copy_from_slice(&part.as_raw()[from..from + columns]);
            }
        }
        Ok(image)
    }

    /// JPEG as TIFF 6.0 had it at first: one stream, somewhere in the file.
    fn decode_old_jpeg(
        &self,
        ifd: &Ifd<'a>,
        limits: &DecodeLimits,
    ) -> Result<GrayImage, PageError> {
        let start = ifd
            .uint(tag::JPEG_INTERCHANGE_FORMAT)
            .and_then(|at| usize::try_from(at).ok())
            .and_then(|at| self.data.get(at..))
            .ok_or_else(|| damaged("old-style JPEG without a whole stream"))?;
        let length = ifd
            .uint(tag::JPEG_INTERCHANGE_LENGTH)
            .and_then(|length| usize::try_from(length).ok())
            .unwrap_or(start.len());
        let stream = &start[..length.min(start.len())];
        let image = jpeg::decode_gray(stream, Components::AsMarked, limits)?;
        if image.dimensions() != (self.width, self.height) {
            return Err(damaged("its JPEG stream has another size"));
        }
        Ok(image)
    }

    fn decode_samples(&self, ifd: &Ifd<'a>) -> Result<GrayImage, PageError> {
        let planes = if self.planar {
            self.plane_samples()?
        } else {
            vec![self.samples(ifd)?]
        };
        if self.differences && !matches!(self.bits, 8 | 16) {
            return Err(damaged("a predictor on samples of less than a byte"));
        }
        let mut image = GrayImage::new(self.width, self.height);
        let per_plane = self.pieces.count(self.height);
        let stored_per_pixel = if self.planar { 1 } else { self.per_pixel };
        let mut line = vec![0; self.pieces.width as usize];
        for (plane, samples) in planes.iter().enumerate() {
            let mut row = vec![0; samples.row_bytes(self.pieces.width as usize)];
            for index in 0..per_plane {
                let (x, y, columns, rows) = self.pieces.place(index, self.width, self.height);
                let bytes = self
                    .piece(plane * per_plane + index)
                    .ok_or_else(|| damaged("a part of the page is missing"))?;
                let mut reader: Box<dyn Read> = match self.compression {
                    Compression::Lzw => Box::new(Lzw::new(&bytes)),
                    Compression::Deflate => inflate(&*bytes),
                    Compression::PackBits => Box::new(PackBits::new(&bytes)),
                    _ => Box::new(&*bytes),
                };
                for dy in 0..rows {
                    if !read_row(&mut *reader, &mut row) {
                        return Err(damaged(format!(
                            "the page breaks off at row {} of {}",
                            y + dy,
                            self.height
                        )));
                    }
                    if self.differences {
                        let sixteen = self.bits == 16;
                        undo_differences(&mut row, stored_per_pixel, sixteen, self.little_endian);
                    }
                    let start = (y + dy) as usize * self.width as usize + x as usize;
                    let out = &mut image.as_mut()[start..start + columns as usize];
                    if plane == 0 {
                        samples.gray_row(&row, out);
                    } else {
                        samples.gray_row(&row, &mut line[..columns as usize]);
                        for (to, part) in out.iter_mut().zip(&line) {
                            *to = to.saturating_add(*part);
                        }
                    }
                }
            }
        }
        Ok(image)
    }

    fn samples(&self, ifd: &Ifd<'a>) -> Result<Samples, PageError> {
        let linear = |invert| vec![linear_table(self.bits, invert)];
        let (color, colors, tables) = match self.photometric {
            0 => (Color::Single, 1, linear(true)),
            1 => (Color::Single, 1, linear(false)),
            2 => (Color::Rgb, 3, linear(false)),
            3 => (Color::Single, 1, vec![self.palette(ifd)?]),
            5 => (Color::Cmyk, 4, linear(false)),
            other => {
                return Err(damaged(format!(
                    "colours of kind {other} without JPEG are not known"
                )));
            }
        };
        // 1: colours are multiplied by it already; 2: they are not; 0: data
        // without a meaning.
        let alpha = match ifd.uint(tag::EXTRA_SAMPLES) {
            Some(kind @ (1 | 2)) if self.per_pixel > colors => Some(Alpha {
                index: colors,
                premultiplied: kind == 1,
            }),
            _ => None,
        };
        Samples::new(
            self.bits,
            self.per_pixel,
            color,
            tables,
            alpha,
            self.little_endian,
        )
        .ok_or_else(|| {
            damaged(format!(
                "{} samples of {} bits are not known",
                self.per_pixel, self.bits
            ))
        })
    }

    /// One table a plane, already weighted, so that the sum of the planes is
    /// the gray.
    fn plane_samples(&self) -> Result<Vec<Samples>, PageError> {
        let weights: &[f64] = match self.photometric {
            2 if self.per_pixel >= 3 => &[0.299, 0.587, 0.114],
            0 | 1 => &[1.0],
            _ => return Err(damaged("separate planes that are not RGB")),
        };
        let linear = linear_table(self.bits, self.photometric == 0);
        weights
            .iter()
            .map(|weight| {
                let table = linear.map(|level| (f64::from(level) * weight).round() as u8);
                Samples::new(
                    self.bits,
                    1,
                    Color::Single,
                    vec![table],
                    None,
                    self.little_endian,
                )
                .ok_or_else(|| damaged(format!("samples of {} bits are not known", self.bits)))
            })
            .collect()
    }

    fn palette(&self, ifd: &Ifd<'a>) -> Result<[u8; 256], PageError> {
        let map = ifd
            .uints(tag::COLOR_MAP)
            .ok_or_else(|| damaged("its palette is missing"))?;
        let count = map.len() / 3;
        let mut table = [0; 256];
        for (i, to) in table.iter_mut().enumerate().take(count) {
            // Sixteen bits of each colour, first all reds.
            let level = |plane: usize| (map[plane * count + i] >> 8).min(255) as u8;
            *to = luma(level(0), level(1), level(2));
        }
        Ok(table)
    }
}

impl Pieces {
    fn new(
        ifd: &Ifd<'_>,
        width: u32,
        height: u32,
        file_len: u64,
        limits: &DecodeLimits,
    ) -> Result<Self, PageError> {
        let tiled = ifd.has(tag::TILE_OFFSETS);
        let (offsets, sizes) = if tiled {
            (tag::TILE_OFFSETS, tag::TILE_BYTE_COUNTS)
        } else {
            (tag::STRIP_OFFSETS, tag::STRIP_BYTE_COUNTS)
        };
        let offsets = ifd
            .uints(offsets)
            .filter(|offsets| !offsets.is_empty())
            .ok_or_else(|| damaged("where its pixels are is not stated"))?;
        let mut sizes = ifd.uints(sizes).unwrap_or_default();
        fill_sizes(&offsets, &mut sizes, file_len);
        let (piece_width, piece_height) = if tiled {
            let side = |t| ifd.uint(t).unwrap_or(0);
            limits.check_size(side(tag::TILE_WIDTH), side(tag::TILE_LENGTH))?
        } else {
            let rows = ifd.uint(tag::ROWS_PER_STRIP).unwrap_or(u64::MAX);
            let rows = u32::try_from(rows).unwrap_or(u32::MAX);
            let all = height.max(1);
            (width, if rows == 0 { all } else { rows.min(all) })
        };
        Ok(Self {
            width: piece_width,
            height: piece_height,
            across: width.div_ceil(piece_width),
            offsets,
            sizes,
        })
    }

    /// Pieces of a plane of the page.
    fn count(&self, page_height: u32) -> usize {
        self.across as usize * page_height.div_ceil(self.height) as usize
    }

    /// Left, top, columns and rows of a piece, as far as they are on the page.
    fn place(&self, index: usize, page_width: u32, page_height: u32) -> (u32, u32, u32, u32) {
        let across = self.across as usize;
        let x = (index % across) as u32 * self.width;
        let y = (index / across) as u32 * self.height;
        (
            x,
            y,
            self.width.min(page_width - x),
            self.height.min(page_height - y),
        )
    }
}

/// Where sizes are missing or zero, a piece reaches to the next one or to the
/// end of the file.
fn fill_sizes(offsets: &[u64], sizes: &mut Vec<u64>, file_len: u64) {
    if sizes.len() >= offsets.len() && sizes.iter().all(|s| *s > 0) {
        return;
    }
    sizes.resize(offsets.len(), 0);
    let mut ends: Vec<u64> = offsets.to_vec();
    ends.push(file_len);
    ends.sort_unstable();
    for (offset, size) in offsets.iter().zip(sizes) {
        if *size == 0 {
            let next = ends.partition_point(|end| end <= offset);
            *size = ends.get(next).map_or(0, |end| end - offset);
        }
    }
}

/// A JPEG stream with the tables that the directory keeps for all of them
/// put behind its start.
fn with_tables<'b>(stream: &'b [u8], tables: Option<&[u8]>) -> Cow<'b, [u8]> {
    // Start and end of image, around the tables.
    let inner = tables
        .and_then(|t| t.strip_prefix(&[0xFF, 0xD8]))
        .map(|t| t.strip_suffix(&[0xFF, 0xD9]).unwrap_or(t));
    match (inner, stream.strip_prefix(&[0xFF, 0xD8])) {
        (Some(inner), Some(rest)) => {
            let mut whole = Vec::with_capacity(2 + inner.len() + rest.len());
            whole.extend([0xFF, 0xD8]);
            whole.extend(inner);
            whole.extend(rest);
            Cow::Owned(whole)
        }
        _ => Cow::Borrowed(stream),
    }
}
