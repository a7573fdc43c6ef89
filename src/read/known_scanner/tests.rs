use image::Luma;

use super::*;
use crate::form::{BoxShape, BoxSpec};
use crate::geometry::{MmSize, mm_rect};

/// 200 dpi.
const PPM: f64 = 200.0 / 25.4;

const TONE: Tone = Tone {
    paper: 240.0,
    black: 20.0,
};

/// Two boxes of one question, below each other, and what is drawn into them.
struct Sheet {
    image: GrayImage,
    layout: PageLayout,
    marks: Vec<Mark>,
    answers: BTreeMap<String, Answer>,
}

/// Middle of the boxes from the left, and their tops, mm.
const MIDDLE: f64 = 40.0;
const TOPS: [f64; 2] = [60.0, 70.0];
const SIDE: f64 = 4.5;

impl Sheet {
    fn new(shape: BoxShape, first: MarkState) -> Self {
        let spec = |choice: &str, y: f64| BoxSpec {
            question: "q".to_owned(),
            choice: choice.to_owned(),
            rect: mm_rect(MIDDLE - SIDE / 2.0, y, SIDE, SIDE),
            shape,
            outline_mm: 0.25,
        };
        let boxes = vec![spec("a", TOPS[0]), spec("b", TOPS[1])];
        let marks = boxes.iter().enumerate().map(|(i, b)| {
            let (x, y) = (b.rect.min_x() * PPM, b.rect.min_y() * PPM);
            let side = SIDE * PPM;
            Mark {
                question: "q".to_owned(),
                choice: b.choice.clone(),
                state: if i == 0 { first } else { MarkState::Unmarked },
                score: 0.5,
                corners_px: [(x, y), (x + side, y), (x + side, y + side), (x, y + side)]
                    .map(|(x, y)| [x as f32, y as f32]),
                reason: None,
            }
        });
        let (state, choices) = match first {
            MarkState::Marked => (AnswerState::Answered, vec!["a".to_owned()]),
            MarkState::Unmarked => (AnswerState::Blank, Vec::new()),
            MarkState::Marginal => (AnswerState::Marginal, Vec::new()),
        };
        let mut sheet = Self {
            image: GrayImage::from_pixel(
                (100.0 * PPM) as u32,
                (140.0 * PPM) as u32,
                Luma([TONE.paper as u8]),
            ),
            marks: marks.collect(),
            answers: BTreeMap::from([("q".to_owned(), Answer { state, choices })]),
            layout: PageLayout {
                page: 1,
                size: MmSize::new(100.0, 140.0),
                boxes,
                anchors: Vec::new(),
                codes: Vec::new(),
                areas: Vec::new(),
                ink: Vec::new(),
                words: Vec::new(),
                reference: None,
            },
        };
        for y in TOPS {
            let x = MIDDLE - SIDE / 2.0;
            for (w, h, dx, dy) in [
                (SIDE, 0.25, 0.0, 0.0),
                (SIDE, 0.25, 0.0, SIDE - 0.25),
                (0.25, SIDE, 0.0, 0.0),
                (0.25, SIDE, SIDE - 0.25, 0.0),
            ] {
                sheet.ink(x + dx, y + dy, w, h, 1.0);
            }
        }
        sheet
    }

    /// Darkens a rectangle, mm.
    fn ink(&mut self, x: f64, y: f64, w: f64, h: f64, darkness: f64) {
        let px = |v: f64| (v * PPM).round() as u32;
        for y in px(y)..px(y + h).min(self.image.height()) {
            for x in px(x)..px(x + w).min(self.image.width()) {
                let level = TONE.paper - darkness * (TONE.paper - TONE.black);
                let p = self.image.get_pixel_mut(x, y);
                p.0[0] = p.0[0].min(level as u8);
            }
        }
    }

    /// Dust down the whole page, or across it.
    fn dust(&mut self, at: f64, darkness: f64, down: bool) {
        if down {
            self.ink(at - 0.2, 0.0, 0.4, 140.0, darkness);
        } else {
            self.ink(0.0, at - 0.2, 100.0, 0.4, darkness);
        }
    }

