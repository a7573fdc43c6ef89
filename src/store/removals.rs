//! Images that are removed when their date has come: what is removed is written down
//! first, in one transaction with the deletion of what the database itself has of
//! them; the files go after that, and then the end is written down.
//!
//! A removal always takes all images that the station has, so it is a run of their
//! numbers: which images they are stays in the table `images`, under the log.

use rusqlite::OptionalExtension;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::boxes::Present;
use super::{FormKey, Store, StoreError, count};
use crate::sha256;

/// Problem code: a ballot without serial came after the sketches of earlier ones of
/// its form were removed, so nobody can see by its strokes whether it was there
/// before. It blocks, as the suspicion itself does.
pub(crate) const NOT_COMPARED: &str = "images-removed";

/// What the station has that a removal would take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Removable {
    /// Image files that are recorded and were not removed.
    pub images: u64,
    /// Their sizes together, bytes.
    pub bytes: u64,
    /// Sketches of strokes in the database.
    pub sketches: u64,
}

/// An original that was not as it was recorded when it was to be removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotWhole {
    /// Its recorded hash.
    pub hash: String,
    /// What was the matter: `gone`, `changed` or `unreadable`.
    pub what: String,
}

/// A file that no record names: an interrupted scan left it, or it waits to be scanned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unrecorded {
    /// Where it is, below the station's folder, with `/` on every system.
    pub path: String,
    /// BLAKE3 of its bytes, hex.
    pub hash: String,
    /// Its size, bytes.
    pub bytes: u64,
}

/// Something that stood in the way of a removal, and that a person accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// A word for it.
    pub code: String,
    /// How many.
    pub number: u64,
}

/// What else was the case when images were removed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemovalDetail {
    /// What waited for a person.
    #[serde(default)]
    pub accepted: Vec<Accepted>,
    /// Originals that were not whole.
    #[serde(default)]
    pub not_whole: Vec<NotWhole>,
    /// Files without a record that go too.
    #[serde(default)]
    pub unrecorded: Vec<Unrecorded>,
    /// What the check of the station just before found.
    #[serde(default)]
    pub faults: Vec<String>,
}

/// A removal as a person orders it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRemoval {
    /// Version of the campaign that names the day.
    pub campaign: i64,
    /// Up to which day images are kept, ISO 8601.
    pub keep_until: String,
    /// What else is the case.
    pub detail: RemovalDetail,
    /// Who is present.
    pub present: Vec<Present>,
    /// Where.
    pub place: Option<String>,
    /// Number of the decision that it follows.
    pub decision: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// Who does it.
    pub person: String,
}

/// A removal that was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemovalRow {
    /// Counts them, from 1.
    pub number: i64,
    /// How many images, and what else.
    pub removed: Removable,
    /// SHA-256 of the sorted hashes of the images, hex.
    pub digest: String,
    /// What the person ordered.
    pub order: NewRemoval,
    /// When it was recorded, before anything was deleted; RFC 3339 UTC.
    pub begun: String,
    /// When nothing was left of it, RFC 3339 UTC, and who saw to that; `None`: it was
    /// interrupted.
    pub ended: Option<(String, String)>,
}

/// An image of a removal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemovedImage {
    /// BLAKE3 of the file's bytes, hex.
    pub hash: String,
    /// Where it was kept, below `originals/`.
    pub kept_as: String,
    /// The name that it came with.
    pub name: String,
    /// Its size, bytes.
    pub bytes: u64,
    /// When it came, RFC 3339 UTC.
    pub stored: String,
}

const ROWS: &str = "SELECT r.id, r.images, r.bytes, r.sketches, r.digest, r.campaign, r.keep_until,
        r.detail, r.present, r.place, r.decision, r.reason, r.person, r.begun, e.ended, e.person
     FROM removals r LEFT JOIN removal_ends e ON e.removal_id = r.id";

/// Numbers of the images that were not removed begin after this one.
const LAST_REMOVED: &str = "(SELECT coalesce(max(last_image), 0) FROM removals)";

impl Store {
    /// What a removal would take now.
    ///
    /// # Errors
    /// The database refuses.
    pub fn removable(&self) -> Result<Removable, StoreError> {
        self.db
            .prepare_cached(&format!(
                "SELECT count(*), coalesce(sum(bytes), 0), (SELECT count(*) FROM sketches)
                 FROM images WHERE id > {LAST_REMOVED}"
            ))
            .and_then(|mut s| {
                s.query_row([], |r| {
                    Ok(Removable {
                        images: count(r, 0)?,
                        bytes: count(r, 1)?,
                        sketches: count(r, 2)?,
                    })
                })
            })
            .map_err(|e| self.failed("count the images", e))
    }

