//! How fast pages are read, and what that costs beside decoding the same file:
//! `cargo bench --bench read_pages`.
//!
//! Pages of the shipped forms, filled by the simulator, A4 at 300 dpi, as gray
//! JPEG of quality 85.

#![allow(clippy::unwrap_used)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use phieu::form::Library;
use phieu::page::{DecodeLimits, PageFile};
use phieu::read::{ReadOptions, Reader, Status};
use phieu::synth::{Level, Simulator};

/// Different pages.
const PAGES: usize = 12;
/// Rounds over all of them; the median round counts.
const ROUNDS: usize = 7;

fn files(library: &Library) -> Vec<Vec<u8>> {
    let mut files = Vec::new();
    for form in library.forms() {
        let simulator = Simulator::for_form(form, Level::Office, 3).unwrap();
        let wanted = files.len() + PAGES / 2;
        for sheet in 0.. {
            for page in simulator.sheet(sheet).unwrap().pages {
                let (w, h) = page.scan.image.dimensions();
                // 300 dpi: other simulated resolutions are smaller.
                if w.max(h) > 3300 && files.len() < wanted {
                    let mut bytes = Vec::new();
                    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, 85)
                        .encode_image(&page.scan.image)
                        .unwrap();
                    files.push(bytes);
                }
            }
            if files.len() == wanted {
                break;
            }
        }
    }
    files
}

/// Median time of a page over the rounds.
fn median_per_page(mut round: impl FnMut()) -> Duration {
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            round();
            start.elapsed()
        })
        .collect();
    times.sort();
    times[ROUNDS / 2] / PAGES as u32
}

fn main() {
    let library = Library::load(&[]).unwrap();
    let reader = Reader::new(library.layouts(), ReadOptions::default());
    let files: Vec<std::sync::Arc<Vec<u8>>> = files(&library).into_iter().map(Into::into).collect();
    let bytes: usize = files.iter().map(|f| f.len()).sum();
    println!(
        "{PAGES} pages of A4 at 300 dpi, gray JPEG, {} kB each",
        bytes / PAGES / 1000
    );

    let decode = |file: &std::sync::Arc<Vec<u8>>| {
        let file = PageFile::from_bytes(std::sync::Arc::clone(file), &DecodeLimits::default());
        file.unwrap().page(0).unwrap()
    };
    let read = |file| {
        let reading = reader.read(&decode(file));
        assert_ne!(reading.status, Status::Unreadable);
        black_box(reading);
    };
    let decoding = median_per_page(|| {
        for f in &files {
            black_box(decode(f));
        }
    });
    let reading = median_per_page(|| files.iter().for_each(read));
    println!(
        "decode only          {:6.1} ms a page, one thread",
        ms(decoding)
    );
    println!(
        "decode and read      {:6.1} ms a page, one thread",
        ms(reading)
    );
    println!(
        "ratio                {:6.2}",
        reading.as_secs_f64() / decoding.as_secs_f64()
    );

    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let all = median_per_page(|| {
        std::thread::scope(|scope| {
            for t in 0..threads {
                let files = &files;
                scope.spawn(move || files.iter().skip(t).step_by(threads).for_each(read));
            }
        });
    });
    println!(
        "pages per second     {:6.1} on {threads} threads",
        1.0 / all.as_secs_f64()
    );
}

fn ms(d: Duration) -> f64 {
    d.as_secs_f64() * 1000.0
}
