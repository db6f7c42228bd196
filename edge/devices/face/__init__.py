"""Matching the face of the person who delivers."""
