//! What makes no sense in a form, although every key is right.

use std::collections::BTreeMap;

use super::model::{Form, ItemKind};
use crate::form::FormError;
use crate::form::error::Position;

/// Most choices of a question and rows of a grid.
const MAX_LIST: usize = 200;

/// Most items of a form: the pages that a form may have hold fewer.
const MAX_ITEMS: usize = 600;

pub(super) fn check(form: &Form) -> Result<(), FormError> {
    let mut ids: BTreeMap<&str, Position> = BTreeMap::new();
    let mut add = |id, at| match ids.insert(id, at) {
        None => Ok(()),
        Some(first) => Err(form.mistake(
            at,
            format!("the id {id:?} is there twice, first in line {}", first.line),
            "give one of them another id",
        )),
    };
    if let Some(item) = form.items.get(MAX_ITEMS) {
        return Err(form.mistake(
            item.at,
            format!("there are more than {MAX_ITEMS} items"),
            "shorten the form",
        ));
    }
    let mut questions = 0;
    for (i, item) in form.items.iter().enumerate() {
        let at = item.at;
        let few = |what: &str, count: usize, least: usize| {
            if count < least {
                Err(form.mistake(
                    at,
                    format!("there are only {count} {what}"),
                    format!("write at least {least}"),
                ))
            } else if count > MAX_LIST {
                Err(form.mistake(
                    at,
                    format!("there are {count} {what}"),
                    format!("write at most {MAX_LIST}"),
                ))
            } else {
                Ok(())
            }
        };
        match &item.kind {
            ItemKind::Question(q) => {
                questions += 1;
                add(&q.id, at)?;
                few("choices", q.choices.len(), 1)?;
                for note in q.choices.iter().filter_map(|c| c.note.as_ref()) {
                    add(&note.id, at)?;
                }
                if let Some(most) = q.max_choices
                    && (most == 0 || most as usize > q.choices.len())
                {
                    return Err(form.mistake(
                        at,
                        format!("max-choices = {most} makes no sense"),
                        format!("write a number from 1 to {}", q.choices.len()),
                    ));
                }
            }
            ItemKind::Grid(g) => {
                questions += g.rows.len();
                add(&g.id, at)?;
                few("choices", g.choices.len(), 2)?;
                few("rows", g.rows.len(), 1)?;
                for row in &g.rows {
                    add(&row.id, row.at)?;
                }
                if g.choices.iter().any(|c| c.note.is_some()) {
                    return Err(form.mistake(
                        at,
                        "a choice of a grid has a note",
                        "take the note out: a column has no room to write; add a text item below",
                    ));
                }
            }
            ItemKind::Writing(w) => add(&w.id, at)?,
            ItemKind::Digits(d) => add(&d.id, at)?,
            ItemKind::Section(_)
            | ItemKind::Note(_)
            | ItemKind::Instructions
            | ItemKind::PageBreak => {}
        }
        let can_stand_beside = |kind: &ItemKind| {
            matches!(
                kind,
                ItemKind::Question(_) | ItemKind::Writing(_) | ItemKind::Digits(_)
            )
        };
        if item.beside && !(i > 0 && can_stand_beside(&form.items[i - 1].kind)) {
            return Err(form.mistake(
                at,
                "`beside` has nothing to stand beside",
                "take it out, or put a question, text, personal or digits item before",
            ));
        }
    }
    if questions == 0 {
        return Err(form.mistake(
            form.at,
            "the form asks nothing",
            "add a [[body]] with kind = \"single\", \"multiple\" or \"grid\"",
        ));
    }
    Ok(())
}
