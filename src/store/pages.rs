//! Images, pages, and what was read of them.

use rusqlite::OptionalExtension;

use super::boxes::COVER_FOREIGN;
use super::groups::MISPAIRED;
use super::{BatchKey, BoxKey, Pile, ProfileKey, Store, StoreError};
use crate::read::sketch::Sketch;
use crate::read::{PageReading, Status};

/// An image file to be recorded; its original must be kept before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewImage {
    /// BLAKE3 of the file's bytes, hex.
    pub hash: String,
    /// Where the original is kept, below `originals/`.
    pub kept_as: String,
    /// The name it came with.
    pub name: String,
    /// Size of the file, bytes.
    pub bytes: u64,
    /// Page images in the file; 1 for a file that cannot be decoded.
    pub pages: u32,
}

/// A page image with what was read of it.
#[derive(Debug, Clone, PartialEq)]
pub struct NewPage {
    /// The file it is in.
    pub image: NewImage,
    /// Its place in the file, from 0.
    pub index: u32,
    /// What the reader said.
    pub reading: PageReading,
    /// What the pen left in its boxes; empty where a serial tells papers apart.
    pub sketch: Sketch,
}

/// A page that is recorded already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredPage {
    /// Its place in the file, from 0.
    pub index: u32,
    /// Newest reading's status.
    pub status: Status,
    /// It has its place in a ballot.
    pub placed: bool,
    /// It is blank: the back of a one-sided sheet.
    pub blank: bool,
    /// Its ballot is flagged as paired wrongly.
    pub mispaired: bool,
    /// It was last read by the same program and the same layouts as now.
    pub current: bool,
    /// It is a cover sheet: what it says of the pages after it.
    pub cover: Option<Pile>,
}

/// An image that is recorded already, perhaps not with all of its pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredImage {
    /// Page images in the file.
    pub pages: u32,
    /// Its original was removed when its date had come.
    pub removed: bool,
    /// Those that are recorded, in order.
    pub stored: Vec<StoredPage>,
}

/// By what a page was read. Program and layouts decide whether a page that could
/// not be read is worth another try; model and profile only judge marks, so they
/// are recorded and decide nothing.
#[derive(Debug, Clone, Copy)]
pub struct ReadBy<'a> {
    /// Name and version of the program.
    pub reader: &'a str,
    /// Digest of all layouts it was given.
    pub layouts: &'a str,
    /// What tells marks from empty boxes.
    pub model: &'a str,
    /// The scanner's profile, if it was given one.
    pub profile: Option<ProfileKey>,
}

/// An image file whose original is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptImage {
    /// BLAKE3 of the file's bytes, hex.
    pub hash: String,
    /// Where the original is kept, below `originals/`.
    pub kept_as: String,
    /// The name it came with.
    pub name: String,
    /// The removal that took it, if one did.
    pub removal: Option<i64>,
}

impl Store {
    /// All images, in the order in which they came.
    ///
    /// # Errors
    /// The database refuses.
    pub fn kept_images(&self) -> Result<Vec<KeptImage>, StoreError> {
        self.db
            .prepare_cached(
                "SELECT hash, kept_as, name,
                    (SELECT r.id FROM removals r WHERE i.id BETWEEN r.first_image AND r.last_image)
                 FROM images i ORDER BY id",
            )
            .and_then(|mut s| {
                s.query_map([], |r| {
                    Ok(KeptImage {
                        hash: r.get(0)?,
                        kept_as: r.get(1)?,
                        name: r.get(2)?,
                        removal: r.get(3)?,
                    })
                })?
                .collect()
            })
            .map_err(|e| self.failed("list the images", e))
    }

