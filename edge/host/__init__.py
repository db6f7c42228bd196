"""The machine: clock, identity, keys, journal, notification."""
