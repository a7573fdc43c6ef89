//! Pages that a person helps the machine with: which page it is, where its paper
//! lies, or what was answered on it.

use std::collections::BTreeMap;

use serde_json::json;

use super::assemble::{self, FormFacts};
use super::guard::guarded;
use super::{KnownForm, SOFTWARE, Station, StationError, Wording, layouts_digest, reader_of};
use crate::calibrate::Profile;
use crate::form::code::{Keyring, canonical_char};
use crate::form::{Layout, QuestionSpec};
use crate::page::{DecodeLimits, PageFile, Scan};
use crate::read::sketch::Sketch;
use crate::read::{Answer, AnswerState, ByHand, PageReading, Problem, Reader, Status, model_id};
use crate::store::{
    Account, BallotKey, Hand, Home, Homed, KeyedPage, NewImage, NewPage, PageOfItem, ReadBy, Store,
    StoreError, is_unread,
};

/// The forms and the reader by which pages are read with a person's help.
#[derive(Debug)]
pub struct Desk {
    forms: Vec<(KnownForm, Wording)>,
    reader: Reader,
    /// The station's scanner profile, that the reader was given.
    profile: Option<Profile>,
    layouts: String,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ByHandOutcome {
    /// The page has its place.
    Placed(Homed),
    /// It was keyed; a second person must key the same.
    WaitsForSecond,
    /// Two people keyed it otherwise: a supervisor decides.
    Differs,
    /// The reader could not prove the place, and nothing was written; why.
    Unproven(Problem),
    /// The page's picture is not to be had; in words.
    NoPicture(String),
    /// The form does not have this page.
    NoSuchPage,
    /// The serial is none.
    NoSerial,
    /// Neither a serial nor a ballot was given, nor was it said that the paper has no
    /// serial: a paper with one, counted without it, might count twice.
    SerialNotSaid,
    /// A question of the page has no answer, or one that it does not have.
    Unanswered(String),
}

/// What a person wants done with which page.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// Where.
    pub station: &'a Station,
    /// Its database.
    pub store: &'a Store,
    /// Who.
    pub account: &'a Account,
    /// The page.
    pub page: &'a PageOfItem,
    /// The ballot that it belongs to, where it has no serial.
    pub into: Option<BallotKey>,
    /// No serial is printed on the paper.
    pub unnumbered: bool,
    /// Why.
    pub reason: &'a str,
}

impl<'a> Asked<'a> {
    fn has_home(&self, serial: Option<&String>) -> bool {
        serial.is_some() || self.into.is_some() || self.unnumbered
    }

    fn hand(&self) -> Hand<'a> {
        Hand {
            account: self.account,
            page: self.page.page_id,
            reason: self.reason,
        }
    }
}

/// What a person keyed of one question: its choices; none is left blank.
pub type Keyed = BTreeMap<String, Vec<String>>;

/// Characters of a serial.
const SERIAL: usize = 10;

impl Desk {
    /// Loads the forms that the station reads by.
    ///
    /// # Errors
    /// A form or the scanner's profile cannot be loaded.
    pub fn open(station: &Station, keys: &Keyring) -> Result<Self, StationError> {
        let forms = station.forms_to_read_by(&[])?;
        let profile = station.profile()?;
        let reader = reader_of(&forms, keys.clone(), profile.as_ref());
        Ok(Self {
            layouts: layouts_digest(&forms),
            forms: forms
                .into_iter()
                .map(|f| {
                    let words = Wording::of(&f.source, &f.layout);
                    (f, words)
                })
                .collect(),
            reader,
            profile,
        })
    }

    /// The digest of the scanner profile that it reads by.
    #[must_use]
    pub fn profile_digest(&self) -> Option<String> {
        self.profile.as_ref().map(Profile::digest)
    }

    /// The forms with their words.
    pub fn forms(&self) -> impl Iterator<Item = (&KnownForm, &Wording)> {
        self.forms.iter().map(|(f, w)| (f, w))
    }

    /// One of them.
    #[must_use]
    pub fn form(&self, id: &str, version: u32) -> Option<(&KnownForm, &Wording)> {
        self.forms()
            .find(|(f, _)| f.layout.form == id && f.layout.version == version)
    }

