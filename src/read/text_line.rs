//! Reads the line of code characters below the form, where neither QR code can
//! be read: a blot over one corner and a tear at the other do not reach it.
//!
//! Every character has its cell, and there are only 32 of one known face: each
//! cell is compared with all of them. What the line says is believed only if
//! its check characters and its keyed check say so too.

use image::GrayImage;

use super::correlate::Seen;
use super::glyph::{COARSE_MM, FINE_MM, Glyph, blurred_glyphs, glyphs, pattern_rect};
use super::registration::Registration;
use super::sample::Window;
use crate::form::Layout;
use crate::form::code::{
    CodeError, Keyring, LineCode, Payload, TextCells, line_heads, parse_text_line,
};
use crate::geometry::{MmRect, MmSize, MmVector};

/// How far the whole line may be from where the registration puts it, coarse
/// steps: 0.8 mm, so that with [`CELL_SEARCH`] a character is never sought
/// nearer to the neighbouring cell (2.9 mm on) than to its own.
const LINE_SEARCH: usize = 4;

/// How far a character may be from where the whole line is, fine steps: 0.3 mm,
/// twice what an uneven feed leaves within the line's 93 mm.
const CELL_SEARCH: usize = 3;

/// A place where the characters resemble the best ones less than this, on
/// average, holds no line.
const LEAST_LIKENESS: f64 = 0.35;

/// A character must resemble its cell so much, and more than every other one
/// by so much, to be certain. On 300 simulated office pages from 150 to 300 dpi
/// none resembled its cell less than 0.91 or led by less than 0.10.
const CERTAIN_SCORE: f64 = 0.6;
const CERTAIN_LEAD: f64 = 0.03;

/// With more uncertain cells than this, trying is guessing.
const MOST_UNCERTAIN: usize = 5;

/// Another choice is tried only where it resembles the cell nearly as much as
/// the first, or where nothing does: what is clearly another character, with
/// the lead that undamaged ones have, is not corrected.
const MOST_LOSS: f64 = 0.08;

/// So many words are tried: all for two cells that resemble nothing. Each
/// passes by chance once in 2³⁰ (two check characters and a keyed check of 20
/// bits), and only if it names a layout.
const TRIES: usize = 32 * 32;

/// One cell's characters with their likeness, -1 to 1, best first.
#[derive(Debug, Clone)]
struct Cell(Vec<(f64, char)>);

impl Cell {
    fn best(&self) -> (f64, char) {
        self.0.first().copied().unwrap_or((0.0, '0'))
    }

    fn certain(&self) -> bool {
        let second = self.0.get(1).map_or(0.0, |c| c.0);
        let (score, _) = self.best();
        score >= CERTAIN_SCORE && score - second >= CERTAIN_LEAD
    }
}

/// What the line of a registered page says.
///
/// # Errors
/// [`CodeError::Damaged`] if it cannot be read with certainty,
/// [`CodeError::UnknownDigest`] and [`CodeError::SerialForged`] if every
/// character was read without doubt.
pub(crate) fn read(
    image: &GrayImage,
    registration: &Registration,
    paper: MmSize,
    layouts: &[&Layout],
    keys: &Keyring,
) -> Result<Payload, CodeError> {
    let cells = TextCells::on(paper).cells;
    let shift = line_shift(image, registration, &cells).ok_or(CodeError::Damaged)?;
    let read_as = |glyphs: &[Glyph]| -> Vec<Cell> {
        cells
            .iter()
            .map(|cell| read_cell(image, registration, cell.translate(shift), glyphs))
            .collect()
    };
    let sharp = read_as(glyphs());
    let blurred = read_as(blurred_glyphs());
    let read = if likeness(&blurred) > likeness(&sharp) {
        blurred
    } else {
        sharp
    };
    decide(&read, &line_heads(layouts), |text| {
        parse_text_line(text, layouts.iter().copied(), keys)
    })
    .map(|code| Payload {
        form: code.form,
        version: code.version,
        digest: code.digest,
        page: code.page,
        serial: code.serial,
        unit: None,
        ballot_box: None,
    })
}