    /// Two strokes of a thin pen from corner to corner of the first box.
    fn cross(&mut self, darkness: f64) {
        for i in 0..60 {
            let t = 0.5 + 3.2 * f64::from(i) / 59.0;
            let (x, y) = (MIDDLE - SIDE / 2.0, TOPS[0]);
            self.ink(x + t, y + t, 0.35, 0.35, darkness);
            self.ink(x + SIDE - t, y + t, 0.35, 0.35, darkness);
        }
    }

    fn page(&self) -> ReadPage<'_> {
        ReadPage {
            image: &self.image,
            bilevel: false,
            layout: &self.layout,
            tone: TONE,
            px_per_mm: PPM,
        }
    }

    /// What becomes of it under this scanner.
    fn doubted(&self, scanner: &KnownScanner) -> (MarkState, AnswerState) {
        let (mut marks, mut answers) = (self.marks.clone(), self.answers.clone());
        scanner.doubt_streaks(&self.page(), &mut marks, &mut answers);
        (marks[0].state, answers["q"].state)
    }
}

fn scanner(streaks: &[KnownStreak]) -> KnownScanner {
    KnownScanner {
        px_per_mm: [PPM; 2],
        streaks: streaks.to_vec(),
        ..KnownScanner::default()
    }
}

const DARK: KnownStreak = KnownStreak {
    down: true,
    at_mm: MIDDLE,
    width_mm: 0.4,
    darkness: 0.5,
};

const MARKED: (MarkState, AnswerState) = (MarkState::Marked, AnswerState::Answered);
const ASKED: (MarkState, AnswerState) = (MarkState::Marginal, AnswerState::Marginal);

/// Whatever took the dust for a mark, the profile knows better.
#[test]
fn a_mark_that_is_only_dust_is_doubted() {
    for shape in [BoxShape::Rect, BoxShape::Oval] {
        for down in [true, false] {
            let mut sheet = Sheet::new(shape, MarkState::Marked);
            let at = if down { MIDDLE } else { TOPS[0] + SIDE / 2.0 };
            sheet.dust(at + 0.3, 0.4, down);
            let known = scanner(&[KnownStreak {
                down,
                at_mm: at,
                ..DARK
            }]);
            assert_eq!(sheet.doubted(&known), ASKED, "{shape:?} {down}");
        }
    }
}

#[test]
fn a_cross_through_dust_stays_a_cross() {
    let mut sheet = Sheet::new(BoxShape::Rect, MarkState::Marked);
    sheet.cross(0.6);
    sheet.dust(MIDDLE + 0.3, 0.4, true);
    assert_eq!(sheet.doubted(&scanner(&[DARK])), MARKED);
}

/// A stroke that stands where dust was before the glass was cleaned, or where
/// another scanner has its dust.
#[test]
fn dust_that_is_not_on_the_page_says_nothing() {
    let mut sheet = Sheet::new(BoxShape::Rect, MarkState::Marked);
    sheet.ink(MIDDLE - 0.2, TOPS[0] + 0.5, 0.4, 3.5, 0.6);
    assert_eq!(sheet.doubted(&scanner(&[DARK])), MARKED);
    // Nor does the column of outlines, nor dust beside the boxes.
    let mut sheet = Sheet::new(BoxShape::Rect, MarkState::Marked);
    sheet.ink(MIDDLE - 0.2, TOPS[0] + 0.5, 0.4, 3.5, 0.6);
    sheet.dust(MIDDLE + 4.0, 0.5, true);
    for at_mm in [MIDDLE - SIDE / 2.0, MIDDLE + 4.0] {
        assert_eq!(
            sheet.doubted(&scanner(&[KnownStreak { at_mm, ..DARK }])),
            MARKED
        );
    }
}

