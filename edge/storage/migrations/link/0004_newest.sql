-- The newest message of a kind, as capture verifies it for itself: the platform's watermarks.
CREATE TABLE newest (
    tail TEXT PRIMARY KEY,
    payload BLOB NOT NULL
) STRICT, WITHOUT ROWID;
