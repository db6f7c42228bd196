"""PINs at the desk: a guesser is not listened to for a while."""

from edge.core.people import Person
from edge.core.pins import pin_fits

TRIES = 5
PAUSE_S = 60.0
"""After so many wrong PINs in a row none is looked at for a while (house rule)."""


class PinGate:
    """Counts wrong PINs in a row, whoever they were said to belong to."""

    def __init__(self) -> None:
        self._failures = 0
        self._failed_ns = 0

    def flaw(self, pin: str, person: Person | None, now_ns: int) -> str | None:
        """None for the right PIN; else `pin`, or `pause` when it was not even looked at."""
        if self._failures >= TRIES and now_ns - self._failed_ns < PAUSE_S * 1e9:
            return "pause"
        if person is not None and pin_fits(pin, person.pin_hash):
            self._failures = 0
            return None
        self._failures += 1
        self._failed_ns = now_ns
        return "pin"
