-- Version 2: with each reading the station, the model and the scanner profile
-- that it was made by. What was read before says nothing of them.

-- A scanner's profile as it was when pages were first read with it.
CREATE TABLE scanner_profiles (
    id        INTEGER PRIMARY KEY,
    digest    TEXT NOT NULL UNIQUE,
    name      TEXT NOT NULL,
    source    TEXT NOT NULL,
    recorded  TEXT NOT NULL
) STRICT;

CREATE TRIGGER scanner_profiles_never_changed BEFORE UPDATE ON scanner_profiles
BEGIN SELECT RAISE(ABORT, 'a recorded scanner profile is never changed'); END;
CREATE TRIGGER scanner_profiles_never_deleted BEFORE DELETE ON scanner_profiles
BEGIN SELECT RAISE(ABORT, 'a recorded scanner profile is never deleted'); END;

ALTER TABLE readings ADD COLUMN station TEXT;
ALTER TABLE readings ADD COLUMN model TEXT;
-- NULL: read without a profile.
ALTER TABLE readings ADD COLUMN profile_id INTEGER REFERENCES scanner_profiles (id);
