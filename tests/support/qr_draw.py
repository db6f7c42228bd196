"""Draws QR symbols as grey pictures for tests."""

from collections.abc import Sequence

import numpy as np
import segno

from edge.devices.pixels import Grey


def symbol(code: segno.QRCode, *, module_px: int = 6) -> Grey:
    """Black on white with a quiet zone of four modules."""
    dark = np.array([list(row) for row in code.matrix], dtype=np.uint8) & 1
    scaled = np.kron(np.pad(dark, 4), np.ones((module_px, module_px), np.uint8))
    return np.asarray((1 - scaled) * 255, dtype=np.uint8)


def label(text: str, *, module_px: int = 6, error: str = "m") -> Grey:
    """A symbol of `text`, never Micro QR."""
    return symbol(segno.make(text, micro=False, error=error), module_px=module_px)


def sheet(labels: Sequence[Grey], *, columns: int, gap_px: int = 12) -> Grey:
    """Labels of one size side by side on light grey."""
    side = max(max(one.shape) for one in labels) + gap_px
    rows = -(-len(labels) // columns)
    paper = np.full((rows * side + gap_px, columns * side + gap_px), 200, np.uint8)
    for index, one in enumerate(labels):
        top, left = (gap_px + side * place for place in divmod(index, columns))
        paper[top : top + one.shape[0], left : left + one.shape[1]] = one
    return paper