    /// What is recorded of the file with this hash, in batches that hold.
    ///
    /// # Errors
    /// The database refuses.
    pub fn image(&self, hash: &str, by: ReadBy<'_>) -> Result<Option<StoredImage>, StoreError> {
        let found = self
            .db
            .prepare_cached(
                "SELECT id, pages, EXISTS (SELECT 1 FROM removals r
                    WHERE i.id BETWEEN r.first_image AND r.last_image)
                 FROM images i WHERE hash = ?1",
            )
            .and_then(|mut s| {
                s.query_row([hash], |r| {
                    Ok((
                        r.get::<_, i64>(0)?,
                        r.get::<_, u32>(1)?,
                        r.get::<_, bool>(2)?,
                    ))
                })
                .optional()
            })
            .map_err(|e| self.failed("look up an image", e))?;
        let Some((id, pages, removed)) = found else {
            return Ok(None);
        };
        let stored = self
            .db
            .prepare_cached(
                "SELECT p.page_index, r.status,
                        EXISTS (SELECT 1 FROM ballot_pages b WHERE b.page_id = p.id)
                        OR EXISTS (SELECT 1 FROM standing_acts a WHERE a.page_id = p.id),
                        EXISTS (SELECT 1 FROM problems q
                                WHERE q.reading_id = r.id AND q.code = 'blank-page'),
                        EXISTS (SELECT 1 FROM problems q
                                WHERE q.code = ?2 AND q.ballot_id IN (
                                    SELECT b.ballot_id FROM ballot_pages b WHERE b.page_id = p.id)),
                        EXISTS (SELECT 1 FROM holding_readings s WHERE s.page_id = p.id
                                AND s.reader = ?3 AND s.layouts = ?4),
                        (SELECT min(q.code) FROM problems q WHERE q.reading_id = r.id
                                AND q.code IN ('cover-foreign', 'cover-sheet')),
                        (SELECT x.id FROM boxes x LEFT JOIN units u ON u.id = x.unit_id
                                WHERE x.box = r.box AND u.unit IS r.unit)
                 FROM pages p
                 JOIN current_readings r ON r.page_id = p.id
                 WHERE p.image_id = ?1 ORDER BY p.page_index",
            )
            .and_then(|mut s| {
                s.query_map((id, MISPAIRED, by.reader, by.layouts), |r| {
                    Ok(StoredPage {
                        index: r.get(0)?,
                        status: status_of(&r.get::<_, String>(1)?),
                        placed: r.get(2)?,
                        blank: r.get(3)?,
                        mispaired: r.get(4)?,
                        current: r.get(5)?,
                        cover: cover_of(r)?,
                    })
                })?
                .collect::<Result<Vec<_>, _>>()
            })
            .map_err(|e| self.failed("look up pages", e))?;
        Ok(Some(StoredImage {
            pages,
            removed,
            stored,
        }))
    }

    pub(super) fn page_row(&self, batch: BatchKey, page: &NewPage) -> Result<i64, StoreError> {
        let image = &page.image;
        let run = || -> Result<i64, rusqlite::Error> {
            self.db
                .prepare_cached(
                    "INSERT INTO images (hash, kept_as, name, bytes, pages, batch_id, stored)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
                     ON CONFLICT (hash) DO NOTHING",
                )?
                .execute((
                    &image.hash,
                    &image.kept_as,
                    &image.name,
                    i64::try_from(image.bytes).unwrap_or(i64::MAX),
                    image.pages,
                    batch.0,
                ))?;
            let image_id: i64 = self
                .db
                .prepare_cached("SELECT id FROM images WHERE hash = ?1")?
                .query_row([&image.hash], |r| r.get(0))?;
            self.db
                .prepare_cached(
                    "INSERT INTO pages (image_id, page_index) VALUES (?1, ?2)
                     ON CONFLICT (image_id, page_index) DO NOTHING",
                )?
                .execute((image_id, page.index))?;
            self.db
                .prepare_cached("SELECT id FROM pages WHERE image_id = ?1 AND page_index = ?2")?
                .query_row((image_id, page.index), |r| r.get(0))
        };
        run().map_err(|e| self.failed("record an image", e))
    }

    pub(super) fn reading_row(
        &self,
        batch: BatchKey,
        page_id: i64,
        page: &NewPage,
        by: ReadBy<'_>,
    ) -> Result<i64, StoreError> {
        let reading = &page.reading;
        let form_id = match (&reading.form, reading.version) {
            (Some(form), Some(version)) => Some(self.form_key(form, version)?.0),
            _ => None,
        };
        let json = serde_json::to_string(reading).map_err(|e| StoreError::Json {
            path: self.path.clone(),
            what: format!("the reading of {}", page.image.name),
            source: e,
        })?;
        let digest = blake3::hash(json.as_bytes()).to_hex();
        let run = || -> Result<i64, rusqlite::Error> {
            self.db
                .prepare_cached(
                    "INSERT INTO readings (page_id, form_id, page, serial, unit, box, status,
                        reading, digest, reader, layouts, model, profile_id, batch_id, station,
                        read_at)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14,
                        (SELECT id FROM station), strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))",
                )?
                .execute((
                    page_id,
                    form_id,
                    reading.page,
                    &reading.serial,
                    &reading.unit,
                    &reading.ballot_box,
                    status_word(reading.status),
                    &json,
                    digest.as_str(),
                    by.reader,
                    by.layouts,
                    by.model,
                    by.profile.map(|p| p.0),
                    batch.0,
                ))?;
            let id = self.db.last_insert_rowid();
            for (question, answer) in &reading.answers {
                self.db
                    .prepare_cached(
                        "INSERT INTO answers (reading_id, question, state) VALUES (?1, ?2, ?3)",
                    )?
                    .execute((id, question, code_word(answer.state)))?;
                for choice in &answer.choices {
                    self.db
                        .prepare_cached(
                            "INSERT INTO answer_choices (reading_id, question, choice)
                             VALUES (?1, ?2, ?3)",
                        )?
                        .execute((id, question, choice))?;
                }
            }
            for mark in &reading.marks {
                self.db
                    .prepare_cached(
                        "INSERT INTO marks (reading_id, question, choice, state, score)
                         VALUES (?1, ?2, ?3, ?4, ?5)",
                    )?
                    .execute((
                        id,
                        &mark.question,
                        &mark.choice,
                        code_word(mark.state),
                        mark.score,
                    ))?;
            }
            Ok(id)
        };
        run().map_err(|e| self.failed("record a reading", e))
    }
}

/// What a stored cover sheet says: its problem's code in column 6, its box in 7.
fn cover_of(r: &rusqlite::Row<'_>) -> Result<Option<Pile>, rusqlite::Error> {
    let code: Option<String> = r.get(6)?;
    let known: Option<i64> = r.get(7)?;
    Ok(code.map(|code| match known {
        Some(b) if code != COVER_FOREIGN => Pile::Box(BoxKey(b)),
        _ => Pile::Doubtful,
    }))
}

/// The word that a unit-like enum has in JSON.
fn code_word<T: serde::Serialize>(value: T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

fn status_word(status: Status) -> &'static str {
    match status {
        Status::Clean => "clean",
        Status::Review => "review",
        Status::Unreadable => "unreadable",
    }
}

fn status_of(word: &str) -> Status {
    match word {
        "clean" => Status::Clean,
        "review" => Status::Review,
        _ => Status::Unreadable,
    }
}
