//! A nation's worth of packages.

use std::fs;
use std::time::Instant;

use phieu::exchange::{Came, ExportOptions, PublicKey, StationKey, export, import};
use phieu::form::Library;
use phieu::read::{Answer, AnswerState};
use phieu::station::{Campaign, KnownForm, Station};
use phieu::store::{BallotState, Channel, NewPin, NewSource, OutsideBallot, Packing, StoreError};
use phieu::tally::index::{By, IndexOptions, index};
use phieu::tally::{TallyFilter, tally};

/// Packages; PHIEU_PACKAGES says otherwise.
const STATIONS: usize = 100;
const BALLOTS: u64 = 10_000;

/// Highest memory that the process ever had, where the system says it.
fn peak() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|l| l.starts_with("VmHWM:"));
    line.map_or("?".to_owned(), |l| l[6..].trim().to_owned())
}

fn forget_peak() {
    // Linux, and only for one's own process; elsewhere the peak is that of all.
    drop(fs::write("/proc/self/clear_refs", "5"));
}

/// Run with: cargo test --release --test exchange many:: -- --ignored --nocapture
#[test]
#[ignore = "a million ballots"]
fn a_hundred_packages_of_ten_thousand_ballots() {
    let given = std::env::var("PHIEU_PACKAGES")
        .ok()
        .and_then(|n| n.parse().ok());
    let stations: usize = given.unwrap_or(STATIONS);
    let dir = tempfile::tempdir().unwrap();
    let library = Library::load(&[]).unwrap();
    let form = library
        .forms()
        .find(|f| f.layout.form == "ba-dinh-2022")
        .unwrap();
    let known = KnownForm {
        layout: form.layout.clone(),
        title: form.title(),
        source: form.text.clone(),
        dir: form.dir.clone(),
    };
    let mut toml = "name = \"Cả nước\"\nforms = [\"ba-dinh-2022\"]\nunits = [\n".to_owned();
    for n in 0..stations {
        toml.push_str(&format!("  {{ id = \"xa-{n:03}\", quota = {BALLOTS} }},\n"));
    }
    toml.push_str("]\n");
    let campaign = Campaign::of_source(&toml).unwrap();
    let office = |name: &str| {
        Station::init(
            &dir.path().join(name),
            Some(&campaign),
            std::slice::from_ref(&known),
        )
        .unwrap()
    };
    let nation = office("nation");
    let believed = nation.store().unwrap();
    let packing = Packing::of(&known.layout);
    let started = Instant::now();
    let mut bytes = 0;
    for n in 0..stations {
        let station = office(&format!("s{n}"));
        let key: PublicKey = StationKey::make(&station, None).unwrap().public();
        let store = station.store().unwrap();
        let form = store.forms().unwrap()[0].key;
        let ballots = (0..BALLOTS)
            .map(|b| {
                let mut q = 0;
                let answers = packing.questions.iter().map(|question| {
                    q += 1;
                    let at = (b as usize * 7 + q * q + n) % (question.choices.len() + 1);
                    let choices: Vec<String> =
                        question.choices.get(at).cloned().into_iter().collect();
                    let state = if choices.is_empty() {
                        AnswerState::Blank
                    } else {
                        AnswerState::Answered
                    };
                    (question.id.clone(), Answer { state, choices })
                });
                let answers: std::collections::HashMap<String, Answer> = answers.collect();
                OutsideBallot {
                    form,
                    unit: Some(format!("xa-{n:03}")),
                    ballot_box: None,
                    serial: Some(format!("{n:03}-{b:06}")),
                    channel: Channel::Online,
                    day: "2026-11-25".into(),
                    state: BallotState::Counted,
                    answers: packing.pack(|id| answers.get(id)),
                }
            })
            .collect();
        store
            .add_source(&NewSource::online("web", &format!("{n:064}"), ballots))
            .unwrap();
        let file = dir.path().join(format!("{n}.phieu"));
        bytes += export(&station, &file, ExportOptions::default())
            .unwrap()
            .bytes;
        believed
            .pin(&NewPin {
                public_key: key.hex(),
                station: Some(store.station().unwrap().id),
                name: format!("xã {n}"),
                unit: Some(format!("xa-{n:03}")),
            })
            .unwrap();
        drop(store);
        fs::remove_dir_all(station.dir()).unwrap();
    }
    println!(
        "made {stations} packages, {bytes} bytes, in {:?}",
        started.elapsed()
    );
    forget_peak();
    let started = Instant::now();
    for n in 0..stations {
        let done = import(&nation, &dir.path().join(format!("{n}.phieu"))).unwrap();
        assert_eq!(done.came, Came::In { replaced: vec![] });
    }
    println!("imported in {:?}, VmHWM {}", started.elapsed(), peak());
    believed.make_durable().unwrap();
    let size = fs::metadata(dir.path().join("nation/phieu.db"))
        .unwrap()
        .len();
    println!("database {size} bytes");
    let head = believed.log_head().unwrap();
    let started = Instant::now();
    for n in 0..stations {
        let done = import(&nation, &dir.path().join(format!("{n}.phieu"))).unwrap();
        assert_eq!(done.came, Came::Already);
    }
    println!("imported again in {:?}", started.elapsed());
    assert_eq!(believed.log_head().unwrap(), head);
    let mut seen = 0u64;
    believed
        .each_outside::<StoreError>(None, |_| {
            seen += 1;
            Ok(())
        })
        .unwrap();
    assert_eq!(seen, stations as u64 * BALLOTS);
    let started = Instant::now();
    assert!(phieu::exchange::faults(&nation).unwrap().is_empty());
    println!("audited in {:?}", started.elapsed());
    forget_peak();
    let started = Instant::now();
    let counts = tally(&believed, &TallyFilter::default()).unwrap();
    println!("tallied in {:?}, VmHWM {}", started.elapsed(), peak());
    let total: u64 = counts.forms.iter().map(|f| f.ballots.total).sum();
    assert_eq!(total, seen);
    let started = Instant::now();
    let options = IndexOptions {
        by: vec![By::Unit],
        ..IndexOptions::default()
    };
    let indices = index(&believed, &options).unwrap();
    println!("index by unit in {:?}", started.elapsed());
    assert_eq!(indices.groups[0].ballots.total, seen);
    StationKey::make(&nation, None).unwrap();
    forget_peak();
    let started = Instant::now();
    let out = dir.path().join("nation.phieu");
    let done = export(&nation, &out, ExportOptions::default()).unwrap();
    println!(
        "exported {} ballots, {} bytes, in {:?}, VmHWM {}",
        done.ballots.total(),
        done.bytes,
        started.elapsed(),
        peak()
    );
}
