//! From a form to what stands where on its pages.
//!
//! Every item of the form becomes one or more blocks (`question`, `grid`,
//! `fields`, `head`), blocks are put on pages (`pages`), and of the pages come
//! both the layout that the reader uses and the drawing that is printed, so
//! that the two cannot disagree.

mod block;
mod digest;
mod draw;
mod fields;
mod grid;
mod head;
mod instructions;
mod pages;
mod question;
mod rules;
mod style;
#[cfg(test)]
mod tests;

pub(crate) use draw::{DOT_MM, Draw, paragraph};
pub use rules::violations;

use super::{Form, FormError, ItemKind, Layout, QuestionSpec};
use block::Block;
use style::Styles;

/// A form laid out: where everything is, and what is drawn.
#[derive(Debug, Clone)]
pub struct Sheet {
    /// What the reader needs.
    pub layout: Layout,
    /// What is drawn besides boxes, anchors and codes; one list a page.
    pub(crate) draws: Vec<Vec<Draw>>,
}

impl Sheet {
    /// Lays a form out.
    ///
    /// # Errors
    /// [`FormError::Mistake`] for what does not fit on the paper,
    /// [`FormError::MissingGlyph`] for characters that cannot be printed,
    /// [`FormError::Rule`] if the result breaks a rule of readability.
    pub fn compose(form: &Form) -> Result<Self, FormError> {
        let styles = Styles::of(form);
        let width = super::frame::content(form.paper.size()).size.width;
        let mut blocks: Vec<Block> = Vec::new();
        let here = |at| move |error| located(form, at, error);
        blocks.extend(head::title(form, &styles, width).map_err(here(form.at))?);
        let placed = |item: &super::Item| matches!(item.kind, ItemKind::Instructions);
        if !form.items.iter().any(placed) {
            blocks.extend(instructions::panel(form, &styles, width).map_err(here(form.at))?);
        }
        let mut items = form.items.iter().peekable();
        let mut break_before = false;
        while let Some(item) = items.next() {
            let mut row = vec![item];
            while let Some(next) = items.next_if(|next| next.beside) {
                row.push(next);
            }
            let made = if row.len() > 1 {
                fields::beside(form, &styles, &row, width).map(|block| vec![block])
            } else {
                match &item.kind {
                    ItemKind::PageBreak => {
                        break_before = true;
                        continue;
                    }
                    ItemKind::Instructions => instructions::panel(form, &styles, width),
                    ItemKind::Section(text) => {
                        fields::section(&styles, text, width).map(|block| vec![block])
                    }
                    ItemKind::Note(text) => {
                        fields::note(&styles, text, width).map(|block| vec![block])
                    }
                    ItemKind::Grid(grid) => grid::blocks(form, &styles, grid, item.at, width),
                    _ => fields::single(form, &styles, item, width).map(|block| vec![block]),
                }
            };
            for mut block in made.map_err(here(item.at))? {
                block.break_before |= std::mem::take(&mut break_before);
                blocks.push(block);
            }
        }
        let (mut pages, mut draws) = (Vec::new(), Vec::new());
        for (page, drawn) in pages::paginate(form, &styles, blocks).map_err(here(form.at))? {
            pages.push(page);
            draws.push(drawn);
        }
        let mut layout = Layout {
            form: form.id.clone(),
            version: form.version,
            digest: String::new(),
            correction: form.correction,
            questions: questions(form),
            pages,
        };
        layout.digest = digest::digest(&layout);
        if let Some(detail) = violations(&layout).into_iter().next() {
            return Err(FormError::Rule {
                form: form.id.clone(),
                detail,
            });
        }
        Ok(Self { layout, draws })
    }
}

/// A character that cannot be printed is the author's to mend: says where.
fn located(form: &Form, at: super::Position, error: FormError) -> FormError {
    match error {
        FormError::MissingGlyph { character, text } => form.mistake(
            at,
            format!(
                "the character {character:?} (U+{:04X}) in {text:?} is not in the font",
                u32::from(character)
            ),
            "replace it by one that can be printed",
        ),
        other => other,
    }
}

impl Layout {
    /// Lays a form out; the same form always gives the same layout.
    ///
    /// # Errors
    /// As [`Sheet::compose`].
    pub fn from_form(form: &Form) -> Result<Self, FormError> {
        Ok(Sheet::compose(form)?.layout)
    }
}

fn questions(form: &Form) -> Vec<QuestionSpec> {
    let mut out = Vec::new();
    for item in &form.items {
        match &item.kind {
            ItemKind::Question(q) => out.push(QuestionSpec {
                id: q.id.clone(),
                kind: q.kind,
                choices: q.choices.iter().map(|c| c.id.clone()).collect(),
                max_choices: q.max_choices,
            }),
            ItemKind::Grid(g) => out.extend(g.rows.iter().map(|row| QuestionSpec {
                id: row.id.clone(),
                kind: super::QuestionKind::Single,
                choices: g.choices.iter().map(|c| c.id.clone()).collect(),
                max_choices: None,
            })),
            _ => {}
        }
    }
    out
}