    /// Reads a page as what a person says it is, and records what was read and who
    /// helped.
    ///
    /// # Errors
    /// The page does not wait (any more), or the station is in trouble; then nothing
    /// is written.
    pub fn read(&self, asked: &Asked<'_>, said: &ByHand) -> Result<ByHandOutcome, StationError> {
        let Some((form, _)) = self.form(&said.form, said.version) else {
            return Ok(ByHandOutcome::NoSuchPage);
        };
        if form.layout.page(said.page).is_none() {
            return Ok(ByHandOutcome::NoSuchPage);
        }
        let Some(serial) = serial_of(said.serial.as_deref()) else {
            return Ok(ByHandOutcome::NoSerial);
        };
        let mut said = said.clone();
        said.serial = serial;
        if asked.store.removal_of_page(asked.page.page_id)?.is_some() {
            return Ok(ByHandOutcome::NoPicture(
                "ảnh đã hủy theo thời hạn lưu (it was removed when its date had come)".to_owned(),
            ));
        }
        let scan = match picture(asked.station, asked.page) {
            Ok(scan) => scan,
            Err(why) => return Ok(ByHandOutcome::NoPicture(why)),
        };
        let reading = match guarded(|| self.reader.read_as(&scan, &said)) {
            Ok(reading) => reading,
            Err(why) => return Ok(ByHandOutcome::NoPicture(why)),
        };
        if reading.status == Status::Unreadable {
            let why = reading.problems.into_iter().next();
            return Ok(ByHandOutcome::Unproven(why.unwrap_or(Problem {
                code: crate::read::ProblemCode::AlignmentUnproven,
                detail: String::new(),
            })));
        }
        if !asked.has_home(reading.serial.as_ref()) {
            return Ok(ByHandOutcome::SerialNotSaid);
        }
        let facts = self.registered(asked, form)?;
        let home = home(facts, reading.serial.clone(), asked.into);
        let told = json!({
            "form": said.form, "version": said.version, "page": said.page,
            "serial": reading.serial, "corners": said.corners, "into": asked.into.map(BallotKey::number),
        });
        let sketch = if reading.serial.is_none() {
            Sketch::of(&scan.image, &reading)
        } else {
            Sketch::default()
        };
        let group = assemble::ballot(vec![new_page(asked.page, reading, sketch)], facts, None);
        let profile = match &self.profile {
            Some(p) => {
                let source = p.to_toml()?;
                let key = asked.store.record_profile(&p.name, &p.digest(), &source)?;
                Some(key)
            }
            None => None,
        };
        let by = ReadBy {
            reader: SOFTWARE,
            layouts: &self.layouts,
            model: model_id(),
            profile,
        };
        let homed = asked
            .store
            .read_by_hand(&asked.hand(), &group, by, &told, &home)?;
        Ok(ByHandOutcome::Placed(homed))
    }

    /// Records the answers that a person keyed from the picture. `twice` is asked of the
    /// answers: must two people agree on them?
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn key(
        &self,
        asked: &Asked<'_>,
        said: &ByHand,
        keyed: &Keyed,
        twice: impl FnOnce(&BTreeMap<String, Answer>) -> Result<bool, StationError>,
    ) -> Result<ByHandOutcome, StationError> {
        let found = self
            .form(&said.form, said.version)
            .filter(|(f, _)| f.layout.page(said.page).is_some());
        let Some((form, _)) = found else {
            return Ok(ByHandOutcome::NoSuchPage);
        };
        let Some(serial) = serial_of(said.serial.as_deref()) else {
            return Ok(ByHandOutcome::NoSerial);
        };
        if !asked.has_home(serial.as_ref()) {
            return Ok(ByHandOutcome::SerialNotSaid);
        }
        let reading = asked.store.reading_of_page(asked.page.page_id)?;
        // Where the machine read answers, they are settled one by one.
        if !reading.is_some_and(|r| is_unread(&r)) {
            return Err(StoreError::PageNotOpen.into());
        }
        let answers = match answers_of(&form.layout, said.page, keyed) {
            Ok(answers) => answers,
            Err(question) => return Ok(ByHandOutcome::Unanswered(question)),
        };
        let facts = self.registered(asked, form)?;
        let told = json!({
            "form": said.form, "version": said.version, "page": said.page, "serial": serial,
            "into": asked.into.map(BallotKey::number), "answers": answers,
        });
        let home = home(facts, serial, asked.into);
        let twice = twice(&answers)?;
        let done = asked
            .store
            .key_page(&asked.hand(), said.page, &told, &home, twice)?;
        Ok(match done {
            KeyedPage::Placed(homed) => ByHandOutcome::Placed(homed),
            KeyedPage::WaitsForSecond => ByHandOutcome::WaitsForSecond,
            KeyedPage::Differs => ByHandOutcome::Differs,
        })
    }

