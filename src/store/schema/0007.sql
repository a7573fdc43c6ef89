-- Version 7 (pages by hand): what people do with pages that the machine could
-- not place, and with ballots that wait as a whole; what handwriting says.

-- What a person did with a page: said which one it is so that it could be read
-- (`read`), keyed its answers from the picture (`keyed`), gave it another ballot
-- (`moved`), took it out (`rejected`), or took one of these back (`undone`). It
-- stands until it is undone, and while the reading that the person saw holds.
CREATE TABLE page_acts (
    id          INTEGER PRIMARY KEY,
    page_id     INTEGER NOT NULL REFERENCES pages (id),
    kind        TEXT NOT NULL CHECK (kind IN ('read', 'keyed', 'moved', 'rejected', 'undone')),
    -- The reading that the person saw.
    before_id   INTEGER NOT NULL REFERENCES readings (id),
    -- What was read with the person's help.
    reading_id  INTEGER REFERENCES readings (id),
    -- What the person said, as JSON.
    said        TEXT NOT NULL CHECK (json_valid(said)),
    undoes      INTEGER UNIQUE REFERENCES page_acts (id),
    reason      TEXT NOT NULL,
    person      TEXT NOT NULL,
    at          TEXT NOT NULL,
    CHECK ((kind = 'read') = (reading_id IS NOT NULL)),
    CHECK ((kind = 'undone') = (undoes IS NOT NULL))
) STRICT;
CREATE INDEX page_acts_by_page ON page_acts (page_id, id);
CREATE INDEX page_acts_by_reading ON page_acts (reading_id) WHERE reading_id IS NOT NULL;
CREATE TRIGGER page_acts_never_changed BEFORE UPDATE ON page_acts
BEGIN SELECT RAISE(ABORT, 'what a person did with a page is never changed'); END;
CREATE TRIGGER page_acts_never_deleted BEFORE DELETE ON page_acts
BEGIN SELECT RAISE(ABORT, 'what a person did with a page is never deleted'); END;

-- The act that gave a page its place; NULL: the machine did.
ALTER TABLE placements ADD COLUMN act_id INTEGER REFERENCES page_acts (id);

-- A place that a page has no more because a person gave it another one, or none.
CREATE TABLE placement_ends (
    placement_id  INTEGER PRIMARY KEY REFERENCES placements (id),
    act_id        INTEGER NOT NULL REFERENCES page_acts (id)
) STRICT;
CREATE INDEX placement_ends_by_act ON placement_ends (act_id);
CREATE TRIGGER placement_ends_never_changed BEFORE UPDATE ON placement_ends
BEGIN SELECT RAISE(ABORT, 'the end of a place is never changed'); END;
CREATE TRIGGER placement_ends_never_deleted BEFORE DELETE ON placement_ends
BEGIN SELECT RAISE(ABORT, 'the end of a place is never deleted'); END;

-- A ballot also ends when a page leaves it; what is left of it is put together
-- anew, as after a cancelled batch. The rows stay, and with them their digests.
CREATE TABLE kept_ballot_ends AS SELECT * FROM ballot_ends;
DROP TABLE ballot_ends;
CREATE TABLE ballot_ends (
    ballot_id  INTEGER PRIMARY KEY REFERENCES ballots (id),
    event_id   INTEGER REFERENCES batch_events (id),
    act_id     INTEGER REFERENCES page_acts (id),
    CHECK ((event_id IS NULL) <> (act_id IS NULL))
) STRICT;
INSERT INTO ballot_ends (ballot_id, event_id)
SELECT ballot_id, event_id FROM kept_ballot_ends ORDER BY ballot_id;
DROP TABLE kept_ballot_ends;
CREATE TRIGGER ballot_ends_never_changed BEFORE UPDATE ON ballot_ends
BEGIN SELECT RAISE(ABORT, 'the end of a ballot is never changed'); END;
CREATE TRIGGER ballot_ends_never_deleted BEFORE DELETE ON ballot_ends
BEGIN SELECT RAISE(ABORT, 'the end of a ballot is never deleted'); END;

-- Acts that stand.
CREATE VIEW standing_acts AS
SELECT a.* FROM page_acts a
WHERE a.kind <> 'undone'
  AND NOT EXISTS (SELECT 1 FROM page_acts u WHERE u.undoes = a.id)
  AND NOT EXISTS (
    SELECT 1 FROM batch_events e WHERE e.kind = 'cancelled'
    AND e.batch_id = (
        SELECT coalesce(r.batch_id, i.batch_id) FROM readings r
        JOIN pages p ON p.id = r.page_id JOIN images i ON i.id = p.image_id
        WHERE r.id = a.before_id));

-- Places that hold: of batches and in ballots that do, and not given up.
DROP VIEW ballot_pages;
CREATE VIEW ballot_pages AS
SELECT p.page_id, p.ballot_id, p.reading_id, p.page, p.role
FROM placements p
WHERE NOT EXISTS (SELECT 1 FROM batch_events e
                  WHERE e.batch_id = p.batch_id AND e.kind = 'cancelled')
  AND NOT EXISTS (SELECT 1 FROM ballot_ends x WHERE x.ballot_id = p.ballot_id)
  AND NOT EXISTS (SELECT 1 FROM placement_ends x WHERE x.placement_id = p.id);

-- Readings that hold: of batches that do, and not with a help that was taken back.
DROP VIEW holding_readings;
CREATE VIEW holding_readings AS
SELECT r.* FROM readings r
WHERE NOT EXISTS (
    SELECT 1 FROM batch_events e WHERE e.kind = 'cancelled'
    AND e.batch_id = coalesce(r.batch_id, (
        SELECT i.batch_id FROM pages p JOIN images i ON i.id = p.image_id
        WHERE p.id = r.page_id)))
  AND NOT EXISTS (
    SELECT 1 FROM page_acts a JOIN page_acts u ON u.undoes = a.id
    WHERE a.reading_id = r.id);

-- What a piece of handwriting says, and by which word it is grouped. The newest
-- row of an area holds; NULL: what was written down was taken back.
CREATE TABLE transcripts (
    id       INTEGER PRIMARY KEY,
    page_id  INTEGER NOT NULL REFERENCES pages (id),
    area     TEXT NOT NULL,
    text     TEXT,
    -- Without marks over and under letters, for searching.
    plain    TEXT,
    label    TEXT,
    reason   TEXT NOT NULL,
    person   TEXT NOT NULL,
    at       TEXT NOT NULL,
    CHECK ((text IS NULL) = (plain IS NULL))
) STRICT;
CREATE INDEX transcripts_by_area ON transcripts (page_id, area, id);
CREATE TRIGGER transcripts_never_changed BEFORE UPDATE ON transcripts
BEGIN SELECT RAISE(ABORT, 'a transcript is never changed, only followed by another'); END;
CREATE TRIGGER transcripts_never_deleted BEFORE DELETE ON transcripts
BEGIN SELECT RAISE(ABORT, 'a transcript is never deleted'); END;
