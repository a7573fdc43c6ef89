//! What reading costs beside decoding the same file:
//!
//!     cargo bench --bench read_pages -- [--dpi N]... [--keep DIR]
//!
//! Simulated pages of the shipped forms, A4, at several resolutions and in the
//! files that scanners write; in all rows but two each question has its cross.
//! Times are CPU milliseconds of one thread where the system tells them (Linux),
//! so that other programs do not count; medians of rounds in which decoding and
//! reading take turns. At the end the memory of `phieu read` on many of the
//! files. `--keep` leaves the files, to measure other programs with them.
#![allow(clippy::unwrap_used)]

mod clock;
mod memory;
mod pages;

use std::hint::black_box;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use phieu::form::Library;
use phieu::page::{DecodeLimits, PageFile, Scan};
use phieu::read::{ReadOptions, Reader, Status};

use pages::{Answers, File, ROWS};

/// Rounds over all pages; the median round counts.
const ROUNDS: usize = 9;

fn main() {
    let (mut resolutions, mut keep) = (Vec::new(), None);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--dpi" => resolutions.push(arguments.next().unwrap().parse::<u32>().unwrap()),
            "--keep" => keep = arguments.next().map(PathBuf::from),
            _ => {}
        }
    }
    if resolutions.is_empty() {
        resolutions = vec![150, 200, 300, 600];
    }
    let library = Library::load(&[]).unwrap();
    let reader = Reader::new(library.layouts(), ReadOptions::default());
    let folder = tempfile::tempdir().unwrap();
    let folder = keep.unwrap_or_else(|| folder.path().to_owned());
    println!(
        "{} pages of A4 in each row; ms a page of {}",
        pages::PAGES,
        clock::UNIT
    );
    println!(
        "{:>4}  {:<14} {:>6} {:>8} {:>14} {:>6} {:>10} {:>22}",
        "dpi", "file", "kB", "decode", "decode + read", "ratio", "reading", "pages/s, two threads"
    );
    let mut all = Vec::new();
    for dpi in resolutions {
        let [plain, blank] =
            [Answers::All, Answers::OneBlank].map(|a| pages::images(&library, dpi, a));
        for (name, format, answers) in ROWS {
            let images = match answers {
                Answers::All => &plain,
                Answers::OneBlank => &blank,
            };
            let files: Vec<File> = images.iter().map(|i| format.file(i, dpi)).collect();
            all.extend(pages::write(&files, &folder, dpi, (name, format)));
            measure(&reader, &files, dpi, name);
        }
    }
    memory::measure(&all);
}

fn decode(file: &File) -> Scan {
    let file = PageFile::from_bytes(Arc::clone(file), &DecodeLimits::default());
    file.unwrap().page(0).unwrap()
}

fn measure(reader: &Reader, files: &[File], dpi: u32, name: &str) {
    let read = |file: &File| {
        let reading = reader.read(&decode(file));
        assert_ne!(reading.status, Status::Unreadable);
        black_box(reading);
    };
    let decode_all = || {
        for file in files {
            black_box(decode(file));
        }
    };
    let read_all = || files.iter().for_each(read);
    let mut times = [Vec::new(), Vec::new()];
    let per_page = |milliseconds: f64| milliseconds / files.len() as f64;
    for _ in 0..ROUNDS {
        times[0].push(per_page(clock::of(decode_all)));
        times[1].push(per_page(clock::of(read_all)));
    }
    let [decoding, reading] = times.map(median);
    let start = Instant::now();
    std::thread::scope(|scope| {
        for t in 0..2 {
            scope.spawn(move || {
                for _ in 0..ROUNDS {
                    files.iter().skip(t).step_by(2).for_each(read);
                }
            });
        }
    });
    let seconds = start.elapsed().as_secs_f64();
    let bytes: usize = files.iter().map(|f| f.len()).sum();
    println!(
        "{dpi:>4}  {name:<14} {:>6} {decoding:>8.2} {reading:>14.2} {:>6.2} {:>10.2} {:>22.0}",
        bytes / files.len() / 1000,
        reading / decoding,
        reading - decoding,
        (ROUNDS * files.len()) as f64 / seconds,
    );
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
