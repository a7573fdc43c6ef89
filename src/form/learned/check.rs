//! Reads the two files of a learned form that may have been changed by hand,
//! and refuses what the reader could not work with in reasonable time: every
//! bound is far beyond any sheet, and far below what fills the memory.

use std::collections::HashSet;
use std::path::{Component, Path};

use super::{LearnedAnchors, LearnedForm};
use crate::form::QuestionKind;
use crate::form::code::{MAX_FORM_ID, MAX_VERSION, is_form_id};
use crate::form::index_spec::mistake_in;

/// Sizes of paper, mm: from a postcard to A2.
const PAPER_MM: std::ops::RangeInclusive<f64> = 50.0..=700.0;

/// Sheets of a form: a booklet has a few dozen pages.
const MOST_PAGES: usize = 64;

/// Boxes on one page: A3 covered with boxes at a distance of 8 mm.
const MOST_BOXES: usize = 2000;

/// Largest side of a box, mm: learning takes nothing above 9.5 mm. Every box
/// of a page is held in memory at 0.1 mm while the page is read.
const BOX_MM: f64 = 30.0;

/// Width of a printed line, mm.
const LINE_MM: std::ops::RangeInclusive<f64> = 0.05..=1.5;

/// Writing areas on one page.
const MOST_AREAS: usize = 200;

/// Anchors on one page: learning chooses one in 22 by 22 mm, which is 515 on A2.
const MOST_ANCHORS: usize = 600;

/// Sides of an anchor, mm: learning takes 11 by 8 mm. The time that it takes
/// to find one grows with its area.
const ANCHOR_MM: std::ops::RangeInclusive<f64> = 1.0..=30.0;

impl LearnedForm {
    /// Is this the form.toml of a learned form? One that does not parse is not: the
    /// proper parser says what is wrong with it.
    #[must_use]
    pub fn is_one(text: &str) -> bool {
        let table = toml::from_str::<toml::Table>(text).unwrap_or_default();
        table.get("learned").and_then(toml::Value::as_bool) == Some(true)
    }

    /// Parses and checks form.toml.
    ///
    /// # Errors
    /// A line for people: where and what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let form: Self = toml::from_str(text).map_err(|e| {
            let before = e.span().and_then(|s| text.as_bytes().get(..s.start));
            let line = before.map_or(1, |b| 1 + b.iter().filter(|c| **c == b'\n').count());
            format!("line {line}: {}", e.message())
        })?;
        if !form.learned {
            return Err("learned must be true".to_owned());
        }
        // It names a folder of the station.
        if !is_form_id(&form.id) {
            return Err(format!(
                "id {:?}: use lower-case letters, digits and hyphens, at most {MAX_FORM_ID} of them",
                form.id
            ));
        }
        if !(1..=MAX_VERSION).contains(&form.version) {
            return Err(format!(
                "version {}: it must be from 1 to {MAX_VERSION}",
                form.version
            ));
        }
        if !LINE_MM.contains(&form.look.outline) {
            return Err(format!("box: outline {} mm", form.look.outline));
        }
        let mut ids = HashSet::new();
        form.check_pages(&mut ids)?;
        form.check_boxes(&mut ids)?;
        form.check_areas(&mut ids)?;
        let questions: Vec<(&str, bool)> = form
            .question
            .iter()
            .map(|q| {
                let says = q.choice.iter().any(|c| c.satisfied.is_some());
                (q.id.as_str(), q.kind == QuestionKind::Single && says)
            })
            .collect();
        if let Some((what, fix)) = mistake_in(&form.index, &form.content, &questions) {
            return Err(format!("{what}; {fix}"));
        }
        Ok(form)
    }

    fn check_pages(&self, ids: &mut HashSet<String>) -> Result<(), String> {
        if self.page.is_empty() {
            return Err("there is no [[page]]".to_owned());
        }
        at_most("the form", "pages", self.page.len(), MOST_PAGES)?;
        for p in &self.page {
            if !ids.insert(format!("page {}", p.number)) {
                return Err(format!("page {} stands twice", p.number));
            }
            if !p.paper.iter().all(|v| PAPER_MM.contains(v)) {
                return Err(format!("page {}: paper is not a size in mm", p.number));
            }
            let mut parts = Path::new(&p.blank).components();
            if !matches!(
                (parts.next(), parts.next()),
                (Some(Component::Normal(_)), None)
            ) {
                return Err(format!(
                    "page {}: blank must name a file beside form.toml",
                    p.number
                ));
            }
        }
        Ok(())
    }

    fn check_boxes(&self, ids: &mut HashSet<String>) -> Result<(), String> {
        for p in &self.page {
            let on_page = self.question.iter().filter(|q| q.page == p.number);
            let boxes = on_page.map(|q| q.choice.len()).sum();
            at_most(&format!("page {}", p.number), "boxes", boxes, MOST_BOXES)?;
        }
        for question in &self.question {
            if !ids.insert(format!("question {}", question.id)) {
                return Err(format!("question {} stands twice", question.id));
            }
            let mut choices = HashSet::new();
            for c in &question.choice {
                if !choices.insert(&c.id) {
                    return Err(format!(
                        "question {}: choice {} stands twice",
                        question.id, c.id
                    ));
                }
                let of = format!("question {}, choice {}", question.id, c.id);
                if !self.inside(question.page, &c.at) {
                    return Err(format!("{of}: its box is not on page {}", question.page));
                }
                if c.at[2].max(c.at[3]) > BOX_MM {
                    return Err(format!("{of}: a box of more than {BOX_MM} mm"));
                }
                let line = c.outline.unwrap_or(self.look.outline);
                if !LINE_MM.contains(&line) || line * 3.0 > c.at[2].min(c.at[3]) {
                    return Err(format!("{of}: outline {line} mm"));
                }
            }
        }
        Ok(())
    }

    fn check_areas(&self, ids: &mut HashSet<String>) -> Result<(), String> {
        for p in &self.page {
            let areas = self.area.iter().filter(|a| a.page == p.number).count();
            at_most(&format!("page {}", p.number), "areas", areas, MOST_AREAS)?;
        }
        for a in &self.area {
            if !ids.insert(format!("area {}", a.id)) {
                return Err(format!("area {} stands twice", a.id));
            }
            if !self.inside(a.page, &a.at) {
                return Err(format!("area {} is not on page {}", a.id, a.page));
            }
        }
        Ok(())
    }

    /// Does x, y, width, height lie on this page? Numbers that are none do not.
    fn inside(&self, page: u32, at: &[f64; 4]) -> bool {
        self.page.iter().any(|p| {
            p.number == page
                && at[0] >= 0.0
                && at[1] >= 0.0
                && at[2] > 0.5
                && at[3] > 0.5
                && at[0] + at[2] <= p.paper[0]
                && at[1] + at[3] <= p.paper[1]
        })
    }
}

