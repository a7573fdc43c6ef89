//! Where a page's paper lies in its image, from what its reading says of the
//! boxes: enough to cut a question out for a person to look at.

use nalgebra::{Matrix3, Vector3};

use crate::form::PageLayout;
use crate::geometry::{MmPoint, MmRect, mm_rect};
use crate::read::PageReading;

/// Above a question's boxes there is its text: two lines and the gaps, mm.
const ABOVE_MM: f64 = 14.0;
/// Below them a stroke may reach this far, mm.
const BELOW_MM: f64 = 5.0;
/// From the paper's edge to where anything is printed, mm.
const EDGE_MM: f64 = 8.0;
/// Around a single box so much is shown, mm: a mark reaches so far.
const AROUND_MM: f64 = 3.0;

/// An affine map from the paper (mm) to the image (px).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PaperInImage {
    x: Vector3<f64>,
    y: Vector3<f64>,
}

impl PaperInImage {
    /// Fits the boxes' corners by least squares. `None` where the reading has no
    /// boxes, or all on one line of no width.
    #[must_use]
    pub fn of(reading: &PageReading, page: &PageLayout) -> Option<Self> {
        let mut normal = Matrix3::zeros();
        let (mut right_x, mut right_y) = (Vector3::zeros(), Vector3::zeros());
        for mark in &reading.marks {
            let spec = page
                .boxes
                .iter()
                .find(|b| b.question == mark.question && b.choice == mark.choice)?;
            for (paper, image) in corners(spec.rect).into_iter().zip(mark.corners_px) {
                let row = Vector3::new(paper.x, paper.y, 1.0);
                normal += row * row.transpose();
                right_x += row * f64::from(image[0]);
                right_y += row * f64::from(image[1]);
            }
        }
        let inverse = normal.try_inverse()?;
        let (x, y) = (inverse * right_x, inverse * right_y);
        let finite = x.iter().chain(y.iter()).all(|v| v.is_finite());
        finite.then_some(Self { x, y })
    }

    /// Corners of a rectangle of the paper in the image, from its top left
    /// clockwise, px.
    #[must_use]
    pub fn corners(&self, rect: MmRect) -> [[f32; 2]; 4] {
        corners(rect).map(|p| {
            let v = Vector3::new(p.x, p.y, 1.0);
            [self.x.dot(&v) as f32, self.y.dot(&v) as f32]
        })
    }
}

fn corners(r: MmRect) -> [MmPoint; 4] {
    [
        r.origin,
        MmPoint::new(r.max_x(), r.min_y()),
        MmPoint::new(r.max_x(), r.max_y()),
        MmPoint::new(r.min_x(), r.max_y()),
    ]
}

/// The strip of the paper that has a question with its text, mm: the whole width,
/// so that the text is in it.
#[must_use]
pub fn question_strip(page: &PageLayout, question: &str) -> Option<MmRect> {
    let boxes = page.boxes.iter().filter(|b| b.question == question);
    let all = boxes.map(|b| b.rect).reduce(|a, b| a.union(&b))?;
    let top = (all.min_y() - ABOVE_MM).max(0.0);
    let bottom = (all.max_y() + BELOW_MM).min(page.size.height);
    Some(mm_rect(
        EDGE_MM,
        top,
        (page.size.width - 2.0 * EDGE_MM).max(1.0),
        (bottom - top).max(1.0),
    ))
}

/// The surroundings of one box, mm.
#[must_use]
pub fn box_surroundings(page: &PageLayout, question: &str, choice: &str) -> Option<MmRect> {
    page.boxes
        .iter()
        .find(|b| b.question == question && b.choice == choice)
        .map(|b| b.rect.inflate(AROUND_MM, AROUND_MM))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::Library;
    use crate::read::{Mark, MarkState, Problem, ProblemCode};

    /// A page that lies on its side, a little stretched.
    #[test]
    fn a_place_on_the_paper_is_found_in_an_image_that_lies_on_its_side() {
        let form = Library::load(&[]).unwrap().resolve("ba-dinh-2022").unwrap();
        let page = &form.layout.pages[0];
        let to_px = |p: MmPoint| [(8.0 * p.y + 3.0) as f32, (1700.0 - 7.9 * p.x) as f32];
        let mut reading = PageReading::unreadable(Problem {
            code: ProblemCode::Damaged,
            detail: String::new(),
        });
        reading.marks = page
            .boxes
            .iter()
            .map(|b| Mark {
                question: b.question.clone(),
                choice: b.choice.clone(),
                state: MarkState::Unmarked,
                score: 0.0,
                corners_px: corners(b.rect).map(to_px),
                reason: None,
            })
            .collect();
        let place = PaperInImage::of(&reading, page).unwrap();
        let strip = question_strip(page, "q3").unwrap();
        for (found, true_at) in place.corners(strip).into_iter().zip(corners(strip)) {
            let wanted = to_px(true_at);
            assert!((found[0] - wanted[0]).abs() < 0.1 && (found[1] - wanted[1]).abs() < 0.1);
        }
        reading.marks.clear();
        assert!(PaperInImage::of(&reading, page).is_none());
    }
}
