//! Every ballot one after the other, whether it was scanned here or came in.

use crate::form::{Layout, Meaning, QuestionKind, QuestionMeaning};
use crate::station::BoxChannels;
use crate::store::{
    BallotRecord, BallotState, Channel, FormKey, FormRow, Packed, Packing, SourceKind, Store,
    UnitTree,
};
use crate::tally::{TallyError, TallyFilter};

/// A form of the station with what its answers mean.
#[derive(Debug)]
pub(super) struct ExportForm {
    pub key: FormKey,
    pub form: String,
    pub version: u32,
    pub title: String,
    /// Names its files: the id, with the version where there are several.
    pub label: String,
    pub layout: Layout,
    /// Questions in the order of the layout, in words as far as there are any.
    pub questions: Vec<QuestionMeaning>,
    pub meaning: Meaning,
    pub packing: Packing,
}

impl ExportForm {
    fn of(row: &FormRow, several: bool) -> Result<Self, TallyError> {
        let layout = row.layout.clone();
        let meaning = row.meaning()?;
        let questions = layout
            .questions
            .iter()
            .map(|q| {
                meaning
                    .question(&q.id)
                    .cloned()
                    .unwrap_or_else(|| nameless(q))
            })
            .collect();
        Ok(Self {
            key: row.key,
            form: layout.form.clone(),
            version: layout.version,
            title: row.title.clone(),
            label: if several {
                format!("{}-v{}", layout.form, layout.version)
            } else {
                layout.form.clone()
            },
            packing: Packing::of(&layout),
            questions,
            meaning,
            layout,
        })
    }

    /// The text of a question, or its id.
    pub(super) fn words_of(&self, question: &str) -> String {
        let named = self.questions.iter().find(|q| q.id == question);
        named.map_or_else(|| question.to_owned(), QuestionMeaning::in_words)
    }
}

/// A question that nobody put into words.
fn nameless(q: &crate::form::QuestionSpec) -> QuestionMeaning {
    QuestionMeaning {
        id: q.id.clone(),
        label: String::new(),
        text: String::new(),
        kind: q.kind,
        choices: q
            .choices
            .iter()
            .map(|c| crate::form::ChoiceMeaning {
                id: c.clone(),
                text: String::new(),
                satisfied: None,
                score: None,
                excluded: false,
            })
            .collect(),
    }
}

/// Is one answer asked for?
pub(super) fn is_single(q: &QuestionMeaning) -> bool {
    q.kind == QuestionKind::Single
}

/// Where a ballot came from.
#[derive(Debug, Clone, Copy)]
pub(super) enum Origin<'a> {
    /// Scanned here.
    Here(&'a BallotRecord),
    /// Of another station's package.
    Station(&'a str),
    /// Answers of a file.
    Online,
}

/// A ballot.
#[derive(Debug)]
pub(super) struct ExportBallot<'a> {
    /// Its form's place among those of [`forms`].
    pub form: usize,
    pub unit: Option<&'a str>,
    pub ballot_box: Option<&'a str>,
    pub serial: Option<&'a str>,
    pub channel: Channel,
    /// `2026-11-25`
    pub day: &'a str,
    pub state: BallotState,
    /// Its questions in the order of the layout.
    pub answers: Vec<Packed>,
    pub origin: Origin<'a>,
}

/// The forms that the filter lets through.
pub(super) fn forms(store: &Store, filter: &TallyFilter) -> Result<Vec<ExportForm>, TallyError> {
    let rows = store.forms()?;
    filter.check_form(rows.iter().map(|r| r.layout.form.as_str()))?;
    let wanted: Vec<&FormRow> = rows
        .iter()
        .filter(|r| filter.wants(&r.layout.form))
        .collect();
    wanted
        .iter()
        .map(|row| {
            let same = |r: &&&FormRow| r.layout.form == row.layout.form;
            ExportForm::of(row, wanted.iter().filter(same).count() > 1)
        })
        .collect()
}

/// Shows `visit` every ballot of these forms: first what was scanned here, in the
/// order in which it was seen, then what came in, source after source.
pub(super) fn each_ballot(
    store: &Store,
    forms: &[ExportForm],
    filter: &TallyFilter,
    mut visit: impl FnMut(&ExportBallot<'_>) -> Result<(), TallyError>,
) -> Result<(), TallyError> {
    let within = filter.within(&UnitTree::of(store)?)?;
    let inside = |unit: Option<&str>| within.has(unit);
    let place = |key: FormKey| forms.iter().position(|f| f.key == key);
    let unpack = |form: &ExportForm, bytes: &[u8]| -> Option<Vec<Packed>> {
        (0..form.packing.questions.len())
            .map(|q| form.packing.answer(q, bytes))
            .collect()
    };
    let boxes = BoxChannels::of_station(store).map_err(Box::new)?;
    store.each_record::<TallyError>(|ballot| {
        let Some(at) = place(ballot.form).filter(|_| inside(ballot.unit.as_deref())) else {
            return Ok(());
        };
        let form = &forms[at];
        let bytes = ballot.packed(&form.packing);
        visit(&ExportBallot {
            form: at,
            unit: ballot.unit.as_deref(),
            ballot_box: ballot.ballot_box.as_deref(),
            serial: ballot.serial.as_deref(),
            channel: boxes.of_box(ballot.unit.as_deref(), ballot.ballot_box.as_deref()),
            day: ballot.scanned.get(..10).unwrap_or(&ballot.scanned),
            state: ballot.state,
            answers: unpack(form, &bytes).ok_or(TallyError::StrangeBallots(1))?,
            origin: Origin::Here(&ballot),
        })
    })?;
    for source in store.sources()?.iter().filter(|s| !s.replaced) {
        store.each_outside::<TallyError>(Some(source.key), |ballot| {
            let Some(at) = place(ballot.form).filter(|_| inside(ballot.unit.as_deref())) else {
                return Ok(());
            };
            visit(&ExportBallot {
                form: at,
                unit: ballot.unit.as_deref(),
                ballot_box: ballot.ballot_box.as_deref(),
                serial: ballot.serial.as_deref(),
                channel: ballot.channel,
                day: &ballot.day,
                state: ballot.state,
                answers: unpack(&forms[at], &ballot.answers)
                    .ok_or(TallyError::StrangeBallots(1))?,
                origin: match &source.kind {
                    SourceKind::Package { station, .. } => Origin::Station(station),
                    SourceKind::Online => Origin::Online,
                },
            })
        })?;
    }
    Ok(())
}
