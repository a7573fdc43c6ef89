//! What fuzzing found, replayed: each file of `fixtures/fuzz/<target>` goes
//! through the same door as in `fuzz/fuzz_targets/<target>.rs`.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::PathBuf;

use phieu::page::{DecodeLimits, PageFile};

fn corpus(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/fuzz")
        .join(target);
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .unwrap_or_else(|e| panic!("{}: {e}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{} is empty", folder.display());
    files
        .into_iter()
        .map(|path| {
            let data = std::fs::read(&path).unwrap();
            (path, data)
        })
        .collect()
}

#[test]
fn page_decode() {
    let limits = DecodeLimits {
        max_pixels: 1 << 18,
        max_pages: 64,
        ..DecodeLimits::default()
    };
    for (path, data) in corpus("page_decode") {
        let Ok(file) = PageFile::from_bytes(data, &limits) else {
            continue;
        };
        for index in 0..file.page_count().min(4) {
            if let Ok(scan) = file.page(index) {
                let (width, height) = scan.image.dimensions();
                let bound = limits.max_pixels + u64::from(width) + u64::from(height);
                assert!(
                    u64::from(width) * u64::from(height) <= bound,
                    "{}",
                    path.display()
                );
            }
        }
    }
}
