-- Version 6 (people): accounts, sessions, and what reviewers do together.

-- Who may do what. The password is kept as an argon2id hash.
CREATE TABLE accounts (
    id         INTEGER PRIMARY KEY,
    name       TEXT NOT NULL UNIQUE,
    full_name  TEXT NOT NULL,
    role       TEXT NOT NULL CHECK (role IN ('viewer', 'operator', 'reviewer', 'supervisor')),
    password   TEXT NOT NULL,
    active     INTEGER NOT NULL CHECK (active IN (0, 1)),
    created    TEXT NOT NULL
) STRICT;
CREATE TRIGGER accounts_never_deleted BEFORE DELETE ON accounts
BEGIN SELECT RAISE(ABORT, 'accounts are closed, never deleted'); END;

-- Browsers that are logged in: no evidence, only a convenience. Times are
-- seconds since 1970; of the token only the hash is here.
CREATE TABLE sessions (
    token       TEXT PRIMARY KEY,
    account_id  INTEGER NOT NULL REFERENCES accounts (id),
    csrf        TEXT NOT NULL,
    origin      TEXT NOT NULL,
    used        INTEGER NOT NULL,
    ends        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Wrong passwords of the last hours, for the lock-out; the log has them for ever.
CREATE TABLE failed_logins (
    id      INTEGER PRIMARY KEY,
    name    TEXT NOT NULL,
    origin  TEXT NOT NULL,
    at      INTEGER NOT NULL
) STRICT;

-- Who looks at which open question just now, until when.
CREATE TABLE claims (
    ballot_id   INTEGER NOT NULL,
    question    TEXT NOT NULL,
    account_id  INTEGER NOT NULL REFERENCES accounts (id),
    until       INTEGER NOT NULL,
    PRIMARY KEY (ballot_id, question)
) STRICT, WITHOUT ROWID;

-- What one of two people said of a question that two must agree on.
CREATE TABLE opinions (
    id         INTEGER PRIMARY KEY,
    ballot_id  INTEGER NOT NULL REFERENCES ballots (id),
    question   TEXT NOT NULL,
    after      TEXT NOT NULL,
    reason     TEXT NOT NULL,
    person     TEXT NOT NULL,
    given      TEXT NOT NULL
) STRICT;
CREATE INDEX opinions_by_question ON opinions (ballot_id, question);

-- A question that a reviewer left to a supervisor.
CREATE TABLE escalations (
    id         INTEGER PRIMARY KEY,
    ballot_id  INTEGER NOT NULL REFERENCES ballots (id),
    question   TEXT NOT NULL,
    reason     TEXT NOT NULL,
    person     TEXT NOT NULL,
    raised     TEXT NOT NULL
) STRICT;
CREATE INDEX escalations_by_question ON escalations (ballot_id, question);

-- A question that the machine was sure of, and a person is not: it is open until
-- a decision about it stands.
CREATE TABLE doubts (
    id         INTEGER PRIMARY KEY,
    ballot_id  INTEGER NOT NULL REFERENCES ballots (id),
    question   TEXT NOT NULL,
    reason     TEXT NOT NULL,
    person     TEXT NOT NULL,
    raised     TEXT NOT NULL
) STRICT;
CREATE INDEX doubts_by_question ON doubts (ballot_id, question);
CREATE TRIGGER doubts_never_changed BEFORE UPDATE ON doubts
BEGIN SELECT RAISE(ABORT, 'a doubt is never changed'); END;
CREATE TRIGGER doubts_never_deleted BEFORE DELETE ON doubts
BEGIN SELECT RAISE(ABORT, 'a doubt is never deleted'); END;

-- A decision that was taken back. It stays, with this row beside it.
CREATE TABLE withdrawals (
    id           INTEGER PRIMARY KEY,
    decision_id  INTEGER NOT NULL UNIQUE REFERENCES decisions (id),
    reason       TEXT NOT NULL,
    person       TEXT NOT NULL,
    withdrawn    TEXT NOT NULL
) STRICT;

-- How the station is set; the newest row of a name holds.
CREATE TABLE settings (
    id      INTEGER PRIMARY KEY,
    name    TEXT NOT NULL,
    value   TEXT NOT NULL,
    person  TEXT NOT NULL,
    set_at  TEXT NOT NULL
) STRICT;
CREATE INDEX settings_by_name ON settings (name, id);

CREATE TRIGGER opinions_never_changed BEFORE UPDATE ON opinions
BEGIN SELECT RAISE(ABORT, 'an opinion is never changed'); END;
CREATE TRIGGER opinions_never_deleted BEFORE DELETE ON opinions
BEGIN SELECT RAISE(ABORT, 'an opinion is never deleted'); END;
CREATE TRIGGER escalations_never_changed BEFORE UPDATE ON escalations
BEGIN SELECT RAISE(ABORT, 'an escalation is never changed'); END;
CREATE TRIGGER escalations_never_deleted BEFORE DELETE ON escalations
BEGIN SELECT RAISE(ABORT, 'an escalation is never deleted'); END;
CREATE TRIGGER withdrawals_never_changed BEFORE UPDATE ON withdrawals
BEGIN SELECT RAISE(ABORT, 'a withdrawal is never changed'); END;
CREATE TRIGGER withdrawals_never_deleted BEFORE DELETE ON withdrawals
BEGIN SELECT RAISE(ABORT, 'a withdrawal is never deleted'); END;
CREATE TRIGGER settings_never_changed BEFORE UPDATE ON settings
BEGIN SELECT RAISE(ABORT, 'a setting is never changed'); END;
CREATE TRIGGER settings_never_deleted BEFORE DELETE ON settings
BEGIN SELECT RAISE(ABORT, 'a setting is never deleted'); END;

-- Decisions that hold: those that nobody took back.
CREATE VIEW standing_decisions AS
SELECT d.* FROM decisions d
WHERE NOT EXISTS (SELECT 1 FROM withdrawals w WHERE w.decision_id = d.id);

-- What waits for a person: each with the page that its answer was read from.
CREATE VIEW open_items AS
SELECT bp.ballot_id, a.question, a.state, bp.reading_id, bp.page_id, bp.page
FROM answers a
JOIN ballot_pages bp ON bp.reading_id = a.reading_id AND bp.role = 'member'
WHERE a.state IN ('overvote', 'marginal', 'corrected')
  AND NOT EXISTS (SELECT 1 FROM standing_decisions d WHERE d.ballot_id = bp.ballot_id
                  AND d.kind = 'answer' AND d.question = a.question)
UNION
SELECT bp.ballot_id, a.question, 'doubted', bp.reading_id, bp.page_id, bp.page
FROM doubts t
JOIN ballot_pages bp ON bp.ballot_id = t.ballot_id AND bp.role = 'member'
JOIN answers a ON a.reading_id = bp.reading_id AND a.question = t.question
WHERE a.state IN ('answered', 'blank')
  AND NOT EXISTS (SELECT 1 FROM standing_decisions d WHERE d.ballot_id = bp.ballot_id
                  AND d.kind = 'answer' AND d.question = a.question);

-- Few answers are open: found without looking at all.
CREATE INDEX uncertain_answers ON answers (reading_id, question)
    WHERE state IN ('overvote', 'marginal', 'corrected');

DROP VIEW ballot_states;
CREATE VIEW ballot_states AS
SELECT b.id, b.form_id, b.unit_id, b.box_id,
    CASE
        WHEN EXISTS (SELECT 1 FROM ballot_ends x WHERE x.ballot_id = b.id) THEN 'cancelled'
        WHEN (SELECT d.kind FROM standing_decisions d
              WHERE d.ballot_id = b.id AND d.kind IN ('reject', 'restore')
              ORDER BY d.id DESC LIMIT 1) = 'reject' THEN 'rejected'
        WHEN (SELECT count(*) FROM ballot_pages p
              WHERE p.ballot_id = b.id AND p.role = 'member') < f.pages THEN 'pending'
        WHEN EXISTS (SELECT 1 FROM current_problems p
                     WHERE p.ballot_id = b.id AND p.blocking = 1
                       AND NOT EXISTS (SELECT 1 FROM standing_decisions d
                                       WHERE d.problem_id = p.id))
            THEN 'pending'
        ELSE 'counted'
    END AS state
FROM ballots b JOIN forms f ON f.id = b.form_id;
