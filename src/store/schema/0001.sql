-- Version 1 of the tally database.
--
-- Rows about what was seen (images, pages, readings, decisions, events) are
-- only ever added. What is counted is derived from them by the views below
-- and by the tally's queries; nothing that is counted is stored as a number.

CREATE TABLE station (
    only      INTEGER PRIMARY KEY CHECK (only = 1),
    id        TEXT NOT NULL,
    created   TEXT NOT NULL,
    software  TEXT NOT NULL
) STRICT;

-- A campaign's file as it was when it was taken in; the newest version holds.
CREATE TABLE campaigns (
    version   INTEGER PRIMARY KEY,
    name      TEXT NOT NULL,
    source    TEXT NOT NULL,
    digest    TEXT NOT NULL,
    recorded  TEXT NOT NULL
) STRICT;

CREATE TABLE forms (
    id          INTEGER PRIMARY KEY,
    form        TEXT NOT NULL,
    version     INTEGER NOT NULL,
    digest      TEXT NOT NULL,
    title       TEXT NOT NULL,
    pages       INTEGER NOT NULL CHECK (pages > 0),
    source      TEXT NOT NULL,
    layout      TEXT NOT NULL,
    registered  TEXT NOT NULL,
    UNIQUE (form, version)
) STRICT;

-- Units form a tree. A unit that was only seen printed in a code is not
-- declared: people must see that it is not in the campaign.
CREATE TABLE units (
    id        INTEGER PRIMARY KEY,
    unit      TEXT NOT NULL UNIQUE,
    name      TEXT,
    parent    INTEGER REFERENCES units (id),
    quota     INTEGER CHECK (quota >= 0),
    declared  INTEGER NOT NULL CHECK (declared IN (0, 1))
) STRICT;

CREATE TABLE boxes (
    id        INTEGER PRIMARY KEY,
    box       TEXT NOT NULL,
    unit_id   INTEGER REFERENCES units (id),
    declared  INTEGER NOT NULL CHECK (declared IN (0, 1))
) STRICT;
CREATE UNIQUE INDEX boxes_by_name ON boxes (box, coalesce(unit_id, 0));

-- One run of scanning that brought something new.
CREATE TABLE batches (
    id        INTEGER PRIMARY KEY,
    started   TEXT NOT NULL,
    finished  TEXT,
    box_id    INTEGER REFERENCES boxes (id),
    software  TEXT NOT NULL
) STRICT;

-- One image file; its bytes are kept under originals/ by this hash.
CREATE TABLE images (
    id        INTEGER PRIMARY KEY,
    hash      TEXT NOT NULL UNIQUE,
    kept_as   TEXT NOT NULL,
    name      TEXT NOT NULL,
    bytes     INTEGER NOT NULL,
    pages     INTEGER NOT NULL CHECK (pages > 0),
    batch_id  INTEGER NOT NULL REFERENCES batches (id),
    stored    TEXT NOT NULL
) STRICT;

CREATE TABLE pages (
    id          INTEGER PRIMARY KEY,
    image_id    INTEGER NOT NULL REFERENCES images (id),
    page_index  INTEGER NOT NULL CHECK (page_index >= 0),
    UNIQUE (image_id, page_index)
) STRICT;

-- What the machine read of a page. A later reader adds a row; it never
-- changes one.
CREATE TABLE readings (
    id        INTEGER PRIMARY KEY,
    page_id   INTEGER NOT NULL REFERENCES pages (id),
    form_id   INTEGER REFERENCES forms (id),
    page      INTEGER,
    serial    TEXT,
    unit      TEXT,
    box       TEXT,
    status    TEXT NOT NULL CHECK (status IN ('clean', 'review', 'unreadable')),
    reading   TEXT NOT NULL,
    digest    TEXT NOT NULL,
    reader    TEXT NOT NULL,
    layouts   TEXT NOT NULL,
    read_at   TEXT NOT NULL,
    UNIQUE (page_id, reader, layouts)
) STRICT;

CREATE TABLE answers (
    reading_id  INTEGER NOT NULL REFERENCES readings (id),
    question    TEXT NOT NULL,
    state       TEXT NOT NULL CHECK (state IN
                ('answered', 'blank', 'overvote', 'marginal', 'corrected')),
    PRIMARY KEY (reading_id, question)
) STRICT, WITHOUT ROWID;

CREATE TABLE answer_choices (
    reading_id  INTEGER NOT NULL,
    question    TEXT NOT NULL,
    choice      TEXT NOT NULL,
    PRIMARY KEY (reading_id, question, choice),
    FOREIGN KEY (reading_id, question) REFERENCES answers (reading_id, question)
) STRICT, WITHOUT ROWID;

CREATE TABLE marks (
    reading_id  INTEGER NOT NULL REFERENCES readings (id),
    question    TEXT NOT NULL,
    choice      TEXT NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('marked', 'unmarked', 'marginal')),
    score       REAL NOT NULL,
    PRIMARY KEY (reading_id, question, choice)
) STRICT, WITHOUT ROWID;

