//! People: accounts, and browsers that are logged in.

use rusqlite::OptionalExtension;

use super::{Store, StoreError};

/// What a person may do; each role may do what those before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Sees progress and figures.
    Viewer,
    /// Opens boxes and scans.
    Operator,
    /// Settles what the machine asks.
    Reviewer,
    /// Decides what reviewers leave, closes boxes, keeps accounts.
    Supervisor,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Viewer,
        Self::Operator,
        Self::Reviewer,
        Self::Supervisor,
    ];

    /// The word for it in the database and on the command line.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Reviewer => "reviewer",
            Self::Supervisor => "supervisor",
        }
    }

    /// The role with this word.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|r| r.word() == word)
    }
}

/// Key of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AccountKey(pub(super) i64);

/// An account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its key.
    pub key: AccountKey,
    /// What the person types to log in.
    pub name: String,
    /// For people.
    pub full_name: String,
    /// What the person may do.
    pub role: Role,
    /// argon2id hash of the password, as a PHC string.
    pub password: String,
    /// May log in.
    pub active: bool,
}

/// A browser that is logged in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Whose it is.
    pub account: Account,
    /// What every request that changes something must carry.
    pub csrf: String,
}

fn account_of(r: &rusqlite::Row<'_>, first: usize) -> Result<Account, rusqlite::Error> {
    let role: String = r.get(first + 3)?;
    Ok(Account {
        key: AccountKey(r.get(first)?),
        name: r.get(first + 1)?,
        full_name: r.get(first + 2)?,
        // The table admits no other word; if it did, nothing would be allowed.
        role: Role::of(&role).unwrap_or(Role::Viewer),
        password: r.get(first + 4)?,
        active: r.get(first + 5)?,
    })
}