    fn registered(&self, asked: &Asked<'_>, form: &KnownForm) -> Result<FormFacts, StationError> {
        super::check_forms(asked.store, std::slice::from_ref(form))?;
        asked.station.keep_form(form)?;
        Ok(FormFacts {
            key: asked
                .store
                .register_form(&form.layout, &form.title, &form.source)?,
            pages: u32::try_from(form.layout.pages.len()).unwrap_or(u32::MAX),
        })
    }
}

fn home(facts: FormFacts, serial: Option<String>, into: Option<BallotKey>) -> Home {
    match (serial, into) {
        // What is printed on the paper goes before what a person points at.
        (None, Some(ballot)) => Home::Ballot {
            form: facts.key,
            ballot,
        },
        (serial, _) => Home::Of {
            form: facts.key,
            serial,
        },
    }
}

fn new_page(page: &PageOfItem, reading: PageReading, sketch: Sketch) -> NewPage {
    NewPage {
        // The image is recorded already; only its name is needed.
        image: NewImage {
            hash: String::new(),
            kept_as: page.kept_as.clone(),
            name: page.file.clone(),
            bytes: 0,
            pages: 1,
        },
        index: page.index,
        reading,
        sketch,
    }
}

/// The page's image as it was scanned.
fn picture(station: &Station, page: &PageOfItem) -> Result<Scan, String> {
    let path = station.originals().dir().join(&page.kept_as);
    guarded(|| {
        PageFile::open(&path, &DecodeLimits::default())
            .and_then(|file| file.page(page.index as usize))
    })
    .and_then(|opened| opened.map_err(|e| e.to_string()))
}

/// The serial as it is printed; `None` for what is none, `Some(None)` for nothing.
fn serial_of(text: Option<&str>) -> Option<Option<String>> {
    let given: String = text
        .unwrap_or("")
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .collect();
    if given.is_empty() {
        return Some(None);
    }
    let serial: String = given.chars().map(canonical_char).collect::<Option<_>>()?;
    (serial.len() == SERIAL && serial != crate::form::code::NO_SERIAL).then_some(Some(serial))
}

/// Is every question of the page answered by choices that it has? Else the question
/// that is not.
fn answers_of(
    layout: &Layout,
    page: u32,
    keyed: &Keyed,
) -> Result<BTreeMap<String, Answer>, String> {
    let asked: Vec<&QuestionSpec> = questions_of(layout, page).collect();
    if let Some(foreign) = keyed.keys().find(|k| asked.iter().all(|q| q.id != **k)) {
        return Err(foreign.clone());
    }
    asked
        .into_iter()
        .map(|spec| {
            let chosen = keyed.get(&spec.id).ok_or_else(|| spec.id.clone())?;
            let mut choices = chosen.clone();
            choices.sort_unstable();
            choices.dedup();
            if choices.iter().any(|c| !spec.choices.contains(c)) {
                return Err(spec.id.clone());
            }
            Ok((spec.id.clone(), answer(spec, choices)))
        })
        .collect()
}

/// The answer that these choices are, by the question's own rule; each only once.
#[must_use]
pub fn answer(spec: &QuestionSpec, choices: Vec<String>) -> Answer {
    let state = if choices.is_empty() {
        AnswerState::Blank
    } else if choices.len() > spec.most_choices() {
        AnswerState::Overvote
    } else {
        AnswerState::Answered
    };
    Answer { state, choices }
}

/// Questions of which a page has boxes, in the order of the form.
pub fn questions_of(layout: &Layout, page: u32) -> impl Iterator<Item = &QuestionSpec> {
    layout.questions.iter().filter(move |q| {
        layout
            .page(page)
            .is_some_and(|p| p.boxes.iter().any(|b| b.question == q.id))
    })
}
