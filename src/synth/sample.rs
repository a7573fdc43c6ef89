//! A small form for the tests of this room.

use crate::form::{
    AreaKind, AreaSpec, BoxShape, BoxSpec, Correction, Layout, PageLayout, QuestionKind,
    QuestionSpec, frame,
};
use crate::geometry::{MmSize, mm_rect};

/// Two pages of A4: ten single questions with two to five choices in squares,
/// two multiple ones in ovals.
pub(crate) fn layout() -> Layout {
    let size = MmSize::new(210.0, 297.0);
    let mut questions = Vec::new();
    let mut pages = Vec::new();
    for page in 1..=2u32 {
        let mut boxes = Vec::new();
        let mut ink = Vec::new();
        let mut y = 60.0;
        for i in 1..=6usize {
            let id = format!("q{}", (page as usize - 1) * 6 + i);
            let oval = i == 6;
            let n = 2 + (i + 1) % 4;
            let choices: Vec<String> = (0..n).map(|c| format!("c{c}")).collect();
            ink.push(mm_rect(20.0, y - 7.0, 120.0, 3.2));
            for (c, choice) in choices.iter().enumerate() {
                let x = 22.0 + 30.0 * c as f64;
                boxes.push(BoxSpec {
                    question: id.clone(),
                    choice: choice.clone(),
                    rect: if oval {
                        mm_rect(x, y, 5.0, 3.2)
                    } else {
                        mm_rect(x, y, 4.5, 4.5)
                    },
                    shape: if oval { BoxShape::Oval } else { BoxShape::Rect },
                    outline_mm: 0.25,
                });
                ink.push(mm_rect(x + 7.5, y + 0.7, 14.0, 3.0));
            }
            questions.push(QuestionSpec {
                id,
                kind: if oval {
                    QuestionKind::Multiple
                } else {
                    QuestionKind::Single
                },
                choices,
                max_choices: None,
            });
            y += 20.0;
        }
        pages.push(PageLayout {
            page,
            size,
            boxes,
            anchors: frame::anchors(size),
            codes: frame::codes(size),
            areas: vec![
                AreaSpec {
                    id: format!("note-{page}"),
                    kind: AreaKind::Text,
                    rect: mm_rect(20.0, 185.0, 160.0, 24.0),
                },
                AreaSpec {
                    id: format!("code-{page}"),
                    kind: AreaKind::Digits,
                    rect: mm_rect(60.0, 220.0, 49.0, 7.0),
                },
            ],
            ink,
            words: Vec::new(),
            reference: None,
        });
    }
    Layout {
        form: "sample".into(),
        version: 1,
        digest: "0000000000".into(),
        correction: Correction::None,
        questions,
        pages,
    }
}
