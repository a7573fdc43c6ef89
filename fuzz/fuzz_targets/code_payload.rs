//! Any text as the text of a code: what is accepted is written the same again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use phieu::form::code::{Key, Keyring, Payload, parse_text_line};

fuzz_target!(|text: &str| {
    if let Ok(payload) = Payload::parse(text, &Keyring::public()) {
        assert_eq!(payload.encode(&Key::public()).as_deref(), Ok(text));
    }
    let _ = parse_text_line(text, [], &Keyring::public());
});
