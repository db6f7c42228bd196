CREATE TABLE epochs (
    epoch TEXT PRIMARY KEY,
    opened_at TEXT NOT NULL
) STRICT;

CREATE TABLE events (
    epoch TEXT NOT NULL REFERENCES epochs (epoch),
    sequence INTEGER NOT NULL,
    event_id TEXT NOT NULL UNIQUE,
    type TEXT NOT NULL,
    subject TEXT NOT NULL,
    recorded_at TEXT NOT NULL,
    body BLOB NOT NULL,
    digest TEXT NOT NULL,
    key_id TEXT NOT NULL,
    signature BLOB NOT NULL,
    PRIMARY KEY (epoch, sequence)
) STRICT, WITHOUT ROWID;

-- `born` orders documents by their first writing.
CREATE TABLE documents (
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    phase TEXT NOT NULL,
    body BLOB NOT NULL,
    born INTEGER NOT NULL UNIQUE,
    PRIMARY KEY (kind, id)
) STRICT;

CREATE INDEX documents_by_phase ON documents (kind, phase);

CREATE TABLE custody (
    specimen TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    at TEXT NOT NULL,
    lab TEXT NOT NULL,
    device TEXT NOT NULL,
    place TEXT NOT NULL,
    delivery TEXT
) STRICT;
