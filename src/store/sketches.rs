//! Papers without serials that were perhaps scanned before: what the pen left in
//! their boxes is kept and compared (see `read::sketch`).

use std::collections::BTreeMap;

use super::{BallotKey, FormKey, NOT_COMPARED, Store, StoreError};
use crate::read::sketch::{Likeness, Sketch};
use crate::read::{Answer, AnswerState};

/// Problem code: an earlier ballot without serial shows the same paper, by the
/// strokes in its boxes. It blocks: what counts until somebody looks would
/// count twice, and other people's papers are hardly ever suspected.
pub(crate) const SAME_PAPER: &str = "same-paper";

/// A ballot that is suspected to be a paper that was there before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suspect {
    /// The later ballot.
    pub ballot: BallotKey,
    /// The name that its first page's file came with.
    pub file: String,
    /// The earlier ballot, and its file.
    pub earlier: BallotKey,
    /// Its first page's file.
    pub earlier_file: String,
}

/// A page of a ballot without serial.
pub(super) struct Sketched<'a> {
    pub reading_id: i64,
    pub number: u32,
    pub answers: &'a BTreeMap<String, Answer>,
    pub sketch: &'a Sketch,
}

impl Store {
    /// Keeps the sketches of a ballot's pages and notes earlier ballots that
    /// show the same paper.
    pub(super) fn compare_sketches(
        &self,
        ballot: BallotKey,
        form: FormKey,
        pages: &[Sketched<'_>],
    ) -> Result<(), StoreError> {
        let run = || -> Result<(), rusqlite::Error> {
            let mut likeness: BTreeMap<i64, (usize, f32, String)> = BTreeMap::new();
            let mut unknowable = false;
            for page in pages.iter().filter(|p| !p.sketch.is_empty()) {
                let [one, two] = keys(page.answers);
                unknowable = unknowable || self.cannot_compare(form, page.number)?;
                for (other, name, cells) in self.alike(form, page.number, [&one, &two])? {
                    let like = page.sketch.likeness(&Sketch::from_bytes(&cells));
                    let sum = likeness.entry(other).or_insert((0, 0.0, name));
                    sum.0 += like.boxes;
                    sum.1 += like.mean * like.boxes as f32;
                }
                self.db
                    .prepare_cached(
                        "INSERT INTO sketches (reading_id, form_id, page, key_one, key_two, cells)
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                    )?
                    .execute((
                        page.reading_id,
                        form.0,
                        page.number,
                        &one,
                        &two,
                        page.sketch.to_bytes(),
                    ))?;
            }
            if unknowable {
                self.db
                    .prepare_cached(
                        "INSERT INTO problems (ballot_id, code, detail, blocking)
                         VALUES (?1, ?2, ?3, 1)",
                    )?
                    .execute((
                        ballot.0,
                        NOT_COMPARED,
                        "the images of earlier ballots without serial were removed: nobody can \
                         see by the strokes whether this paper was scanned before",
                    ))?;
            }
            // Each of them: if the first one's batch is cancelled, the paper must
            // not count for the second and the third.
            for (other, (boxes, sum, name)) in likeness {
                let mean = sum / boxes.max(1) as f32;
                if other == ballot.0 || !(Likeness { boxes, mean }).is_suspect() {
                    continue;
                }
                let detail = format!(
                    "the strokes in {boxes} boxes are those of ballot {other} ({name}): perhaps \
                     the same paper, scanned again"
                );
                self.db
                    .prepare_cached(
                        "INSERT INTO problems (ballot_id, code, detail, blocking, other_ballot_id)
                         VALUES (?1, ?2, ?3, 1, ?4)",
                    )?
                    .execute((ballot.0, SAME_PAPER, detail, other))?;
            }
            Ok(())
        };
        run().map_err(|e| self.failed("compare a ballot with those before", e))
    }

    /// Pages of ballots that hold whose answers are the same in one half at least.
    fn alike(
        &self,
        form: FormKey,
        page: u32,
        keys: [&str; 2],
    ) -> Result<Vec<(i64, String, Vec<u8>)>, rusqlite::Error> {
        self.db
            .prepare_cached(
                "SELECT b.ballot_id, i.name, s.cells FROM (
                    SELECT reading_id, cells FROM sketches
                    WHERE form_id = ?1 AND page = ?2 AND key_one = ?3
                    UNION
                    SELECT reading_id, cells FROM sketches
                    WHERE form_id = ?1 AND page = ?2 AND key_two = ?4) s
                 JOIN placements p ON p.reading_id = s.reading_id
                 JOIN ballot_pages b ON b.reading_id = s.reading_id AND b.page_id = p.page_id
                 JOIN pages g ON g.id = b.page_id
                 JOIN images i ON i.id = g.image_id
                 ORDER BY b.ballot_id, s.reading_id",
            )?
            .query_map((form.0, page, keys[0], keys[1]), |r| {
                Ok((r.get(0)?, r.get(1)?, r.get(2)?))
            })?
            .collect()
    }

    /// Ballots that wait because an earlier one shows the same paper.
    ///
    /// # Errors
    /// The database refuses.
    pub fn suspects(&self) -> Result<Vec<Suspect>, StoreError> {
        self.db
            .prepare_cached(
                "SELECT p.ballot_id, p.other_ballot_id,
                    (SELECT i.name FROM ballot_pages b JOIN pages g ON g.id = b.page_id
                     JOIN images i ON i.id = g.image_id
                     WHERE b.ballot_id = p.ballot_id ORDER BY b.page LIMIT 1),
                    (SELECT i.name FROM ballot_pages b JOIN pages g ON g.id = b.page_id
                     JOIN images i ON i.id = g.image_id
                     WHERE b.ballot_id = p.other_ballot_id ORDER BY b.page LIMIT 1)
                 FROM current_problems p JOIN ballot_states s ON s.id = p.ballot_id
                 WHERE p.code = ?1 AND s.state = 'pending'
                   AND NOT EXISTS (SELECT 1 FROM standing_decisions d WHERE d.problem_id = p.id)
                 ORDER BY p.id",
            )
            .and_then(|mut s| {
                s.query_map([SAME_PAPER], |r| {
                    Ok(Suspect {
                        ballot: BallotKey(r.get(0)?),
                        earlier: BallotKey(r.get(1)?),
                        file: r.get::<_, Option<String>>(2)?.unwrap_or_default(),
                        earlier_file: r.get::<_, Option<String>>(3)?.unwrap_or_default(),
                    })
                })?
                .collect()
            })
            .map_err(|e| self.failed("list suspected duplicates", e))
    }
}

/// Digests of the answers to every other question: a mark that is clear in one
/// scan and not in the other spoils one of them.
fn keys(answers: &BTreeMap<String, Answer>) -> [String; 2] {
    [0, 1].map(|half| {
        let mut hasher = blake3::Hasher::new();
        // With one question, both halves are that one.
        let step = if answers.len() > 1 { 2 } else { 1 };
        for (question, answer) in answers.iter().skip(half * (step - 1)).step_by(step) {
            let sure = matches!(answer.state, AnswerState::Answered | AnswerState::Blank);
            hasher.update(question.as_bytes());
            hasher.update(if sure { b"=" } else { b"?" });
            for choice in &answer.choices {
                hasher.update(choice.as_bytes());
                hasher.update(b",");
            }
        }
        hasher.finalize().to_hex().chars().take(16).collect()
    })
}
