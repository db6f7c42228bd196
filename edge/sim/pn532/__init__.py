"""A PN532 reader chip and its tags on a pseudo-terminal: what the NFC driver meets."""