impl Store {
    /// Adds an account.
    ///
    /// # Errors
    /// There is one of this name, or the database refuses.
    pub fn add_account(
        &self,
        name: &str,
        full_name: &str,
        role: Role,
        password: &str,
    ) -> Result<AccountKey, StoreError> {
        if self.account(name)?.is_some() {
            return Err(StoreError::AccountExists(name.to_owned()));
        }
        self.change("account-added", || {
            self.db
                .execute(
                    "INSERT INTO accounts (name, full_name, role, password, active, created)
                     VALUES (?1, ?2, ?3, ?4, 1, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))",
                    (name, full_name, role.word(), password),
                )
                .map_err(|e| self.failed("add an account", e))?;
            let key = AccountKey(self.db.last_insert_rowid());
            let detail =
                serde_json::json!({ "name": name, "full_name": full_name, "role": role.word() });
            Ok((key, detail))
        })
    }

    /// Gives an account another password; whoever is logged in with it no longer
    /// is.
    ///
    /// # Errors
    /// There is no such account, or the database refuses.
    pub fn set_password(&self, name: &str, password: &str) -> Result<(), StoreError> {
        self.alter_account(
            "password-changed",
            name,
            serde_json::json!({ "name": name }),
            |id| {
                self.db.execute(
                    "UPDATE accounts SET password = ?2 WHERE id = ?1",
                    (id, password),
                )
            },
        )
    }

    /// Gives an account another role.
    ///
    /// # Errors
    /// There is no such account, or the database refuses.
    pub fn set_role(&self, name: &str, role: Role) -> Result<(), StoreError> {
        let before = self.account(name)?.map(|a| a.role.word());
        let detail = serde_json::json!({ "name": name, "before": before, "after": role.word() });
        self.alter_account("role-changed", name, detail, |id| {
            self.db.execute(
                "UPDATE accounts SET role = ?2 WHERE id = ?1",
                (id, role.word()),
            )
        })
    }

    /// Closes an account, or opens it again.
    ///
    /// # Errors
    /// There is no such account, or the database refuses.
    pub fn set_active(&self, name: &str, active: bool) -> Result<(), StoreError> {
        let kind = if active {
            "account-opened"
        } else {
            "account-closed"
        };
        self.alter_account(kind, name, serde_json::json!({ "name": name }), |id| {
            self.db.execute(
                "UPDATE accounts SET active = ?2 WHERE id = ?1",
                (id, active),
            )
        })
    }

    fn alter_account(
        &self,
        kind: &str,
        name: &str,
        detail: serde_json::Value,
        alter: impl FnOnce(i64) -> Result<usize, rusqlite::Error>,
    ) -> Result<(), StoreError> {
        let account = self
            .account(name)?
            .ok_or_else(|| StoreError::AccountMissing(name.to_owned()))?;
        self.change(kind, || {
            alter(account.key.0)
                .and_then(|_| {
                    self.db.execute(
                        "DELETE FROM sessions WHERE account_id = ?1",
                        [account.key.0],
                    )
                })
                .map_err(|e| self.failed("change an account", e))?;
            Ok(((), detail))
        })
    }

    /// The account of this name.
    ///
    /// # Errors
    /// The database refuses.
    pub fn account(&self, name: &str) -> Result<Option<Account>, StoreError> {
        self.db
            .prepare_cached(
                "SELECT id, name, full_name, role, password, active FROM accounts WHERE name = ?1",
            )
            .and_then(|mut s| s.query_row([name], |r| account_of(r, 0)).optional())
            .map_err(|e| self.failed("look up an account", e))
    }

    /// All accounts, by name.
    ///
    /// # Errors
    /// The database refuses.
    pub fn accounts(&self) -> Result<Vec<Account>, StoreError> {
        self.db
            .prepare_cached(
                "SELECT id, name, full_name, role, password, active FROM accounts ORDER BY name",
            )
            .and_then(|mut s| s.query_map([], |r| account_of(r, 0))?.collect())
            .map_err(|e| self.failed("list the accounts", e))
    }

    /// Notes a wrong password.
    ///
    /// # Errors
    /// The database refuses.
    pub fn note_failed_login(&self, name: &str, origin: &str, now: i64) -> Result<(), StoreError> {
        self.change("login-failed", || {
            self.db
                .execute(
                    "INSERT INTO failed_logins (name, origin, at) VALUES (?1, ?2, ?3)",
                    (name, origin, now),
                )
                .map_err(|e| self.failed("note a failed login", e))?;
            Ok(((), serde_json::json!({ "name": name })))
        })
    }

    /// Wrong passwords since then: for this name, and from this address.
    ///
    /// # Errors
    /// The database refuses.
    pub fn failed_logins(
        &self,
        name: &str,
        origin: &str,
        since: i64,
    ) -> Result<(u64, u64), StoreError> {
        self.db
            .prepare_cached(
                "SELECT count(*) FILTER (WHERE name = ?1), count(*) FILTER (WHERE origin = ?2)
                 FROM failed_logins WHERE at > ?3",
            )
            .and_then(|mut s| {
                s.query_row((name, origin, since), |r| {
                    Ok((super::count(r, 0)?, super::count(r, 1)?))
                })
            })
            .map_err(|e| self.failed("count failed logins", e))
    }

    /// Begins a session; earlier wrong passwords of the name are forgiven.
    ///
    /// # Errors
    /// The database refuses.
    pub fn begin_session(
        &self,
        account: &Account,
        token_hash: &str,
        csrf: &str,
        origin: &str,
        now: i64,
        ends: i64,
    ) -> Result<(), StoreError> {
        self.change("login", || {
            let run = || -> Result<(), rusqlite::Error> {
                self.db
                    .execute("DELETE FROM sessions WHERE ends < ?1", [now])?;
                self.db
                    .execute("DELETE FROM failed_logins WHERE name = ?1", [&account.name])?;
                self.db.execute(
                    "INSERT INTO sessions (token, account_id, csrf, origin, used, ends)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                    (token_hash, account.key.0, csrf, origin, now, ends),
                )?;
                Ok(())
            };
            run().map_err(|e| self.failed("begin a session", e))?;
            Ok(((), serde_json::json!({ "name": account.name })))
        })
    }

    /// The session of this token, if it has not ended and was used since `idle`.
    /// It counts as used now; that is written at most once a minute.
    ///
    /// # Errors
    /// The database refuses.
    pub fn session(
        &self,
        token_hash: &str,
        now: i64,
        idle: i64,
    ) -> Result<Option<Session>, StoreError> {
        const REFRESH: i64 = 60;
        let found = self
            .db
            .prepare_cached(
                "SELECT a.id, a.name, a.full_name, a.role, a.password, a.active, s.csrf, s.used
                 FROM sessions s JOIN accounts a ON a.id = s.account_id
                 WHERE s.token = ?1 AND s.ends > ?2 AND s.used > ?3 AND a.active = 1",
            )
            .and_then(|mut s| {
                s.query_row((token_hash, now, idle), |r| {
                    let session = Session {
                        account: account_of(r, 0)?,
                        csrf: r.get(6)?,
                    };
                    Ok((session, r.get::<_, i64>(7)?))
                })
                .optional()
            })
            .map_err(|e| self.failed("look up a session", e))?;
        let Some((session, used)) = found else {
            return Ok(None);
        };
        if now - used >= REFRESH {
            self.db
                .execute(
                    "UPDATE sessions SET used = ?2 WHERE token = ?1",
                    (token_hash, now),
                )
                .map_err(|e| self.failed("keep a session", e))?;
        }
        Ok(Some(session))
    }

    /// Ends a session.
    ///
    /// # Errors
    /// The database refuses.
    pub fn end_session(&self, token_hash: &str, name: &str) -> Result<(), StoreError> {
        self.change("logout", || {
            self.db
                .execute("DELETE FROM sessions WHERE token = ?1", [token_hash])
                .map_err(|e| self.failed("end a session", e))?;
            Ok(((), serde_json::json!({ "name": name })))
        })
    }
}
