//! What is printed on every page so that it can be identified: the payload of
//! the QR codes, the same in a line of characters, the serials of ballots and
//! the keys that protect them.

mod alphabet;
mod cover;
mod key;
mod line;
mod payload;
mod qr;
mod serial;

pub(crate) use alphabet::encode_50;
pub use alphabet::{ALPHABET, canonical_char};
pub use cover::{Cover, CoverRead, station_tag};
pub use key::{Key, KeyError, Keyring};
pub(crate) use line::line_heads;
pub use line::{CELLS, LINE_PATTERN, LineCode, TextCells, parse_text_line, text_line};
pub(crate) use payload::is_form_id;
pub use payload::{CodeError, MAX_FORM_ID, MAX_PAGES, MAX_UNIT, MAX_VERSION, Payload};
pub use qr::{QrMatrix, qr_modules};
pub use serial::{NO_SERIAL, SERIAL_COUNT, random_start, serial};
