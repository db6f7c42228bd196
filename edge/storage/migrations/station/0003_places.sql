-- Where every block of the curing room is: one line a block, never deleted.
CREATE TABLE standings (
    specimen TEXT PRIMARY KEY,
    group_id TEXT,
    presence TEXT NOT NULL,
    room TEXT,
    rack TEXT NOT NULL,
    rack_row INTEGER NOT NULL,
    rack_column INTEGER NOT NULL,
    level INTEGER NOT NULL,
    since TEXT NOT NULL,
    entered_at TEXT,
    keeper TEXT,
    size_mm INTEGER NOT NULL,
    own INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX standings_by_place ON standings (room, rack, rack_row, rack_column, level)
WHERE presence = 'inside';

CREATE INDEX standings_by_group ON standings (group_id);

-- When a block was in a room; open while `until` is null. What was undone never was.
CREATE TABLE stays (
    specimen TEXT NOT NULL,
    room TEXT NOT NULL,
    since TEXT NOT NULL,
    until TEXT,
    PRIMARY KEY (specimen, room, since)
) STRICT, WITHOUT ROWID;
