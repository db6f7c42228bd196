-- The proof of every erasure: what was erased, by the digest of its sealed bytes, and why. Never changed.
CREATE TABLE erasures (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    person TEXT NOT NULL,
    engine TEXT NOT NULL,
    sealed_sha256 TEXT NOT NULL,
    at TEXT NOT NULL,
    reason TEXT NOT NULL CHECK (reason IN ('withdrawn', 'expired'))
) STRICT;

CREATE TRIGGER erasures_stay BEFORE DELETE ON erasures
BEGIN
    SELECT RAISE(ABORT, 'a proof stays');
END;

CREATE TRIGGER erasures_hold BEFORE UPDATE ON erasures
BEGIN
    SELECT RAISE(ABORT, 'a proof stays');
END;

-- Faces of checks, kept only where the operator asked for it, sealed like templates.
CREATE TABLE crops (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    purge_at TEXT NOT NULL,
    verdict TEXT NOT NULL,
    engine TEXT NOT NULL,
    sealed BLOB NOT NULL
) STRICT;
