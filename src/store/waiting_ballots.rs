//! Ballots that wait as a whole: mispaired, suspected twice, with a page missing; and
//! what people settle of them.

use rusqlite::OptionalExtension;
use serde_json::json;

use super::{
    Account, BallotKey, Decision, Hand, Homed, PageOfItem, Role, Settled, Store, StoreError,
};

/// Code of a ballot of which a page is missing: no problem row, but what the pages
/// say.
pub const INCOMPLETE: &str = "incomplete";

/// What only a supervisor settles: a box that was closed before the ballot came, and
/// a serial that is not what the printer made.
const SUPERVISED: [&str; 2] = [super::boxes::BOX_CLOSED, "serial-forged"];

/// Does only a supervisor settle a problem of this code?
#[must_use]
pub fn is_supervised(code: &str) -> bool {
    SUPERVISED.contains(&code)
}

/// Which ballots are wanted; what is `None` does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BallotFilter {
    /// Name of the box.
    pub ballot_box: Option<String>,
    /// Code of a problem.
    pub code: Option<String>,
}

/// Something that is asked about a ballot as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BallotProblem {
    /// Its code; [`INCOMPLETE`] where pages are missing.
    pub code: String,
    /// In words, English.
    pub detail: String,
    /// It keeps the ballot from counting.
    pub blocking: bool,
    /// The other ballot that it is about.
    pub other: Option<BallotKey>,
}

/// A ballot that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingBallot {
    /// Its key.
    pub ballot: BallotKey,
    /// Its form and version.
    pub form: (String, u32),
    /// Its serial.
    pub serial: Option<String>,
    /// Its unit.
    pub unit: Option<String>,
    /// Its box.
    pub ballot_box: Option<String>,
    /// `pending`, `counted`, `rejected` or `cancelled`.
    pub state: String,
    /// The name that its first page's file came with.
    pub file: String,
    /// What is asked, what blocks first.
    pub problems: Vec<BallotProblem>,
}

/// A page image of a ballot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageOfBallot {
    /// The image.
    pub page: PageOfItem,
    /// Number of the page in the form, from 1.
    pub number: u32,
    /// `member`, `duplicate` or `unread`.
    pub role: String,
}

/// What a person settled of a ballot as a whole, and still stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettledBallot {
    /// Which ballot.
    pub ballot: BallotKey,
    /// Its serial.
    pub serial: Option<String>,
    /// `reject`, or the code of the problem that was settled.
    pub what: String,
    /// Why.
    pub reason: String,
    /// Who.
    pub person: String,
    /// When, RFC 3339 UTC.
    pub at: String,
}

const BALLOTS: &str = "
    SELECT b.id, f.form, f.version, b.serial, u.unit, x.box, s.state, f.pages,
        (SELECT i.name FROM ballot_pages p JOIN pages g ON g.id = p.page_id
         JOIN images i ON i.id = g.image_id WHERE p.ballot_id = b.id
         ORDER BY p.page, p.role LIMIT 1)
    FROM ballot_states s
    JOIN ballots b ON b.id = s.id
    JOIN forms f ON f.id = b.form_id
    LEFT JOIN units u ON u.id = b.unit_id
    LEFT JOIN boxes x ON x.id = b.box_id";

type BallotLine = (WaitingBallot, u32);

fn line(r: &rusqlite::Row<'_>) -> Result<BallotLine, rusqlite::Error> {
    let ballot = WaitingBallot {
        ballot: BallotKey(r.get(0)?),
        form: (r.get(1)?, r.get(2)?),
        serial: r.get(3)?,
        unit: r.get(4)?,
        ballot_box: r.get(5)?,
        state: r.get(6)?,
        file: r.get::<_, Option<String>>(8)?.unwrap_or_default(),
        problems: Vec::new(),
    };
    Ok((ballot, r.get(7)?))
}

impl Store {
    /// Ballots that wait as a whole, in the order in which they came.
    ///
    /// # Errors
    /// The database refuses.
    pub fn waiting_ballots(&self, filter: &BallotFilter) -> Result<Vec<WaitingBallot>, StoreError> {
        let lines: Vec<BallotLine> = self
            .db
            .prepare_cached(&format!(
                "{BALLOTS} WHERE s.state = 'pending' AND (?1 IS NULL OR x.box = ?1) ORDER BY b.id"
            ))
            .and_then(|mut s| s.query_map([&filter.ballot_box], line)?.collect())
            .map_err(|e| self.failed("list the ballots that wait", e))?;
        let mut out = Vec::new();
        for line in lines {
            let ballot = self.with_problems(line)?;
            let wanted = filter.code.as_ref();
            if wanted.is_none_or(|c| ballot.problems.iter().any(|p| p.code == *c)) {
                out.push(ballot);
            }
        }
        Ok(out)
    }

    /// One ballot, whatever its state.
    ///
    /// # Errors
    /// The database refuses.
    pub fn ballot(&self, ballot: BallotKey) -> Result<Option<WaitingBallot>, StoreError> {
        self.db
            .prepare_cached(&format!("{BALLOTS} WHERE b.id = ?1"))
            .and_then(|mut s| s.query_row([ballot.0], line).optional())
            .map_err(|e| self.failed("look up a ballot", e))?
            .map(|l| self.with_problems(l))
            .transpose()
    }

