"""Signature strokes: what a finger drew, as an SVG that keeps them whole."""

from typing import Any, Final

from edge.core.errors import DecodeError

POINTS_LIMIT: Final = 4_000
WIDTH, HEIGHT = 1000, 400
"""The drawing is sent in these units, whatever the pad's size in pixels."""


def draw_strokes(strokes: Any) -> bytes:
    """An SVG of `[[[x, y], …], …]`; raise DecodeError `strokes_malformed`."""
    try:
        lines = [[(round(float(x)), round(float(y))) for x, y in stroke] for stroke in strokes]
    except (TypeError, ValueError, OverflowError) as error:
        raise DecodeError("strokes_malformed", why=str(error)[:100]) from error
    points = [point for line in lines for point in line]
    is_inside = all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in points)
    if not points or len(points) > POINTS_LIMIT or not is_inside:
        raise DecodeError("strokes_malformed", points=len(points))
    drawn = "".join(
        f'<polyline points="{" ".join(f"{x},{y}" for x, y in line)}"/>' for line in lines if line
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}">'
        f'<g fill="none" stroke="#000" stroke-width="4">{drawn}</g></svg>'
    ).encode()
