-- Made once with the store: a restored or new one speaks under another id.
CREATE TABLE platform (
    single BOOLEAN PRIMARY KEY CHECK (single),
    store_id TEXT COLLATE "C" NOT NULL
);

CREATE TABLE stations (
    station TEXT COLLATE "C" PRIMARY KEY
);

CREATE TABLE events (
    station TEXT COLLATE "C" NOT NULL,
    epoch TEXT COLLATE "C" NOT NULL,
    sequence BIGINT NOT NULL,
    event_id TEXT COLLATE "C" NOT NULL,
    type TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    delivery TEXT COLLATE "C",
    prev TEXT COLLATE "C" NOT NULL,
    digest TEXT COLLATE "C" NOT NULL,
    key_id TEXT COLLATE "C" NOT NULL,
    body BYTEA NOT NULL,
    envelope BYTEA NOT NULL,
    received_at TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (station, epoch, sequence)
);

CREATE INDEX events_by_delivery ON events (delivery) WHERE delivery IS NOT NULL;
CREATE INDEX events_by_subject ON events (subject);

-- Stored and passed over: durable, not believed. Place unknown where it could not be read.
CREATE TABLE quarantine (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    station TEXT COLLATE "C" NOT NULL,
    epoch TEXT COLLATE "C",
    sequence BIGINT,
    digest TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    envelope BYTEA NOT NULL,
    received_at TEXT COLLATE "C" NOT NULL,
    UNIQUE (station, digest)
);

CREATE INDEX quarantine_by_place ON quarantine (station, epoch, sequence);

CREATE TABLE marks (
    station TEXT COLLATE "C" NOT NULL,
    epoch TEXT COLLATE "C" NOT NULL,
    upto BIGINT NOT NULL,
    digest TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (station, epoch)
);

CREATE TABLE redeliveries (
    station TEXT COLLATE "C" PRIMARY KEY,
    number BIGINT NOT NULL
);

CREATE TABLE alarms (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at TEXT COLLATE "C" NOT NULL,
    station TEXT COLLATE "C" NOT NULL,
    code TEXT COLLATE "C" NOT NULL,
    facts TEXT COLLATE "C" NOT NULL
);

CREATE TABLE deliveries (
    delivery TEXT COLLATE "C" PRIMARY KEY,
    station TEXT COLLATE "C" NOT NULL,
    outcome TEXT COLLATE "C" NOT NULL,
    specimens BIGINT NOT NULL,
    word TEXT COLLATE "C" NOT NULL,
    at TEXT COLLATE "C" NOT NULL
);

-- Reference rows as lines; `lab` is null where a row is for every lab.
CREATE TABLE rows (
    name TEXT COLLATE "C" NOT NULL,
    key TEXT COLLATE "C" NOT NULL,
    lab TEXT COLLATE "C",
    line BYTEA NOT NULL,
    PRIMARY KEY (name, key)
);

CREATE TABLE row_keys (
    name TEXT COLLATE "C" NOT NULL,
    found_by TEXT COLLATE "C" NOT NULL,
    key TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (name, found_by, key)
);

CREATE INDEX row_keys_by_row ON row_keys (name, key);

CREATE TABLE versions (
    lab TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    number BIGINT NOT NULL,
    sha256 TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (lab, name, version, number)
);

CREATE TABLE newest (
    lab TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (lab, name)
);

CREATE TABLE pages (
    sha256 TEXT COLLATE "C" PRIMARY KEY,
    body BYTEA NOT NULL
);

-- Which sets changed in which order; `lab` is empty where a change is for every lab.
CREATE TABLE changes (
    name TEXT COLLATE "C" NOT NULL,
    lab TEXT COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,
    PRIMARY KEY (name, lab)
);

CREATE INDEX changes_by_number ON changes (number);
CREATE INDEX alarms_by_station ON alarms (station, code);
CREATE INDEX rows_by_lab ON rows (name, lab) WHERE lab IS NOT NULL;
CREATE INDEX versions_by_page ON versions (sha256);

-- Who takes which labs: a row counts while its process holds the advisory lock of its id.
CREATE TABLE consumers (
    id INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    share TEXT COLLATE "C" NOT NULL,
    labs TEXT[],
    host TEXT NOT NULL,
    pid INTEGER NOT NULL,
    since TIMESTAMPTZ NOT NULL DEFAULT now()
);
