//! Decoding the image that is a page, as it is embedded.

use std::borrow::Cow;
use std::io::{BufReader, Read};

use hayro_ccitt::EncodingMode;
use hayro_syntax::Filter;
use hayro_syntax::object::{Array, Dict, Number, Object, Stream, String as PdfString};
use image::GrayImage;

use super::super::fax::{Fax, nearly_all, paint_runs};
use super::super::jpeg::{self, Components};
use super::super::samples::{Color, Samples, linear_table};
use super::super::unpack::{inflate, read_row, undo_differences, undo_png_filter};
use super::super::{DecodeLimits, PageError};
use super::content::Placed;
use super::{damaged, guard};

/// A decoded image.
pub(super) struct Found {
    pub image: GrayImage,
    pub bilevel: bool,
}

/// Why there is no image.
pub(super) enum ImageError {
    /// It is of a kind that only rendering can show.
    NotAlone,
    /// It is damaged or too large.
    Page(PageError),
}

impl From<PageError> for ImageError {
    fn from(e: PageError) -> Self {
        Self::Page(e)
    }
}

/// What the dictionary of an image says.
struct Meaning {
    width: u32,
    height: u32,
    bits: u8,
    color: Color,
    /// One for each sample, or one for all.
    tables: Vec<[u8; 256]>,
}

/// Decodes an embedded image.
pub(super) fn decode(placed: &Placed<'_>, limits: &DecodeLimits) -> Result<Found, ImageError> {
    let stream = &placed.stream;
    let raw = stream.raw_data();
    let dict = stream.dict();
    let params = guard::parameters(dict);
    let first = params.first().cloned().unwrap_or_default();
    let last = params.last().cloned().unwrap_or_default();
    match stream.filters()[..] {
        [Filter::DctDecode] => dct(dict, &raw, &last, limits),
        [Filter::FlateDecode, Filter::DctDecode] => {
            // The JPEG inside is smaller than its pixels.
            let data = inflate_all(&raw, limits.max_pixels)?;
            dct(dict, &data, &last, limits)
        }
        [Filter::CcittFaxDecode] => fax(&meaning(placed, Some(1), limits)?, &raw, &last),
        [Filter::Jbig2Decode] => jbig2(&meaning(placed, Some(1), limits)?, &raw, &last, limits),
        [] => raw_samples(&meaning(placed, None, limits)?, &*raw, None),
        [Filter::FlateDecode] => raw_samples(
            &meaning(placed, None, limits)?,
            inflate(&*raw),
            Some(&first),
        ),
        _ => Err(ImageError::NotAlone),
    }
}

fn number(dict: &Dict<'_>, key: &[u8]) -> Option<i64> {
    dict.get::<Number>(key).map(|n| n.as_i64())
}

fn decode_array(dict: &Dict<'_>) -> Option<Vec<f64>> {
    // Two numbers for each of at most four colours.
    let array = dict.get::<Array<'_>>(b"Decode")?;
    Some(array.iter::<Number>().take(8).map(|n| n.as_f64()).collect())
}

fn meaning(
    placed: &Placed<'_>,
    bits: Option<u8>,
    limits: &DecodeLimits,
) -> Result<Meaning, ImageError> {
    let dict = placed.stream.dict();
    let side = |key: &[u8]| u64::try_from(number(dict, key).unwrap_or(0)).unwrap_or(0);
    let (width, height) = limits.check_size(side(b"Width"), side(b"Height"))?;
    let mask = dict.get::<bool>(b"ImageMask").unwrap_or(false);
    let bits = if mask {
        1
    } else {
        let stated = number(dict, b"BitsPerComponent").and_then(|b| u8::try_from(b).ok());
        bits.or(stated).ok_or(ImageError::NotAlone)?
    };
    let decode = decode_array(dict);
    let (color, tables) = if mask {
        // Where a mask is 0 the fill colour is painted, unless it is inverted.
        let inverted = decode.as_ref().is_some_and(|d| d.first() == Some(&1.0));
        let mut table = [255; 256];
        table[usize::from(inverted)] = placed.fill;
        (Color::Single, vec![table])
    } else {
        match space(dict.get::<Object<'_>>(b"ColorSpace"), 0).ok_or(ImageError::NotAlone)? {
            Space::Gray => (Color::Single, component_tables(bits, 1, decode.as_deref())),
            Space::Rgb => (Color::Rgb, component_tables(bits, 3, decode.as_deref())),
            Space::Cmyk => (Color::Cmyk, component_tables(bits, 4, decode.as_deref())),
            Space::Indexed(grays) => (
                Color::Single,
                vec![indexed_table(bits, &grays, decode.as_deref())],
            ),
        }
    };
    Ok(Meaning {
        width,
        height,
        bits,
        color,
        tables,
    })
}

