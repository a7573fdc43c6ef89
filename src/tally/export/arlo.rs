//! The two files that Arlo takes for a ballot comparison audit: a ballot manifest,
//! and cast vote records in the layout of Dominion's CSV.
//!
//! The layout is what VotingWorks documents ("Ballot Manifest", docs-arlo) and what
//! Arlo's parser asks for: a row with the election, a row with the contest above each
//! choice as `NAME (Vote For=N)`, a row with the choices, the row of headings, then a
//! row a ballot; `TabulatorNum` and `BatchId` are those of the manifest.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::ballots::{ExportBallot, ExportForm, Origin, each_ballot, forms, is_single};
use super::files::OutFiles;
use super::variables::safe;
use crate::store::{BallotState, Channel, Packed, Store};
use crate::tally::{TallyError, TallyFilter};

/// How the files are written.
#[derive(Debug, Clone, Default)]
pub struct ArloOptions {
    /// What to leave out.
    pub filter: TallyFilter,
    /// Name and version of the program.
    pub program: String,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArloWritten {
    /// The files.
    pub files: Vec<PathBuf>,
    /// Sheets of paper in them.
    pub ballots: u64,
    /// Questions that wait for a person: written as no vote.
    pub pending: u64,
    /// Ballots that were left out because they are not on paper.
    pub online: u64,
}

/// The columns before the votes, as Dominion's export has them.
const COLUMNS: [&str; 8] = [
    "CvrNumber",
    "TabulatorNum",
    "BatchId",
    "RecordId",
    "ImprintedId",
    "CountingGroup",
    "PrecinctPortion",
    "BallotType",
];

/// Where a paper lies: device, batch and the container that it came out of.
type Place = (String, String, String);

fn place_of(station: &str, ballot: &ExportBallot<'_>) -> Place {
    let unit = ballot.unit.unwrap_or("?");
    let container = match ballot.ballot_box {
        Some(name) => format!("{unit}/{name}"),
        None => unit.to_owned(),
    };
    let (device, batch) = match ballot.origin {
        Origin::Here(record) => (station, format!("{}/{container}", record.batch)),
        Origin::Station(other) => (other, container.clone()),
        Origin::Online => (station, container.clone()),
    };
    (safe(device), safe(&batch), safe(&container))
}

/// Writes `manifest.csv` and `cvr.csv` into the folder, which is made if need be.
///
/// # Errors
/// The database refuses, or a file cannot be written.
pub fn write_arlo(
    store: &Store,
    dir: &Path,
    options: &ArloOptions,
) -> Result<ArloWritten, TallyError> {
    let forms = forms(store, &options.filter)?;
    if forms.is_empty() {
        return Err(TallyError::NoForms);
    }
    std::fs::create_dir_all(dir).map_err(TallyError::file(dir))?;
    let station = store.station()?.id;
    let mut files = OutFiles::default();
    let file = files.create(&dir.join("cvr.csv"))?;
    let mut cvr = csv::WriterBuilder::new().flexible(true).from_writer(file);
    let election = store
        .campaign()?
        .map_or_else(|| station.clone(), |c| c.name);
    heading(&forms, &election, &options.program, &mut cvr)?;
    let mut counts: BTreeMap<Place, u64> = BTreeMap::new();
    let mut order: Vec<Place> = Vec::new();
    let mut written = ArloWritten {
        files: Vec::new(),
        ballots: 0,
        pending: 0,
        online: 0,
    };
    each_ballot(store, &forms, &options.filter, |ballot| {
        if ballot.channel == Channel::Online {
            written.online += 1;
            return Ok(());
        }
        written.ballots += 1;
        let place = place_of(&station, ballot);
        let count = counts.entry(place.clone()).or_insert_with(|| {
            order.push(place.clone());
            0
        });
        *count += 1;
        let form = &forms[ballot.form];
        let record = count.to_string();
        let serial = ballot
            .serial
            .map_or_else(|| format!("{}-{}-{record}", place.0, place.1), safe);
        let unit = safe(ballot.unit.unwrap_or("?"));
        let style = format!("{}@{}", form.form, form.version);
        let number = written.ballots.to_string();
        cvr.write_field(&number)?;
        for field in [&place.0, &place.1, &record, &serial] {
            cvr.write_field(field)?;
        }
        for field in [ballot.channel.word(), &unit, &style] {
            cvr.write_field(field)?;
        }
        written.pending += votes(&forms, ballot, &mut cvr)?;
        cvr.write_record(None::<&[u8]>)?;
        Ok(())
    })?;
    cvr.flush()?;
    drop(cvr);
    let file = files.create(&dir.join("manifest.csv"))?;
    let mut manifest = csv::Writer::from_writer(file);
    manifest.write_record(["Container", "Tabulator", "Batch Name", "Number of Ballots"])?;
    for place in &order {
        let n = counts.get(place).copied().unwrap_or(0).to_string();
        manifest.write_record([&place.2, &place.0, &place.1, &n])?;
    }
    manifest.flush()?;
    drop(manifest);
    written.files = files.finish()?;
    Ok(written)
}

/// The four rows before the ballots.
fn heading(
    forms: &[ExportForm],
    election: &str,
    program: &str,
    cvr: &mut csv::Writer<impl Write>,
) -> Result<(), TallyError> {
    let mut contests = Vec::new();
    let mut choices = Vec::new();
    for form in forms {
        for (q, spec) in form.questions.iter().zip(&form.layout.questions) {
            let votes = if is_single(q) {
                1
            } else {
                spec.most_choices().min(spec.choices.len())
            };
            // Two forms may ask the same: Arlo knows contests by their names.
            let words = q.in_words();
            let own = format!("{}@{} {}", form.form, form.version, q.id);
            let name = if words == q.id {
                own
            } else {
                format!("{own}: {words}")
            };
            for c in &q.choices {
                contests.push(safe(&format!("{name} (Vote For={votes})")));
                choices.push(safe(&choice_name(q, c)));
            }
        }
    }
    let none = || COLUMNS.iter().map(|_| String::new());
    let all = COLUMNS.len() + contests.len();
    let mut first = vec![safe(election), safe(program)];
    first.resize(all, String::new());
    cvr.write_record(&first)?;
    cvr.write_record(none().chain(contests))?;
    cvr.write_record(none().chain(choices.iter().cloned()))?;
    let parties = choices.iter().map(|_| "");
    cvr.write_record(COLUMNS.into_iter().chain(parties))?;
    Ok(())
}

/// The words of a choice; with its id where another of the question has the same.
fn choice_name(q: &crate::form::QuestionMeaning, c: &crate::form::ChoiceMeaning) -> String {
    let same = q.choices.iter().filter(|o| o.in_words() == c.in_words());
    if same.count() > 1 {
        format!("{} ({})", c.in_words(), c.id)
    } else {
        c.in_words().to_owned()
    }
}

/// The votes of a ballot: 0 or 1 for each choice of its form, nothing for those of
/// other forms. Returns how many questions wait for a person.
fn votes(
    forms: &[ExportForm],
    ballot: &ExportBallot<'_>,
    cvr: &mut csv::Writer<impl Write>,
) -> Result<u64, TallyError> {
    let mut pending = 0;
    for (at, form) in forms.iter().enumerate() {
        for (i, q) in form.questions.iter().enumerate() {
            let answer = ballot.answers.get(i).filter(|_| at == ballot.form);
            let waits = match ballot.state {
                BallotState::Counted => answer == Some(&Packed::Pending),
                BallotState::Pending => at == ballot.form,
                BallotState::Rejected => false,
            };
            pending += u64::from(waits);
            for c in 0..q.choices.len() {
                let vote = match answer {
                    None => "",
                    Some(Packed::Answered(chosen))
                        if ballot.state == BallotState::Counted && chosen.contains(&c) =>
                    {
                        "1"
                    }
                    Some(_) => "0",
                };
                cvr.write_field(vote)?;
            }
        }
    }
    Ok(pending)
}
