//! What handwriting says, as people wrote it down: searched without regard to marks
//! over and under letters, grouped by a word of the reviewers'.

use rusqlite::OptionalExtension;
use serde_json::json;

use super::{Account, BallotKey, ItemId, Store, StoreError, count};

/// A writing area of a ballot that somebody wrote in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Number of the page image in this station.
    pub page_id: i64,
    /// Id of the area.
    pub area: String,
    /// Its ballot.
    pub ballot: BallotKey,
    /// Serial of the ballot.
    pub serial: Option<String>,
    /// Form id and version.
    pub form: (String, u32),
    /// Number of the page in the form, from 1.
    pub number: u32,
    /// Unit id.
    pub unit: Option<String>,
    /// Box name.
    pub ballot_box: Option<String>,
    /// What it says, if somebody wrote it down; empty: nothing that can be read.
    pub text: Option<String>,
    /// The group that it was given.
    pub label: Option<String>,
    /// Who wrote it down last.
    pub person: Option<String>,
    /// Counts what was written: whoever writes says which of it they saw. 0: nothing yet.
    pub version: i64,
    /// Who writes it down just now.
    pub claimed_by: Option<String>,
}

/// What a note says from now on, and what the writer saw of it before.
#[derive(Debug, Clone, Copy)]
pub struct NewText<'a> {
    /// Number of the page image in this station.
    pub page: i64,
    /// Id of the area.
    pub area: &'a str,
    /// Empty: nothing that can be read; `None` takes back what was written.
    pub text: Option<&'a str>,
    /// Its group.
    pub label: Option<&'a str>,
    /// [`Note::version`] as it was seen.
    pub seen: i64,
    /// Why.
    pub reason: &'a str,
}

/// Names under which notes are claimed; such names are no questions.
const CLAIMS: &str = "note:";

fn claimed_as(page: i64, area: &str) -> ItemId {
    ItemId::of(0, &format!("{CLAIMS}{page}:{area}"))
}

/// Which notes are wanted; what is `None` does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NoteFilter {
    /// Form id.
    pub form: Option<String>,
    /// Id of the area.
    pub area: Option<String>,
    /// Only those with (or without) a text.
    pub written: Option<bool>,
    /// Only those whose text has this, whatever its marks and case.
    pub search: Option<String>,
    /// Only those of this group; empty: those of none.
    pub label: Option<String>,
    /// Only this one: page image and area.
    pub only: Option<(i64, String)>,
}

/// `?1` to `?7` are the filter. Areas are those that the layout calls text: personal
/// data is never transcribed.
const NOTES: &str = "
    FROM ballot_pages b
    JOIN ballots v ON v.id = b.ballot_id
    JOIN forms f ON f.id = v.form_id
    JOIN readings r ON r.id = b.reading_id
    JOIN json_each(r.reading, '$.areas') a ON json_extract(a.value, '$.ink') = 1
    JOIN json_each(f.layout, '$.pages') p ON json_extract(p.value, '$.page') = b.page
    JOIN json_each(p.value, '$.areas') k
        ON json_extract(k.value, '$.id') = json_extract(a.value, '$.id')
        AND json_extract(k.value, '$.kind') = 'text'
    LEFT JOIN units u ON u.id = v.unit_id
    LEFT JOIN boxes x ON x.id = v.box_id
    LEFT JOIN claims c ON c.ballot_id = 0 AND c.until > unixepoch()
        AND c.question = 'note:' || b.page_id || ':' || json_extract(a.value, '$.id')
    LEFT JOIN accounts w ON w.id = c.account_id
    LEFT JOIN transcripts t ON t.id = (SELECT max(n.id) FROM transcripts n
        WHERE n.page_id = b.page_id AND n.area = json_extract(a.value, '$.id'))
    WHERE b.role = 'member'
      AND (?1 IS NULL OR f.form = ?1)
      AND (?2 IS NULL OR json_extract(a.value, '$.id') = ?2)
      AND (?3 IS NULL OR (t.text IS NOT NULL) = ?3)
      AND (?4 IS NULL OR instr(t.plain, ?4) > 0)
      AND (?5 IS NULL OR coalesce(t.label, '') = ?5)
      AND (?6 IS NULL OR (b.page_id = ?6 AND json_extract(a.value, '$.id') = ?7))
      AND (SELECT s.state FROM ballot_states s WHERE s.id = b.ballot_id) <> 'rejected'";

type Values = (
    Option<String>,
    Option<String>,
    Option<bool>,
    Option<String>,
    Option<String>,
    Option<i64>,
    Option<String>,
);