/// By how much the whole line lies beside where it should be, mm: where the
/// cells resemble characters most. `None` if they resemble none anywhere.
fn line_shift(
    image: &GrayImage,
    registration: &Registration,
    cells: &[MmRect],
) -> Option<MmVector> {
    let side = 2 * LINE_SEARCH + 1;
    let mut sums = vec![0.0; side * side];
    let margin = LINE_SEARCH as f64 * COARSE_MM;
    let mut window = Window::default();
    for cell in cells {
        let rect = pattern_rect(*cell).inflate(margin, margin);
        window.fill(image, &registration.local(cell.center()), rect, COARSE_MM);
        let seen = Seen::of(&window);
        let mut best = vec![0.0_f64; side * side];
        for glyph in glyphs() {
            for (best, score) in best.iter_mut().zip(glyph.coarse.scores(&seen).0) {
                *best = best.max(score);
            }
        }
        for (sum, best) in sums.iter_mut().zip(best) {
            *sum += best;
        }
    }
    let (best, &sum) = sums.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1))?;
    let along = |i: usize| (i as f64 - LINE_SEARCH as f64) * COARSE_MM;
    (sum >= LEAST_LIKENESS * cells.len() as f64)
        .then(|| MmVector::new(along(best % side), along(best / side)))
}

/// How much the cells resemble their best characters, all together.
fn likeness(cells: &[Cell]) -> f64 {
    cells.iter().map(|c| c.best().0).sum()
}

/// Compares a cell with all characters, each where it fits best.
fn read_cell(
    image: &GrayImage,
    registration: &Registration,
    cell: MmRect,
    glyphs: &[Glyph],
) -> Cell {
    let margin = CELL_SEARCH as f64 * FINE_MM;
    let rect = pattern_rect(cell).inflate(margin, margin);
    let mut window = Window::default();
    window.fill(image, &registration.local(cell.center()), rect, FINE_MM);
    let seen = Seen::of(&window);
    let likeness = |g: &Glyph| g.fine.scores(&seen).0.into_iter().fold(-1.0, f64::max);
    let mut choices: Vec<(f64, char)> = glyphs.iter().map(|g| (likeness(g), g.character)).collect();
    choices.sort_by(|a, b| b.0.total_cmp(&a.0));
    Cell(choices)
}

/// Finds the word that the checks accept among those that resemble the cells
/// most. A line begins with one of `heads`, if its form is at hand: what is left
/// to find is the rest.
fn decide(
    cells: &[Cell],
    heads: &[String],
    parse: impl Fn(&str) -> Result<LineCode, CodeError>,
) -> Result<LineCode, CodeError> {
    let mut known: Vec<(f64, Vec<Cell>)> = heads
        .iter()
        .filter_map(|head| with_head(cells, head))
        .collect();
    known.sort_by(|a, b| a.0.total_cmp(&b.0));
    for (_, cells) in known {
        if let Ok(code) = decide_cells(&cells, &parse) {
            return Ok(code);
        }
    }
    decide_cells(cells, &parse)
}

/// The cells with the first of them known, and what that loses in likeness;
/// `None` where one of them is clearly another character.
fn with_head(cells: &[Cell], head: &str) -> Option<(f64, Vec<Cell>)> {
    let mut out = cells.to_vec();
    let mut loss = 0.0;
    for (cell, character) in out.iter_mut().zip(head.chars()) {
        let best = cell.best().0;
        let score = cell.0.iter().find(|c| c.1 == character)?.0;
        if best - score > most_loss(best) {
            return None;
        }
        loss += best - score;
        cell.0 = vec![(1.0, character)];
    }
    Some((loss, out))
}

/// By how much less than the best another character may resemble a cell.
fn most_loss(best: f64) -> f64 {
    // No likeness loses more than this: any character may be meant.
    if best < CERTAIN_SCORE { 2.0 } else { MOST_LOSS }
}

