//! Forms that were learned from a scan of a blank sheet, as files: a folder
//! with `form.toml` (written by the program, corrected by a person),
//! `layout.json` (the anchors) and the blank pages as PNG.

mod check;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::index_spec::{Content, IndexRules};
use super::layout::{
    Anchor, AreaKind, AreaSpec, BoxShape, BoxSpec, Correction, Layout, PageLayout, QuestionKind,
    QuestionSpec, Reference,
};
use crate::geometry::{MmRect, MmSize, mm_rect};

/// Name of the file that a person edits.
pub const FORM_FILE: &str = "form.toml";
/// Name of the file with the anchors.
pub const LAYOUT_FILE: &str = "layout.json";

/// Why a learned form cannot be loaded or saved.
#[derive(Debug, thiserror::Error)]
pub enum LearnedError {
    /// A file of the form cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// form.toml is not as it should be.
    #[error("{}: {detail}", path.display())]
    Form {
        /// Which file.
        path: PathBuf,
        /// Where and what.
        detail: String,
    },
    /// A blank page's image is missing or damaged.
    #[error("{}: {source}", path.display())]
    Blank {
        /// Which file.
        path: PathBuf,
        /// What the decoder said.
        source: image::ImageError,
    },
}

/// form.toml of a learned form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LearnedForm {
    /// Always true: tells it from a designed form.
    pub learned: bool,
    /// Id of the form.
    pub id: String,
    /// Version, from 1; raise it when the sheet itself changes.
    #[serde(default = "one")]
    pub version: u32,
    /// Title for people.
    #[serde(default)]
    pub title: String,
    /// How the sheet tells people to take a mark back.
    #[serde(default)]
    pub correction: Correction,
    /// The boxes' usual look.
    #[serde(rename = "box")]
    pub look: LearnedLook,
    /// The pages.
    pub page: Vec<LearnedPage>,
    /// How the index is made up.
    #[serde(default)]
    pub index: IndexRules,
    /// Contents of the index.
    #[serde(default)]
    pub content: Vec<Content>,
    /// The questions.
    #[serde(default)]
    pub question: Vec<LearnedQuestion>,
    /// Writing areas, which a person may add.
    #[serde(default)]
    pub area: Vec<LearnedArea>,
}

fn one() -> u32 {
    1
}

/// How boxes look where a choice does not say otherwise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LearnedLook {
    /// Rectangle or oval.
    pub shape: BoxShape,
    /// Width of the printed line, mm.
    pub outline: f64,
}

/// A page of a learned form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LearnedPage {
    /// Number, from 1.
    pub number: u32,
    /// Width and height of the paper, mm.
    pub paper: [f64; 2],
    /// File of the blank page, beside form.toml.
    pub blank: String,
}

/// A question of a learned form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LearnedQuestion {
    /// Id: q1.
    pub id: String,
    /// The question in words, for reports.
    #[serde(default)]
    pub text: String,
    /// Single or multiple.
    pub kind: QuestionKind,
    /// For multiple: most choices that are valid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_choices: Option<u32>,
    /// Its page.
    pub page: u32,
    /// Its choices.
    pub choice: Vec<LearnedChoice>,
}

/// A choice of a learned question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LearnedChoice {
    /// Id: c1.
    pub id: String,
    /// The choice in words.
    #[serde(default)]
    pub text: String,
    /// x, y, width, height of the box, mm.
    pub at: [f64; 4],
    /// Satisfied, not, or (left out) neither.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub satisfied: Option<bool>,
    /// Points for means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    /// Outside the index (`không có ý kiến`).
    #[serde(default)]
    pub excluded: bool,
    /// Where it differs from the usual look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shape: Option<BoxShape>,
    /// Where it differs from the usual look, mm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outline: Option<f64>,
}

/// A writing area of a learned form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LearnedArea {
    /// Id: q3-note.
    pub id: String,
    /// What it is for.
    pub kind: AreaKind,
    /// Its page.
    pub page: u32,
    /// x, y, width, height, mm.
    pub at: [f64; 4],
}

