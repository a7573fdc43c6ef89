//! All ballots in memory, packed: what was scanned here and what came in from
//! elsewhere, by form. Figures are made from them anew each time.

use std::collections::HashMap;

use super::TallyError;
use crate::form::Meaning;
use crate::station::BoxChannels;
use crate::store::{BallotState, Channel, FormKey, FormRow, Packing, Store, StoreError};

/// What ballots have in common that figures are grouped by.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Cell {
    /// Which unit; `None`: not known.
    pub unit: Option<String>,
    /// How they came in.
    pub channel: Channel,
    /// In which month, `2026-11`.
    pub month: String,
}

/// The ballots of a form.
#[derive(Debug, Clone)]
pub struct FormBallots {
    /// Its key.
    pub key: FormKey,
    /// Its id.
    pub form: String,
    /// Its version.
    pub version: u32,
    /// For people.
    pub title: String,
    /// What its answers mean.
    pub meaning: Meaning,
    /// How its ballots are packed.
    pub packing: Packing,
    /// What rows have in common.
    pub cells: Vec<Cell>,
    /// For each ballot its cell and what became of it.
    pub rows: Vec<(u32, BallotState)>,
    /// Their answers, one after the other.
    answers: Vec<u8>,
}

impl FormBallots {
    fn empty(row: &FormRow) -> Result<Self, TallyError> {
        Ok(Self {
            key: row.key,
            form: row.layout.form.clone(),
            version: row.layout.version,
            title: row.title.clone(),
            meaning: row.meaning()?,
            packing: Packing::of(&row.layout),
            cells: Vec::new(),
            rows: Vec::new(),
            answers: Vec::new(),
        })
    }

    /// The packed answers of a ballot; none of one that is not there.
    #[must_use]
    pub fn answers(&self, row: usize) -> &[u8] {
        let bytes = self.packing.bytes();
        self.answers
            .get(row * bytes..(row + 1) * bytes)
            .unwrap_or(&[])
    }

    fn push(&mut self, cell: u32, state: BallotState, answers: &[u8]) {
        self.rows.push((cell, state));
        self.answers.extend_from_slice(answers);
    }
}

/// Finds the number of a cell without making one for each ballot.
#[derive(Debug, Default)]
struct Cells {
    known: HashMap<Cell, u32>,
    last: Option<(Cell, u32)>,
}

impl Cells {
    fn of(
        &mut self,
        form: &mut FormBallots,
        unit: Option<&str>,
        channel: Channel,
        month: &str,
    ) -> u32 {
        // Ballots of one cell mostly come together.
        if let Some((cell, number)) = &self.last
            && cell.unit.as_deref() == unit
            && cell.channel == channel
            && cell.month == month
        {
            return *number;
        }
        let cell = Cell {
            unit: unit.map(str::to_owned),
            channel,
            month: month.to_owned(),
        };
        let number = *self.known.entry(cell.clone()).or_insert_with(|| {
            form.cells.push(cell.clone());
            u32::try_from(form.cells.len() - 1).unwrap_or(u32::MAX)
        });
        self.last = Some((cell, number));
        number
    }
}

/// The year and month of a day or time as the store has it.
fn month(day: &str) -> &str {
    day.get(..7).unwrap_or(day)
}

/// Loads all ballots, by form in the order of their registration.
///
/// # Errors
/// The database refuses, a form's source has a mistake, or a ballot that came in is
/// none of its form.
pub fn load(store: &Store) -> Result<Vec<FormBallots>, TallyError> {
    let mut forms = store
        .forms()?
        .iter()
        .map(FormBallots::empty)
        .collect::<Result<Vec<_>, _>>()?;
    let places: HashMap<FormKey, usize> =
        forms.iter().enumerate().map(|(i, f)| (f.key, i)).collect();
    let mut cells: Vec<Cells> = forms.iter().map(|_| Cells::default()).collect();
    let boxes = BoxChannels::of_station(store).map_err(Box::new)?;
    store.each_record::<StoreError>(|ballot| {
        let Some(&i) = places.get(&ballot.form) else {
            return Ok(());
        };
        let answers = ballot.packed(&forms[i].packing);
        let cell = cells[i].of(
            &mut forms[i],
            ballot.unit.as_deref(),
            boxes.of_box(ballot.unit.as_deref(), ballot.ballot_box.as_deref()),
            month(&ballot.scanned),
        );
        forms[i].push(cell, ballot.state, &answers);
        Ok(())
    })?;
    let mut strange = 0;
    store.each_packed::<StoreError>(None, |ballot| {
        let Some(&i) = places.get(&ballot.form) else {
            return Ok(());
        };
        if ballot.answers.len() != forms[i].packing.bytes() {
            strange += 1;
            return Ok(());
        }
        let cell = cells[i].of(
            &mut forms[i],
            ballot.unit,
            ballot.channel,
            month(ballot.day),
        );
        forms[i].push(cell, ballot.state, ballot.answers);
        Ok(())
    })?;
    if strange > 0 {
        return Err(TallyError::StrangeBallots(strange));
    }
    Ok(forms)
}
