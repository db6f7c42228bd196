"""Settings of reader modules as data: what is wanted, what differs, and its application."""
