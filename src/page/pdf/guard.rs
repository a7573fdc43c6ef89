//! Bombs in a PDF, found before they go off.
//!
//! The libraries that read and render PDF unpack a stream as far as it goes.
//! What they will unpack is measured here first, without keeping it.

use std::io::Read;

use flate2::bufread::ZlibDecoder;
use hayro_syntax::content::TypedIter;
use hayro_syntax::content::ops::TypedInstruction;
use hayro_syntax::object::{Array, Dict, Name, Number, Object, Stream};
use hayro_syntax::page::Page;
use hayro_syntax::{Filter, Pdf};

use super::super::{DecodeLimits, PageError, jpeg};
use super::damaged;

/// Most bytes of what a page draws. A page of a drawing program has a few
/// megabytes, the recognised text of a page a few hundred kilobytes.
pub(super) const MAX_CONTENT: u64 = 16 << 20;

/// Most bytes of one table of objects.
const MAX_TABLE: u64 = 64 << 20;

/// Most bytes that one byte of Deflate can become (258 bytes from two bits).
const DEFLATE_RATIO: u64 = 1032;
/// Most bytes that one byte of LZW can become: codes of 9 bits or more, of
/// strings of at most 4,096 bytes.
const LZW_RATIO: u64 = 4096;
/// Runs of at most 128 bytes from two.
const RUN_LENGTH_RATIO: u64 = 64;
/// Four zeros from one `z`.
const ASCII_85_RATIO: u64 = 4;

/// Objects that are looked at in a file that has to be rendered.
const MAX_OBJECTS: usize = 200_000;

/// Most bytes of all tables of objects together: they stay in memory while
/// the file is open. A file of 10,000 scanned pages has a few megabytes.
const MAX_STRUCTURE: u64 = 256 << 20;

/// Whether the streams of objects and references in the bytes of a PDF, which
/// are unpacked to read its structure, stay within bounds.
pub(super) fn check_structure(data: &[u8]) -> Result<(), PageError> {
    let mut at = 0;
    let mut total: u64 = 0;
    while let Some(found) = find(&data[at..], b"stream") {
        let keyword = at + found;
        at = keyword + 6;
        if data[..keyword].ends_with(b"end") {
            continue;
        }
        // The dictionary lies between the last `obj` and here.
        const MAX_DICTIONARY: usize = 4096;
        let window = &data[keyword.saturating_sub(MAX_DICTIONARY)..keyword];
        let dictionary = rfind(window, b"obj").map_or(window, |o| &window[o..]);
        let says = |name: &[u8]| find(dictionary, name).is_some();
        // A `#` can write any letter of a name.
        let disguised = dictionary.contains(&b'#');
        let structural = says(b"ObjStm") || says(b"/XRef");
        if !structural && !disguised {
            continue;
        }
        let packed_twice = dictionary.windows(6).filter(|w| w == b"Decode").count() > 2;
        if structural && (packed_twice || says(b"LZW") || says(b"RunLength")) {
            return Err(damaged("its table of objects is packed in an unusual way"));
        }
        let body = match &data[at..] {
            [b'\r', b'\n', rest @ ..] | [b'\n' | b'\r', rest @ ..] => rest,
            rest => rest,
        };
        let size = inflated_size(body, MAX_TABLE);
        if structural {
            total += size;
        }
        if size > MAX_TABLE || total > MAX_STRUCTURE {
            return Err(damaged(
                "its table of objects unpacks to far more than a file has",
            ));
        }
    }
    Ok(())
}

/// Whether what a page draws stays within bounds.
pub(super) fn check_content(page: &Page<'_>) -> Result<(), PageError> {
    let bounded = match page.raw().get::<Object<'_>>(b"Contents") {
        Some(Object::Stream(stream)) => stream_bounded(&stream, MAX_CONTENT),
        Some(Object::Array(parts)) => parts
            .iter::<Stream<'_>>()
            .all(|stream| stream_bounded(&stream, MAX_CONTENT / 4)),
        _ => true,
    };
    if bounded {
        Ok(())
    } else {
        Err(damaged(
            "what the page draws unpacks to far more than a page",
        ))
    }
}

/// Whether a stream unpacks to at most `most` bytes.
pub(super) fn stream_bounded(stream: &Stream<'_>, most: u64) -> bool {
    let raw = stream.raw_data();
    let mut bound = raw.len() as u64;
    for (i, filter) in stream.filters().iter().enumerate() {
        let ratio = match filter {
            Filter::FlateDecode => DEFLATE_RATIO,
            Filter::LzwDecode => LZW_RATIO,
            Filter::RunLengthDecode => RUN_LENGTH_RATIO,
            Filter::Ascii85Decode => ASCII_85_RATIO,
            _ => 1,
        };
        let possible = bound.saturating_mul(ratio);
        let measured = i == 0 && *filter == Filter::FlateDecode && possible > most;
        bound = if measured && inflates_within(&raw, most) {
            most
        } else {
            possible
        };
        if bound > most {
            return false;
        }
    }
    true
}

/// Whether every stream of the file, of images above all, stays within what
/// rendering may unpack.
pub(super) fn all_streams_bounded(pdf: &Pdf, limits: &DecodeLimits) -> bool {
    // Four bytes a pixel for an image in CMYK.
    let most = limits.max_pixels.saturating_mul(4);
    pdf.len() <= MAX_OBJECTS
        && pdf.objects().into_iter().all(|object| match object {
            Object::Stream(stream) if is_drawing(stream.dict()) => {
                stream_bounded(&stream, MAX_CONTENT)
                    && stream
                        .decoded_data()
                        .is_ok_and(|data| inline_images_bounded(&data, limits))
            }
            Object::Stream(stream) => {
                image_bounded(&stream, limits) && stream_bounded(&stream, most)
            }
            _ => true,
        })
}