/// Tables from stored values to 0 to 255, with `/Decode` applied.
fn component_tables(bits: u8, count: usize, decode: Option<&[f64]>) -> Vec<[u8; 256]> {
    let Some(decode) = decode.filter(|d| d.len() >= 2 * count) else {
        return vec![linear_table(bits, false)];
    };
    let linear = linear_table(bits, false);
    decode
        .chunks_exact(2)
        .take(count)
        .map(|d| {
            linear.map(|v| {
                let value = d[0] + f64::from(v) / 255.0 * (d[1] - d[0]);
                (value.clamp(0.0, 1.0) * 255.0).round() as u8
            })
        })
        .collect()
}

/// A table from stored values to the gray of the palette entry.
fn indexed_table(bits: u8, grays: &[u8], decode: Option<&[f64]>) -> [u8; 256] {
    let max = (1u32 << bits.min(8)) - 1;
    let (low, high) = match decode {
        Some([low, high, ..]) => (*low, *high),
        _ => (0.0, f64::from(max)),
    };
    let last = grays.len().saturating_sub(1);
    std::array::from_fn(|v| {
        let index = low + v as f64 * (high - low) / f64::from(max);
        let index = (index.round().max(0.0) as usize).min(last);
        grays.get(index).copied().unwrap_or(0)
    })
}

enum Space {
    Gray,
    Rgb,
    Cmyk,
    /// The gray of each entry.
    Indexed(Vec<u8>),
}

fn space(object: Option<Object<'_>>, depth: u8) -> Option<Space> {
    match object? {
        Object::Name(name) => named_space(&name),
        Object::Array(array) => {
            let mut items = array.iter::<Object<'_>>();
            let kind = items.next()?.into_name()?;
            match &*kind {
                b"ICCBased" => {
                    let profile = items.next()?.into_stream()?;
                    match number(profile.dict(), b"N")? {
                        1 => Some(Space::Gray),
                        3 => Some(Space::Rgb),
                        4 => Some(Space::Cmyk),
                        _ => None,
                    }
                }
                b"CalGray" => Some(Space::Gray),
                b"CalRGB" => Some(Space::Rgb),
                b"Indexed" | b"I" if depth == 0 => {
                    let base = space(items.next(), 1)?;
                    let _highest = items.next()?;
                    let entries = lookup(items.next()?)?;
                    palette(&base, &entries)
                }
                other => named_space(other),
            }
        }
        _ => None,
    }
}

fn named_space(name: &[u8]) -> Option<Space> {
    match name {
        b"DeviceGray" | b"G" => Some(Space::Gray),
        b"DeviceRGB" | b"RGB" => Some(Space::Rgb),
        b"DeviceCMYK" | b"CMYK" => Some(Space::Cmyk),
        _ => None,
    }
}

fn lookup(object: Object<'_>) -> Option<Vec<u8>> {
    // 256 entries of four colours.
    const MOST: usize = 1024;
    let mut bytes = match object {
        Object::String(text) => PdfString::as_bytes(&text).to_vec(),
        Object::Stream(stream) => {
            guard::stream_bounded(&stream, guard::MAX_CONTENT).then_some(())?;
            stream.decoded_data().ok()?.into_owned()
        }
        _ => return None,
    };
    bytes.truncate(MOST);
    Some(bytes)
}

fn palette(base: &Space, entries: &[u8]) -> Option<Space> {
    let (count, color) = match base {
        Space::Gray => (1, Color::Single),
        Space::Rgb => (3, Color::Rgb),
        Space::Cmyk => (4, Color::Cmyk),
        Space::Indexed(_) => return None,
    };
    let mut grays = vec![0; entries.len() / count];
    let samples = Samples::new(8, count, color, vec![linear_table(8, false)], None, false)?;
    samples.gray_row(entries, &mut grays);
    (!grays.is_empty()).then_some(Space::Indexed(grays))
}