impl NoteFilter {
    fn values(&self) -> Values {
        let (page, area) = match &self.only {
            Some((page, area)) => (Some(*page), Some(area.clone())),
            None => (None, None),
        };
        (
            self.form.clone(),
            self.area.clone(),
            self.written,
            self.search.as_deref().map(plain),
            self.label.clone(),
            page,
            area,
        )
    }
}

impl Store {
    /// Notes, at most `most` after the first `skip`, in the order in which their pages
    /// came.
    ///
    /// # Errors
    /// The database refuses.
    pub fn notes(
        &self,
        filter: &NoteFilter,
        skip: u32,
        most: u32,
    ) -> Result<Vec<Note>, StoreError> {
        let v = filter.values();
        self.db
            .prepare_cached(&format!(
                "SELECT b.page_id, json_extract(a.value, '$.id'), b.ballot_id, v.serial, f.form,
                    f.version, b.page, u.unit, x.box, t.text, t.label, t.person,
                    coalesce(t.id, 0), w.name
                 {NOTES} ORDER BY b.page_id, 2 LIMIT ?8 OFFSET ?9"
            ))
            .and_then(|mut s| {
                s.query_map((v.0, v.1, v.2, v.3, v.4, v.5, v.6, most, skip), |r| {
                    Ok(Note {
                        page_id: r.get(0)?,
                        area: r.get(1)?,
                        ballot: BallotKey(r.get(2)?),
                        serial: r.get(3)?,
                        form: (r.get(4)?, r.get(5)?),
                        number: r.get(6)?,
                        unit: r.get(7)?,
                        ballot_box: r.get(8)?,
                        text: r.get(9)?,
                        label: r.get(10)?,
                        person: r.get(11)?,
                        version: r.get(12)?,
                        claimed_by: r.get(13)?,
                    })
                })?
                .collect()
            })
            .map_err(|e| self.failed("list the notes", e))
    }

    /// How many notes there are.
    ///
    /// # Errors
    /// The database refuses.
    pub fn count_notes(&self, filter: &NoteFilter) -> Result<u64, StoreError> {
        self.db
            .prepare_cached(&format!("SELECT count(*) {NOTES}"))
            .and_then(|mut s| s.query_row(filter.values(), |r| count(r, 0)))
            .map_err(|e| self.failed("count the notes", e))
    }

    /// The groups of notes that were written down, with how many are in each; the
    /// largest first.
    ///
    /// # Errors
    /// The database refuses.
    pub fn note_groups(&self, filter: &NoteFilter) -> Result<Vec<(String, u64)>, StoreError> {
        self.db
            .prepare_cached(&format!(
                "SELECT coalesce(t.label, ''), count(*) {NOTES} AND t.text IS NOT NULL
                 GROUP BY 1 ORDER BY 2 DESC, 1"
            ))
            .and_then(|mut s| {
                s.query_map(filter.values(), |r| Ok((r.get(0)?, count(r, 1)?)))?
                    .collect()
            })
            .map_err(|e| self.failed("group the notes", e))
    }

    /// Writes down what a note says and its group, beside what was written before;
    /// `None` takes back what was written. The same again changes nothing. The number is
    /// the note's new version.
    ///
    /// # Errors
    /// There is no such note, somebody else wrote it down since it was seen, or the
    /// database refuses; then nothing is written.
    pub fn write_note(&self, account: &Account, new: &NewText<'_>) -> Result<i64, StoreError> {
        let NewText {
            page,
            area,
            text,
            label,
            seen,
            reason,
        } = *new;
        self.change_if("note-written", || {
            let wanted = NoteFilter {
                only: Some((page, area.to_owned())),
                ..NoteFilter::default()
            };
            let before = self
                .notes(&wanted, 0, 1)?
                .pop()
                .ok_or(StoreError::NotOpen)?;
            if before.text.as_deref() == text && before.label.as_deref() == label {
                self.release(account, Some(&claimed_as(page, area)))?;
                return Ok((before.version, None));
            }
            if before.version != seen {
                return Err(StoreError::NoteWritten {
                    person: before.person.unwrap_or_default(),
                    text: before.text,
                    label: before.label,
                });
            }
            self.db
                .prepare_cached(
                    "INSERT INTO transcripts (page_id, area, text, plain, label, reason, person, at)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))",
                )
                .and_then(|mut s| {
                    s.execute((
                        page,
                        area,
                        text,
                        text.map(plain),
                        label,
                        reason,
                        &account.name,
                    ))
                })
                .map_err(|e| self.failed("write a note down", e))?;
            let version = self.db.last_insert_rowid();
            self.release(account, Some(&claimed_as(page, area)))?;
            let detail = json!({
                "page": page, "area": area, "ballot": before.ballot.0, "reason": reason,
                "before": { "text": before.text, "label": before.label, "person": before.person },
                "after": { "text": text, "label": label },
            });
            Ok((version, Some(detail)))
        })
    }

