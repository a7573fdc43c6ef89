-- Version 4: ballot boxes are opened with minutes, closed and reopened; samples
-- are drawn from the hand counts and checked again by people.

-- The minutes of an opened box. A correction is a new row that names the row it
-- corrects and says why; the newest holds.
CREATE TABLE openings (
    id          INTEGER PRIMARY KEY,
    box_id      INTEGER NOT NULL REFERENCES boxes (id),
    -- Day and time as people gave it.
    opened      TEXT NOT NULL,
    place       TEXT NOT NULL,
    -- Who was present: a list of {"name", "role"}.
    present     TEXT NOT NULL CHECK (json_valid(present)),
    lock_whole  INTEGER NOT NULL CHECK (lock_whole IN (0, 1)),
    seal_whole  INTEGER NOT NULL CHECK (seal_whole IN (0, 1)),
    remark      TEXT,
    told        TEXT,
    -- Ballots, counted by hand.
    counted     INTEGER NOT NULL CHECK (counted >= 0),
    corrects    INTEGER UNIQUE REFERENCES openings (id),
    why         TEXT,
    person      TEXT NOT NULL,
    recorded    TEXT NOT NULL,
    CHECK ((corrects IS NULL) = (why IS NULL)),
    CHECK ((lock_whole = 1 AND seal_whole = 1) OR (remark IS NOT NULL AND told IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX one_opening_a_box ON openings (box_id) WHERE corrects IS NULL;
CREATE INDEX openings_by_box ON openings (box_id, id);

-- A box is closed or reopened; the newest event holds. `figures` are those of
-- the box at that moment, as JSON.
CREATE TABLE box_events (
    id       INTEGER PRIMARY KEY,
    box_id   INTEGER NOT NULL REFERENCES boxes (id),
    kind     TEXT NOT NULL CHECK (kind IN ('closed', 'reopened')),
    figures  TEXT NOT NULL CHECK (json_valid(figures)),
    reason   TEXT,
    person   TEXT NOT NULL,
    at       TEXT NOT NULL,
    CHECK (kind = 'closed' OR reason IS NOT NULL)
) STRICT;
CREATE INDEX box_events_by_box ON box_events (box_id, id);

CREATE VIEW closed_boxes AS
SELECT e.box_id FROM box_events e
WHERE e.kind = 'closed'
  AND e.id = (SELECT max(n.id) FROM box_events n WHERE n.box_id = e.box_id);

CREATE TRIGGER openings_never_changed BEFORE UPDATE ON openings
BEGIN SELECT RAISE(ABORT, 'minutes are never changed, only corrected by new ones'); END;
CREATE TRIGGER openings_never_deleted BEFORE DELETE ON openings
BEGIN SELECT RAISE(ABORT, 'minutes are never deleted'); END;
CREATE TRIGGER openings_correct_the_newest BEFORE INSERT ON openings
WHEN NEW.corrects IS NOT (SELECT max(id) FROM openings WHERE box_id = NEW.box_id)
BEGIN SELECT RAISE(ABORT, 'a correction names the newest minutes of its box'); END;
CREATE TRIGGER box_events_never_changed BEFORE UPDATE ON box_events
BEGIN SELECT RAISE(ABORT, 'an event of a box is never changed'); END;
CREATE TRIGGER box_events_never_deleted BEFORE DELETE ON box_events
BEGIN SELECT RAISE(ABORT, 'an event of a box is never deleted'); END;
CREATE TRIGGER box_events_in_turn BEFORE INSERT ON box_events
WHEN (NEW.kind = 'closed') = EXISTS (SELECT 1 FROM closed_boxes WHERE box_id = NEW.box_id)
BEGIN SELECT RAISE(ABORT, 'a closed box is reopened before it is closed again'); END;

-- A sample that was drawn from the hand counts for checking again by people: what
-- it was drawn from and by which seed, so that anybody can draw it again.
CREATE TABLE samples (
    id          INTEGER PRIMARY KEY,
    seed        TEXT NOT NULL,
    size        INTEGER NOT NULL CHECK (size > 0),
    -- The boxes with their hand counts at that moment, a list of
    -- {"box", "counted"}.
    boxes       TEXT NOT NULL CHECK (json_valid(boxes)),
    population  INTEGER NOT NULL CHECK (population >= size),
    person      TEXT NOT NULL,
    drawn       TEXT NOT NULL,
    UNIQUE (seed, size, boxes)
) STRICT;

-- What people found of a ballot of a sample; the newest holds.
CREATE TABLE sample_results (
    id         INTEGER PRIMARY KEY,
    sample_id  INTEGER NOT NULL REFERENCES samples (id),
    box        TEXT NOT NULL,
    position   INTEGER NOT NULL CHECK (position > 0),
    outcome    TEXT NOT NULL CHECK (outcome IN ('agrees', 'differs', 'missing')),
    remark     TEXT,
    person     TEXT NOT NULL,
    recorded   TEXT NOT NULL
) STRICT;
CREATE INDEX sample_results_by_place ON sample_results (sample_id, box, position, id);

CREATE TRIGGER samples_never_changed BEFORE UPDATE ON samples
BEGIN SELECT RAISE(ABORT, 'a drawn sample is never changed'); END;
CREATE TRIGGER samples_never_deleted BEFORE DELETE ON samples
BEGIN SELECT RAISE(ABORT, 'a drawn sample is never deleted'); END;
CREATE TRIGGER sample_results_never_changed BEFORE UPDATE ON sample_results
BEGIN SELECT RAISE(ABORT, 'a result of a sample is never changed, only followed by another'); END;
CREATE TRIGGER sample_results_never_deleted BEFORE DELETE ON sample_results
BEGIN SELECT RAISE(ABORT, 'a result of a sample is never deleted'); END;