fn dct(
    dict: &Dict<'_>,
    data: &[u8],
    params: &Dict<'_>,
    limits: &DecodeLimits,
) -> Result<Found, ImageError> {
    let components = match space(dict.get::<Object<'_>>(b"ColorSpace"), 0) {
        Some(Space::Gray) => 1,
        Some(Space::Rgb) => 3,
        _ => return Err(ImageError::NotAlone),
    };
    let inverted = match decode_array(dict).as_deref() {
        None => false,
        Some(d) if d.chunks(2).all(|d| d == [0.0, 1.0]) => false,
        Some(d) if d.chunks(2).all(|d| d == [1.0, 0.0]) => true,
        Some(_) => return Err(ImageError::NotAlone),
    };
    let untransformed = components == 3 && number(params, b"ColorTransform") == Some(0);
    let as_what = if untransformed {
        Components::Rgb
    } else {
        Components::AsMarked
    };
    let mut image = jpeg::decode_gray(data, as_what, limits)?;
    if inverted {
        image.iter_mut().for_each(|v| *v = 255 - *v);
    }
    Ok(Found {
        image,
        bilevel: false,
    })
}

fn fax(meaning: &Meaning, data: &[u8], params: &Dict<'_>) -> Result<Found, ImageError> {
    let flag = |key: &[u8], default| params.get::<bool>(key).unwrap_or(default);
    let k = number(params, b"K").unwrap_or(0);
    let columns = number(params, b"Columns").unwrap_or(1728);
    let columns = u32::try_from(columns)
        .ok()
        // A code of one row could otherwise be of any length.
        .filter(|c| *c > 0 && *c <= meaning.width.saturating_mul(2))
        .ok_or(ImageError::NotAlone)?;
    let coding = Fax {
        columns,
        rows: meaning.height,
        encoding: match k {
            ..0 => EncodingMode::Group4,
            0 => EncodingMode::Group3_1D,
            _ => EncodingMode::Group3_2D,
        },
        byte_aligned: flag(b"EncodedByteAlign", false),
        end_of_block: flag(b"EndOfBlock", true),
        end_of_line: flag(b"EndOfLine", false),
    };
    let (white, black) = two_levels(meaning, flag(b"BlackIs1", false));
    let mut image = GrayImage::from_pixel(meaning.width, meaning.height, image::Luma([white]));
    let width = meaning.width as usize;
    let rows = coding.decode(data, &mut |row, changes| {
        let start = row as usize * width;
        if let Some(line) = image.as_mut().get_mut(start..start + width) {
            paint_runs(changes, columns, line, black);
        }
    });
    if !nearly_all(rows, meaning.height) {
        return Err(broken_off(rows, meaning.height).into());
    }
    Ok(Found {
        image,
        bilevel: true,
    })
}

/// The grays of what a code calls white and black. Codes have white as 1
/// unless they are told otherwise.
fn two_levels(meaning: &Meaning, black_is_1: bool) -> (u8, u8) {
    let table = &meaning.tables[0];
    if black_is_1 {
        (table[0], table[1])
    } else {
        (table[1], table[0])
    }
}

fn broken_off(row: u32, height: u32) -> PageError {
    damaged(format!("the page breaks off at row {row} of {height}"))
}

struct Jbig2Sink {
    pixels: Vec<u8>,
    black: u8,
    at: usize,
}

impl hayro_jbig2::Decoder for Jbig2Sink {
    fn push_pixel(&mut self, black: bool) {
        if black && let Some(pixel) = self.pixels.get_mut(self.at) {
            *pixel = self.black;
        }
        self.at += 1;
    }

    fn push_pixel_chunk(&mut self, black: bool, chunk_count: u32) {
        let end = self.at + chunk_count as usize * 8;
        if black && let Some(pixels) = self.pixels.get_mut(self.at..end) {
            pixels.fill(self.black);
        }
        self.at = end;
    }

    fn next_line(&mut self) {}
}