/// layout.json of a learned form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LearnedAnchors {
    /// For each page its number and anchors.
    pub pages: Vec<PageAnchors>,
}

/// The anchors of one page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PageAnchors {
    /// Number of the page, from 1.
    pub page: u32,
    /// Its anchors.
    pub anchors: Vec<Anchor>,
}

impl LearnedForm {
    /// form.toml in the form that a person can edit.
    #[must_use]
    pub fn to_toml(&self, source: &str) -> String {
        let mut t = String::new();
        let q = |s: &str| toml::Value::String(s.to_owned()).to_string();
        let shape = |s: BoxShape| if s == BoxShape::Oval { "oval" } else { "rect" };
        // Writing to a String cannot fail.
        let _ = write!(
            t,
            "# Learned by phieu from {}.\n\
             # The program guessed which boxes belong to one question. Correct ids, texts,\n\
             # kinds (single, multiple) and groups here; lengths are mm from the top left\n\
             # corner of the paper. Remove what is not to be marked. Writing areas can be\n\
             # added: [[area]] id, kind (text, digits, personal), page, at = [x, y, w, h].\n\
             # For the satisfaction index write `satisfied = true` or `false` at the choices,\n\
             # or `excluded = true` where an answer is outside of it (no opinion).\n\n\
             learned = true\nid = {}\nversion = {}\ntitle = {}\n\
             # How the sheet tells people to take a mark back: none, fill-cancels, circle-cancels.\n\
             correction = \"{}\"\n\n[box]\nshape = \"{}\"\noutline = {}\n",
            source.replace(['\n', '\r'], " "),
            q(&self.id),
            self.version,
            q(&self.title),
            match self.correction {
                Correction::None => "none",
                Correction::FillCancels => "fill-cancels",
                Correction::CircleCancels => "circle-cancels",
            },
            shape(self.look.shape),
            self.look.outline,
        );
        for p in &self.page {
            let _ = write!(
                t,
                "\n[[page]]\nnumber = {}\npaper = [{}, {}]\nblank = {}\n",
                p.number,
                p.paper[0],
                p.paper[1],
                q(&p.blank)
            );
        }
        for question in &self.question {
            let kind = match question.kind {
                QuestionKind::Single => "single",
                QuestionKind::Multiple => "multiple",
            };
            let _ = write!(
                t,
                "\n[[question]]\nid = {}\ntext = {}\nkind = \"{kind}\"\npage = {}\nchoice = [\n",
                q(&question.id),
                q(&question.text),
                question.page
            );
            for c in &question.choice {
                let [x, y, w, h] = c.at;
                let _ = write!(
                    t,
                    "  {{ id = {}, text = {}, at = [{x}, {y}, {w}, {h}]",
                    q(&c.id),
                    q(&c.text)
                );
                if let Some(satisfied) = c.satisfied {
                    let _ = write!(t, ", satisfied = {satisfied}");
                }
                if let Some(score) = c.score {
                    let _ = write!(t, ", score = {score:?}");
                }
                if c.excluded {
                    t.push_str(", excluded = true");
                }
                if let Some(s) = c.shape {
                    let _ = write!(t, ", shape = \"{}\"", shape(s));
                }
                if let Some(o) = c.outline {
                    let _ = write!(t, ", outline = {o}");
                }
                t.push_str(" },\n");
            }
            t.push_str("]\n");
            if let Some(most) = question.max_choices {
                let _ = writeln!(t, "max_choices = {most}");
            }
        }
        for a in &self.area {
            let kind = match a.kind {
                AreaKind::Text => "text",
                AreaKind::Digits => "digits",
                AreaKind::Personal => "personal",
            };
            let [x, y, w, h] = a.at;
            let _ = write!(
                t,
                "\n[[area]]\nid = {}\nkind = \"{kind}\"\npage = {}\nat = [{x}, {y}, {w}, {h}]\n",
                q(&a.id),
                a.page
            );
        }
        t
    }

