"""Shipped rule sets as TOML data: limits, windows, severities, each value with its source."""