fn jbig2(
    meaning: &Meaning,
    data: &[u8],
    params: &Dict<'_>,
    limits: &DecodeLimits,
) -> Result<Found, ImageError> {
    let failed = |e: &dyn std::fmt::Debug| damaged(format!("its JBIG2 image: {e:?}"));
    let settings = hayro_jbig2::DecodeSettings { strict: false };
    let globals = match params.get::<Stream<'_>>(b"JBIG2Globals") {
        None => None,
        Some(stream) => {
            if !guard::stream_bounded(&stream, guard::MAX_CONTENT) {
                return Err(damaged("the shared part of its JBIG2 images is too large").into());
            }
            let data = stream.decoded_data().map_err(|e| failed(&e))?;
            Some(hayro_jbig2::Globals::new(&data, &settings).map_err(|e| failed(&e))?)
        }
    };
    let page = hayro_jbig2::Page::new_embedded(data, globals.as_ref(), &settings)
        .map_err(|e| failed(&e))?;
    let (width, height) = limits.check_size(page.width().into(), page.height().into())?;
    let (white, black) = two_levels(meaning, false);
    let mut sink = Jbig2Sink {
        pixels: vec![white; width as usize * height as usize],
        black,
        at: 0,
    };
    page.decode(&mut sink).map_err(|e| failed(&e))?;
    let image = GrayImage::from_vec(width, height, sink.pixels).ok_or(PageError::Empty)?;
    Ok(Found {
        image,
        bilevel: true,
    })
}

/// How rows were prepared for Deflate.
enum Prepared {
    Not,
    Differences,
    PngFilters,
}

fn raw_samples<'d>(
    meaning: &Meaning,
    data: impl Read + 'd,
    params: Option<&Dict<'_>>,
) -> Result<Found, ImageError> {
    let count = match meaning.color {
        Color::Single => 1,
        Color::Rgb => 3,
        Color::Cmyk => 4,
    };
    let samples = Samples::new(
        meaning.bits,
        count,
        meaning.color,
        meaning.tables.clone(),
        None,
        false,
    )
    .ok_or(ImageError::NotAlone)?;
    let row_bytes = samples.row_bytes(meaning.width as usize);
    let prepared = match params.and_then(|p| number(p, b"Predictor")).unwrap_or(1) {
        1 => Prepared::Not,
        2 if matches!(meaning.bits, 8 | 16) => Prepared::Differences,
        10.. => Prepared::PngFilters,
        _ => return Err(ImageError::NotAlone),
    };
    if let (Some(params), false) = (params, matches!(prepared, Prepared::Not)) {
        // Rows of another length than the image's would have to be cut anew.
        let of = |key: &[u8], default| number(params, key).unwrap_or(default);
        let bits = of(b"Columns", 1)
            .saturating_mul(of(b"Colors", 1))
            .saturating_mul(of(b"BitsPerComponent", 8));
        if u64::try_from(bits).unwrap_or(0).div_ceil(8) != row_bytes as u64 {
            return Err(ImageError::NotAlone);
        }
    }
    let pixel_bytes = (count * usize::from(meaning.bits)).div_ceil(8);
    let mut reader = BufReader::new(data);
    let mut image = GrayImage::new(meaning.width, meaning.height);
    let (mut above, mut row) = (vec![0; row_bytes], vec![0; row_bytes]);
    for (y, out) in (0..).zip(image.chunks_exact_mut(meaning.width as usize)) {
        let mut kind = [0];
        let whole = (!matches!(prepared, Prepared::PngFilters) || read_row(&mut reader, &mut kind))
            && read_row(&mut reader, &mut row);
        if !whole {
            return Err(broken_off(y, meaning.height).into());
        }
        match prepared {
            Prepared::Not => {}
            Prepared::Differences => {
                undo_differences(&mut row, count, meaning.bits == 16, false);
            }
            Prepared::PngFilters => {
                if !undo_png_filter(kind[0], &mut row, &above, pixel_bytes) {
                    return Err(damaged("a row of its image has an unknown filter").into());
                }
            }
        }
        samples.gray_row(&row, out);
        std::mem::swap(&mut above, &mut row);
    }
    Ok(Found {
        image,
        bilevel: meaning.bits == 1,
    })
}

fn inflate_all(data: &[u8], most: u64) -> Result<Cow<'static, [u8]>, PageError> {
    let mut all = Vec::new();
    inflate(data)
        .take(most)
        .read_to_end(&mut all)
        .map_err(damaged)?;
    Ok(Cow::Owned(all))
}