    fn with_problems(&self, (mut ballot, pages): BallotLine) -> Result<WaitingBallot, StoreError> {
        let run = || -> Result<Vec<BallotProblem>, rusqlite::Error> {
            let mut found: Vec<BallotProblem> = self
                .db
                .prepare_cached(
                    "SELECT p.code, p.detail, p.blocking, p.other_ballot_id FROM current_problems p
                     WHERE p.ballot_id = ?1 AND NOT EXISTS (
                        SELECT 1 FROM standing_decisions d WHERE d.problem_id = p.id)
                     ORDER BY p.blocking DESC, p.id",
                )?
                .query_map([ballot.ballot.0], |r| {
                    Ok(BallotProblem {
                        code: r.get(0)?,
                        detail: r.get(1)?,
                        blocking: r.get(2)?,
                        other: r.get::<_, Option<i64>>(3)?.map(BallotKey),
                    })
                })?
                .collect::<Result<_, _>>()?;
            let have: Vec<u32> = self
                .db
                .prepare_cached(
                    "SELECT page FROM ballot_pages WHERE ballot_id = ?1 AND role = 'member'",
                )?
                .query_map([ballot.ballot.0], |r| r.get(0))?
                .collect::<Result<_, _>>()?;
            let missing: Vec<String> = (1..=pages)
                .filter(|n| !have.contains(n))
                .map(|n| n.to_string())
                .collect();
            if !missing.is_empty() && ballot.state != "cancelled" {
                found.insert(
                    0,
                    BallotProblem {
                        code: INCOMPLETE.to_owned(),
                        detail: missing.join(", "),
                        blocking: true,
                        other: None,
                    },
                );
            }
            Ok(found)
        };
        ballot.problems = run().map_err(|e| self.failed("list what is asked of a ballot", e))?;
        Ok(ballot)
    }

    /// The page images of a ballot, by page, what is counted first.
    ///
    /// # Errors
    /// The database refuses.
    pub fn pages_of_ballot(&self, ballot: BallotKey) -> Result<Vec<PageOfBallot>, StoreError> {
        self.db
            .prepare_cached(
                "SELECT p.page_id, i.kept_as, i.name, g.page_index, p.page, p.role
                 FROM ballot_pages p JOIN pages g ON g.id = p.page_id
                 JOIN images i ON i.id = g.image_id WHERE p.ballot_id = ?1
                 ORDER BY p.page, p.role = 'member' DESC, p.page_id",
            )
            .and_then(|mut s| {
                s.query_map([ballot.0], |r| {
                    Ok(PageOfBallot {
                        page: PageOfItem {
                            page_id: r.get(0)?,
                            kept_as: r.get(1)?,
                            file: r.get(2)?,
                            index: r.get(3)?,
                        },
                        number: r.get(4)?,
                        role: r.get(5)?,
                    })
                })?
                .collect()
            })
            .map_err(|e| self.failed("list the pages of a ballot", e))
    }

    /// Settles every open problem of this code: it keeps the ballot from counting no
    /// longer.
    ///
    /// # Errors
    /// There is none, it is a missing page (which no word settles), the person may
    /// not, or the database refuses; then nothing is written.
    pub fn settle_problem(
        &self,
        account: &Account,
        ballot: BallotKey,
        code: &str,
        reason: &str,
    ) -> Result<(), StoreError> {
        self.change("ballot-settled", || {
            let before = self.ballot(ballot)?.ok_or(StoreError::BallotNotOpen)?;
            let open = before.problems.iter().any(|p| p.code == code);
            if !open || code == INCOMPLETE || before.state != "pending" {
                return Err(StoreError::BallotNotOpen);
            }
            if is_supervised(code) && account.role < Role::Supervisor {
                return Err(StoreError::ForSupervisor);
            }
            self.decide_inside(&Decision {
                ballot,
                settled: Settled::Problem {
                    code: code.to_owned(),
                },
                reason: reason.to_owned(),
                person: account.name.clone(),
            })?;
            let after = self.ballot(ballot)?.map(|b| b.state);
            let detail = json!({
                "ballot": ballot.0, "problem": code, "before": before.state, "after": after,
                "reason": reason,
            });
            Ok(((), detail))
        })
    }

    /// Takes a ballot that waits out: it does not count.
    ///
    /// # Errors
    /// It does not wait, or the database refuses.
    pub fn reject_ballot(
        &self,
        account: &Account,
        ballot: BallotKey,
        reason: &str,
    ) -> Result<(), StoreError> {
        self.change("ballot-settled", || {
            let before = self.ballot(ballot)?.ok_or(StoreError::BallotNotOpen)?;
            if before.state != "pending" {
                return Err(StoreError::BallotNotOpen);
            }
            self.decide_inside(&Decision {
                ballot,
                settled: Settled::Reject,
                reason: reason.to_owned(),
                person: account.name.clone(),
            })?;
            let detail = json!({
                "ballot": ballot.0, "before": before.state, "after": "rejected", "reason": reason,
            });
            Ok(((), detail))
        })
    }