impl LearnedAnchors {
    /// Parses and checks layout.json.
    ///
    /// # Errors
    /// A line for people: where and what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let anchors: Self = serde_json::from_str(text).map_err(|e| e.to_string())?;
        let mut pages = HashSet::new();
        for p in &anchors.pages {
            let page = format!("page {}", p.page);
            if !pages.insert(p.page) {
                return Err(format!("{page} stands twice"));
            }
            at_most(&page, "anchors", p.anchors.len(), MOST_ANCHORS)?;
            for a in &p.anchors {
                let (place, size) = (a.rect.origin, a.rect.size);
                let on_paper = [place.x, place.y]
                    .iter()
                    .all(|v| (0.0..=*PAPER_MM.end()).contains(v));
                let usable = [size.width, size.height]
                    .iter()
                    .all(|v| ANCHOR_MM.contains(v));
                if !on_paper || !usable {
                    return Err(format!("{page}: anchor {} is not one on the paper", a.id));
                }
            }
        }
        Ok(anchors)
    }
}

fn at_most(whose: &str, what: &str, count: usize, most: usize) -> Result<(), String> {
    if count > most {
        return Err(format!(
            "{whose} has {count} {what}: at most {most} are read"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: &str = "learned = true\nid = \"cu\"\n[box]\nshape = \"oval\"\noutline = 0.3\n\
        [[page]]\nnumber = 1\npaper = [210, 297]\nblank = \"b.png\"\n\
        [[question]]\nid = \"q1\"\nkind = \"single\"\npage = 1\n\
        choice = [{ id = \"c1\", at = [10, 20, 5, 3] }]\n";

    fn refused(from: &str, to: &str) -> String {
        assert!(LearnedForm::parse(FORM).is_ok());
        let changed = FORM.replace(from, to);
        assert_ne!(changed, FORM);
        LearnedForm::parse(&changed).unwrap_err()
    }

    /// A station keeps each form in a folder named after it: an id with `..`
    /// in it, in a form from elsewhere, wrote that folder outside the station.
    #[test]
    fn an_id_is_no_path() {
        assert!(refused("id = \"cu\"", "id = \"../../cu\"").contains("../../cu"));
    }

    /// `..` and `/` are one component of a path each, and passed for a file.
    #[test]
    fn a_blank_is_a_file_beside() {
        for blank in ["..", "/", "a/b.png", ""] {
            let error = refused("b.png", blank);
            assert!(error.contains("beside form.toml"), "{blank}: {error}");
        }
    }

    /// A box as large as the paper was taken, and sampled at 0.1 mm: 0.4 s and
    /// 13 MB for each, on each page that was read.
    #[test]
    fn a_box_as_large_as_the_paper_is_none() {
        let error = refused("[10, 20, 5, 3]", "[0, 0, 210, 297]");
        assert!(error.contains("question q1, choice c1"), "{error}");
    }

    #[test]
    fn numbers_that_are_none_are_refused() {
        for (from, to) in [
            ("outline = 0.3", "outline = nan"),
            ("[10, 20, 5, 3]", "[nan, 20, 5, 3]"),
            ("[10, 20, 5, 3]", "[10, 20, inf, 3]"),
            ("[210, 297]", "[210, nan]"),
            ("id = \"cu\"", "id = \"cu\"\nversion = 0"),
        ] {
            refused(from, to);
        }
    }

    /// One anchor of a metre's side was taken, and looked for on each page for
    /// half a minute, in 260 MB.
    #[test]
    fn anchors_are_pieces_of_the_page() {
        let json = |w: &str| {
            format!(
                "{{\"pages\":[{{\"page\":1,\"anchors\":[{{\"id\":\"p1\",\"kind\":\"patch\",\
                 \"rect\":{{\"origin\":[6.0,10.0],\"size\":[{w},8.0]}}}}]}}]}}"
            )
        };
        assert!(LearnedAnchors::parse(&json("11.0")).is_ok());
        for w in ["999.0", "0.0", "-11.0"] {
            let error = LearnedAnchors::parse(&json(w)).unwrap_err();
            assert!(error.contains("anchor p1"), "{error}");
        }
    }
}