    /// Pages of recorded files that are not recorded themselves, because the scan that
    /// brought them was cut off; not of cancelled batches.
    ///
    /// # Errors
    /// The database refuses.
    pub fn unread_pages(&self) -> Result<u64, StoreError> {
        self.db
            .prepare_cached(&format!(
                "SELECT coalesce(sum(i.pages - (SELECT count(*) FROM pages p
                    WHERE p.image_id = i.id)), 0)
                 FROM images i WHERE i.pages > 1 AND i.id > {LAST_REMOVED}
                   AND EXISTS (SELECT 1 FROM pages p JOIN current_readings c ON c.page_id = p.id
                        WHERE p.image_id = i.id)"
            ))
            .and_then(|mut s| s.query_row([], |r| count(r, 0)))
            .map_err(|e| self.failed("count pages that were not read", e))
    }

    /// Writes down that all images are removed from now on, with the digest of their
    /// hashes, and deletes what the database has of them, in one transaction that is on
    /// the disk when this returns (of a store that was opened for
    /// [`super::Durability::EachCommit`]). The files must not be touched before.
    ///
    /// # Errors
    /// An earlier removal has not come to its end, or the database refuses; then nothing
    /// is written.
    pub fn begin_removal(&self, new: &NewRemoval) -> Result<RemovalRow, StoreError> {
        // What is deleted leaves zeros where it lay.
        self.db
            .pragma_update(None, "secure_delete", "ON")
            .map_err(|e| self.failed("prepare a removal of images", e))?;
        let unfit = |source| StoreError::Json {
            path: self.path.clone(),
            what: "the removal".to_owned(),
            source,
        };
        let also = serde_json::to_string(&new.detail).map_err(unfit)?;
        let present = serde_json::to_string(&new.present).map_err(unfit)?;
        let number = self.change("images-removal-begun", || {
            let removed = self.removable()?;
            let images = self.images_between(LAST_REMOVED, i64::MAX)?;
            let digest = sha256::of_sorted_lines(images.iter().map(|i| i.hash.as_str()));
            let run = || -> Result<i64, rusqlite::Error> {
                let signed = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
                self.db
                    .prepare_cached(&format!(
                        "INSERT INTO removals (first_image, last_image, images, bytes, digest,
                            last_reading, sketches, campaign, keep_until, detail, present, place,
                            decision, reason, person, begun)
                         VALUES ({LAST_REMOVED} + 1,
                            max({LAST_REMOVED}, (SELECT coalesce(max(id), 0) FROM images)),
                            ?1, ?2, ?3, (SELECT coalesce(max(id), 0) FROM readings), ?4, ?5, ?6,
                            ?7, ?8, ?9, ?10, ?11, ?12, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))"
                    ))?
                    .execute((
                        signed(removed.images),
                        signed(removed.bytes),
                        &digest,
                        signed(removed.sketches),
                        new.campaign,
                        &new.keep_until,
                        &also,
                        &present,
                        &new.place,
                        &new.decision,
                        &new.reason,
                        &new.person,
                    ))?;
                let number = self.db.last_insert_rowid();
                self.db
                    .prepare_cached("DELETE FROM sketches")?
                    .execute([])?;
                Ok(number)
            };
            let number = run().map_err(|e| self.failed("write down a removal of images", e))?;
            let detail = json!({
                "removal": number, "images": removed.images, "bytes": removed.bytes,
                "sketches": removed.sketches, "digest": digest, "keep_until": new.keep_until,
                "campaign": new.campaign, "person": new.person, "decision": new.decision,
                "reason": new.reason, "also": new.detail,
            });
            Ok((number, detail))
        })?;
        self.removal(number)
    }

    /// Takes what was deleted out of the file of the database itself, out of its unused
    /// parts and out of its journal: writes the file anew.
    ///
    /// # Errors
    /// The disk has no room for another copy of the database, or somebody reads in it
    /// for longer than a minute.
    pub fn expunge(&self) -> Result<(), StoreError> {
        let failed = |e| self.failed("take what was deleted out of the database's file", e);
        self.db.execute_batch("VACUUM").map_err(failed)?;
        // The journal has the whole file now, in its new form, and perhaps pages of the
        // old one behind that: it must be cut.
        for _ in 0..CHECKPOINTS {
            let busy: bool = self
                .db
                .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |r| r.get(0))
                .map_err(failed)?;
            if !busy {
                return Ok(());
            }
        }
        Err(StoreError::InUse(self.path.clone()))
    }

    /// Writes down that nothing is left of a removal.
    ///
    /// # Errors
    /// It has ended before, or the database refuses.
    pub fn end_removal(&self, number: i64, person: &str) -> Result<RemovalRow, StoreError> {
        self.change("images-removed", || {
            self.db
                .prepare_cached(
                    "INSERT INTO removal_ends (removal_id, person, ended)
                     VALUES (?1, ?2, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))",
                )
                .and_then(|mut s| s.execute((number, person)))
                .map_err(|e| self.failed("write down the end of a removal", e))?;
            Ok(((), json!({ "removal": number, "person": person })))
        })?;
        self.removal(number)
    }

    /// All removals, oldest first.
    ///
    /// # Errors
    /// The database refuses, or a row cannot be understood.
    pub fn removals(&self) -> Result<Vec<RemovalRow>, StoreError> {
        self.removal_rows(&format!("{ROWS} ORDER BY r.id"), [])
    }

    /// One removal.
    ///
    /// # Errors
    /// There is none of this number, or the database refuses.
    pub fn removal(&self, number: i64) -> Result<RemovalRow, StoreError> {
        self.removal_rows(&format!("{ROWS} WHERE r.id = ?1"), [number])?
            .pop()
            .ok_or(StoreError::RemovalMissing(number))
    }

    /// The removal that took the image of this page.
    ///
    /// # Errors
    /// The database refuses.
    pub fn removal_of_page(&self, page_id: i64) -> Result<Option<RemovalRow>, StoreError> {
        let found = self.removal_rows(
            &format!(
                "{ROWS} JOIN pages p ON p.id = ?1
                 WHERE p.image_id BETWEEN r.first_image AND r.last_image"
            ),
            [page_id],
        );
        Ok(found?.pop())
    }

    fn removal_rows(
        &self,
        sql: &str,
        values: impl rusqlite::Params,
    ) -> Result<Vec<RemovalRow>, StoreError> {
        type Found = (RemovalRow, String, String);
        let found: Vec<Found> = self
            .db
            .prepare_cached(sql)
            .and_then(|mut s| {
                s.query_map(values, |r| {
                    let ended: Option<String> = r.get(14)?;
                    let row = RemovalRow {
                        number: r.get(0)?,
                        removed: Removable {
                            images: count(r, 1)?,
                            bytes: count(r, 2)?,
                            sketches: count(r, 3)?,
                        },
                        digest: r.get(4)?,
                        order: NewRemoval {
                            campaign: r.get(5)?,
                            keep_until: r.get(6)?,
                            detail: RemovalDetail::default(),
                            present: Vec::new(),
                            place: r.get(9)?,
                            decision: r.get(10)?,
                            reason: r.get(11)?,
                            person: r.get(12)?,
                        },
                        begun: r.get(13)?,
                        ended: match ended {
                            Some(at) => Some((at, r.get(15)?)),
                            None => None,
                        },
                    };
                    Ok((row, r.get(7)?, r.get(8)?))
                })?
                .collect()
            })
            .map_err(|e| self.failed("read the removals of images", e))?;
        let failed = |number: i64, source| StoreError::Json {
            path: self.path.clone(),
            what: format!("removal {number}"),
            source,
        };
        found
            .into_iter()
            .map(|(mut row, detail, present)| {
                row.order.detail =
                    serde_json::from_str(&detail).map_err(|e| failed(row.number, e))?;
                row.order.present =
                    serde_json::from_str(&present).map_err(|e| failed(row.number, e))?;
                Ok(row)
            })
            .collect()
    }

    /// The images of a removal, in the order in which they came.
    ///
    /// # Errors
    /// The database refuses.
    pub fn images_of_removal(&self, number: i64) -> Result<Vec<RemovedImage>, StoreError> {
        self.images_between(
            "(SELECT first_image - 1 FROM removals WHERE id = ?2)",
            number,
        )
    }

    /// Images whose number is above an expression; `?2` in it is `value`, and the number
    /// of a removal that they end with, or one that there is not.
    fn images_between(&self, after: &str, value: i64) -> Result<Vec<RemovedImage>, StoreError> {
        self.db
            .prepare_cached(&format!(
                "SELECT hash, kept_as, name, bytes, stored FROM images
                 WHERE id > {after}
                   AND id <= coalesce((SELECT last_image FROM removals WHERE id = ?2), ?1)
                 ORDER BY id"
            ))
            .and_then(|mut s| {
                s.query_map((i64::MAX, value), |r| {
                    Ok(RemovedImage {
                        hash: r.get(0)?,
                        kept_as: r.get(1)?,
                        name: r.get(2)?,
                        bytes: count(r, 3)?,
                        stored: r.get(4)?,
                    })
                })?
                .collect()
            })
            .map_err(|e| self.failed("list the images of a removal", e))
    }

    /// Number and hash of the log's entries about a removal: its begin, and its end if
    /// it has one.
    ///
    /// # Errors
    /// The database refuses.
    pub fn entries_of_removal(&self, number: i64) -> Result<Vec<super::Head>, StoreError> {
        self.db
            .prepare_cached(
                "SELECT id, hash FROM log
                 WHERE kind IN ('images-removal-begun', 'images-removed')
                   AND json_extract(detail, '$.removal') = ?1 ORDER BY id",
            )
            .and_then(|mut s| {
                s.query_map([number], |r| {
                    Ok(super::Head {
                        number: r.get(0)?,
                        hash: r.get(1)?,
                    })
                })?
                .collect()
            })
            .map_err(|e| self.failed("read the log", e))
    }

    /// Were sketches of ballots without serial of this page of a form removed, so that
    /// a new one cannot be compared with them?
    pub(super) fn cannot_compare(&self, form: FormKey, page: u32) -> Result<bool, rusqlite::Error> {
        self.db
            .prepare_cached(
                "SELECT EXISTS (
                    SELECT 1 FROM removals r
                    JOIN readings g ON g.id <= r.last_reading AND g.form_id = ?1 AND g.page = ?2
                    JOIN ballot_pages p ON p.reading_id = g.id
                    JOIN ballots b ON b.id = p.ballot_id AND b.serial IS NULL
                    WHERE r.sketches > 0 AND r.id = (SELECT max(n.id) FROM removals n
                        WHERE n.sketches > 0))",
            )?
            .query_row((form.0, page), |r| r.get(0))
            .optional()
            .map(|found| found.unwrap_or(false))
    }
}

