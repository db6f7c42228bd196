"""Formats of others: bytes to values and back; touches nothing."""