#[test]
fn an_empty_box_in_dust_stays_empty_and_a_doubtful_one_is_told_why() {
    let mut sheet = Sheet::new(BoxShape::Rect, MarkState::Unmarked);
    sheet.dust(MIDDLE, 0.5, true);
    let empty = (MarkState::Unmarked, AnswerState::Blank);
    assert_eq!(sheet.doubted(&scanner(&[DARK])), empty);
    sheet.marks[0].state = MarkState::Marginal;
    sheet.marks[0].reason = Some("a line".to_owned());
    let (mut marks, mut answers) = (sheet.marks.clone(), sheet.answers.clone());
    scanner(&[DARK]).doubt_streaks(&sheet.page(), &mut marks, &mut answers);
    assert_eq!(marks[0].reason.as_deref(), Some(Reason::KnownDust.words()));
    // With something else in it the reader's own reason stands.
    sheet.cross(0.6);
    let (mut marks, mut answers) = (sheet.marks.clone(), sheet.answers.clone());
    scanner(&[DARK]).doubt_streaks(&sheet.page(), &mut marks, &mut answers);
    assert_eq!(marks[0].reason.as_deref(), Some("a line"));
}

#[test]
fn a_bright_line_may_hide_a_stroke_of_a_blank_question_only() {
    let bright = KnownStreak {
        darkness: -0.6,
        ..DARK
    };
    let blank = Sheet::new(BoxShape::Rect, MarkState::Unmarked);
    assert_eq!(blank.doubted(&scanner(&[bright])), ASKED);
    let faint = KnownStreak {
        darkness: -0.2,
        ..DARK
    };
    let empty = (MarkState::Unmarked, AnswerState::Blank);
    assert_eq!(blank.doubted(&scanner(&[faint])), empty);
    let mut crossed = Sheet::new(BoxShape::Rect, MarkState::Marked);
    crossed.cross(0.6);
    assert_eq!(crossed.doubted(&scanner(&[bright])), MARKED);
}

#[test]
fn a_light_pen_on_a_noisy_scanner_may_lose_a_stroke() {
    let noisy = KnownScanner {
        noise: 0.04,
        ..scanner(&[])
    };
    for (darkness, lost) in [(0.35, true), (0.7, false)] {
        let mut sheet = Sheet::new(BoxShape::Rect, MarkState::Marked);
        sheet.cross(darkness);
        assert_eq!(
            noisy.may_lose(&sheet.page(), &sheet.marks),
            lost,
            "{darkness}"
        );
        assert!(!scanner(&[]).may_lose(&sheet.page(), &sheet.marks));
    }
}

#[test]
fn another_resolution_is_another_scanner() {
    let sheet = Sheet::new(BoxShape::Rect, MarkState::Marked);
    let at = |dpi: f64| KnownScanner {
        px_per_mm: [dpi / 25.4; 2],
        ..KnownScanner::default()
    };
    assert!(at(200.0).fits(&sheet.page()));
    // A print at 94 % or 106 % of the same scanner.
    assert!(at(212.0).fits(&sheet.page()) && at(189.0).fits(&sheet.page()));
    assert!(!at(150.0).fits(&sheet.page()) && !at(240.0).fits(&sheet.page()));
}

/// Boxes that lie outside the image, or are none.
#[test]
fn boxes_beyond_the_image_are_left_alone() {
    let mut sheet = Sheet::new(BoxShape::Rect, MarkState::Marked);
    for corners in [
        [[9000.0, -50.0]; 4],
        [[f32::NAN; 2]; 4],
        [[-90.0, -90.0]; 4],
    ] {
        sheet.marks[0].corners_px = corners;
        assert_eq!(sheet.doubted(&scanner(&[DARK])), MARKED);
    }
    sheet.marks[0].corners_px = [
        [-50.0, -50.0],
        [-10.0, -50.0],
        [-10.0, -10.0],
        [-50.0, -10.0],
    ];
    let far = KnownStreak {
        at_mm: -3.0,
        ..DARK
    };
    assert_eq!(sheet.doubted(&scanner(&[far])), MARKED);
}
