//! How far the station is and what waits for a person.

use rusqlite::OptionalExtension;

use super::{BallotKey, Store, StoreError, count};
use crate::read::PageReading;

/// Everything that was scanned, in pages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PageTotals {
    /// Image files.
    pub images: u64,
    /// Page images.
    pub pages: u64,
    /// Pages with nothing to ask.
    pub clean: u64,
    /// Pages with something to ask.
    pub review: u64,
    /// Pages that were not read, without the blank ones.
    pub unreadable: u64,
    /// Blank pages: backs of one-sided sheets.
    pub blank: u64,
    /// Images of pages that a ballot has already.
    pub duplicates: u64,
    /// Cover sheets; they are none of the others.
    pub covers: u64,
}

/// How many ballots have one kind of problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// Code of the problem; `incomplete` for ballots with missing pages.
    pub code: String,
    /// It keeps the ballot from counting.
    pub blocking: bool,
    /// How many ballots.
    pub ballots: u64,
}

/// A page that belongs to no ballot as far as the machine can tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnplacedPage {
    /// The name that its file came with.
    pub file: String,
    /// Place in the file, from 0.
    pub index: u32,
    /// Code of its first problem.
    pub code: String,
    /// In words.
    pub detail: String,
}

/// A question of a counted ballot that waits for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenQuestion {
    /// The ballot.
    pub ballot: BallotKey,
    /// The name that the page's file came with.
    pub file: String,
    /// Place in the file, from 0.
    pub index: u32,
    /// Serial of the ballot.
    pub serial: Option<String>,
    /// Form id.
    pub form: String,
    /// Question id.
    pub question: String,
    /// `overvote`, `marginal`, `corrected`, or `doubted` by a person.
    pub state: String,
}

