-- Made once with the store: a restored or new one speaks under another id.
CREATE TABLE platform (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    store_id TEXT NOT NULL
) STRICT;

CREATE TABLE stations (
    station TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

CREATE TABLE events (
    station TEXT NOT NULL,
    epoch TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    event_id TEXT NOT NULL,
    type TEXT NOT NULL,
    subject TEXT NOT NULL,
    delivery TEXT,
    prev TEXT NOT NULL,
    digest TEXT NOT NULL,
    key_id TEXT NOT NULL,
    body BLOB NOT NULL,
    envelope BLOB NOT NULL,
    received_at TEXT NOT NULL,
    PRIMARY KEY (station, epoch, sequence)
) STRICT;

CREATE INDEX events_by_delivery ON events (delivery) WHERE delivery IS NOT NULL;
CREATE INDEX events_by_subject ON events (subject);

-- Stored and passed over: durable, not believed. Place unknown where it could not be read.
CREATE TABLE quarantine (
    id INTEGER PRIMARY KEY,
    station TEXT NOT NULL,
    epoch TEXT,
    sequence INTEGER,
    digest TEXT NOT NULL,
    reason TEXT NOT NULL,
    envelope BLOB NOT NULL,
    received_at TEXT NOT NULL,
    UNIQUE (station, digest)
) STRICT;

CREATE INDEX quarantine_by_place ON quarantine (station, epoch, sequence);

CREATE TABLE marks (
    station TEXT NOT NULL,
    epoch TEXT NOT NULL,
    upto INTEGER NOT NULL,
    digest TEXT NOT NULL,
    PRIMARY KEY (station, epoch)
) STRICT, WITHOUT ROWID;

CREATE TABLE redeliveries (
    station TEXT PRIMARY KEY,
    number INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE alarms (
    id INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    station TEXT NOT NULL,
    code TEXT NOT NULL,
    facts TEXT NOT NULL
) STRICT;

CREATE TABLE deliveries (
    delivery TEXT PRIMARY KEY,
    station TEXT NOT NULL,
    outcome TEXT NOT NULL,
    specimens INTEGER NOT NULL,
    word TEXT NOT NULL,
    at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Reference rows as lines; `lab` is null where a row is for every lab.
CREATE TABLE rows (
    name TEXT NOT NULL,
    key TEXT NOT NULL,
    lab TEXT,
    line BLOB NOT NULL,
    PRIMARY KEY (name, key)
) STRICT;

CREATE TABLE row_keys (
    name TEXT NOT NULL,
    found_by TEXT NOT NULL,
    key TEXT NOT NULL,
    PRIMARY KEY (name, found_by, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX row_keys_by_row ON row_keys (name, key);

CREATE TABLE versions (
    lab TEXT NOT NULL,
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    number INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    PRIMARY KEY (lab, name, version, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE newest (
    lab TEXT NOT NULL,
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (lab, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE pages (
    sha256 TEXT PRIMARY KEY,
    body BLOB NOT NULL
) STRICT, WITHOUT ROWID;
