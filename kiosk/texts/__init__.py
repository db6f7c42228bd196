"""Texts of the screens, one file a language."""