    /// The layout, with anchors and blank pages that were loaded or learned.
    #[must_use]
    pub fn layout(&self, anchors: &LearnedAnchors, blanks: &[(u32, Reference)]) -> Layout {
        let rect = |at: &[f64; 4]| -> MmRect { mm_rect(at[0], at[1], at[2], at[3]) };
        let pages = self
            .page
            .iter()
            .map(|p| PageLayout {
                page: p.number,
                size: MmSize::new(p.paper[0], p.paper[1]),
                boxes: self
                    .question
                    .iter()
                    .filter(|q| q.page == p.number)
                    .flat_map(|q| {
                        q.choice.iter().map(|c| BoxSpec {
                            question: q.id.clone(),
                            choice: c.id.clone(),
                            rect: rect(&c.at),
                            shape: c.shape.unwrap_or(self.look.shape),
                            outline_mm: c.outline.unwrap_or(self.look.outline),
                        })
                    })
                    .collect(),
                anchors: anchors
                    .pages
                    .iter()
                    .filter(|a| a.page == p.number)
                    .flat_map(|a| a.anchors.clone())
                    .collect(),
                codes: Vec::new(),
                areas: self
                    .area
                    .iter()
                    .filter(|a| a.page == p.number)
                    .map(|a| AreaSpec {
                        id: a.id.clone(),
                        kind: a.kind,
                        rect: rect(&a.at),
                    })
                    .collect(),
                ink: Vec::new(),
                words: Vec::new(),
                reference: blanks.iter().find(|b| b.0 == p.number).map(|b| b.1.clone()),
            })
            .collect();
        let mut layout = Layout {
            form: self.id.clone(),
            version: self.version,
            digest: String::new(),
            correction: self.correction,
            questions: self
                .question
                .iter()
                .map(|q| QuestionSpec {
                    id: q.id.clone(),
                    kind: q.kind,
                    choices: q.choice.iter().map(|c| c.id.clone()).collect(),
                    max_choices: q.max_choices,
                })
                .collect(),
            pages,
        };
        layout.digest = digest(&layout);
        layout
    }

    /// Loads a learned form from its folder.
    ///
    /// # Errors
    /// [`LearnedError`] naming the file that is missing or wrong.
    pub fn load(dir: &Path) -> Result<(Self, Layout), LearnedError> {
        let path = dir.join(FORM_FILE);
        let text = read(&path)?;
        let form = Self::parse(&text).map_err(|detail| LearnedError::Form {
            path: path.clone(),
            detail,
        })?;
        let layout_path = dir.join(LAYOUT_FILE);
        let anchors =
            LearnedAnchors::parse(&read(&layout_path)?).map_err(|detail| LearnedError::Form {
                path: layout_path,
                detail,
            })?;
        let mut blanks = Vec::new();
        for p in &form.page {
            let path = dir.join(&p.blank);
            let bytes = std::fs::read(&path).map_err(|source| LearnedError::Io {
                path: path.clone(),
                source,
            })?;
            let image = image::load_from_memory(&bytes)
                .map_err(|source| LearnedError::Blank { path, source })?
                .to_luma8();
            blanks.push((p.number, reference(image, p.paper)));
        }
        let layout = form.layout(&anchors, &blanks);
        Ok((form, layout))
    }