impl Store {
    /// Everything that was scanned, in pages; without cancelled batches.
    ///
    /// # Errors
    /// The database refuses.
    pub fn page_totals(&self) -> Result<PageTotals, StoreError> {
        self.db
            .prepare_cached(
                "WITH p AS (
                    SELECT g.image_id, r.status, EXISTS (SELECT 1 FROM problems q
                        WHERE q.reading_id = r.id AND q.code = 'blank-page') AS blank,
                        EXISTS (SELECT 1 FROM problems q
                        WHERE q.reading_id = r.id AND q.code = 'cover-sheet') AS cover
                    FROM current_readings r JOIN pages g ON g.id = r.page_id)
                 SELECT count(DISTINCT image_id), count(*),
                    count(*) FILTER (WHERE status = 'clean' AND NOT cover),
                    count(*) FILTER (WHERE status = 'review'),
                    count(*) FILTER (WHERE status = 'unreadable' AND NOT blank),
                    count(*) FILTER (WHERE status = 'unreadable' AND blank),
                    (SELECT count(*) FROM ballot_pages WHERE role = 'duplicate'),
                    count(*) FILTER (WHERE cover)
                 FROM p",
            )
            .and_then(|mut s| {
                s.query_row([], |r| {
                    Ok(PageTotals {
                        images: count(r, 0)?,
                        pages: count(r, 1)?,
                        clean: count(r, 2)?,
                        review: count(r, 3)?,
                        unreadable: count(r, 4)?,
                        blank: count(r, 5)?,
                        duplicates: count(r, 6)?,
                        covers: count(r, 7)?,
                    })
                })
            })
            .map_err(|e| self.failed("count the pages", e))
    }

    /// Pages that were read within the last so many seconds.
    ///
    /// # Errors
    /// The database refuses.
    pub fn pages_since(&self, seconds: u32) -> Result<u64, StoreError> {
        // The newest readings are at the end; more than this nobody reads in the
        // time.
        self.db
            .prepare_cached(
                "SELECT count(*) FROM (SELECT read_at FROM readings ORDER BY id DESC LIMIT 20000)
                 WHERE read_at > strftime('%Y-%m-%dT%H:%M:%fZ', 'now', ?1)",
            )
            .and_then(|mut s| s.query_row([format!("-{seconds} seconds")], |r| count(r, 0)))
            .map_err(|e| self.failed("count the newest pages", e))
    }

    /// Why ballots wait for a person as a whole, or should be looked at.
    ///
    /// # Errors
    /// The database refuses.
    pub fn ballot_reasons(&self) -> Result<Vec<Reason>, StoreError> {
        self.db
            .prepare_cached(
                "SELECT p.code, max(p.blocking), count(DISTINCT p.ballot_id)
                 FROM current_problems p JOIN ballot_states s ON s.id = p.ballot_id
                 WHERE s.state NOT IN ('rejected', 'cancelled') AND NOT EXISTS (
                    SELECT 1 FROM standing_decisions d WHERE d.problem_id = p.id)
                 GROUP BY p.code
                 UNION ALL
                 SELECT 'incomplete', 1, count(*) FROM ballot_states s
                 JOIN forms f ON f.id = s.form_id
                 WHERE s.state = 'pending' AND f.pages > (
                    SELECT count(*) FROM ballot_pages b
                    WHERE b.ballot_id = s.id AND b.role = 'member')
                 HAVING count(*) > 0
                 ORDER BY 1",
            )
            .and_then(|mut s| {
                s.query_map([], |r| {
                    Ok(Reason {
                        code: r.get(0)?,
                        blocking: r.get(1)?,
                        ballots: count(r, 2)?,
                    })
                })?
                .collect()
            })
            .map_err(|e| self.failed("list what waits", e))
    }

    /// Pages that belong to no ballot, blank ones and cover sheets left out, in the order in
    /// which they were stored.
    ///
    /// # Errors
    /// The database refuses.
    pub fn unplaced_pages(&self) -> Result<Vec<UnplacedPage>, StoreError> {
        self.db
            .prepare_cached(
                "SELECT i.name, p.page_index,
                    coalesce((SELECT q.code FROM problems q
                              WHERE q.reading_id = r.id ORDER BY q.id LIMIT 1), 'unidentified'),
                    coalesce((SELECT q.detail FROM problems q
                              WHERE q.reading_id = r.id ORDER BY q.id LIMIT 1), '')
                 FROM current_readings r
                 JOIN pages p ON p.id = r.page_id
                 JOIN images i ON i.id = p.image_id
                 WHERE NOT EXISTS (SELECT 1 FROM ballot_pages b WHERE b.page_id = p.id)
                   AND NOT EXISTS (SELECT 1 FROM standing_acts a
                                   WHERE a.page_id = p.id AND a.kind = 'rejected')
                   AND NOT EXISTS (SELECT 1 FROM problems q
                                   WHERE q.reading_id = r.id AND q.code IN ('blank-page', 'cover-sheet'))
                 ORDER BY p.id",
            )
            .and_then(|mut s| {
                s.query_map([], |r| {
                    Ok(UnplacedPage {
                        file: r.get(0)?,
                        index: r.get(1)?,
                        code: r.get(2)?,
                        detail: r.get(3)?,
                    })
                })?
                .collect()
            })
            .map_err(|e| self.failed("list pages without a ballot", e))
    }

    /// Questions of ballots that wait for a person, in the order in which
    /// their pages were stored.
    ///
    /// # Errors
    /// The database refuses.
    pub fn open_questions(&self) -> Result<Vec<OpenQuestion>, StoreError> {
        self.db
            .prepare_cached(
                "SELECT b.id, i.name, p.page_index, b.serial, f.form, o.question, o.state
                 FROM open_items o
                 JOIN ballots b ON b.id = o.ballot_id
                 JOIN forms f ON f.id = b.form_id
                 JOIN pages p ON p.id = o.page_id
                 JOIN images i ON i.id = p.image_id
                 WHERE (SELECT s.state FROM ballot_states s WHERE s.id = b.id) <> 'rejected'
                 ORDER BY p.id, o.question",
            )
            .and_then(|mut s| {
                s.query_map([], |r| {
                    Ok(OpenQuestion {
                        ballot: BallotKey(r.get(0)?),
                        file: r.get(1)?,
                        index: r.get(2)?,
                        serial: r.get(3)?,
                        form: r.get(4)?,
                        question: r.get(5)?,
                        state: r.get(6)?,
                    })
                })?
                .collect()
            })
            .map_err(|e| self.failed("list open questions", e))
    }

    /// What was last read of a page of the file with this hash.
    ///
    /// # Errors
    /// The database refuses, or the reading in it cannot be understood.
    pub fn reading(&self, hash: &str, index: u32) -> Result<Option<PageReading>, StoreError> {
        let json: Option<String> = self
            .db
            .prepare_cached(
                "SELECT r.reading FROM images i
                 JOIN pages p ON p.image_id = i.id AND p.page_index = ?2
                 JOIN current_readings r ON r.page_id = p.id WHERE i.hash = ?1",
            )
            .and_then(|mut s| s.query_row((hash, index), |r| r.get(0)).optional())
            .map_err(|e| self.failed("look up a reading", e))?;
        json.map(|json| {
            serde_json::from_str(&json).map_err(|e| StoreError::Json {
                path: self.path.clone(),
                what: format!("the reading of {hash}"),
                source: e,
            })
        })
        .transpose()
    }

    /// The ballot with this serial, of any version of the form; none that came
    /// in a cancelled batch.
    ///
    /// # Errors
    /// The database refuses.
    pub fn ballot_of_serial(
        &self,
        form: &str,
        serial: &str,
    ) -> Result<Option<BallotKey>, StoreError> {
        self.db
            .prepare_cached(
                "SELECT b.id FROM ballots b JOIN forms f ON f.id = b.form_id
                 WHERE f.form = ?1 AND b.serial = ?2
                   AND NOT EXISTS (SELECT 1 FROM ballot_ends x WHERE x.ballot_id = b.id)
                 ORDER BY b.id DESC LIMIT 1",
            )
            .and_then(|mut s| s.query_row((form, serial), |r| r.get(0)).optional())
            .map(|id| id.map(BallotKey))
            .map_err(|e| self.failed("look up a ballot", e))
    }

    /// The readings of every stored page, as `HASH/INDEX DIGEST`, sorted: two
    /// stations that saw the same have the same.
    ///
    /// # Errors
    /// The database refuses.
    pub fn reading_digests(&self) -> Result<Vec<String>, StoreError> {
        self.db
            .prepare_cached(
                "SELECT i.hash || '/' || p.page_index || ' ' || r.digest
                 FROM current_readings r
                 JOIN pages p ON p.id = r.page_id
                 JOIN images i ON i.id = p.image_id ORDER BY 1",
            )
            .and_then(|mut s| s.query_map([], |r| r.get(0))?.collect())
            .map_err(|e| self.failed("list the readings", e))
    }
}
