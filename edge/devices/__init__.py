"""Doors to the hardware: cameras, scanners, readers."""
