-- Which sets changed in which order; `lab` is empty where a change is for every lab.
CREATE TABLE changes (
    name TEXT NOT NULL,
    lab TEXT NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (name, lab)
) STRICT, WITHOUT ROWID;

CREATE INDEX changes_by_number ON changes (number);
CREATE INDEX alarms_by_station ON alarms (station, code);
CREATE INDEX rows_by_lab ON rows (name, lab) WHERE lab IS NOT NULL;
CREATE INDEX versions_by_page ON versions (sha256);
