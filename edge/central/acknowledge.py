"""Acknowledging (the platform's word on step 11): signed watermarks, repeated, never retained only.

Replays are asked for while a hole lasts.
"""

from collections.abc import Callable, Iterable

from edge.central.ingest import AHEAD_AT_ONCE
from edge.central.store import EventStore
from edge.core.ids import EpochId
from edge.ports import Clock, Signer
from edge.wire.downlink import Ack, Replay, sign_message

REPLAY_EVERY_S = 5.0
SCAN_EVERY_S = 1.0
"""Between two looks at every station of a city; those that were just heard are due before."""
HURRY = 100
"""Events of one station that are acknowledged before their time: it sends no more than 500 ahead
of its watermark, so the gap between two acknowledgements would set the pace after an outage."""
AT_ONCE = 500
"""Acknowledgements in one go, so that a restart with thousands of stations takes in meanwhile."""


class Acknowledger:
    """Knows for which stations an acknowledgement or a replay request is due."""

    def __init__(
        self,
        *,
        store: EventStore,
        clock: Clock,
        signer: Signer,
        every_s: float,
        min_gap_s: float,
        stations: Callable[[], Iterable[str]] | None = None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._signer = signer
        self._every_ns = int(every_s * 1e9)
        self._gap_ns = int(min_gap_s * 1e9)
        self._stations = stations or store.stations
        self._sent_ns: dict[str, int] = {}
        self._scanned_ns: int | None = None
        self._due: dict[str, int] = {}
        self._asked_ns: dict[tuple[str, EpochId], int] = {}

    def note(self, station: str) -> None:
        """Something of a station was stored, or it came up: it wants to hear its watermarks."""
        self._due[station] = self._due.get(station, 0) + 1

    def due(self) -> tuple[str, ...]:
        """Stations whose acknowledgement goes out now."""
        now_ns = self._clock.mono_ns()
        stations = set(self._due)
        if self._scanned_ns is None or now_ns - self._scanned_ns >= SCAN_EVERY_S * 1e9:
            self._scanned_ns = now_ns
            stations |= set(self._stations())
        return tuple(each for each in sorted(stations) if self._is_due(each, now_ns))[:AT_ONCE]

    def acknowledge(self, station: str) -> bytes:
        """The signed watermarks of a station."""
        self._sent_ns[station] = self._clock.mono_ns()
        self._due.pop(station, None)
        ack = Ack(
            station=station,
            store_id=self._store.store_id(),
            issued=self._clock.now(),
            epochs=self._store.marks(station),
        )
        return sign_message(ack, key_id=self._signer.key_id, sign=self._signer.sign)

    def ask_again(self, station: str, epoch: EpochId, hole: tuple[int, int]) -> bytes | None:
        """The signed wish for a missing range, unless it was uttered a moment ago.

        No more at once than a station sends ahead: whoever claims a place far above the watermark
        must not make it send its whole log past that limit.
        """
        asked_ns = self._asked_ns.get((station, epoch))
        now_ns = self._clock.mono_ns()
        if asked_ns is not None and now_ns - asked_ns < REPLAY_EVERY_S * 1e9:
            return None
        self._asked_ns[station, epoch] = now_ns
        first, last = hole
        replay = Replay(station, epoch, first, min(last, first + AHEAD_AT_ONCE - 1))
        return sign_message(replay, key_id=self._signer.key_id, sign=self._signer.sign)

    def _is_due(self, station: str, now_ns: int) -> bool:
        sent_ns = self._sent_ns.get(station)
        if sent_ns is None or self._due.get(station, 0) >= HURRY:
            return True
        wait_ns = self._gap_ns if station in self._due else self._every_ns
        return now_ns - sent_ns >= wait_ns
