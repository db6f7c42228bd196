"""The door to the broker."""
