//! Sheets that somebody else printed, with nothing of ours on them: the pages of several
//! forms are learned from blank ones, and each scan is read as the one that it is of.

use image::GrayImage;
use phieu::form::{BoxSpec, Layout, Library};
use phieu::learn::learn;
use phieu::page::Scan;
use phieu::read::{MarkState, PageReading, ProblemCode, ReadOptions, Reader, Status};

use crate::paper::{DPI, cross_by, printed_elsewhere};

fn scan(image: GrayImage) -> Scan {
    Scan {
        image,
        dpi: Some((DPI, DPI)),
        bilevel: false,
    }
}

fn shipped(form: &str) -> Layout {
    let form = Library::load(&[]).unwrap().resolve(form).unwrap();
    form.layout.clone()
}

/// The blank pages of a form that ships, as another office would have printed them.
fn blanks(form: &Layout) -> Vec<GrayImage> {
    let pages = form.pages.iter();
    pages.map(|p| printed_elsewhere(form, p.page)).collect()
}

/// Learns them under this name.
fn learned(blanks: &[GrayImage], id: &str) -> Layout {
    let blanks: Vec<Scan> = blanks.iter().cloned().map(scan).collect();
    let learned = learn(id, &blanks, None).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let form = learned.form;
    form.save(dir.path(), id, &learned.anchors, &learned.blanks)
        .unwrap();
    let (_, layout) = phieu::form::learned::LearnedForm::load(dir.path()).unwrap();
    layout
}

fn crossed(blank: &GrayImage, at: &BoxSpec) -> GrayImage {
    let mut image = blank.clone();
    cross_by(&mut image, &at.rect.inflate(-0.4, -0.4), 0.5, 1.0);
    image
}

/// The only box of a page that seems marked, where the layout says that it is.
fn marked(reading: &PageReading, layout: &Layout) -> BoxSpec {
    let page = layout.page(reading.page.unwrap()).unwrap();
    let not_empty: Vec<usize> = (0..reading.marks.len())
        .filter(|&i| reading.marks[i].state != MarkState::Unmarked)
        .collect();
    assert_eq!(not_empty.len(), 1, "{:?}", reading.marks);
    page.boxes[not_empty[0]].clone()
}

#[test]
fn each_page_is_read_as_the_learned_one_that_it_is_of() {
    let (one, two) = (shipped("ba-dinh-2022"), shipped("tien-giang-2024"));
    let printed = [blanks(&one), blanks(&two)];
    let forms = [learned(&printed[0], "mot"), learned(&printed[1], "hai")];
    let reader = Reader::new(forms.to_vec(), ReadOptions::default());
    for (original, (blanks, form)) in [one, two].iter().zip(printed.iter().zip(&forms)) {
        for (page, blank) in original.pages.iter().zip(blanks) {
            for at in [&page.boxes[0], page.boxes.last().unwrap()] {
                let reading = reader.read(&scan(crossed(blank, at)));
                assert_eq!(reading.form.as_ref(), Some(&form.form));
                assert_eq!(reading.page, Some(page.page));
                let found = marked(&reading, form).rect.center() - at.rect.center();
                assert!(found.length() < 1.0, "{found:?}");
            }
        }
    }
}

/// Pages that resemble the image much less than one that has proven itself are not looked
/// at. One that resembles it as much is, and then a person says which it is.
#[test]
fn of_two_learned_pages_that_both_fit_neither_is_taken() {
    let blanks = blanks(&shipped("ba-dinh-2022"));
    let forms = ["mot", "hai"].map(|id| learned(&blanks, id));
    let image = crossed(&blanks[0], &shipped("ba-dinh-2022").pages[0].boxes[0]);
    let reader = Reader::new(forms.to_vec(), ReadOptions::default());
    let reading = reader.read(&scan(image.clone()));
    assert_eq!(reading.status, Status::Unreadable);
    let ambiguous = ProblemCode::FormAmbiguous;
    assert!(reading.problems.iter().any(|p| p.code == ambiguous));
    // Asked for by name it is read.
    let form = Some("hai".to_owned());
    let named = ReadOptions {
        form,
        ..ReadOptions::default()
    };
    let reading = Reader::new(forms.to_vec(), named).read(&scan(image));
    assert_eq!(reading.form.as_deref(), Some("hai"));
    assert_ne!(reading.status, Status::Unreadable);
}