-- One respondent's paper.
CREATE TABLE ballots (
    id        INTEGER PRIMARY KEY,
    form_id   INTEGER NOT NULL REFERENCES forms (id),
    serial    TEXT,
    unit_id   INTEGER REFERENCES units (id),
    box_id    INTEGER REFERENCES boxes (id),
    batch_id  INTEGER NOT NULL REFERENCES batches (id)
) STRICT;
CREATE UNIQUE INDEX ballots_by_serial ON ballots (form_id, serial) WHERE serial IS NOT NULL;

-- Which page image belongs to which ballot. A duplicate is another image of a
-- page that the ballot already has: shown to a person, never counted. An
-- unread page is known by its code to belong to the ballot, but nothing could
-- be read from it: the ballot waits for a better scan or a person.
CREATE TABLE ballot_pages (
    page_id     INTEGER PRIMARY KEY REFERENCES pages (id),
    ballot_id   INTEGER NOT NULL REFERENCES ballots (id),
    reading_id  INTEGER NOT NULL REFERENCES readings (id),
    page        INTEGER NOT NULL,
    role        TEXT NOT NULL CHECK (role IN ('member', 'duplicate', 'unread'))
) STRICT;
CREATE UNIQUE INDEX one_member_a_page ON ballot_pages (ballot_id, page) WHERE role = 'member';
CREATE INDEX ballot_pages_by_ballot ON ballot_pages (ballot_id);

-- What a person must see, of a reading or of a ballot. A blocking problem
-- keeps the whole ballot out of the figures until a decision settles it.
CREATE TABLE problems (
    id         INTEGER PRIMARY KEY,
    reading_id INTEGER REFERENCES readings (id),
    ballot_id  INTEGER REFERENCES ballots (id),
    code       TEXT NOT NULL,
    detail     TEXT NOT NULL,
    blocking   INTEGER NOT NULL CHECK (blocking IN (0, 1)),
    CHECK (reading_id IS NOT NULL OR ballot_id IS NOT NULL)
) STRICT;
CREATE INDEX problems_by_ballot ON problems (ballot_id);
CREATE INDEX problems_by_reading ON problems (reading_id);

-- What a person settled. `answer`: the question's answer is `after`;
-- `reject` and `restore`: the ballot does not count, counts again;
-- `settle`: the problem keeps the ballot from counting no longer.
CREATE TABLE decisions (
    id          INTEGER PRIMARY KEY,
    ballot_id   INTEGER NOT NULL REFERENCES ballots (id),
    kind        TEXT NOT NULL CHECK (kind IN ('answer', 'reject', 'restore', 'settle')),
    question    TEXT,
    problem_id  INTEGER REFERENCES problems (id),
    before      TEXT,
    after       TEXT,
    reason      TEXT NOT NULL,
    person      TEXT NOT NULL,
    decided     TEXT NOT NULL,
    CHECK ((kind = 'answer') = (question IS NOT NULL)),
    CHECK ((kind = 'answer') = (after IS NOT NULL)),
    CHECK ((kind = 'settle') = (problem_id IS NOT NULL))
) STRICT;
CREATE INDEX decisions_by_ballot ON decisions (ballot_id, kind, question);
CREATE INDEX decisions_by_problem ON decisions (problem_id) WHERE problem_id IS NOT NULL;

CREATE TABLE events (
    id      INTEGER PRIMARY KEY,
    at      TEXT NOT NULL,
    kind    TEXT NOT NULL,
    person  TEXT,
    detail  TEXT NOT NULL
) STRICT;

-- Does a ballot count? Derived, each time.
CREATE VIEW ballot_states AS
SELECT b.id, b.form_id, b.unit_id, b.box_id,
    CASE
        WHEN (SELECT d.kind FROM decisions d
              WHERE d.ballot_id = b.id AND d.kind IN ('reject', 'restore')
              ORDER BY d.id DESC LIMIT 1) = 'reject' THEN 'rejected'
        WHEN (SELECT count(*) FROM ballot_pages p
              WHERE p.ballot_id = b.id AND p.role = 'member') < f.pages THEN 'pending'
        WHEN EXISTS (SELECT 1 FROM problems p
                     WHERE p.ballot_id = b.id AND p.blocking = 1
                       AND NOT EXISTS (SELECT 1 FROM decisions d WHERE d.problem_id = p.id))
            THEN 'pending'
        ELSE 'counted'
    END AS state
FROM ballots b JOIN forms f ON f.id = b.form_id;

-- The newest reading of each page.
CREATE VIEW current_readings AS
SELECT r.* FROM readings r
WHERE r.id = (SELECT max(n.id) FROM readings n WHERE n.page_id = r.page_id);

