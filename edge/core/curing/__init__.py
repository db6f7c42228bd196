"""The curing room: who carries what in and out, where it lies, its climate, and when it is due."""
