"""What the station keeps: SQLite databases and evidence files."""
