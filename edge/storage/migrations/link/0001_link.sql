-- What the platform has confirmed of each epoch.
CREATE TABLE marks (
    epoch TEXT PRIMARY KEY,
    upto INTEGER NOT NULL,
    digest TEXT NOT NULL,
    at TEXT NOT NULL
) STRICT;

-- The platform's store behind the marks: a lower mark counts only from another store, later.
CREATE TABLE platform (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    store_id TEXT NOT NULL,
    issued TEXT NOT NULL
) STRICT;

-- The shipper's pulse: `mono_ns` counts within one boot.
CREATE TABLE pulse (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    connected INTEGER NOT NULL,
    boot_id TEXT NOT NULL,
    mono_ns INTEGER NOT NULL,
    note TEXT NOT NULL
) STRICT;

-- Signed messages for capture, verbatim; the oldest go first.
CREATE TABLE inbox (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    tail TEXT NOT NULL,
    payload BLOB NOT NULL
) STRICT;

CREATE INDEX inbox_by_tail ON inbox (tail, position);
