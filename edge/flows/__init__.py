"""Use cases: synchronous, and talking only to ports."""
