//! CCITT fax codes (ITU-T T.4 and T.6), as TIFF and PDF carry them.

use hayro_ccitt::{DecodeSettings, Decoder, DecoderContext, EncodingMode};

/// How a piece of fax data is coded.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fax {
    /// Pixels of a row.
    pub columns: u32,
    /// Most rows to decode.
    pub rows: u32,
    /// Group 3 in one or two dimensions, or Group 4.
    pub encoding: EncodingMode,
    /// Every row starts at a byte boundary.
    pub byte_aligned: bool,
    /// The data may say by a code that it ends.
    pub end_of_block: bool,
    /// Rows end with a code.
    pub end_of_line: bool,
}

/// Where decoded rows go.
struct Sink<'a, F: FnMut(u32, &[u32])> {
    row: u32,
    rows: u32,
    put: &'a mut F,
}

impl<F: FnMut(u32, &[u32])> Decoder for Sink<'_, F> {
    fn push_row(&mut self, changes: &[u32]) {
        if self.row < self.rows {
            (self.put)(self.row, changes);
            self.row += 1;
        }
    }
}

impl Fax {
    /// Calls `put` for each row with its number and the places where the
    /// colour changes, starting from white. Returns how many rows there were;
    /// damage ends them early.
    pub fn decode<F: FnMut(u32, &[u32])>(&self, data: &[u8], put: &mut F) -> u32 {
        let settings = DecodeSettings {
            columns: self.columns,
            rows: self.rows,
            end_of_block: self.end_of_block,
            end_of_line: self.end_of_line,
            rows_are_byte_aligned: self.byte_aligned,
            encoding: self.encoding,
            strict: false,
        };
        let mut sink = Sink {
            row: 0,
            rows: self.rows,
            put,
        };
        // Rows before the damage are good, and counted; the caller judges.
        let _ = hayro_ccitt::decode(data, &mut sink, &mut DecoderContext::new(settings));
        sink.row
    }
}

/// Paints the runs between `changes` into a row that is white already.
/// Whatever lies beyond the row is left out.
pub(crate) fn paint_runs(changes: &[u32], columns: u32, out: &mut [u8], black: u8) {
    for run in changes.chunks(2) {
        let from = run[0] as usize;
        let to = run.get(1).copied().unwrap_or(columns) as usize;
        let to = to.min(out.len());
        if let Some(pixels) = out.get_mut(from..to) {
            pixels.fill(black);
        }
    }
}

/// Whether so few rows are missing that the page counts as whole: drivers
/// state heights that are a little more than what they write.
pub(crate) fn nearly_all(decoded: u32, rows: u32) -> bool {
    // One row in a hundred: 3 mm of an A4 page.
    u64::from(decoded) * 100 >= u64::from(rows) * 99 && decoded > 0
}
