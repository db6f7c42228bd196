-- Each sealed answer of the platform is used once; only its name and time are kept.
CREATE TABLE answers (
    corr TEXT PRIMARY KEY,
    at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
