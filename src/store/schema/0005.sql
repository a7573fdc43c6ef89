-- Version 5: a batch can be paused, resumed and cancelled. What came in a
-- cancelled batch stays recorded and counts nowhere; the same files may come
-- again in another batch. So a page may be read, and have its place, once in
-- each batch (see store/batches.rs).
--
-- Tables whose constraints change are made anew: SQLite cannot drop one. The
-- rows stay as they are, and with them their digests in the log.

CREATE TABLE batch_events (
    id        INTEGER PRIMARY KEY,
    batch_id  INTEGER NOT NULL REFERENCES batches (id),
    kind      TEXT NOT NULL CHECK (kind IN ('paused', 'resumed', 'cancelled')),
    reason    TEXT NOT NULL,
    person    TEXT NOT NULL,
    at        TEXT NOT NULL
) STRICT;
CREATE INDEX batch_events_by_batch ON batch_events (batch_id, id);
-- Cancelled is for good.
CREATE UNIQUE INDEX cancelled_once ON batch_events (batch_id) WHERE kind = 'cancelled';

CREATE TRIGGER batch_events_never_changed BEFORE UPDATE ON batch_events
BEGIN SELECT RAISE(ABORT, 'what happened to a batch is never changed'); END;
CREATE TRIGGER batch_events_never_deleted BEFORE DELETE ON batch_events
BEGIN SELECT RAISE(ABORT, 'what happened to a batch is never deleted'); END;

-- A ballot that a cancelled batch began, or gave a page that was counted. What
-- other batches had of that paper is put together anew, as another row.
CREATE TABLE ballot_ends (
    ballot_id  INTEGER PRIMARY KEY REFERENCES ballots (id),
    event_id   INTEGER NOT NULL REFERENCES batch_events (id)
) STRICT;

CREATE TRIGGER ballot_ends_never_changed BEFORE UPDATE ON ballot_ends
BEGIN SELECT RAISE(ABORT, 'the end of a ballot is never changed'); END;
CREATE TRIGGER ballot_ends_never_deleted BEFORE DELETE ON ballot_ends
BEGIN SELECT RAISE(ABORT, 'the end of a ballot is never deleted'); END;

DROP VIEW ballot_states;
DROP VIEW current_readings;

-- Readings: once in each batch, so not unique by page, program and forms.
PRAGMA defer_foreign_keys = ON;
CREATE TABLE kept_readings AS SELECT * FROM readings;
DROP TABLE readings;
CREATE TABLE readings (
    id         INTEGER PRIMARY KEY,
    page_id    INTEGER NOT NULL REFERENCES pages (id),
    form_id    INTEGER REFERENCES forms (id),
    page       INTEGER,
    serial     TEXT,
    unit       TEXT,
    box        TEXT,
    status     TEXT NOT NULL CHECK (status IN ('clean', 'review', 'unreadable')),
    reading    TEXT NOT NULL,
    digest     TEXT NOT NULL,
    reader     TEXT NOT NULL,
    layouts    TEXT NOT NULL,
    read_at    TEXT NOT NULL,
    station    TEXT,
    model      TEXT,
    -- NULL: read without a profile.
    profile_id INTEGER REFERENCES scanner_profiles (id),
    -- NULL: read before this was noted, in the batch of the image.
    batch_id   INTEGER REFERENCES batches (id)
) STRICT;
INSERT INTO readings (id, page_id, form_id, page, serial, unit, box, status, reading, digest,
    reader, layouts, read_at, station, model, profile_id)
SELECT id, page_id, form_id, page, serial, unit, box, status, reading, digest,
    reader, layouts, read_at, station, model, profile_id FROM kept_readings ORDER BY id;
DROP TABLE kept_readings;
CREATE INDEX readings_by_page ON readings (page_id, id);
CREATE INDEX readings_by_batch ON readings (batch_id);
CREATE TRIGGER readings_never_changed BEFORE UPDATE ON readings
BEGIN SELECT RAISE(ABORT, 'a reading is never changed'); END;
CREATE TRIGGER readings_never_deleted BEFORE DELETE ON readings
BEGIN SELECT RAISE(ABORT, 'a reading is never deleted'); END;

-- Which page image belongs to which ballot, in which batch.
CREATE TABLE placements (
    id          INTEGER PRIMARY KEY,
    page_id     INTEGER NOT NULL REFERENCES pages (id),
    ballot_id   INTEGER NOT NULL REFERENCES ballots (id),
    reading_id  INTEGER NOT NULL REFERENCES readings (id),
    batch_id    INTEGER NOT NULL REFERENCES batches (id),
    page        INTEGER NOT NULL,
    role        TEXT NOT NULL CHECK (role IN ('member', 'duplicate', 'unread')),
    -- The box of the cover sheet that it lay under; NULL: under none.
    cover_box_id    INTEGER REFERENCES boxes (id),
    -- It lay under a cover sheet that cannot be believed; else NULL.
    cover_doubtful  INTEGER CHECK (cover_doubtful = 1)
) STRICT;
INSERT INTO placements (page_id, ballot_id, reading_id, batch_id, page, role)
SELECT b.page_id, b.ballot_id, b.reading_id, i.batch_id, b.page, b.role
FROM ballot_pages b JOIN pages p ON p.id = b.page_id JOIN images i ON i.id = p.image_id
ORDER BY b.reading_id;
DROP TABLE ballot_pages;
-- While a ballot holds, all of its members do: an end is written otherwise.
CREATE UNIQUE INDEX one_member_a_page ON placements (ballot_id, page) WHERE role = 'member';
CREATE INDEX placements_by_page ON placements (page_id);
CREATE INDEX placements_by_ballot ON placements (ballot_id);
CREATE INDEX placements_by_batch ON placements (batch_id);
CREATE INDEX placements_by_reading ON placements (reading_id);
CREATE TRIGGER placements_never_changed BEFORE UPDATE ON placements
BEGIN SELECT RAISE(ABORT, 'a page''s place in a ballot is never changed'); END;
CREATE TRIGGER placements_never_deleted BEFORE DELETE ON placements
BEGIN SELECT RAISE(ABORT, 'a page''s place in a ballot is never deleted'); END;