-- What was recorded stays, even against a direct SQL session.
CREATE TRIGGER station_never_changed BEFORE UPDATE ON station
BEGIN SELECT RAISE(ABORT, 'the station''s identity is never changed'); END;
CREATE TRIGGER station_never_deleted BEFORE DELETE ON station
BEGIN SELECT RAISE(ABORT, 'the station''s identity is never deleted'); END;
CREATE TRIGGER campaigns_never_changed BEFORE UPDATE ON campaigns
BEGIN SELECT RAISE(ABORT, 'a recorded campaign is never changed'); END;
CREATE TRIGGER campaigns_never_deleted BEFORE DELETE ON campaigns
BEGIN SELECT RAISE(ABORT, 'a recorded campaign is never deleted'); END;
CREATE TRIGGER forms_never_changed BEFORE UPDATE ON forms
BEGIN SELECT RAISE(ABORT, 'a registered form is never changed'); END;
CREATE TRIGGER forms_never_deleted BEFORE DELETE ON forms
BEGIN SELECT RAISE(ABORT, 'a registered form is never deleted'); END;
CREATE TRIGGER images_never_changed BEFORE UPDATE ON images
BEGIN SELECT RAISE(ABORT, 'a stored image is never changed'); END;
CREATE TRIGGER images_never_deleted BEFORE DELETE ON images
BEGIN SELECT RAISE(ABORT, 'a stored image is never deleted'); END;
CREATE TRIGGER pages_never_changed BEFORE UPDATE ON pages
BEGIN SELECT RAISE(ABORT, 'a stored page is never changed'); END;
CREATE TRIGGER pages_never_deleted BEFORE DELETE ON pages
BEGIN SELECT RAISE(ABORT, 'a stored page is never deleted'); END;
CREATE TRIGGER readings_never_changed BEFORE UPDATE ON readings
BEGIN SELECT RAISE(ABORT, 'a reading is never changed'); END;
CREATE TRIGGER readings_never_deleted BEFORE DELETE ON readings
BEGIN SELECT RAISE(ABORT, 'a reading is never deleted'); END;
CREATE TRIGGER answers_never_changed BEFORE UPDATE ON answers
BEGIN SELECT RAISE(ABORT, 'a reading is never changed'); END;
CREATE TRIGGER answers_never_deleted BEFORE DELETE ON answers
BEGIN SELECT RAISE(ABORT, 'a reading is never deleted'); END;
CREATE TRIGGER answer_choices_never_changed BEFORE UPDATE ON answer_choices
BEGIN SELECT RAISE(ABORT, 'a reading is never changed'); END;
CREATE TRIGGER answer_choices_never_deleted BEFORE DELETE ON answer_choices
BEGIN SELECT RAISE(ABORT, 'a reading is never deleted'); END;
CREATE TRIGGER marks_never_changed BEFORE UPDATE ON marks
BEGIN SELECT RAISE(ABORT, 'a reading is never changed'); END;
CREATE TRIGGER marks_never_deleted BEFORE DELETE ON marks
BEGIN SELECT RAISE(ABORT, 'a reading is never deleted'); END;
CREATE TRIGGER ballot_pages_never_changed BEFORE UPDATE ON ballot_pages
BEGIN SELECT RAISE(ABORT, 'a page''s place in a ballot is never changed'); END;
CREATE TRIGGER ballot_pages_never_deleted BEFORE DELETE ON ballot_pages
BEGIN SELECT RAISE(ABORT, 'a page''s place in a ballot is never deleted'); END;
CREATE TRIGGER problems_never_changed BEFORE UPDATE ON problems
BEGIN SELECT RAISE(ABORT, 'a problem is never changed'); END;
CREATE TRIGGER problems_never_deleted BEFORE DELETE ON problems
BEGIN SELECT RAISE(ABORT, 'a problem is never deleted'); END;
CREATE TRIGGER decisions_never_changed BEFORE UPDATE ON decisions
BEGIN SELECT RAISE(ABORT, 'a decision is never changed'); END;
CREATE TRIGGER decisions_never_deleted BEFORE DELETE ON decisions
BEGIN SELECT RAISE(ABORT, 'a decision is never deleted'); END;
CREATE TRIGGER events_never_changed BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'an event is never changed'); END;
CREATE TRIGGER events_never_deleted BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'an event is never deleted'); END;
CREATE TRIGGER ballots_never_deleted BEFORE DELETE ON ballots
BEGIN SELECT RAISE(ABORT, 'ballots are never deleted'); END;
CREATE TRIGGER batches_never_deleted BEFORE DELETE ON batches
BEGIN SELECT RAISE(ABORT, 'batches are never deleted'); END;
CREATE TRIGGER units_never_deleted BEFORE DELETE ON units
BEGIN SELECT RAISE(ABORT, 'units are never deleted'); END;
CREATE TRIGGER boxes_never_deleted BEFORE DELETE ON boxes
BEGIN SELECT RAISE(ABORT, 'boxes are never deleted'); END;
