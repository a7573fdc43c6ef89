-- Version 10: packages between offices: the keys that they are signed with, the keys
-- of other stations that this one believes, and what it sent.

-- Public halves of this station's own keys; the newest holds. The secret half is in
-- a file of the station's folder, never here: copies of the database go about.
CREATE TABLE station_keys (
    id          INTEGER PRIMARY KEY,
    public_key  TEXT NOT NULL UNIQUE CHECK (length(public_key) = 64),
    reason      TEXT NOT NULL,
    person      TEXT NOT NULL,
    made        TEXT NOT NULL
) STRICT;

-- Keys of other stations that a person compared and believes.
CREATE TABLE pins (
    id          INTEGER PRIMARY KEY,
    public_key  TEXT NOT NULL CHECK (length(public_key) = 64),
    -- The only station that may sign with it; NULL: the first that does.
    station     TEXT,
    name        TEXT NOT NULL,
    -- It may speak for this unit and those below it; NULL: for all.
    unit        TEXT,
    person      TEXT NOT NULL,
    pinned      TEXT NOT NULL
) STRICT;

CREATE TABLE pin_ends (
    pin_id  INTEGER PRIMARY KEY REFERENCES pins (id),
    reason  TEXT NOT NULL,
    person  TEXT NOT NULL,
    ended   TEXT NOT NULL
) STRICT;

-- Packages that this station made.
CREATE TABLE exports (
    number  INTEGER PRIMARY KEY,
    -- Of this unit and those below it; NULL: of all.
    scope   TEXT,
    digest  TEXT NOT NULL UNIQUE,
    detail  TEXT NOT NULL CHECK (json_valid(detail)),
    person  TEXT NOT NULL,
    made    TEXT NOT NULL
) STRICT;

CREATE TRIGGER station_keys_never_changed BEFORE UPDATE ON station_keys
BEGIN SELECT RAISE(ABORT, 'a key of the station is never changed'); END;
CREATE TRIGGER station_keys_never_deleted BEFORE DELETE ON station_keys
BEGIN SELECT RAISE(ABORT, 'a key of the station is never deleted'); END;
CREATE TRIGGER pins_never_changed BEFORE UPDATE ON pins
BEGIN SELECT RAISE(ABORT, 'a pinned key is never changed'); END;
CREATE TRIGGER pins_never_deleted BEFORE DELETE ON pins
BEGIN SELECT RAISE(ABORT, 'a pinned key is never deleted'); END;
CREATE TRIGGER pin_ends_never_changed BEFORE UPDATE ON pin_ends
BEGIN SELECT RAISE(ABORT, 'the end of a pinned key is never changed'); END;
CREATE TRIGGER pin_ends_never_deleted BEFORE DELETE ON pin_ends
BEGIN SELECT RAISE(ABORT, 'the end of a pinned key is never deleted'); END;
CREATE TRIGGER exports_never_changed BEFORE UPDATE ON exports
BEGIN SELECT RAISE(ABORT, 'a package that was made is never changed'); END;
CREATE TRIGGER exports_never_deleted BEFORE DELETE ON exports
BEGIN SELECT RAISE(ABORT, 'a package that was made is never deleted'); END;
