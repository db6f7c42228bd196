"""The edge service of specimen-edge: everything but the screen."""

__version__ = "0.1.0"
