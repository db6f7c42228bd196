"""Heads of reference sets (step 12): said when they are new, when wished, and now and then."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

from edge.central.reference import Reference
from edge.ports import Clock
from edge.wire.reference import SetName
from edge.wire.topics import Station

LOOK_EVERY_S: Final = 1.0
"""Between two looks at every station of a city, when nobody wishes for a head."""
AT_ONCE: Final = 200
"""Heads in one go, so that a restart with thousands of stations takes in meanwhile."""


class Heads:
    """Knows when each station last heard each head."""

    def __init__(self, reference: Reference, clock: Clock, *, every_s: float) -> None:
        self._reference = reference
        self._clock = clock
        self._every_ns = int(every_s * 1e9)
        self._said_ns: dict[tuple[str, SetName], int] = {}
        self._look_ns = clock.mono_ns()

    def want(self, station: Station, names: Iterable[SetName] = tuple(SetName)) -> None:
        """These heads are due for a station at the next occasion."""
        for name in names:
            self._said_ns.pop((station.name, name), None)
            self._look_ns = self._clock.mono_ns()

    def due(self, stations: Iterable[Station]) -> Iterator[tuple[Station, SetName, bytes]]:
        """Signed heads to be said now; a part of them when they are many."""
        now_ns = self._clock.mono_ns()
        if now_ns < self._look_ns:
            return
        found = tuple(islice(self._due(stations, now_ns), AT_ONCE))
        if len(found) < AT_ONCE:
            self._look_ns = now_ns + int(LOOK_EVERY_S * 1e9)
        yield from found

    def _due(
        self, stations: Iterable[Station], now_ns: int
    ) -> Iterator[tuple[Station, SetName, bytes]]:
        for station in stations:
            for name in SetName:
                said_ns = self._said_ns.get((station.name, name))
                if said_ns is not None and now_ns - said_ns <= self._every_ns:
                    continue
                head = self._reference.head(station, name)
                if head is not None:
                    self._said_ns[station.name, name] = now_ns
                    yield station, name, head
