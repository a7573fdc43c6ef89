//! The online half of a campaign that is played: a workbook for each form, as a form
//! tool gives it, taken in at the reporting office by a mapping that was drafted from
//! its columns.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use rust_xlsxwriter::Workbook;

use super::CliError;
use super::meant::Meant;
use crate::cli::demo::make;
use crate::form::{Layout, Meaning, QuestionKind};
use crate::online::{self, ImportOptions, Mapping, serial_of_key, suggest};
use crate::read::{Answer, AnswerState};
use crate::sheet::Sheet;
use crate::station::{Campaign, Channel, LocalTime, Station};
use crate::store::{FormRow, UnitTree};
use crate::synth::Dice;

/// One answer in this many is left out by the person who fills in.
const BLANK_EVERY: usize = 25;

/// Rows of one form that come of one unit.
struct Part<'a> {
    /// Name of the unit, else its id.
    unit: Option<&'a str>,
    rows: u64,
}

/// Simulates all online answers of the campaign and takes them in; how many there were.
pub(super) fn play(
    office: &Station,
    campaign: &Campaign,
    folder: &Path,
    (seed, limit): (u64, Option<u64>),
    meant: &mut Meant,
) -> Result<u64, CliError> {
    let store = office.store()?;
    let mut all = 0;
    for (place, form) in (0..).zip(store.forms()?) {
        let parts = parts(campaign, &form.layout.form, limit);
        if parts.is_empty() {
            continue;
        }
        make(folder)?;
        let table = Table {
            form: &form,
            meaning: form.meaning()?,
            day: LocalTime::of(&store)?
                .today(&store)?
                .map_or_else(String::new, |d| d.to_string()),
        };
        let path = folder.join(format!("{}.xlsx", form.layout.form));
        table.write(&path, &parts, seed.wrapping_add(place), meant)?;
        let sheet = Sheet::read(&path, None)?;
        let draft = suggest(
            &sheet,
            &form.layout.form,
            &table.meaning,
            &UnitTree::of(&store)?,
            LocalTime::of(&store)?,
        );
        let mapping_path: PathBuf = path.with_extension("toml");
        fs::write(&mapping_path, &draft.text)
            .map_err(|e| format!("{}: {e}", mapping_path.display()))?;
        let mapping = Mapping::of_source(&draft.text, &mapping_path)?;
        let done = online::import(
            office,
            &path,
            (&mapping_path, &mapping),
            &ImportOptions::default(),
        )?;
        all += done.ballots;
    }
    Ok(all)
}

/// What the plan wants online of a form: of its units, else of the whole campaign.
fn parts<'a>(campaign: &'a Campaign, form: &str, limit: Option<u64>) -> Vec<Part<'a>> {
    let of = |quotas: &[crate::station::Quota]| {
        let online =
            |q: &&crate::station::Quota| q.form == form && q.channel == Some(Channel::Online);
        let rows: u64 = quotas
            .iter()
            .filter(online)
            .map(|q| u64::from(q.quota.unwrap_or(0)))
            .sum();
        limit.map_or(rows, |most| rows.min(most))
    };
    let mut parts: Vec<Part<'_>> = campaign
        .units
        .iter()
        .map(|u| Part {
            unit: Some(u.name.as_deref().unwrap_or(&u.id)),
            rows: of(&u.quotas),
        })
        .collect();
    if campaign.units.is_empty() {
        parts.push(Part {
            unit: None,
            rows: of(&campaign.quotas),
        });
    }
    parts.retain(|p| p.rows > 0);
    parts
}

struct Table<'a> {
    form: &'a FormRow,
    meaning: Meaning,
    day: String,
}

impl Table<'_> {
    fn write(
        &self,
        path: &Path,
        parts: &[Part<'_>],
        seed: u64,
        meant: &mut Meant,
    ) -> Result<(), CliError> {
        let layout = &self.form.layout;
        let mut book = Workbook::new();
        let sheet = book.add_worksheet().set_name("Câu trả lời biểu mẫu 1")?;
        let mut head: Vec<String> = ["Dấu thời gian", "Mã phản hồi", "Đơn vị"]
            .map(str::to_owned)
            .into();
        head.extend(self.meaning.questions.iter().map(|q| q.in_words()));
        sheet.write_row(0, 0, &head)?;
        let mut number = 0_u32;
        for part in parts {
            for _ in 0..part.rows {
                number += 1;
                let mut dice = Dice::new(seed, "online", &[u64::from(number)]);
                let answers = fill_in(layout, &mut dice);
                let code = format!("{}-{number:05}", layout.form);
                let mut row = vec![
                    format!("{} 08:00:00", self.day),
                    code.clone(),
                    part.unit.unwrap_or("").to_owned(),
                ];
                row.extend(self.meaning.questions.iter().map(|q| {
                    let chosen = answers.get(&q.id).map_or(&[][..], |a| &a.choices);
                    let words: Vec<&str> = q
                        .choices
                        .iter()
                        .filter(|c| chosen.contains(&c.id))
                        .map(|c| c.in_words())
                        .collect();
                    words.join(", ")
                }));
                sheet.write_row(number, 0, &row)?;
                meant.learn_one(&layout.form, serial_of_key(&layout.form, &code), answers);
            }
        }
        Ok(book
            .save(path)
            .map_err(|e| format!("{}: {e}", path.display()))?)
    }
}

/// What a person answers: of each question any of its choices, the first more often.
fn fill_in(layout: &Layout, dice: &mut Dice) -> BTreeMap<String, Answer> {
    let mut answers = BTreeMap::new();
    for q in &layout.questions {
        let any = |dice: &mut Dice| {
            let n = q.choices.len();
            dice.below(n).min(dice.below(n))
        };
        let mut chosen: Vec<usize> = Vec::new();
        if dice.below(BLANK_EVERY) > 0 {
            let most = match q.kind {
                QuestionKind::Single => 1,
                QuestionKind::Multiple => q.max_choices.map_or(q.choices.len(), |m| m as usize),
            };
            for _ in 0..=dice.below(most) {
                chosen.push(any(dice));
            }
            chosen.sort_unstable();
            chosen.dedup();
        }
        let choices: Vec<String> = chosen
            .into_iter()
            .filter_map(|c| q.choices.get(c).cloned())
            .collect();
        let state = if choices.is_empty() {
            AnswerState::Blank
        } else {
            AnswerState::Answered
        };
        answers.insert(q.id.clone(), Answer { state, choices });
    }
    answers
}