fn decide_cells(
    cells: &[Cell],
    parse: impl Fn(&str) -> Result<LineCode, CodeError>,
) -> Result<LineCode, CodeError> {
    let uncertain = cells.iter().filter(|c| !c.certain()).count();
    if uncertain > MOST_UNCERTAIN {
        return Err(CodeError::Damaged);
    }
    let first: Vec<char> = cells.iter().map(|c| c.best().1).collect();
    let as_seen = parse(&first.iter().collect::<String>());
    match as_seen {
        Ok(code) => return Ok(code),
        // Nobody is accused because of a blot.
        Err(CodeError::SerialForged { .. } | CodeError::UnknownDigest { .. }) if uncertain == 0 => {
            return as_seen;
        }
        Err(_) => {}
    }
    for changes in changes(cells) {
        let mut word = first.clone();
        for (cell, character) in changes {
            word[cell] = character;
        }
        if let Ok(code) = parse(&word.iter().collect::<String>()) {
            return Ok(code);
        }
    }
    Err(CodeError::Damaged)
}

/// Other characters for one or two cells, those that resemble them most first.
fn changes(cells: &[Cell]) -> Vec<Vec<(usize, char)>> {
    let mut single: Vec<(f64, usize, char)> = cells
        .iter()
        .enumerate()
        .flat_map(|(i, cell)| {
            let best = cell.best().0;
            let most = most_loss(best);
            let others = cell.0.iter().skip(1);
            others
                .map(move |&(score, c)| (best - score, i, c))
                .filter(move |s| s.0 <= most)
        })
        .collect();
    single.sort_by(|a, b| a.0.total_cmp(&b.0));
    single.truncate(TRIES);
    let mut all: Vec<(f64, Vec<(usize, char)>)> =
        single.iter().map(|s| (s.0, vec![(s.1, s.2)])).collect();
    for (n, a) in single.iter().enumerate() {
        for b in single[n + 1..].iter().filter(|b| b.1 != a.1) {
            all.push((a.0 + b.0, vec![(a.1, a.2), (b.1, b.2)]));
        }
    }
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    all.truncate(TRIES);
    all.into_iter().map(|(_, changes)| changes).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::OnceLock;

    use image::imageops::{FilterType, resize};
    use proptest::prelude::*;

    use super::*;
    use crate::form::code::{ALPHABET, Key, text_line};
    use crate::form::frame::{ANCHOR_MM, anchors, qr_codes};
    use crate::form::{Job, Library, LoadedForm, print};
    use crate::geometry::{MmPoint, PxPoint};
    use crate::page::{DecodeLimits, PageFile, Scan};
    use crate::read::constellation::recognise;
    use crate::read::squares::{INK_LEVELS, dark_regions, find_squares};
    use crate::read::thumbnail::{PaperMap, Thumbnail};
    use crate::read::{ProblemCode, ReadOptions, Reader, Status};
    use crate::synth::{Level, PageTruth, Simulator};

    const PAPER: MmSize = MmSize::new(210.0, 297.0);

    fn form() -> LoadedForm {
        Library::load(&[]).unwrap().resolve("ba-dinh-2022").unwrap()
    }

    /// The first page from sheet `n` on that was scanned at `dpi` or finer,
    /// brought down to it.
    fn office_page(simulator: &Simulator, n: u64, dpi: u32) -> (Scan, PageTruth) {
        let finer = |n: &u64| simulator.plan(*n)[0].conditions.sensor.dpi >= dpi;
        let n = (n..).find(finer).unwrap();
        let mut sheet = simulator.sheet(n).unwrap();
        let page = sheet.pages.swap_remove(n as usize % sheet.pages.len());
        let scanned = page.truth.conditions.sensor.dpi;
        let (w, h) = page.scan.image.dimensions();
        let to = |side: u32| side * dpi / scanned;
        let mut scan = page.scan;
        scan.image = resize(&scan.image, to(w), to(h), FilterType::Triangle);
        (scan, page.truth)
    }

    fn register(image: &GrayImage) -> Registration {
        let thumb = Thumbnail::of(image);
        let paper = PaperMap::of(&thumb.image);
        let (w, h) = image.dimensions();
        let scale = (f64::from(w) * f64::from(h) / PAPER.area()).sqrt();
        let squares = find_squares(
            &dark_regions(&thumb, &paper, INK_LEVELS[0]),
            &thumb,
            &paper,
            ANCHOR_MM * scale,
        );
        let whole = MmRect::new(MmPoint::origin(), PAPER);
        recognise(&squares, &anchors(PAPER), whole)
            .unwrap()
            .registration
    }

    /// Calls `f` for every pixel that shows a part of `rect`, with its place
    /// as shares of the rectangle.
    fn each_pixel(
        image: &mut GrayImage,
        registration: &Registration,
        rect: MmRect,
        f: impl Fn(f64, f64) -> Option<u8>,
    ) {
        let map = registration.local(rect.center());
        let determinant = map.dx.cross(map.dy);
        let centre: PxPoint = map.image;
        let reach = (rect.size.width + rect.size.height) * map.scale();
        for (x, y, p) in image.enumerate_pixels_mut() {
            let v = PxPoint::new(f64::from(x) + 0.5, f64::from(y) + 0.5) - centre;
            if v.length() > reach {
                continue;
            }
            let u = 0.5 + v.cross(map.dy) / determinant / rect.size.width;
            let v = 0.5 + map.dx.cross(v) / determinant / rect.size.height;
            if (0.0..1.0).contains(&u)
                && (0.0..1.0).contains(&v)
                && let Some(gray) = f(u, v)
            {
                p.0 = [gray];
            }
        }
    }

    /// Hides both QR codes: under paper, or scribbled over with a marker.
    fn blot_codes(image: &mut GrayImage, registration: &Registration, black: bool) {
        for code in qr_codes(PAPER) {
            each_pixel(image, registration, code.rect.inflate(0.5, 0.5), |u, v| {
                if black {
                    // Zigzag: a band of a tenth, up and down nine times.
                    let saw = 1.0 - (2.0 * (u * 9.0 - (u * 9.0).floor()) - 1.0).abs();
                    ((saw - v).abs() < 0.3).then_some(15)
                } else {
                    Some(245)
                }
            });
        }
    }

    /// Writes the character of a cell anew, in the paper's and the toner's own
    /// gray.
    fn overwrite(image: &mut GrayImage, registration: &Registration, cell: MmRect, to: char) {
        let glyph = glyphs().iter().find(|g| g.character == to).unwrap();
        let (w, h) = glyph.fine.size();
        let mut seen = Window::default();
        let map = registration.local(cell.center());
        seen.fill(image, &map, cell, FINE_MM);
        let paper = f64::from(*seen.pixels.iter().max().unwrap());
        let toner = f64::from(*seen.pixels.iter().min().unwrap());
        let rect = pattern_rect(cell);
        each_pixel(image, registration, rect, |u, v| {
            let at = (v * h as f64) as usize * w + (u * w as f64) as usize;
            let ink = f64::from(glyph.fine.ink()[at]) / 255.0;
            Some((paper + (toner - paper) * ink) as u8)
        });
    }

    fn layout() -> &'static Layout {
        static LAYOUT: OnceLock<Layout> = OnceLock::new();
        LAYOUT.get_or_init(|| form().layout)
    }

    fn simulator() -> &'static Simulator {
        static SIMULATOR: OnceLock<Simulator> = OnceLock::new();
        SIMULATOR.get_or_init(|| Simulator::for_form(&form(), Level::Office, 2).unwrap())
    }

    #[test]
    fn a_page_whose_qr_codes_are_hidden_is_known_by_its_line() {
        let reader = Reader::new(vec![layout().clone()], ReadOptions::default());
        for (n, dpi) in [
            (0, 150),
            (10, 150),
            (20, 200),
            (30, 200),
            (40, 300),
            (50, 100),
            (61, 100),
        ] {
            let (mut scan, truth) = office_page(simulator(), n, dpi);
            let registration = register(&scan.image);
            blot_codes(&mut scan.image, &registration, n % 20 == 0);
            let reading = reader.read(&scan);
            assert_eq!(
                (reading.form, reading.page, reading.serial),
                (Some(truth.form), Some(truth.page), truth.serial),
                "sheet {n} at {dpi} dpi: {:?}",
                reading.problems
            );
            assert_ne!(reading.status, Status::Unreadable);
            assert!(reading.problems.iter().all(|p| !matches!(
                p.code,
                ProblemCode::QrUnreadable | ProblemCode::SerialForged | ProblemCode::FormUnknown
            )));
        }
    }

    /// The simulator draws the line itself; this one comes from the printer's
    /// own file.
    #[test]
    fn the_line_of_the_printed_file_is_read() {
        let form = form();
        let designed = form.designed().unwrap();
        let job = Job {
            serial_from: Some(4711),
            ..Job::master()
        };
        let mut file = Vec::new();
        print(designed, &job, &mut file).unwrap();
        let limits = DecodeLimits::default();
        let pages = PageFile::from_bytes(file, &limits).unwrap();
        let mut scan = pages.page(0).unwrap();
        let registration = register(&scan.image);
        blot_codes(&mut scan.image, &registration, false);
        let reader = Reader::new(vec![form.layout.clone()], ReadOptions::default());
        let serial = job.serials(&form.layout.digest).next();
        assert_eq!(reader.read(&scan).serial, serial);
    }

    #[test]
    fn a_line_made_with_another_key_is_called_forged() {
        let (mut scan, _) = office_page(simulator(), 20, 200);
        let registration = register(&scan.image);
        blot_codes(&mut scan.image, &registration, false);
        let options = ReadOptions {
            keys: Keyring::new(vec![Key::generate().unwrap()]),
            ..ReadOptions::default()
        };
        let reading = Reader::new(vec![layout().clone()], options).read(&scan);
        assert_eq!(reading.serial, None);
        assert!(
            reading
                .problems
                .iter()
                .any(|p| p.code == ProblemCode::SerialForged)
        );
    }

    #[test]
    fn a_page_of_a_form_that_is_not_at_hand_is_said_to_be_one() {
        let (scan, _) = office_page(simulator(), 20, 200);
        let registration = register(&scan.image);
        let said = read(&scan.image, &registration, PAPER, &[], &Keyring::public());
        let digest = layout().digest.clone();
        assert_eq!(said, Err(CodeError::UnknownDigest { digest }));
    }

    /// One registered page, for cases without number.
    fn one_page() -> &'static (GrayImage, Registration, PageTruth) {
        static PAGE: OnceLock<(GrayImage, Registration, PageTruth)> = OnceLock::new();
        PAGE.get_or_init(|| {
            let (scan, truth) = office_page(simulator(), 20, 200);
            let registration = register(&scan.image);
            (scan.image, registration, truth)
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]
        #[test]
        fn two_exchanged_characters_never_make_another_ballot(
            a in 0..27usize, b in 0..27usize, to_a in 0..32usize, to_b in 0..32usize,
        ) {
            prop_assume!(a != b);
            let (image, registration, truth) = one_page();
            let mut image = image.clone();
            let cells = TextCells::on(PAPER).cells;
            for (cell, to) in [(a, to_a), (b, to_b)] {
                overwrite(&mut image, registration, cells[cell], char::from(ALPHABET[to]));
            }
            match read(&image, registration, PAPER, &[layout()], &Keyring::public()) {
                // As it was printed, if what was written over it resembles it.
                Ok(p) => prop_assert_eq!((p.page, p.serial), (truth.page, truth.serial.clone())),
                Err(e) => prop_assert_eq!(e, CodeError::Damaged),
            }
        }
    }

    /// Cells of a line, each surely its own character.
    fn sure_cells(payload: &Payload) -> Vec<Cell> {
        let line = text_line(payload, &Key::public()).unwrap();
        let sure = |c: char| {
            let others = ALPHABET.iter().map(|a| char::from(*a)).filter(|a| *a != c);
            let mut choices = vec![(0.9, c)];
            choices.extend(others.map(|o| (0.5, o)));
            Cell(choices)
        };
        line.chars().filter(|c| *c != ' ').map(sure).collect()
    }

    /// Makes `to` the first choice of a cell, better than its own by `lead`.
    fn mistake(cell: &mut Cell, to: char, lead: f64) {
        cell.0.retain(|c| c.1 != to);
        cell.0[0].0 = 0.9 - lead;
        cell.0.insert(0, (0.9, to));
    }

    fn any_payload(layout: &Layout) -> impl Strategy<Value = Payload> + use<> {
        let (form, digest) = (layout.form.clone(), layout.digest.clone());
        "[1-9A-HJKMNP-TV-Z][0-9A-HJKMNP-TV-Z]{9}".prop_map(move |serial| Payload {
            form: form.clone(),
            version: 1,
            digest: digest.clone(),
            page: 1,
            serial: Some(serial),
            unit: None,
            ballot_box: None,
        })
    }

    fn decided(cells: &[Cell], layout: &Layout) -> Result<Option<String>, CodeError> {
        decide(cells, &line_heads(&[layout]), |text| {
            parse_text_line(text, [layout], &Keyring::public())
        })
        .map(|c| c.serial)
    }

    proptest! {
        #[test]
        fn second_choices_are_tried_in_up_to_two_cells(
            payload in any_payload(layout()),
            a in 0..27usize, b in 0..27usize, to_a in 0..32usize, to_b in 0..32usize,
        ) {
            prop_assume!(a != b);
            let mut cells = sure_cells(&payload);
            for (cell, to) in [(a, to_a), (b, to_b)] {
                let to = char::from(ALPHABET[to]);
                if cells[cell].best().1 != to {
                    mistake(&mut cells[cell], to, 0.02);
                }
            }
            prop_assert_eq!(decided(&cells, layout()), Ok(payload.serial));
        }

        #[test]
        fn two_cells_beyond_recognition_are_found_by_the_checks(
            payload in any_payload(layout()), a in 0..27usize, b in 0..27usize,
        ) {
            let mut cells = sure_cells(&payload);
            for cell in [a, b] {
                cells[cell].0.sort_by_key(|c| c.1);
                for (i, c) in cells[cell].0.iter_mut().enumerate() {
                    c.0 = 0.4 - 0.01 * i as f64;
                }
            }
            prop_assert_eq!(decided(&cells, layout()), Ok(payload.serial));
        }

        #[test]
        fn what_is_clearly_another_character_is_not_corrected(
            payload in any_payload(layout()), at in 0..27usize, to in 0..32usize,
        ) {
            let mut cells = sure_cells(&payload);
            let to = char::from(ALPHABET[to]);
            prop_assume!(cells[at].best().1 != to);
            mistake(&mut cells[at], to, 0.2);
            prop_assert_eq!(decided(&cells, layout()), Err(CodeError::Damaged));
        }
    }

    #[test]
    fn a_line_of_doubts_is_not_guessed() {
        let payload = Payload {
            form: layout().form.clone(),
            version: 1,
            digest: layout().digest.clone(),
            page: 1,
            serial: Some("ABCDEFGHJK".into()),
            unit: None,
            ballot_box: None,
        };
        let mut cells = sure_cells(&payload);
        // Digest and page are known of the form; the serial follows.
        for cell in &mut cells[..11 + MOST_UNCERTAIN] {
            cell.0[1].0 = 0.89;
        }
        assert_eq!(decided(&cells, layout()), Ok(payload.serial));
        cells[11 + MOST_UNCERTAIN].0[1].0 = 0.89;
        assert_eq!(decided(&cells, layout()), Err(CodeError::Damaged));
    }
}
