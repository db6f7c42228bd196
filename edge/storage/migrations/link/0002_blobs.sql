-- How far the log was searched for photographs that go to the platform.
CREATE TABLE blob_cursors (
    epoch TEXT PRIMARY KEY,
    upto INTEGER NOT NULL
) STRICT;

-- Photographs that go, in the order of the events that name them.
CREATE TABLE blobs (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    sha256 TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    media_type TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'stored', 'gone'))
) STRICT;

CREATE INDEX blobs_waiting ON blobs (position) WHERE state = 'waiting';
