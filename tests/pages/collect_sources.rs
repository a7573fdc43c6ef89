//! A clerk points at files, folders and archives; the images in them are
//! found, in the order in which they were scanned.

use std::fs;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};

use crate::page_support::*;
use phieu::page::{DecodeLimits, PageError, SkipReason, Source, SourceError, collect};
use zip::write::SimpleFileOptions;

fn put(folder: &Path, name: &str, data: &[u8]) -> PathBuf {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, data).unwrap();
    path
}

fn archive(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, data) in entries {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(data).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn names(sources: &[Source], below: &Path) -> Vec<String> {
    let below = below.display().to_string();
    sources
        .iter()
        .map(|s| {
            s.name()
                .trim_start_matches(&below)
                .replace('\\', "/")
                .trim_start_matches('/')
                .to_owned()
        })
        .collect()
}

#[test]
fn a_folder_is_read_in_the_order_of_the_scanner() {
    let dir = tempfile::tempdir().unwrap();
    let jpeg = fixture("gray.jpg");
    for name in [
        "hòm phiếu 10/scan-1.jpg",
        "hòm phiếu 2/scan-10.JPG",
        "hòm phiếu 2/scan-2.jpeg",
        "hòm phiếu 2/.scan-2.jpg",
        "hòm phiếu 2/Thumbs.db",
        "hòm phiếu 2/ghi chú.txt",
    ] {
        put(dir.path(), name, &jpeg);
    }
    let found = collect(&[dir.path().to_path_buf()]).unwrap();
    assert_eq!(
        names(&found.sources, dir.path()),
        [
            "hòm phiếu 2/scan-2.jpeg",
            "hòm phiếu 2/scan-10.JPG",
            "hòm phiếu 10/scan-1.jpg",
        ]
    );
    let reasons: Vec<_> = found.skipped.iter().map(|s| s.reason.clone()).collect();
    assert_eq!(
        reasons,
        [
            SkipReason::Hidden,
            SkipReason::UnknownExtension,
            SkipReason::UnknownExtension
        ]
    );
    let limits = DecodeLimits::default();
    for source in &found.sources {
        assert_eq!(*source.bytes(&limits).unwrap(), jpeg);
        assert_eq!(source.open(&limits).unwrap().page_count(), 1);
    }
}

#[test]
fn a_file_that_is_named_is_taken_whatever_its_name_is() {
    let dir = tempfile::tempdir().unwrap();
    let path = put(dir.path(), "scan.bin", &fixture("three-pages.tif"));
    let found = collect(&[path]).unwrap();
    let file = found.sources[0].open(&DecodeLimits::default()).unwrap();
    assert_eq!((file.format(), file.page_count()), ("TIFF", 3));
}

#[test]
fn a_path_that_does_not_exist_is_named() {
    let path = PathBuf::from("không có/trang.jpg");
    let error = collect(&[path]).unwrap_err();
    assert!(matches!(error, SourceError::NotFound(_)));
    assert!(error.to_string().contains("trang.jpg"));
}

#[test]
fn archives_are_read_in_place_and_by_several_threads() {
    let dir = tempfile::tempdir().unwrap();
    let (jpeg, tiff) = (fixture("gray.jpg"), fixture("g4-strips.tif"));
    let inner = archive(&[("a.jpg", &jpeg)]);
    let zip = archive(&[
        ("trang 10.jpg", &jpeg),
        ("trang 9.tif", &tiff),
        ("../../ngoài.jpg", &jpeg),
        ("__MACOSX/._trang 9.tif", b"x"),
        ("bên trong.zip", &inner),
        ("đọc tôi.txt", b"x"),
    ]);
    put(dir.path(), "lô 1.zip", &zip);
    let found = collect(&[dir.path().to_path_buf()]).unwrap();
    assert_eq!(
        names(&found.sources, dir.path()),
        [
            "lô 1.zip/../../ngoài.jpg",
            "lô 1.zip/trang 9.tif",
            "lô 1.zip/trang 10.jpg",
        ]
    );
    let mut reasons: Vec<_> = found.skipped.iter().map(|s| s.reason.to_string()).collect();
    reasons.sort();
    assert_eq!(
        reasons,
        [
            "a hidden or system file",
            "an archive in an archive: unpack it first",
            "not an image, a PDF or an archive by its name",
        ]
    );
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let sources = &found.sources;
            let (jpeg, tiff) = (&jpeg, &tiff);
            scope.spawn(move || {
                let limits = DecodeLimits::default();
                for (source, expected) in sources.iter().zip([jpeg, tiff, jpeg]) {
                    assert_eq!(*source.bytes(&limits).unwrap(), *expected);
                    source.open(&limits).unwrap().page(0).unwrap();
                }
            });
        }
    });
    // Nothing was unpacked anywhere.
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn a_broken_archive_is_an_error_of_that_archive_only() {
    let dir = tempfile::tempdir().unwrap();
    let mut zip = archive(&[("a.jpg", &fixture("gray.jpg"))]);
    zip.truncate(zip.len() / 2);
    put(dir.path(), "a.zip", &zip);
    put(dir.path(), "b.jpg", &fixture("gray.jpg"));
    let found = collect(&[dir.path().to_path_buf()]).unwrap();
    assert_eq!(found.sources.len(), 2);
    let limits = DecodeLimits::default();
    let error = found.sources[0].open(&limits).unwrap_err();
    assert!(matches!(error, PageError::Damaged { format: "ZIP", .. }));
    assert!(found.sources[1].open(&limits).is_ok());
}

#[test]
fn a_zip_bomb_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let zeros = vec![0; 300 << 20];
    let path = put(dir.path(), "bom.zip", &archive(&[("a.jpg", &zeros)]));
    drop(zeros);
    assert!(fs::metadata(&path).unwrap().len() < 2 << 20);
    let found = collect(&[path]).unwrap();
    let error = found.sources[0].open(&DecodeLimits::default()).unwrap_err();
    assert!(matches!(error, PageError::FileTooLarge(_)), "{error}");
}

/// The size that an archive states is not believed.
#[test]
fn a_zip_bomb_that_lies_about_its_size_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let mut zip = archive(&[("a.jpg", &vec![0; 4 << 20])]);
    let size = (4u32 << 20).to_le_bytes();
    let mut changed = 0;
    for at in 0..zip.len() - 4 {
        if zip[at..at + 4] == size {
            zip[at..at + 4].copy_from_slice(&10u32.to_le_bytes());
            changed += 1;
        }
    }
    assert!(changed >= 1);
    let path = put(dir.path(), "bom.zip", &zip);
    let limits = DecodeLimits {
        max_file_bytes: 1 << 20,
        ..DecodeLimits::default()
    };
    let found = collect(&[path]).unwrap();
    assert!(found.sources[0].open(&limits).is_err());
}
