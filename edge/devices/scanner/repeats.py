"""Codes that a module sends again and again while they lie before it: one reading, not many."""

from collections import OrderedDict

_REMEMBERED = 256


class Repeats:
    """Remembers the last codes; a code counts again after it was away for `window_s`."""

    def __init__(self, window_s: float) -> None:
        self._window_ns = int(window_s * 1e9)
        self._seen_ns: OrderedDict[bytes, int] = OrderedDict()

    def holds(self, payload: bytes, now_ns: int) -> bool:
        """Whether this is the same showing as before; each look renews it."""
        seen_ns = self._seen_ns.pop(payload, None)
        self._seen_ns[payload] = now_ns
        while len(self._seen_ns) > _REMEMBERED:
            self._seen_ns.popitem(last=False)
        return seen_ns is not None and now_ns - seen_ns < self._window_ns
