//! Any text as a form.toml: a layout that can be read, or a mistake with its
//! place; never a crash.

use phieu::form::{FormError, Layout, parse, violations};

pub fn enter(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Ok(form) = parse(text, "form.toml") {
        match Layout::from_form(&form) {
            Ok(layout) => assert!(violations(&layout).is_empty()),
            Err(FormError::Mistake { .. }) => {}
            Err(other) => panic!("{other}"),
        }
    }
}