    /// Saves a learned form into its folder, which is made if it is missing.
    ///
    /// # Errors
    /// [`LearnedError`] naming the file that could not be written.
    pub fn save(
        &self,
        dir: &Path,
        source: &str,
        anchors: &LearnedAnchors,
        blanks: &[(u32, Reference)],
    ) -> Result<(), LearnedError> {
        let io = |path: &Path| {
            let path = path.to_owned();
            move |source| LearnedError::Io { path, source }
        };
        std::fs::create_dir_all(dir).map_err(io(dir))?;
        for p in &self.page {
            let path = dir.join(&p.blank);
            if let Some((_, blank)) = blanks.iter().find(|b| b.0 == p.number) {
                blank
                    .image
                    .save(&path)
                    .map_err(|source| LearnedError::Blank { path, source })?;
            }
        }
        let path = dir.join(LAYOUT_FILE);
        let json = serde_json::to_string_pretty(anchors).map_err(|e| LearnedError::Form {
            path: path.clone(),
            detail: e.to_string(),
        })?;
        std::fs::write(&path, json).map_err(io(&path))?;
        // Last, so that a folder with form.toml is whole.
        let path = dir.join(FORM_FILE);
        std::fs::write(&path, self.to_toml(source)).map_err(io(&path))
    }
}

/// A blank page's image over the whole paper (width and height in mm).
#[must_use]
pub fn reference(image: image::GrayImage, paper: [f64; 2]) -> Reference {
    let px_per_mm = (
        f64::from(image.width()) / paper[0],
        f64::from(image.height()) / paper[1],
    );
    Reference {
        image: Arc::new(image),
        px_per_mm,
    }
}

fn read(path: &Path) -> Result<String, LearnedError> {
    std::fs::read_to_string(path).map_err(|source| LearnedError::Io {
        path: path.to_owned(),
        source,
    })
}

/// Fingerprint of a learned layout: everything in it, and the blank pages.
fn digest(layout: &Layout) -> String {
    let mut hash = blake3::Hasher::new();
    // A layout is plain data: it always has a JSON form.
    hash.update(serde_json::to_string(layout).unwrap_or_default().as_bytes());
    for page in &layout.pages {
        if let Some(r) = &page.reference {
            hash.update(r.image.as_raw());
        }
    }
    let bytes = hash.finalize();
    let alphabet = super::code::ALPHABET;
    bytes.as_bytes()[..10]
        .iter()
        .map(|b| char::from(alphabet[usize::from(b % 32)]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form() -> LearnedForm {
        LearnedForm {
            learned: true,
            index: IndexRules::default(),
            content: Vec::new(),
            id: "phieu-cu".into(),
            version: 1,
            title: "Phiếu \"cũ\"".into(),
            correction: Correction::FillCancels,
            look: LearnedLook {
                shape: BoxShape::Oval,
                outline: 0.3,
            },
            page: vec![LearnedPage {
                number: 1,
                paper: [210.0, 297.0],
                blank: "blank-p1.png".into(),
            }],
            question: vec![LearnedQuestion {
                id: "q1".into(),
                text: String::new(),
                kind: QuestionKind::Single,
                max_choices: None,
                page: 1,
                choice: vec![LearnedChoice {
                    id: "c1".into(),
                    satisfied: None,
                    score: None,
                    excluded: false,
                    text: String::new(),
                    at: [10.0, 20.0, 5.0, 3.0],
                    shape: None,
                    outline: None,
                }],
            }],
            area: vec![],
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let mut f = form();
        f.question[0].kind = QuestionKind::Multiple;
        f.question[0].max_choices = Some(1);
        f.area.push(LearnedArea {
            id: "gop-y".into(),
            kind: AreaKind::Text,
            page: 1,
            at: [10.0, 100.5, 150.0, 30.0],
        });
        assert_eq!(LearnedForm::parse(&f.to_toml("tờ trống.jpg")), Ok(f));
    }

    #[test]
    fn a_box_beside_the_paper_is_refused() {
        let mut f = form();
        f.question[0].choice[0].at[0] = 209.0;
        let error = LearnedForm::parse(&f.to_toml("x")).unwrap_err();
        assert!(error.contains("question q1, choice c1"), "{error}");
    }

    #[test]
    fn a_mistake_is_named_with_its_line() {
        let text = form()
            .to_toml("x")
            .replace("kind = \"single\"", "kind = \"simple\"");
        let error = LearnedForm::parse(&text).unwrap_err();
        assert!(error.starts_with("line 2"), "{error}");
    }
}
