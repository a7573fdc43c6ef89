-- Version 9: ballots that were not scanned here: those of another station's package,
-- and answers that came in online. They are packed (see packing.rs): a reporting
-- office has a million of them.

-- Where they came from. A newer revision of a package replaces the older one, which
-- stays with a row in source_ends.
CREATE TABLE sources (
    id        INTEGER PRIMARY KEY,
    kind      TEXT NOT NULL CHECK (kind IN ('package', 'online')),
    name      TEXT NOT NULL,
    -- Of the file that came in: the same again changes nothing.
    digest    TEXT NOT NULL UNIQUE,
    -- Of a package: which station sent it, and which of its exports it is.
    station   TEXT,
    revision  INTEGER,
    -- What else the file says of itself, as JSON.
    detail    TEXT NOT NULL,
    -- Of its ballots in their order: verified with the log.
    ballots   INTEGER NOT NULL CHECK (ballots >= 0),
    rows_hash TEXT NOT NULL,
    person    TEXT NOT NULL,
    recorded  TEXT NOT NULL,
    CHECK ((kind = 'package') = (station IS NOT NULL AND revision IS NOT NULL))
) STRICT;

CREATE TABLE source_ends (
    source_id    INTEGER PRIMARY KEY REFERENCES sources (id),
    replaced_by  INTEGER REFERENCES sources (id),
    reason       TEXT NOT NULL,
    person       TEXT NOT NULL,
    ended        TEXT NOT NULL
) STRICT;

CREATE TABLE outside_ballots (
    id         INTEGER PRIMARY KEY,
    source_id  INTEGER NOT NULL REFERENCES sources (id),
    form_id    INTEGER NOT NULL REFERENCES forms (id),
    unit_id    INTEGER REFERENCES units (id),
    box        TEXT,
    serial     TEXT,
    channel    TEXT NOT NULL CHECK (channel IN ('counter', 'post', 'online')),
    -- Day on which it came in.
    day        TEXT NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('counted', 'pending', 'rejected')),
    answers    BLOB NOT NULL
) STRICT;
CREATE INDEX outside_ballots_by_source ON outside_ballots (source_id);
CREATE INDEX outside_ballots_by_serial ON outside_ballots (form_id, serial)
    WHERE serial IS NOT NULL;

CREATE TRIGGER sources_never_changed BEFORE UPDATE ON sources
BEGIN SELECT RAISE(ABORT, 'where ballots came from is never changed'); END;
CREATE TRIGGER sources_never_deleted BEFORE DELETE ON sources
BEGIN SELECT RAISE(ABORT, 'where ballots came from is never deleted'); END;
CREATE TRIGGER source_ends_never_changed BEFORE UPDATE ON source_ends
BEGIN SELECT RAISE(ABORT, 'the end of a source is never changed'); END;
CREATE TRIGGER source_ends_never_deleted BEFORE DELETE ON source_ends
BEGIN SELECT RAISE(ABORT, 'the end of a source is never deleted'); END;
CREATE TRIGGER outside_ballots_never_changed BEFORE UPDATE ON outside_ballots
BEGIN SELECT RAISE(ABORT, 'a ballot that came in is never changed'); END;
CREATE TRIGGER outside_ballots_never_deleted BEFORE DELETE ON outside_ballots
BEGIN SELECT RAISE(ABORT, 'a ballot that came in is never deleted'); END;