    /// The first note that nobody wrote down and nobody else writes down just now, after
    /// the first `skip`, claimed until then; what else the person had claimed is free.
    /// Times in seconds since 1970.
    ///
    /// # Errors
    /// The database refuses.
    pub fn claim_next_note(
        &self,
        account: &Account,
        skip: u32,
        now: i64,
        until: i64,
    ) -> Result<Option<Note>, StoreError> {
        // Each person holds one at most: among so many some are free.
        const LOOKED_AT: u32 = 64;
        self.release_notes(account)?;
        let waiting = NoteFilter {
            written: Some(false),
            ..NoteFilter::default()
        };
        let mut from = skip;
        loop {
            let some = self.notes(&waiting, from, LOOKED_AT)?;
            if some.is_empty() {
                return Ok(None);
            }
            for note in some {
                if self.claim(account, &claimed_as(note.page_id, &note.area), now, until)? {
                    return Ok(Some(note));
                }
            }
            from = from.saturating_add(LOOKED_AT);
        }
    }

    /// Claims this note until then; false if somebody else writes it down. What else the
    /// person had claimed is free.
    ///
    /// # Errors
    /// The database refuses.
    pub fn claim_note(
        &self,
        account: &Account,
        page: i64,
        area: &str,
        now: i64,
        until: i64,
    ) -> Result<bool, StoreError> {
        self.release_notes(account)?;
        self.claim(account, &claimed_as(page, area), now, until)
    }

    fn release_notes(&self, account: &Account) -> Result<(), StoreError> {
        self.db
            .prepare_cached("DELETE FROM claims WHERE account_id = ?1 AND question GLOB ?2")
            .and_then(|mut s| s.execute((account.key.0, format!("{CLAIMS}*"))))
            .map(drop)
            .map_err(|e| self.failed("give back a claim", e))
    }

    /// What was written of a note before its newest row: text and group; `None`: it
    /// was not written down then.
    ///
    /// # Errors
    /// The database refuses.
    pub fn note_before(
        &self,
        page: i64,
        area: &str,
    ) -> Result<(Option<String>, Option<String>), StoreError> {
        self.db
            .prepare_cached(
                "SELECT text, label FROM transcripts WHERE page_id = ?1 AND area = ?2
                 ORDER BY id DESC LIMIT 1 OFFSET 1",
            )
            .and_then(|mut s| {
                s.query_row((page, area), |r| Ok((r.get(0)?, r.get(1)?)))
                    .optional()
            })
            .map(Option::unwrap_or_default)
            .map_err(|e| self.failed("look up a note", e))
    }
}

/// The text in small letters without the marks of Vietnamese, in single blanks: what is
/// searched for and in.
#[must_use]
pub fn plain(text: &str) -> String {
    // Letters with marks, by the letter that they are without; small ones only. Marks
    // that stand by themselves (decomposed text) are left out.
    const LETTERS: [(&str, char); 7] = [
        ("àáảãạăằắẳẵặâầấẩẫậ", 'a'),
        ("èéẻẽẹêềếểễệ", 'e'),
        ("ìíỉĩị", 'i'),
        ("òóỏõọôồốổỗộơờớởỡợ", 'o'),
        ("ùúủũụưừứửữự", 'u'),
        ("ỳýỷỹỵ", 'y'),
        ("đ", 'd'),
    ];
    let letters: String = text
        .chars()
        .flat_map(char::to_lowercase)
        .filter(|c| !('\u{300}'..='\u{36f}').contains(c))
        .map(|c| {
            let known = LETTERS.iter().find(|(marked, _)| marked.contains(c));
            known.map_or(c, |(_, letter)| *letter)
        })
        .collect();
    letters.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn marks_case_and_blanks_do_not_matter() {
        assert_eq!(
            plain("Cán bộ  NHIỆT TÌNH,\nđúng hẹn"),
            "can bo nhiet tinh, dung hen"
        );
        assert_eq!(plain("Thu\u{309}\u{323} tục Ở Đây"), "thu tuc o day");
        assert_eq!(plain("nhanh 2 ngày"), "nhanh 2 ngay");
        assert_eq!(plain("ưỡn ẹo quýt"), "uon eo quyt");
    }
}