    /// Takes back that a ballot was rejected (`what` is `reject`), or that a problem
    /// was settled (`what` is its code).
    ///
    /// # Errors
    /// Nothing of that stands, it is somebody else's and the person is no supervisor,
    /// or the database refuses; then nothing is written.
    pub fn unsettle_ballot(
        &self,
        account: &Account,
        ballot: BallotKey,
        what: &str,
        reason: &str,
    ) -> Result<(), StoreError> {
        self.change("ballot-unsettled", || {
            let standing: Vec<(i64, String)> = self
                .db
                .prepare_cached(
                    "SELECT d.id, d.person FROM standing_decisions d
                     LEFT JOIN problems p ON p.id = d.problem_id
                     WHERE d.ballot_id = ?1 AND NOT EXISTS (
                        SELECT 1 FROM ballot_ends x WHERE x.ballot_id = d.ballot_id)
                       AND ((d.kind = 'reject' AND ?2 = 'reject')
                        OR (d.kind = 'settle' AND p.code = ?2))",
                )
                .and_then(|mut s| {
                    s.query_map((ballot.0, what), |r| Ok((r.get(0)?, r.get(1)?)))?
                        .collect()
                })
                .map_err(|e| self.failed("look up a decision", e))?;
            if standing.is_empty() {
                return Err(StoreError::BallotNotOpen);
            }
            for (decision, person) in &standing {
                if *person != account.name && account.role < Role::Supervisor {
                    return Err(StoreError::NotYours(person.clone()));
                }
                self.withdraw_decision(*decision, &account.name, reason)?;
            }
            let of: Vec<&str> = standing.iter().map(|d| d.1.as_str()).collect();
            let after = self.ballot(ballot)?.map(|b| b.state);
            let detail = json!({
                "ballot": ballot.0, "what": what, "of": of, "after": after, "reason": reason,
            });
            Ok(((), detail))
        })
    }

    /// The images that a ballot has twice are another paper: they become a ballot of
    /// their own.
    ///
    /// # Errors
    /// It has no page twice, or one more than twice, it was taken out, or the database
    /// refuses; then nothing is written.
    pub fn split_ballot(
        &self,
        account: &Account,
        ballot: BallotKey,
        reason: &str,
    ) -> Result<Homed, StoreError> {
        self.change("ballot-split", || {
            let before = self.ballot(ballot)?.ok_or(StoreError::BallotNotOpen)?;
            let mut second: Vec<_> = self.pages_of_ballot(ballot)?;
            second.retain(|p| p.role == "duplicate");
            let twice = second
                .windows(2)
                .all(|two| matches!(two, [a, b] if a.number != b.number));
            let there = ["pending", "counted"].contains(&before.state.as_str());
            if second.is_empty() || !twice || !there {
                return Err(StoreError::BallotNotOpen);
            }
            let mut homed: Option<Homed> = None;
            for page in &second {
                let hand = Hand {
                    account,
                    page: page.page.page_id,
                    reason,
                };
                homed = Some(self.move_inside(&hand, homed.map(|h| h.ballot))?.0);
            }
            let homed = homed.ok_or(StoreError::BallotNotOpen)?;
            let pages: Vec<i64> = second.iter().map(|p| p.page.page_id).collect();
            let detail = json!({
                "ballot": ballot.0, "pages": pages, "into": homed.ballot.0, "reason": reason,
            });
            Ok((homed, detail))
        })
    }

    /// What was settled of a ballot as a whole, or of all, and stands: the newest so
    /// many, newest first.
    ///
    /// # Errors
    /// The database refuses.
    pub fn settled_ballots(
        &self,
        ballot: Option<BallotKey>,
        most: u32,
    ) -> Result<Vec<SettledBallot>, StoreError> {
        self.db
            .prepare_cached(
                "SELECT d.ballot_id, b.serial, coalesce(p.code, d.kind), min(d.reason), d.person,
                    min(d.decided)
                 FROM standing_decisions d JOIN ballots b ON b.id = d.ballot_id
                 LEFT JOIN problems p ON p.id = d.problem_id
                 WHERE d.kind IN ('reject', 'settle') AND NOT EXISTS (
                    SELECT 1 FROM ballot_ends x WHERE x.ballot_id = d.ballot_id)
                   AND (?1 IS NULL OR d.ballot_id = ?1)
                 GROUP BY 1, 3, 5 ORDER BY max(d.id) DESC LIMIT ?2",
            )
            .and_then(|mut s| {
                s.query_map((ballot.map(|b| b.0), most), |r| {
                    Ok(SettledBallot {
                        ballot: BallotKey(r.get(0)?),
                        serial: r.get(1)?,
                        what: r.get(2)?,
                        reason: r.get(3)?,
                        person: r.get(4)?,
                        at: r.get(5)?,
                    })
                })?
                .collect()
            })
            .map_err(|e| self.failed("list what was settled of ballots", e))
    }
}
