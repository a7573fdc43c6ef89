-- Version 3: the log is a chain. Each entry carries the hash of the one before
-- it and digests of the rows that were written with it (see store/audit.rs).
-- The events of versions 1 and 2 are taken over into it by the program.

CREATE TABLE log (
    id      INTEGER PRIMARY KEY,
    at      TEXT NOT NULL,
    kind    TEXT NOT NULL,
    -- Who, and from where.
    person  TEXT NOT NULL,
    origin  TEXT NOT NULL,
    -- What, as JSON.
    detail  TEXT NOT NULL,
    -- Digests of the rows that this entry stands for, as JSON.
    rows    TEXT NOT NULL,
    hash    TEXT NOT NULL
) STRICT;
CREATE INDEX log_by_kind ON log (kind, id);

CREATE TRIGGER log_never_changed BEFORE UPDATE ON log
BEGIN SELECT RAISE(ABORT, 'the log is never changed'); END;
CREATE TRIGGER log_never_deleted BEFORE DELETE ON log
BEGIN SELECT RAISE(ABORT, 'the log is never deleted'); END;
CREATE TRIGGER log_only_at_the_end BEFORE INSERT ON log
WHEN NEW.id <> (SELECT coalesce(max(id), 0) + 1 FROM log)
BEGIN SELECT RAISE(ABORT, 'the log is only added to at its end'); END;
CREATE TRIGGER ballots_never_changed BEFORE UPDATE ON ballots
BEGIN SELECT RAISE(ABORT, 'a recorded ballot is never changed'); END;