-- What the pen left in the marked boxes of a page without a serial (see
-- read/sketch.rs), and digests of its answers, each of half of them, by which
-- pages that may show the same paper are found.
CREATE TABLE sketches (
    reading_id  INTEGER PRIMARY KEY REFERENCES readings (id),
    form_id     INTEGER NOT NULL REFERENCES forms (id),
    page        INTEGER NOT NULL,
    key_one     TEXT NOT NULL,
    key_two     TEXT NOT NULL,
    cells       BLOB NOT NULL
) STRICT;
CREATE INDEX sketches_by_one ON sketches (form_id, page, key_one);
CREATE INDEX sketches_by_two ON sketches (form_id, page, key_two);
CREATE TRIGGER sketches_never_changed BEFORE UPDATE ON sketches
BEGIN SELECT RAISE(ABORT, 'a sketch is never changed'); END;
CREATE TRIGGER sketches_never_deleted BEFORE DELETE ON sketches
BEGIN SELECT RAISE(ABORT, 'a sketch is never deleted'); END;

-- A serial is a ballot's only while the ballot holds.
DROP INDEX ballots_by_serial;
CREATE INDEX ballots_by_serial ON ballots (form_id, serial) WHERE serial IS NOT NULL;
CREATE TRIGGER one_ballot_a_serial BEFORE INSERT ON ballots
WHEN NEW.serial IS NOT NULL AND EXISTS (
    SELECT 1 FROM ballots b WHERE b.form_id = NEW.form_id AND b.serial = NEW.serial
    AND NOT EXISTS (SELECT 1 FROM ballot_ends e WHERE e.ballot_id = b.id))
BEGIN SELECT RAISE(ABORT, 'there is a ballot of this serial'); END;
CREATE INDEX ballots_by_batch ON ballots (batch_id);

-- The other ballot that a suspicion is about; it lasts while that one holds.
ALTER TABLE problems ADD COLUMN other_ballot_id INTEGER REFERENCES ballots (id);

-- Places that hold: of batches and in ballots that do.
CREATE VIEW ballot_pages AS
SELECT p.page_id, p.ballot_id, p.reading_id, p.page, p.role
FROM placements p
WHERE NOT EXISTS (SELECT 1 FROM batch_events e
                  WHERE e.batch_id = p.batch_id AND e.kind = 'cancelled')
  AND NOT EXISTS (SELECT 1 FROM ballot_ends x WHERE x.ballot_id = p.ballot_id);

-- Readings that hold: of batches that do.
CREATE VIEW holding_readings AS
SELECT r.* FROM readings r
WHERE NOT EXISTS (
    SELECT 1 FROM batch_events e WHERE e.kind = 'cancelled'
    AND e.batch_id = coalesce(r.batch_id, (
        SELECT i.batch_id FROM pages p JOIN images i ON i.id = p.image_id
        WHERE p.id = r.page_id)));

-- The newest of them of each page.
CREATE VIEW current_readings AS
SELECT r.* FROM readings r
WHERE r.id = (SELECT max(n.id) FROM holding_readings n WHERE n.page_id = r.page_id);

-- Problems that hold: not of a reading that does not, nor about a ballot that
-- is no more.
CREATE VIEW current_problems AS
SELECT p.* FROM problems p
WHERE NOT EXISTS (SELECT 1 FROM ballot_ends x WHERE x.ballot_id = p.ballot_id)
  AND NOT EXISTS (SELECT 1 FROM ballot_ends x WHERE x.ballot_id = p.other_ballot_id)
  AND (p.reading_id IS NULL
       OR EXISTS (SELECT 1 FROM holding_readings r WHERE r.id = p.reading_id));

-- Does a ballot count? Derived, each time.
CREATE VIEW ballot_states AS
SELECT b.id, b.form_id, b.unit_id, b.box_id,
    CASE
        WHEN EXISTS (SELECT 1 FROM ballot_ends x WHERE x.ballot_id = b.id) THEN 'cancelled'
        WHEN (SELECT d.kind FROM decisions d
              WHERE d.ballot_id = b.id AND d.kind IN ('reject', 'restore')
              ORDER BY d.id DESC LIMIT 1) = 'reject' THEN 'rejected'
        WHEN (SELECT count(*) FROM ballot_pages p
              WHERE p.ballot_id = b.id AND p.role = 'member') < f.pages THEN 'pending'
        WHEN EXISTS (SELECT 1 FROM current_problems p
                     WHERE p.ballot_id = b.id AND p.blocking = 1
                       AND NOT EXISTS (SELECT 1 FROM decisions d WHERE d.problem_id = p.id))
            THEN 'pending'
        ELSE 'counted'
    END AS state
FROM ballots b JOIN forms f ON f.id = b.form_id;
