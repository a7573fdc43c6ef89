//! The pages of a batch, and what happened to it, for people who look into it.

use super::{BatchEvent, BatchKey, Store, StoreError, count};

/// A page that a batch brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchPage {
    /// Its place in the batch, for going on after it.
    pub place: i64,
    /// Its image in this station.
    pub page_id: i64,
    /// Name of the file.
    pub file: String,
    /// Which page of the file, from 0.
    pub index: u32,
    /// Title of its form.
    pub form: Option<String>,
    /// Page number on the form.
    pub page: Option<u32>,
    /// `clean`, `review` or `unreadable`.
    pub status: String,
    /// The ballot that it was put to.
    pub ballot: Option<i64>,
    /// Questions that the machine was not sure of.
    pub uncertain: u64,
    /// Codes of its problems.
    pub problems: Vec<String>,
}

impl Store {
    /// Pages that the batch brought, in the order in which they came, after the place
    /// `after`; only those that a person must look at, if so wanted.
    ///
    /// # Errors
    /// The database refuses.
    pub fn batch_pages(
        &self,
        batch: BatchKey,
        flagged: bool,
        after: i64,
        most: u32,
    ) -> Result<Vec<BatchPage>, StoreError> {
        self.db
            .prepare_cached(
                "SELECT r.id, r.page_id, i.name, p.page_index, f.title, r.page, r.status,
                    (SELECT t.ballot_id FROM placements t WHERE t.reading_id = r.id
                     ORDER BY t.id DESC LIMIT 1),
                    (SELECT count(*) FROM answers a WHERE a.reading_id = r.id
                     AND a.state IN ('overvote', 'marginal', 'corrected')),
                    (SELECT group_concat(code, ' ') FROM (
                        SELECT DISTINCT code FROM problems q WHERE q.reading_id = r.id))
                 FROM readings r JOIN pages p ON p.id = r.page_id
                 JOIN images i ON i.id = p.image_id
                 LEFT JOIN forms f ON f.id = r.form_id
                 WHERE (r.batch_id = ?1 OR (r.batch_id IS NULL AND i.batch_id = ?1))
                   AND r.id > ?2
                   AND (?3 = 0 OR EXISTS (SELECT 1 FROM problems q
                            WHERE q.reading_id = r.id AND q.code NOT IN ('blank-page', 'cover-sheet'))
                        OR (r.status <> 'clean' AND NOT EXISTS (SELECT 1 FROM problems q
                            WHERE q.reading_id = r.id AND q.code = 'blank-page')))
                 ORDER BY r.id LIMIT ?4",
            )
            .and_then(|mut s| {
                s.query_map((batch.number(), after, flagged, most), |r| {
                    let codes: Option<String> = r.get(9)?;
                    Ok(BatchPage {
                        place: r.get(0)?,
                        page_id: r.get(1)?,
                        file: r.get(2)?,
                        index: r.get(3)?,
                        form: r.get(4)?,
                        page: r.get(5)?,
                        status: r.get(6)?,
                        ballot: r.get(7)?,
                        uncertain: count(r, 8)?,
                        problems: codes
                            .unwrap_or_default()
                            .split_whitespace()
                            .map(str::to_owned)
                            .collect(),
                    })
                })?
                .collect()
            })
            .map_err(|e| self.failed("list the pages of a batch", e))
    }

    /// What people did with a batch, oldest first.
    ///
    /// # Errors
    /// The database refuses.
    pub fn batch_history(&self, batch: BatchKey) -> Result<Vec<BatchEvent>, StoreError> {
        self.batch_events(batch)
            .map(|all| all.into_iter().map(|e| e.0).collect())
            .map_err(|e| self.failed("read what happened to a batch", e))
    }

    /// This moment as the store writes moments: RFC 3339, UTC.
    ///
    /// # Errors
    /// The database refuses.
    pub fn now(&self) -> Result<String, StoreError> {
        self.db
            .prepare_cached("SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now')")
            .and_then(|mut s| s.query_row([], |r| r.get(0)))
            .map_err(|e| self.failed("look at the clock", e))
    }
}
