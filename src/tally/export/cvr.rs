//! Cast vote records by NIST SP 1500-103, version 1.0.0 (JSON).
//!
//! A question is a `BallotMeasureContest` and a choice a `BallotMeasureSelection`: a
//! questionnaire asks for an answer to a text, and nobody stands for election, which
//! is what a `CandidateContest` with its `Candidate` objects is about.

use std::collections::BTreeMap;
use std::io::Write;

use serde_json::{Map, Value, json};

use super::ballots::{ExportForm, Origin, each_ballot, forms, is_single};
use super::cvr_ballot::{Names, of_ballot};
use crate::store::{SourceKind, Store};
use crate::tally::{TallyError, TallyFilter};

/// How cast vote records are written.
#[derive(Debug, Clone, Default)]
pub struct CvrOptions {
    /// What to leave out.
    pub filter: TallyFilter,
    /// When the report is made, RFC 3339.
    pub generated: String,
    /// Name and version of the program.
    pub program: String,
}

/// Writes one report with a record for each ballot.
///
/// # Errors
/// The database refuses, or the writer fails.
pub fn write_cvr(
    store: &Store,
    options: &CvrOptions,
    mut out: impl Write,
) -> Result<(), TallyError> {
    let forms = forms(store, &options.filter)?;
    if forms.is_empty() {
        return Err(TallyError::NoForms);
    }
    let station = store.station()?.id;
    let names = Names {
        station: station.clone(),
        forms: &forms,
    };
    // The records are too many for memory: the rest of the object, then they.
    let head = Value::Object(head(store, options, &names)?).to_string();
    let head = head.strip_suffix('}').unwrap_or(&head);
    write!(out, "{head},\"CVR\":[")?;
    let mut n: u64 = 0;
    let mut batches: BTreeMap<i64, u64> = BTreeMap::new();
    each_ballot(store, &forms, &options.filter, |ballot| {
        n += 1;
        let (marks, place) = match ballot.origin {
            Origin::Here(record) => {
                let place = batches.entry(record.batch).or_default();
                *place += 1;
                (store.marks_of(record.ballot)?, *place)
            }
            _ => (Vec::new(), 0),
        };
        let record = of_ballot(&names, ballot, &marks, n, place);
        out.write_all(if n == 1 { b"\n" } else { b",\n" })?;
        serde_json::to_writer(&mut out, &record).map_err(std::io::Error::from)?;
        Ok(())
    })?;
    out.write_all(b"\n]}\n")?;
    out.flush()?;
    Ok(())
}

/// Everything but the records.
fn head(
    store: &Store,
    options: &CvrOptions,
    names: &Names<'_>,
) -> Result<Map<String, Value>, TallyError> {
    let sources = store.sources()?;
    let holding = || sources.iter().filter(|s| !s.replaced);
    let mut devices = vec![json!({
        "@id": names.device(),
        "@type": "CVR.ReportingDevice",
        "Application": options.program,
        "SerialNumber": names.station,
        "MarkMetricType": "phieu: how sure a mark is, from 0 (empty) to 1 (marked)",
    })];
    let mut others: Vec<&str> = holding()
        .filter_map(|s| match &s.kind {
            SourceKind::Package { station, .. } if *station != names.station => {
                Some(station.as_str())
            }
            _ => None,
        })
        .collect();
    others.sort_unstable();
    others.dedup();
    for station in others {
        devices.push(json!({
            "@id": names.device_of(station),
            "@type": "CVR.ReportingDevice",
            "SerialNumber": station,
        }));
    }
    if holding().any(|s| s.kind == SourceKind::Online) {
        devices.push(json!({
            "@id": names.online(),
            "@type": "CVR.ReportingDevice",
            "Notes": ["answers that came in as a file, not on paper"],
        }));
    }
    let campaign = store
        .campaign()?
        .map_or_else(|| names.station.clone(), |c| c.name);
    let mut places = vec![json!({
        "@id": names.everywhere(),
        "@type": "CVR.GpUnit",
        "Name": campaign,
        "Type": "other",
        "OtherType": "campaign",
        "ReportingDeviceIds": [names.device()],
    })];
    for unit in store.units()? {
        places.push(json!({
            "@id": names.unit(&unit.unit),
            "@type": "CVR.GpUnit",
            "Name": unit.name.as_deref().unwrap_or(&unit.unit),
            "Type": "other",
            "OtherType": "unit",
            "Code": [code("unit", &unit.unit)],
        }));
    }
    let contests: Vec<Value> = (0..names.forms.len())
        .flat_map(|form| contests(names, form))
        .collect();
    let report = json!({
        "@type": "CVR.CastVoteRecordReport",
        "Version": "1.0.0",
        "GeneratedDate": options.generated,
        "ReportType": [if holding().next().is_some() {
            "aggregated"
        } else {
            "originating-device-export"
        }],
        "Notes": "A questionnaire: every question is a BallotMeasureContest. \
            Rejected ballots are there with no vote to allocate.",
        "ReportGeneratingDeviceIds": [names.device()],
        "ReportingDevice": devices,
        "GpUnit": places,
        "Election": [{
            "@id": names.election(),
            "@type": "CVR.Election",
            "Name": campaign,
            "ElectionScopeId": names.everywhere(),
            "Contest": contests,
        }],
    });
    match report {
        Value::Object(map) => Ok(map),
        _ => Ok(Map::new()),
    }
}

fn code(kind: &str, value: &str) -> Value {
    json!({ "@type": "CVR.Code", "Type": "other", "OtherType": kind, "Value": value })
}

fn contests(names: &Names<'_>, at: usize) -> Vec<Value> {
    let form: &ExportForm = &names.forms[at];
    let of = |(place, q): (usize, &crate::form::QuestionMeaning)| {
        let selections: Vec<Value> = q
            .choices
            .iter()
            .map(|c| {
                json!({
                    "@id": names.selection(at, &q.id, &c.id),
                    "@type": "CVR.BallotMeasureSelection",
                    "Selection": c.in_words(),
                    "Code": [code("choice", &c.id)],
                })
            })
            .collect();
        let mut codes = vec![
            code("form", &format!("{}@{}", form.form, form.version)),
            code("question", &q.id),
        ];
        // A measure has no VotesAllowed of its own.
        let allowed = form.layout.questions.get(place).and_then(|spec| {
            if is_single(q) {
                Some(1)
            } else {
                spec.max_choices
            }
        });
        if let Some(allowed) = allowed {
            codes.push(code("votes-allowed", &allowed.to_string()));
        }
        json!({
            "@id": names.contest(at, &q.id),
            "@type": "CVR.BallotMeasureContest",
            "Name": q.in_words(),
            "Abbreviation": q.id,
            "VoteVariation": if allowed.is_some() { "n-of-m" } else { "approval" },
            "Code": codes,
            "ContestSelection": selections,
        })
    };
    form.questions.iter().enumerate().map(of).collect()
}
