"""Reads of one picture brought together: one code once, and no code where reads contradict."""

from dataclasses import dataclass, field, replace

from edge.devices.qr.engine import CodeRead, Point, Quad


@dataclass(slots=True)
class _Place:
    """What has been read at one place: the first read and the engines of each payload."""

    reads: dict[bytes, CodeRead] = field(default_factory=dict)
    engines: dict[bytes, set[str]] = field(default_factory=dict)

    def add(self, read: CodeRead) -> None:
        self.reads.setdefault(read.payload, read)
        self.engines.setdefault(read.payload, set()).add(read.engine)

    def agreed(self) -> CodeRead | None:
        """The only payload, or the only one that two engines read; else none."""
        if len(self.reads) == 1:
            return next(iter(self.reads.values()))
        seconded = [payload for payload, names in self.engines.items() if len(names) > 1]
        return self.reads[seconded[0]] if len(seconded) == 1 else None


class Sightings:
    """All reads of one picture, in the picture's own coordinates."""

    def __init__(self) -> None:
        self._places: list[_Place] = []

    def add(self, reads: tuple[CodeRead, ...], found_ms: float) -> bool:
        """Take reads up; true when one of them was new."""
        before = self._count()
        for read in reads:
            self._place(read).add(replace(read, found_ms=found_ms))
        return self._count() > before

    def quads(self) -> tuple[Quad, ...]:
        """Every quad that holds a read, agreed or not."""
        return tuple(read.quad for place in self._places for read in place.reads.values())

    def agreed(self) -> tuple[CodeRead, ...]:
        """One read a place; none where engines or views contradict each other."""
        return tuple(read for place in self._places if (read := place.agreed()) is not None)

    def _count(self) -> int:
        return sum(len(place.reads) for place in self._places)

    def _place(self, read: CodeRead) -> _Place:
        for place in self._places:
            if any(_same_place(read, known) for known in place.reads.values()):
                return place
        self._places.append(_Place())
        return self._places[-1]


def centre(quad: Quad) -> Point:
    """Mean of the corners."""
    return sum(x for x, _ in quad) / 4, sum(y for _, y in quad) / 4


def contains(quad: Quad, point: Point) -> bool:
    """Whether `point` lies inside `quad` (even-odd rule)."""
    x, y = point
    inside = False
    for (ax, ay), (bx, by) in zip(quad, (*quad[1:], quad[0]), strict=True):
        if (ay > y) != (by > y) and x < ax + (y - ay) * (bx - ax) / (by - ay):
            inside = not inside
    return inside


def _same_place(one: CodeRead, other: CodeRead) -> bool:
    """Equal payloads share a place on one sign; different ones only when both signs say so.

    A stray quad across half the picture must not silence the codes inside it.
    """
    signs = (
        contains(one.quad, centre(other.quad)),
        contains(other.quad, centre(one.quad)),
    )
    return any(signs) if one.payload == other.payload else all(signs)
