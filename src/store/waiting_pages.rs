//! Pages that the machine could not place, and who looks at them.

use super::{Account, BallotKey, ItemId, PageOfItem, Role, Store, StoreError};

/// Which pages are wanted; what is `None` does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PageFilter {
    /// Name of the box that their batch came out of.
    pub ballot_box: Option<String>,
    /// Number of the batch.
    pub batch: Option<i64>,
    /// Code of the problem.
    pub code: Option<String>,
    /// Only this page.
    pub page: Option<i64>,
}

/// A page that waits for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingPage {
    /// Its image.
    pub page: PageOfItem,
    /// Code of its first problem; `unidentified` if it has none.
    pub code: String,
    /// In words, English.
    pub detail: String,
    /// Number of its batch.
    pub batch: i64,
    /// Name of the box that the batch came out of.
    pub ballot_box: Option<String>,
    /// What the machine knows of it: form and version…
    pub form: Option<(String, u32)>,
    /// … page of the form…
    pub number: Option<u32>,
    /// … and serial.
    pub serial: Option<String>,
    /// The ballot that it belongs to by its code.
    pub ballot: Option<BallotKey>,
    /// Who looks at it now.
    pub claimed_by: Option<String>,
    /// Who keyed it without that being decided: one waits for a second person, two
    /// differ and wait for a supervisor.
    pub keyed_by: Vec<String>,
}

impl WaitingPage {
    /// May this person do something with it, or does it wait for another one?
    #[must_use]
    pub fn is_for(&self, account: &Account) -> bool {
        account.role >= Role::Supervisor
            || (self.keyed_by.len() < 2 && !self.keyed_by.contains(&account.name))
    }
}

/// Name under which a page is claimed; such names are no questions.
pub(super) fn claim_name(page: i64) -> String {
    format!("page:{page}")
}

const WAITING: &str = "
    SELECT p.id, i.kept_as, i.name, p.page_index,
        coalesce((SELECT q.code FROM problems q
                  WHERE q.reading_id = r.id ORDER BY q.id LIMIT 1), 'unidentified') AS code,
        coalesce((SELECT q.detail FROM problems q
                  WHERE q.reading_id = r.id ORDER BY q.id LIMIT 1), ''),
        coalesce(r.batch_id, i.batch_id) AS batch, x.box, f.form, f.version, r.page, r.serial,
        bp.ballot_id, w.name,
        (SELECT group_concat(a.person, ', ') FROM standing_acts a
         WHERE a.page_id = p.id AND a.kind = 'keyed')
    FROM current_readings r
    JOIN pages p ON p.id = r.page_id
    JOIN images i ON i.id = p.image_id
    JOIN batches b ON b.id = coalesce(r.batch_id, i.batch_id)
    LEFT JOIN boxes x ON x.id = b.box_id
    LEFT JOIN forms f ON f.id = r.form_id
    LEFT JOIN ballot_pages bp ON bp.page_id = p.id
    LEFT JOIN claims c ON c.ballot_id = 0 AND c.question = 'page:' || p.id AND c.until > ?1
    LEFT JOIN accounts w ON w.id = c.account_id
    WHERE (bp.page_id IS NULL OR (bp.role = 'unread'
            AND NOT EXISTS (SELECT 1 FROM ballot_pages m WHERE m.ballot_id = bp.ballot_id
                            AND m.page = bp.page AND m.role = 'member')
            AND (SELECT s.state FROM ballot_states s WHERE s.id = bp.ballot_id) <> 'rejected'))
      AND NOT EXISTS (SELECT 1 FROM problems q
                      WHERE q.reading_id = r.id AND q.code IN ('blank-page', 'cover-sheet'))
      AND NOT EXISTS (SELECT 1 FROM standing_acts a
                      WHERE a.page_id = p.id AND json_extract(a.said, '$.opinion') IS NULL)
      AND (?2 IS NULL OR x.box = ?2) AND (?3 IS NULL OR coalesce(r.batch_id, i.batch_id) = ?3)
      AND (?5 IS NULL OR p.id = ?5)
      AND (?4 IS NULL OR ?4 = coalesce((SELECT q.code FROM problems q
                  WHERE q.reading_id = r.id ORDER BY q.id LIMIT 1), 'unidentified'))
    ORDER BY p.id";

impl Store {
    /// Pages that wait for a person, in the order in which they came: those that
    /// belong to no ballot, and those of which only the code could be read while
    /// no better image of them is there. `now` in seconds since 1970.
    ///
    /// # Errors
    /// The database refuses.
    pub fn waiting_pages(
        &self,
        filter: &PageFilter,
        now: i64,
    ) -> Result<Vec<WaitingPage>, StoreError> {
        self.db
            .prepare_cached(WAITING)
            .and_then(|mut s| {
                s.query_map(
                    (
                        now,
                        &filter.ballot_box,
                        filter.batch,
                        &filter.code,
                        filter.page,
                    ),
                    |r| {
                        let form: Option<String> = r.get(8)?;
                        let version: Option<u32> = r.get(9)?;
                        Ok(WaitingPage {
                            page: PageOfItem {
                                page_id: r.get(0)?,
                                kept_as: r.get(1)?,
                                file: r.get(2)?,
                                index: r.get(3)?,
                            },
                            code: r.get(4)?,
                            detail: r.get(5)?,
                            batch: r.get(6)?,
                            ballot_box: r.get(7)?,
                            form: form.zip(version),
                            number: r.get(10)?,
                            serial: r.get(11)?,
                            ballot: r.get::<_, Option<i64>>(12)?.map(BallotKey),
                            claimed_by: r.get(13)?,
                            keyed_by: r
                                .get::<_, Option<String>>(14)?
                                .map_or_else(Vec::new, |names| {
                                    names.split(", ").map(str::to_owned).collect()
                                }),
                        })
                    },
                )?
                .collect()
            })
            .map_err(|e| self.failed("list the pages that wait", e))
    }

    /// Claims a page until then, so that nobody else is led to it; false if somebody
    /// holds it.
    ///
    /// # Errors
    /// The database refuses.
    pub fn claim_page(
        &self,
        account: &Account,
        page: i64,
        now: i64,
        until: i64,
    ) -> Result<bool, StoreError> {
        self.claim(account, &ItemId::of(0, &claim_name(page)), now, until)
    }
}
