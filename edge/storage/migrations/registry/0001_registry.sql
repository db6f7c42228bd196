-- The version of each set that counts: its signed head, verbatim.
CREATE TABLE heads (
    name TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    issued TEXT NOT NULL,
    envelope BLOB NOT NULL
) STRICT;

CREATE TABLE pages (
    sha256 TEXT PRIMARY KEY,
    body BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Which pages make up the version that counts.
CREATE TABLE contents (
    name TEXT NOT NULL REFERENCES heads (name),
    number INTEGER NOT NULL,
    sha256 TEXT NOT NULL REFERENCES pages (sha256),
    PRIMARY KEY (name, number)
) STRICT, WITHOUT ROWID;

CREATE INDEX contents_by_page ON contents (sha256);

-- Where the rows of a page stand, by every key they are found by.
CREATE TABLE entries (
    key TEXT NOT NULL,
    sha256 TEXT NOT NULL REFERENCES pages (sha256) ON DELETE CASCADE,
    start INTEGER NOT NULL,
    length INTEGER NOT NULL,
    PRIMARY KEY (key, sha256, start)
) STRICT, WITHOUT ROWID;

CREATE INDEX entries_by_page ON entries (sha256);
