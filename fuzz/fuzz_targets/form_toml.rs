//! Any text as a form.toml: a layout that can be read, or a mistake with its
//! place; never a crash.
#![no_main]

use libfuzzer_sys::fuzz_target;
use phieu::form::{FormError, Layout, parse, violations};

fuzz_target!(|text: &str| {
    if let Ok(form) = parse(text, "form.toml") {
        match Layout::from_form(&form) {
            Ok(layout) => assert!(violations(&layout).is_empty()),
            Err(FormError::Mistake { .. }) => {}
            Err(other) => panic!("{other}"),
        }
    }
});
