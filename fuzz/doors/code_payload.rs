//! Any text as the text of a code, as a code whose unkeyed check is right (so
//! that what is behind the check is reached) and as the fields of a code that
//! is to be printed: what is printed is read again, and what is read has one
//! spelling.

use phieu::form::code::{
    ALPHABET, CodeError, Key, Keyring, Payload, parse_text_line, qr_modules, text_line,
};
use phieu::form::{Correction, Layout, PageLayout};
use phieu::geometry::MmSize;

pub fn enter(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    one_spelling(text);
    let sealed = format!("{text}{}", unkeyed_check(text));
    one_spelling(&sealed);
    let _ = parse_text_line(text, [], &Keyring::public());
    if let Some(payload) = fields(text) {
        printed_is_read(&payload);
    }
}

/// What is understood, even with the wrong key, would be printed the same.
fn one_spelling(text: &str) {
    const KEYED_CHECK: usize = 12;
    match Payload::parse(text, &Keyring::public()) {
        Ok(payload) => assert_eq!(payload.encode(&Key::public()).as_deref(), Ok(text)),
        Err(CodeError::SerialForged { payload }) => {
            let again = payload.encode(&Key::public()).unwrap();
            let body = again.len() - KEYED_CHECK;
            assert_eq!(&again[..body], &text[..text.len() - KEYED_CHECK]);
        }
        Err(CodeError::NotOurs | CodeError::Damaged) => {}
        Err(other) => panic!("{other}"),
    }
}

/// The last six characters of a code: 30 bits of a hash of all before them.
fn unkeyed_check(text: &str) -> String {
    let hash = blake3::hash(text.as_bytes());
    let number = u64::from_le_bytes(hash.as_bytes()[..8].try_into().unwrap());
    (0..6)
        .rev()
        .map(|i| char::from(ALPHABET[(number >> (5 * i) & 31) as usize]))
        .collect()
}

/// `form/version/digest/page/serial/unit/box`, an empty field for none.
fn fields(text: &str) -> Option<Payload> {
    let all: Vec<&str> = text.splitn(7, '/').collect();
    let &[form, version, digest, page, serial, unit, ballot_box] = all.as_slice() else {
        return None;
    };
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Some(Payload {
        form: form.to_owned(),
        version: version.parse().ok()?,
        digest: digest.to_owned(),
        page: page.parse().ok()?,
        serial: some(serial),
        unit: some(unit),
        ballot_box: some(ballot_box),
    })
}

fn printed_is_read(payload: &Payload) {
    let key = Key::public();
    let Ok(code) = payload.encode(&key) else {
        return;
    };
    assert_eq!(
        Payload::parse(&code, &Keyring::public()).as_ref(),
        Ok(payload)
    );
    qr_modules(&code).unwrap();
    let line = text_line(payload, &key).unwrap();
    let layout = Layout {
        form: payload.form.clone(),
        version: payload.version,
        digest: payload.digest.clone(),
        correction: Correction::None,
        questions: Vec::new(),
        pages: vec![PageLayout {
            page: payload.page,
            size: MmSize::new(210.0, 297.0),
            boxes: Vec::new(),
            anchors: Vec::new(),
            codes: Vec::new(),
            areas: Vec::new(),
            ink: Vec::new(),
            words: Vec::new(),
            reference: None,
        }],
    };
    let read = parse_text_line(&line, [&layout], &Keyring::public()).unwrap();
    assert_eq!(
        (read.digest, read.page, read.serial),
        (payload.digest.clone(), payload.page, payload.serial.clone())
    );
}
