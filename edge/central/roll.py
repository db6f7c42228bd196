"""The stations that one consumer serves: read once from the store, then kept as they are heard."""

from collections.abc import Iterable

from edge.central.share import Share
from edge.central.store import EventStore
from edge.wire.topics import Station


class Roll:
    """Every station of this consumer's labs that was ever heard."""

    def __init__(self, store: EventStore, share: Share) -> None:
        self._store = store
        self._share = share
        self._known: dict[str, Station] | None = None

    def names(self) -> tuple[str, ...]:
        """`{city}/{lab}/{device}` of each."""
        return tuple(self._stations())

    def stations(self) -> tuple[Station, ...]:
        """Each of them."""
        return tuple(self._stations().values())

    def unknown(self, heard: Iterable[str]) -> tuple[str, ...]:
        """Those that the store does not know yet."""
        return tuple(sorted(set(heard) - self._stations().keys()))

    def add(self, heard: Iterable[str]) -> None:
        """They are in the store now."""
        known = self._stations()
        for name in self.unknown(heard):
            known[name] = Station.parse(name)

    def _stations(self) -> dict[str, Station]:
        if self._known is None:
            parsed = {name: Station.parse(name) for name in self._store.stations()}
            self._known = {
                name: each for name, each in parsed.items() if self._share.covers(each.lab)
            }
        return self._known