/// Whether a stream may be a list of what to draw: of a page, a form, a
/// pattern, or a letter; not an image, a font, or a table of the file.
fn is_drawing(dict: &Dict<'_>) -> bool {
    let named = |key: &[u8], names: &[&[u8]]| {
        dict.get::<Name<'_>>(key)
            .is_some_and(|name| names.contains(&&*name))
    };
    let image = named(b"Subtype", &[b"Image"]);
    let table = named(b"Type", &[b"XRef", b"ObjStm", b"Metadata"]);
    let other = [&b"Length1"[..], b"N", b"FunctionType", b"ShadingType"]
        .iter()
        .any(|key| dict.contains_key(key))
        || named(b"Subtype", &[b"Type1C", b"CIDFontType0C", b"OpenType"]);
    !(image || table || other)
}

/// Whether the images inside a list of what to draw are of sizes of a page.
pub(super) fn inline_images_bounded(data: &[u8], limits: &DecodeLimits) -> bool {
    let mut operators = TypedIter::new(data);
    while let Some(operator) = operators.next() {
        if let TypedInstruction::InlineImage(image) = operator
            && !image_bounded(image.0, limits)
        {
            return false;
        }
    }
    true
}

fn image_bounded(stream: &Stream<'_>, limits: &DecodeLimits) -> bool {
    let dict = stream.dict();
    let size = |dict: &Dict<'_>, long: &[u8], short: &[u8]| {
        dict.get::<Number>(long)
            .or_else(|| dict.get::<Number>(short))
            .map_or(1, |n| n.as_i64().unsigned_abs())
    };
    let fits = |width: u64, height: u64| width.saturating_mul(height) <= limits.max_pixels;
    let (width, height) = (size(dict, b"Width", b"W"), size(dict, b"Height", b"H"));
    if !fits(width, height) {
        return false;
    }
    stream
        .filters()
        .iter()
        .enumerate()
        .all(|(i, filter)| match filter {
            Filter::CcittFaxDecode => parameters(dict).iter().all(|p| {
                let columns = p
                    .get::<Number>(b"Columns")
                    // The default of ISO 32000-1, table 11.
                    .map_or(1728, |n| n.as_i64().unsigned_abs());
                let rows = size(p, b"Rows", b"Rows").max(height);
                fits(columns.max(width), rows)
            }),
            // The sizes in the data count, not those in the dictionary; where
            // they are packed once more they are not looked for.
            Filter::Jbig2Decode | Filter::JpxDecode | Filter::DctDecode if i > 0 => false,
            Filter::Jbig2Decode => {
                let settings = hayro_jbig2::DecodeSettings { strict: false };
                hayro_jbig2::Page::new_embedded(&stream.raw_data(), None, &settings)
                    .is_ok_and(|page| fits(page.width().into(), page.height().into()))
            }
            Filter::JpxDecode => jpx_size(&stream.raw_data()).is_some_and(|(w, h)| fits(w, h)),
            Filter::DctDecode => {
                jpeg::stated_size(&stream.raw_data()).is_some_and(|(w, h)| fits(w.into(), h.into()))
            }
            _ => true,
        })
}

/// The parameters of all filters of a stream.
pub(super) fn parameters<'a>(dict: &Dict<'a>) -> Vec<Dict<'a>> {
    let object = dict
        .get::<Object<'a>>(b"DecodeParms")
        .or_else(|| dict.get::<Object<'a>>(b"DP"));
    match object {
        Some(Object::Dict(one)) => vec![one],
        Some(Object::Array(many)) => list(&many),
        _ => Vec::new(),
    }
}

fn list<'a>(many: &Array<'a>) -> Vec<Dict<'a>> {
    many.iter::<Object<'a>>()
        .map(|object| object.into_dict().unwrap_or_default())
        .collect()
}

/// Width and height of JPEG 2000 data, from the SIZ segment that must follow
/// its start (ISO 15444-1, A.5.1).
fn jpx_size(data: &[u8]) -> Option<(u64, u64)> {
    let start = find(data, &[0xFF, 0x4F, 0xFF, 0x51])?;
    let word = |at: usize| {
        let bytes = data.get(start + at..start + at + 4)?;
        Some(u64::from(u32::from_be_bytes(bytes.try_into().ok()?)))
    };
    Some((word(8)?, word(12)?))
}

/// Whether data unpacks to at most `most` bytes.
fn inflates_within(data: &[u8], most: u64) -> bool {
    (data.len() as u64).saturating_mul(DEFLATE_RATIO) <= most || inflated_size(data, most) <= most
}

/// Inflates without keeping anything, until the end, damage, or the bound;
/// more than `most` if it is reached.
fn inflated_size(data: &[u8], most: u64) -> u64 {
    let mut reader = ZlibDecoder::new(data);
    let mut scratch = [0; 32 << 10];
    let mut total = 0;
    while total <= most {
        match reader.read(&mut scratch) {
            Ok(0) | Err(_) => break,
            Ok(n) => total += n as u64,
        }
    }
    total
}

fn find(data: &[u8], needle: &[u8]) -> Option<usize> {
    let first = needle[0];
    let mut from = 0;
    loop {
        let at = from + data.get(from..)?.iter().position(|b| *b == first)?;
        if data[at..].starts_with(needle) {
            return Some(at);
        }
        from = at + 1;
    }
}

fn rfind(data: &[u8], needle: &[u8]) -> Option<usize> {
    data.windows(needle.len()).rposition(|w| w == needle)
}