/// Attempts to cut the journal, each as long as the busy handler waits (20 s).
const CHECKPOINTS: u32 = 3;

#[cfg(test)]
mod tests {
    use super::super::sample::{answer, layout, page, reading};
    use super::super::{Actor, AnswerState, NewBallot, NewGroup, ReadBy, StoreError};
    use super::*;

    const BY: ReadBy<'_> = ReadBy {
        reader: "phieu 0",
        layouts: "x",
        model: "m",
        profile: None,
    };

    fn order() -> NewRemoval {
        NewRemoval {
            campaign: 1,
            keep_until: "2021-12-31".to_owned(),
            detail: RemovalDetail::default(),
            present: Vec::new(),
            place: None,
            decision: None,
            reason: None,
            person: "lan".to_owned(),
        }
    }

    /// A station of these images.
    fn station(dir: &std::path::Path, images: &[&str]) -> Store {
        let mut store =
            Store::create(&dir.join("phieu.db"), "s", "phieu 0", Actor::program()).unwrap();
        store.record_campaign("a", "name = \"a\"").unwrap();
        add(&mut store, images);
        store
    }

    fn add(store: &mut Store, images: &[&str]) {
        let form = store.register_form(&layout("f", 1), "F", "").unwrap();
        let batch = store.start_batch(None, "phieu 0").unwrap();
        for name in images {
            let read = reading("f", 1, Some(name), answer(AnswerState::Answered, &["a"]));
            let group = NewGroup {
                pages: vec![page(name, read)],
                ballot: Some(NewBallot {
                    form,
                    serial: Some((*name).to_owned()),
                    unit: None,
                    ballot_box: None,
                    problems: Vec::new(),
                }),
            };
            store.add_group(batch, &group, BY).unwrap();
        }
        store.finish_batch(batch).unwrap();
    }

    #[test]
    fn the_digest_is_that_of_the_sorted_lines() {
        // printf 'a\nb\n' | sha256sum
        let of = "911169ddaaf146aff539f58c26c489af3b892dff0fe283c1c264c65ae5aa59a2";
        assert_eq!(sha256::of_sorted_lines(["b", "a"].into_iter()), of);
    }

    #[test]
    fn removals_follow_each_other_and_take_each_image_once() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = station(dir.path(), &["1", "2", "3"]);
        let first = store.begin_removal(&order()).unwrap();
        assert_eq!((first.number, first.removed.images), (1, 3));
        assert_eq!(store.removable().unwrap(), Removable::default());
        // One that was interrupted is completed before another begins.
        assert!(matches!(
            store.begin_removal(&order()),
            Err(StoreError::Sql { .. })
        ));
        store.expunge().unwrap();
        let ended = store.end_removal(1, "mai").unwrap();
        assert_eq!(ended.ended.unwrap().1, "mai");
        assert!(store.end_removal(1, "mai").is_err());
        add(&mut store, &["4"]);
        let second = store.begin_removal(&order()).unwrap();
        assert_eq!((second.number, second.removed.images), (2, 1));
        store.end_removal(2, "lan").unwrap();
        let names = |n| -> Vec<String> {
            let images = store.images_of_removal(n).unwrap();
            images.into_iter().map(|i| i.name).collect()
        };
        assert_eq!(names(1), ["1", "2", "3"]);
        assert_eq!(names(2), ["4"]);
        assert_eq!(store.entries_of_removal(2).unwrap().len(), 2);
        assert!(matches!(
            store.removal(3),
            Err(StoreError::RemovalMissing(3))
        ));
        let checked = store.verify_log().unwrap();
        assert_eq!(checked.findings, []);
    }
}
