-- The highest counter that each tag has proved; it only ever goes up.
CREATE TABLE tag_counters (
    uid TEXT PRIMARY KEY,
    counter INTEGER NOT NULL,
    at TEXT NOT NULL
) STRICT;
