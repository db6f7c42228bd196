-- Commands of the platform, each once: what became of it is said again when it is heard again.
CREATE TABLE commands (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    corr TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    heard_at TEXT NOT NULL,
    result BLOB
) STRICT;
