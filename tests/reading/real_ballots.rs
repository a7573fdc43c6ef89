//! A blank sheet that exists already is learned, and sheets that people marked
//! by pen are read with it. The scans are not part of the project: where they
//! are absent the tests say so and pass.

use std::path::{Path, PathBuf};

use phieu::form::learned::LearnedForm;
use phieu::learn::{Learned, learn};
use phieu::page::Scan;
use phieu::read::{MarkState, PageReading, ReadOptions, Reader};
use serde_json::Value;

fn folder() -> Option<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/real/hamilton");
    if dir.is_dir() {
        return Some(dir);
    }
    println!("skipped: {} is not there", dir.display());
    None
}

fn scan(path: &Path) -> Scan {
    let image = image::open(path).unwrap().to_luma8();
    Scan {
        image,
        dpi: None,
        bilevel: false,
    }
}

/// Learns one blank page, through the files as an office would.
fn learned(dir: &Path, blank: &str, id: &str) -> (Learned, phieu::form::Layout) {
    let l = learn(id, &[scan(&dir.join(blank))], None).unwrap();
    let out = tempfile::tempdir().unwrap();
    l.form
        .save(out.path(), blank, &l.anchors, &l.blanks)
        .unwrap();
    let (form, layout) = LearnedForm::load(out.path()).unwrap();
    assert_eq!(form, l.form);
    (l, layout)
}

fn rect(v: &Value) -> [f64; 4] {
    [0, 1, 2, 3].map(|i| v[i].as_f64().unwrap())
}

#[test]
fn hamilton_ballots_are_learned_and_read_without_a_silent_error() {
    let Some(dir) = folder() else { return };
    let truth: Value =
        serde_json::from_str(&std::fs::read_to_string(dir.join("truth.json")).unwrap()).unwrap();
    let (mut ovals, mut found, mut marginal, mut silent, mut extra) = (0, 0, 0, 0, 0);
    let mut seen = Vec::new();
    for (i, page) in truth.as_array().unwrap().iter().enumerate() {
        let id = format!("hamilton-{}", i + 1);
        let (_, layout) = learned(&dir, page["blank"].as_str().unwrap(), &id);
        let boxes = layout.pages[0].boxes.clone();
        println!(
            "{id}: {} boxes, {} anchors, {} questions",
            boxes.len(),
            layout.pages[0].anchors.len(),
            layout.questions.len()
        );
        let reader = Reader::new(vec![layout], ReadOptions::default());
        let reading = reader.read(&scan(&dir.join(page["image"].as_str().unwrap())));
        println!(
            "  {:?} rotation {} {:?}",
            reading.status, reading.rotation, reading.problems
        );
        let mut used = vec![false; boxes.len()];
        for m in page["marks"].as_array().unwrap() {
            ovals += 1;
            let [x, y, w, h] = rect(&m["rect_mm"]);
            let near = boxes.iter().position(|b| {
                let c = b.rect.center();
                (c.x - x - w / 2.0).hypot(c.y - y - h / 2.0) < 1.5
            });
            let Some(k) = near else {
                println!("  not found: {}", m["option"]);
                continue;
            };
            used[k] = true;
            found += 1;
            let Some(mark) = reading.marks.get(k) else {
                continue;
            };
            let is = m["marked"].as_bool().unwrap();
            match mark.state {
                MarkState::Marginal => {
                    marginal += 1;
                    println!(
                        "  marginal: {} {} marked={is} {:?}",
                        m["option"], mark.score, mark.reason
                    );
                }
                s if (s == MarkState::Marked) != is => {
                    silent += 1;
                    println!("  SILENT: {} read {s:?}", m["option"]);
                }
                _ => {}
            }
        }
        extra += used.iter().filter(|u| !**u).count();
        seen.push((id, reading));
    }
    println!(
        "{ovals} ovals, {found} found, {extra} more that are none, {marginal} marginal, {silent} silent errors"
    );
    assert_eq!((ovals, found, extra, silent), (94, 94, 0, 0));
    assert!(marginal <= 4);
    // Page 3 has an overvote and a correction: a person must see it.
    assert!(needs_person(&seen[2].1));
}

/// Turned, skewed and shrunk, with a dark border and a streak: the same marks
/// are read, or none at all, never others.
#[test]
fn a_bad_scan_of_a_ballot_gives_the_same_marks() {
    let Some(dir) = folder() else { return };
    let (_, layout) = learned(&dir, "blank-p5.jpg", "hamilton-5");
    let reader = Reader::new(vec![layout], ReadOptions::default());
    let good = scan(&dir.join("filled-in-p5.jpg"));
    let states = |scan: &Scan| -> Vec<MarkState> {
        reader.read(scan).marks.iter().map(|m| m.state).collect()
    };
    let expected = states(&good);
    assert!(expected.contains(&MarkState::Marked));
    let mut bordered = warped(&good.image, 0.9, 0.97, 10);
    for y in 0..bordered.height() {
        bordered.put_pixel(1200, y, image::Luma([70]));
    }
    for (name, image) in [
        ("upside down", image::imageops::rotate180(&good.image)),
        ("on its side", image::imageops::rotate90(&good.image)),
        ("skewed and shrunk", warped(&good.image, -5.0, 0.96, 255)),
        ("dark border and streak", bordered),
        (
            "blurred",
            imageproc::filter::gaussian_blur_f32(&good.image, 1.5),
        ),
    ] {
        let seen = states(&Scan {
            image,
            ..good.clone()
        });
        assert_eq!(seen.len(), expected.len(), "{name}: not read");
        for (a, b) in seen.iter().zip(&expected) {
            assert!(
                a == b || *a == MarkState::Marginal,
                "{name}: {a:?} for {b:?}"
            );
        }
    }
}

/// The page turned about its middle and scaled, on a background.
fn warped(image: &image::GrayImage, degrees: f32, scale: f32, background: u8) -> image::GrayImage {
    use imageproc::geometric_transformations::{Border, Interpolation, Projection, warp_into};
    let (x, y) = (image.width() as f32 / 2.0, image.height() as f32 / 2.0);
    let map = Projection::translate(x + 10.0, y + 20.0)
        * Projection::rotate(degrees.to_radians())
        * Projection::scale(scale, scale)
        * Projection::translate(-x, -y);
    let mut out = image::GrayImage::new(image.width(), image.height());
    let border = Border::Constant(image::Luma([background]));
    warp_into(image, map, Interpolation::Bilinear, border, &mut out);
    out
}

fn needs_person(r: &PageReading) -> bool {
    r.answers.values().any(|a| a.state.needs_person())
}
