"""When a payload was read last: a chip stays in view while the hand moves on (A7)."""

from edge.core.carriers import Reading

_LIMIT = 4096


class ReadMemory:
    """The last read of each payload; the oldest are forgotten."""

    def __init__(self) -> None:
        self._last: dict[bytes, int] = {}

    def since(self, reading: Reading) -> float | None:
        """Seconds since the same payload was read, None for the first time; notes this read."""
        before = self._last.pop(reading.payload, None)
        self._last[reading.payload] = reading.at.mono_ns
        if len(self._last) > _LIMIT:
            self._last.pop(next(iter(self._last)))
        return None if before is None else (reading.at.mono_ns - before) / 1e9
