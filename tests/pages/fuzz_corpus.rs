//! What fuzzing found, replayed: each file of `fixtures/fuzz/<target>` goes
//! through the same door as in `fuzz/fuzz_targets/<target>.rs`.

use std::path::PathBuf;

use phieu::read::Status;

#[path = "../../fuzz/doors/code_payload.rs"]
mod code_payload;
#[path = "../../fuzz/doors/form_toml.rs"]
mod form_toml;
#[path = "../../fuzz/doors/layout_file.rs"]
mod layout_file;
#[path = "../../fuzz/doors/page_decode.rs"]
mod page_decode;

fn replay(target: &str, enter: fn(&[u8])) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/fuzz")
        .join(target);
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .unwrap_or_else(|e| panic!("{}: {e}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{} is empty", folder.display());
    for path in files {
        // Shown where a file fails.
        println!("{}", path.display());
        enter(&std::fs::read(&path).unwrap());
    }
}

/// A door that turns everything away would find nothing: the seeds are a form
/// that is laid out and a page that is read.
#[test]
fn seeds_get_through() {
    let seed = |path: &str| {
        let fixtures = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/fuzz");
        std::fs::read(fixtures.join(path)).unwrap()
    };
    let text = String::from_utf8(seed("form_toml/seed.toml")).unwrap();
    let form = phieu::form::parse(&text, "seed.toml").unwrap();
    phieu::form::Layout::from_form(&form).unwrap();
    let reading = layout_file::read(&seed("layout_file/seed")).unwrap();
    assert_ne!(reading.status, Status::Unreadable, "{reading:?}");
}

#[test]
fn page_decode() {
    replay("page_decode", page_decode::enter);
}

#[test]
fn form_toml() {
    replay("form_toml", form_toml::enter);
}

#[test]
fn code_payload() {
    replay("code_payload", code_payload::enter);
}

#[test]
fn layout_file() {
    replay("layout_file", layout_file::enter);
}
