//! The log: who did what, when, from where, in a chain that shows every later
//! change.
//!
//! Whatever is written is written by [`Store::change`]: one transaction that ends
//! with one entry. The entry has digests of all rows that the transaction wrote
//! (SQLite itself names them, so none can be forgotten), and its hash covers the
//! hash of the entry before. Whoever changes a row, an entry, or their order
//! afterwards must compute everything after it anew, and then the head of the
//! chain is another one than that which was printed on the minutes.

mod entry;
mod removals;
mod rows;
mod take_over;
mod verify;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

pub use entry::{Entry, Head};
pub(super) use take_over::{has_places, take_over, take_over_places};
pub use verify::{Checked, Finding};

use super::{Store, StoreError};
use rows::Digests;

/// Who acts, and from where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// Name of the account, or of the user of the computer.
    pub person: String,
    /// `cli`, or the address that a browser came from.
    pub origin: String,
}

impl Actor {
    /// The program itself, where nobody told it to act.
    #[must_use]
    pub fn program() -> Self {
        Self {
            person: "phieu".to_owned(),
            origin: "program".to_owned(),
        }
    }

    /// Whoever is logged in to this computer and runs a command.
    #[must_use]
    pub fn of_this_computer() -> Self {
        let of = |names: [&str; 2]| {
            names
                .iter()
                .find_map(|n| std::env::var(n).ok().filter(|v| !v.is_empty()))
        };
        // Unix and Windows say it in different variables.
        let user = of(["USER", "USERNAME"]).unwrap_or_else(|| "?".to_owned());
        let host = of(["HOSTNAME", "COMPUTERNAME"]);
        Self {
            person: user,
            origin: host.map_or_else(|| "cli".to_owned(), |h| format!("cli {h}")),
        }
    }
}

/// Rows that the open transaction wrote, as SQLite's update hook named them.
pub(super) type Touched = Arc<Mutex<BTreeSet<(String, i64)>>>;

/// Lets SQLite tell which rows are written on this connection.
pub(super) fn watch(db: &mut rusqlite::Connection) -> Result<Touched, rusqlite::Error> {
    let touched = Touched::default();
    let noted = Arc::clone(&touched);
    db.update_hook(Some(
        move |_: rusqlite::hooks::Action, _: &str, table: &str, row: i64| {
            if rows::is_watched(table) {
                noted
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .insert((table.to_owned(), row));
            }
        },
    ))?;
    Ok(touched)
}

impl Store {
    /// Says who acts from now on; it stands in every entry.
    pub fn act_as(&mut self, actor: Actor) {
        self.actor = actor;
    }

    /// Who acts.
    #[must_use]
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// Does `f` in one transaction, and logs it as `kind` with the detail that it
    /// returns. Within another change it is a part of that one.
    ///
    /// # Errors
    /// Those of `f`, or the database refuses; then nothing is written.
    pub(super) fn change<T>(
        &self,
        kind: &str,
        f: impl FnOnce() -> Result<(T, Value), StoreError>,
    ) -> Result<T, StoreError> {
        self.change_if(kind, || f().map(|(out, detail)| (out, Some(detail))))
    }

    /// As [`Self::change`], but nothing is logged, and nothing written, where
    /// `f` finds nothing to do (`None`).
    pub(super) fn change_if<T>(
        &self,
        kind: &str,
        f: impl FnOnce() -> Result<(T, Option<Value>), StoreError>,
    ) -> Result<T, StoreError> {
        if !self.db.is_autocommit() {
            return f().map(|(out, _)| out);
        }
        let out = self.transaction(|| {
            let (out, detail) = f()?;
            if let Some(detail) = &detail {
                self.seal(kind, detail)?;
            }
            Ok((out, detail.is_some()))
        });
        // Of what was not written nothing is left to log.
        self.touched().clear();
        out
    }

    /// A transaction about what is no evidence: nothing of it is logged.
    pub(super) fn apart<T>(
        &self,
        f: impl FnOnce() -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.transaction(|| f().map(|out| (out, true)))
    }

    /// Does `f` in one transaction; it says whether what it wrote is to stay.
    fn transaction<T>(
        &self,
        f: impl FnOnce() -> Result<(T, bool), StoreError>,
    ) -> Result<T, StoreError> {
        self.db
            .execute_batch("BEGIN IMMEDIATE")
            .map_err(|e| self.failed("begin", e))?;
        let done = f().and_then(|(out, stays)| {
            let end = if stays { "COMMIT" } else { "ROLLBACK" };
            self.db
                .execute_batch(end)
                .map_err(|e| self.failed("commit", e))?;
            Ok(out)
        });
        if done.is_err() {
            // The first error is what the user must hear.
            let _ = self.db.execute_batch("ROLLBACK");
        }
        done
    }

    /// Adds an entry that writes nothing else.
    ///
    /// # Errors
    /// The database refuses.
    pub fn event(&self, kind: &str, detail: &Value) -> Result<(), StoreError> {
        self.change(kind, || Ok(((), detail.clone())))
    }

    /// Forgets rows that were written past [`Self::change`]: those of a migration,
    /// which logs what it moves itself.
    pub(super) fn forget_touched(&self) {
        self.touched().clear();
    }

    fn touched(&self) -> std::sync::MutexGuard<'_, BTreeSet<(String, i64)>> {
        self.touched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes the entry of the open transaction.
    fn seal(&self, kind: &str, detail: &Value) -> Result<(), StoreError> {
        let touched = std::mem::take(&mut *self.touched());
        let run = || -> Result<(), rusqlite::Error> {
            let mut digests = Digests::default();
            for (table, row) in &touched {
                if let Some(digest) = rows::digest(&self.db, table, *row)? {
                    digests.add(table, *row, digest);
                }
            }
            entry::append(&self.db, &self.actor, kind, detail, &digests)
        };
        run().map_err(|e| self.failed("write the log", e))
    }
}
