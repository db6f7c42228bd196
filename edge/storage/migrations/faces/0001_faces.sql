-- Consent comes first; its record stays after a withdrawal, as the proof of it.
CREATE TABLE consents (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    person TEXT NOT NULL,
    text_version TEXT NOT NULL,
    text_sha256 TEXT NOT NULL,
    at TEXT NOT NULL,
    how TEXT NOT NULL,
    recorded_by TEXT NOT NULL,
    withdrawn_at TEXT
) STRICT;

CREATE UNIQUE INDEX consents_standing ON consents (person) WHERE withdrawn_at IS NULL;

-- One template for each person and engine; `sealed` is nonce and AES-GCM text, the key lies elsewhere.
CREATE TABLE templates (
    person TEXT NOT NULL,
    engine TEXT NOT NULL,
    consent INTEGER NOT NULL REFERENCES consents (id),
    photographs INTEGER NOT NULL,
    made_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (person, engine)
) STRICT, WITHOUT ROWID;
