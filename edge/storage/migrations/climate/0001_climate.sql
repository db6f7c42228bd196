CREATE TABLE sensors (
    id INTEGER PRIMARY KEY,
    sensor TEXT NOT NULL UNIQUE,
    room TEXT NOT NULL
) STRICT;

-- What a sensor was known to be worth from a day on: verdicts stay what they were then.
CREATE TABLE calibrations (
    sensor INTEGER NOT NULL REFERENCES sensors (id),
    since INTEGER NOT NULL,
    profile TEXT NOT NULL,
    temperature_centi INTEGER NOT NULL,
    humidity_centi INTEGER,
    calibrated_on TEXT,
    PRIMARY KEY (sensor, since)
) STRICT, WITHOUT ROWID;

-- `at` is Unix seconds; values are hundredths; `verdict` 0 in, 1 unsure, 2 out, 3 not believed.
CREATE TABLE readings (
    sensor INTEGER NOT NULL REFERENCES sensors (id),
    at INTEGER NOT NULL,
    temperature INTEGER,
    humidity INTEGER,
    verdict INTEGER NOT NULL,
    PRIMARY KEY (sensor, at)
) STRICT, WITHOUT ROWID;

-- Kept for ever. `span` is Unix seconds divided by 3600; minimum, maximum and sums of believed
-- readings, and how many readings had each verdict.
CREATE TABLE hours (
    sensor INTEGER NOT NULL REFERENCES sensors (id),
    span INTEGER NOT NULL,
    temperature_count INTEGER NOT NULL,
    temperature_sum INTEGER NOT NULL,
    temperature_min INTEGER,
    temperature_max INTEGER,
    humidity_count INTEGER NOT NULL,
    humidity_sum INTEGER NOT NULL,
    humidity_min INTEGER,
    humidity_max INTEGER,
    is_in INTEGER NOT NULL,
    is_unsure INTEGER NOT NULL,
    is_out INTEGER NOT NULL,
    is_fault INTEGER NOT NULL,
    PRIMARY KEY (sensor, span)
) STRICT, WITHOUT ROWID;

-- The same for local days: `span` counts days since 1970-01-01 at +08:00.
CREATE TABLE days (
    sensor INTEGER NOT NULL REFERENCES sensors (id),
    span INTEGER NOT NULL,
    temperature_count INTEGER NOT NULL,
    temperature_sum INTEGER NOT NULL,
    temperature_min INTEGER,
    temperature_max INTEGER,
    humidity_count INTEGER NOT NULL,
    humidity_sum INTEGER NOT NULL,
    humidity_min INTEGER,
    humidity_max INTEGER,
    is_in INTEGER NOT NULL,
    is_unsure INTEGER NOT NULL,
    is_out INTEGER NOT NULL,
    is_fault INTEGER NOT NULL,
    PRIMARY KEY (sensor, span)
) STRICT, WITHOUT ROWID;

CREATE TABLE alarms (
    sensor INTEGER NOT NULL REFERENCES sensors (id),
    quantity TEXT NOT NULL,
    state TEXT NOT NULL,
    since TEXT,
    turned TEXT,
    alarmed_at TEXT,
    worst INTEGER NOT NULL,
    worst_off INTEGER NOT NULL,
    acknowledged_by TEXT,
    escalated INTEGER NOT NULL,
    grace_until TEXT,
    PRIMARY KEY (sensor, quantity)
) STRICT, WITHOUT ROWID;

-- What rang or failed, kept for ever: `kind` is a quantity, or `fault` with its name in `detail`.
CREATE TABLE incidents (
    id INTEGER PRIMARY KEY,
    sensor INTEGER NOT NULL REFERENCES sensors (id),
    kind TEXT NOT NULL,
    detail TEXT NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER,
    worst INTEGER,
    acknowledged_by TEXT
) STRICT;

CREATE INDEX incidents_by_time ON incidents (sensor, since);

-- Temperatures that others measured, by the digest of their file.
CREATE TABLE ledgers (
    id INTEGER PRIMARY KEY,
    source TEXT NOT NULL,
    place TEXT NOT NULL,
    sha256 TEXT NOT NULL UNIQUE,
    imported_at TEXT NOT NULL,
    imported_by TEXT
) STRICT;

CREATE TABLE ledger_days (
    ledger INTEGER NOT NULL REFERENCES ledgers (id),
    day TEXT NOT NULL,
    tenths INTEGER NOT NULL,
    PRIMARY KEY (ledger, day)
) STRICT, WITHOUT ROWID;
