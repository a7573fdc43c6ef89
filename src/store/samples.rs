//! Samples for checking again, what people found, and which scanned ballot lies
//! where in a box's pile.

use serde_json::json;

use super::{BoxKey, Store, StoreError, count};

/// A sample as it was drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleRow {
    /// Its number in this station.
    pub number: i64,
    /// Digits of the seed.
    pub seed: String,
    /// Ballots drawn.
    pub size: u64,
    /// Ballots counted by hand in all boxes.
    pub population: u64,
    /// The boxes with their hand counts, as JSON.
    pub boxes: String,
    /// When, RFC 3339 UTC.
    pub drawn: String,
}

/// What people found of a drawn ballot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleResult {
    /// The box, `UNIT/BOX`.
    pub label: String,
    /// Place in its pile, from 1.
    pub position: u64,
    /// `agrees`, `differs` or `missing`.
    pub outcome: String,
    /// In words.
    pub remark: Option<String>,
}

/// A ballot of a box, as it was scanned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScannedBallot {
    /// Its number in this station.
    pub number: i64,
    /// Its serial.
    pub serial: Option<String>,
    /// The file of its first page.
    pub file: String,
    /// The page's place in the file, from 0.
    pub index: u32,
}

impl Store {
    /// Ballots of a box in the order in which their first pages were scanned.
    ///
    /// # Errors
    /// The database refuses.
    pub fn ballots_in_order(&self, key: BoxKey) -> Result<Vec<ScannedBallot>, StoreError> {
        self.db
            .prepare_cached(
                "SELECT b.id, b.serial, i.name, p.page_index FROM ballots b
                 JOIN pages p ON p.id = (SELECT min(m.page_id) FROM ballot_pages m
                    WHERE m.ballot_id = b.id AND m.role <> 'duplicate')
                 JOIN images i ON i.id = p.image_id
                 WHERE b.box_id = ?1 ORDER BY p.id",
            )
            .and_then(|mut s| {
                s.query_map([key.0], |r| {
                    Ok(ScannedBallot {
                        number: r.get(0)?,
                        serial: r.get(1)?,
                        file: r.get(2)?,
                        index: r.get(3)?,
                    })
                })?
                .collect()
            })
            .map_err(|e| self.failed("list the ballots of a box", e))
    }

    /// Writes down that a sample was drawn; the same again changes nothing.
    ///
    /// # Errors
    /// The database refuses.
    pub fn record_sample(
        &self,
        seed: &str,
        size: u64,
        population: u64,
        boxes: &str,
        person: &str,
    ) -> Result<SampleRow, StoreError> {
        let signed = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        let number = self.change_if("sample-drawn", || {
            let known = self
                .samples()?
                .into_iter()
                .find(|s| (s.seed.as_str(), s.size, s.boxes.as_str()) == (seed, size, boxes));
            if let Some(known) = known {
                return Ok((known.number, None));
            }
            self.db
                .execute(
                    "INSERT INTO samples (seed, size, population, boxes, person, drawn)
                     VALUES (?1, ?2, ?3, ?4, ?5, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))",
                    (seed, signed(size), signed(population), boxes, person),
                )
                .map_err(|e| self.failed("write down a sample", e))?;
            let number = self.db.last_insert_rowid();
            let detail = json!({
                "sample": number, "seed": seed, "size": size, "population": population,
                "person": person
            });
            Ok((number, Some(detail)))
        })?;
        self.sample(number)
    }

    /// All samples, in the order in which they were drawn.
    ///
    /// # Errors
    /// The database refuses.
    pub fn samples(&self) -> Result<Vec<SampleRow>, StoreError> {
        self.db
            .prepare_cached(
                "SELECT id, seed, size, population, boxes, drawn FROM samples ORDER BY id",
            )
            .and_then(|mut s| {
                s.query_map([], |r| {
                    Ok(SampleRow {
                        number: r.get(0)?,
                        seed: r.get(1)?,
                        size: count(r, 2)?,
                        population: count(r, 3)?,
                        boxes: r.get(4)?,
                        drawn: r.get(5)?,
                    })
                })?
                .collect()
            })
            .map_err(|e| self.failed("list the samples", e))
    }

    /// A sample by its number.
    ///
    /// # Errors
    /// There is none, or the database refuses.
    pub fn sample(&self, number: i64) -> Result<SampleRow, StoreError> {
        let all = self.samples()?;
        let found = all.into_iter().find(|s| s.number == number);
        found.ok_or(StoreError::SampleUnknown(number))
    }

    /// Writes down what people found; the newest of a ballot holds. What is as it
    /// was changes nothing. Returns how many were new.
    ///
    /// # Errors
    /// The database refuses.
    pub fn record_results(
        &self,
        sample: i64,
        results: &[SampleResult],
        person: &str,
    ) -> Result<u64, StoreError> {
        self.change_if("sample-results", || {
            let known = self.sample_results(sample)?;
            let fresh: Vec<&SampleResult> = results.iter().filter(|r| !known.contains(r)).collect();
            for r in &fresh {
                self.db
                    .prepare_cached(
                        "INSERT INTO sample_results
                            (sample_id, box, position, outcome, remark, person, recorded)
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))",
                    )
                    .and_then(|mut s| {
                        let position = i64::try_from(r.position).unwrap_or(i64::MAX);
                        s.execute((sample, &r.label, position, &r.outcome, &r.remark, person))
                    })
                    .map_err(|e| self.failed("write down a result", e))?;
            }
            let new = fresh.len() as u64;
            let detail = json!({ "sample": sample, "results": new, "person": person });
            Ok((new, (new > 0).then_some(detail)))
        })
    }

    /// The newest result of each ballot of a sample.
    ///
    /// # Errors
    /// The database refuses.
    pub fn sample_results(&self, sample: i64) -> Result<Vec<SampleResult>, StoreError> {
        self.db
            .prepare_cached(
                "SELECT r.box, r.position, r.outcome, r.remark FROM sample_results r
                 WHERE r.sample_id = ?1 AND r.id = (SELECT max(n.id) FROM sample_results n
                    WHERE n.sample_id = r.sample_id AND n.box = r.box AND n.position = r.position)
                 ORDER BY r.box, r.position",
            )
            .and_then(|mut s| {
                s.query_map([sample], |r| {
                    Ok(SampleResult {
                        label: r.get(0)?,
                        position: count(r, 1)?,
                        outcome: r.get(2)?,
                        remark: r.get(3)?,
                    })
                })?
                .collect()
            })
            .map_err(|e| self.failed("list the results of a sample", e))
    }
}
