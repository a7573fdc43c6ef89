-- Version 11: images, and what was taken out of them, are removed when their date
-- has come. What was removed is written down before it is.

-- A removal: the images with these numbers, all that the station had then. Which
-- they are stays in `images`, under the log like everything else.
CREATE TABLE removals (
    id           INTEGER PRIMARY KEY,
    first_image  INTEGER NOT NULL,
    last_image   INTEGER NOT NULL CHECK (last_image >= first_image - 1),
    images       INTEGER NOT NULL CHECK (images >= 0),
    bytes        INTEGER NOT NULL CHECK (bytes >= 0),
    -- SHA-256 of their hashes, sorted, each in a line of its own.
    digest       TEXT NOT NULL,
    -- Sketches of readings up to this one are deleted in the same transaction.
    last_reading INTEGER NOT NULL CHECK (last_reading >= 0),
    sketches     INTEGER NOT NULL CHECK (sketches >= 0),
    -- By which version of the campaign, and the day that it names.
    campaign     INTEGER NOT NULL REFERENCES campaigns (version),
    keep_until   TEXT NOT NULL,
    -- What else was the case, as JSON: what still waited for a person, originals that
    -- were not whole, files that no record names.
    detail       TEXT NOT NULL CHECK (json_valid(detail)),
    present      TEXT NOT NULL CHECK (json_valid(present)),
    place        TEXT,
    decision     TEXT,
    reason       TEXT,
    person       TEXT NOT NULL,
    begun        TEXT NOT NULL
) STRICT;

-- A removal that came to its end: nothing of it is left.
CREATE TABLE removal_ends (
    removal_id  INTEGER PRIMARY KEY REFERENCES removals (id),
    person      TEXT NOT NULL,
    ended       TEXT NOT NULL
) STRICT;

CREATE TRIGGER removals_never_changed BEFORE UPDATE ON removals
BEGIN SELECT RAISE(ABORT, 'a removal of images is never changed'); END;
CREATE TRIGGER removals_never_deleted BEFORE DELETE ON removals
BEGIN SELECT RAISE(ABORT, 'the record of a removal is never deleted'); END;
CREATE TRIGGER removals_in_turn BEFORE INSERT ON removals
WHEN NEW.first_image <> (SELECT coalesce(max(last_image), 0) + 1 FROM removals)
  OR EXISTS (SELECT 1 FROM removals r
             WHERE NOT EXISTS (SELECT 1 FROM removal_ends e WHERE e.removal_id = r.id))
BEGIN SELECT RAISE(ABORT, 'a removal begins where the one before it ended'); END;
CREATE TRIGGER removal_ends_never_changed BEFORE UPDATE ON removal_ends
BEGIN SELECT RAISE(ABORT, 'the end of a removal is never changed'); END;
CREATE TRIGGER removal_ends_never_deleted BEFORE DELETE ON removal_ends
BEGIN SELECT RAISE(ABORT, 'the end of a removal is never deleted'); END;

DROP TRIGGER sketches_never_deleted;
CREATE TRIGGER sketches_never_deleted BEFORE DELETE ON sketches
WHEN NOT EXISTS (SELECT 1 FROM removals r WHERE r.last_reading >= OLD.reading_id)
BEGIN SELECT RAISE(ABORT, 'a sketch is only deleted by a recorded removal'); END;
