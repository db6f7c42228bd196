"""What can go wrong in a reader, its cable and its field: planned once, then met by the driver."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class FaultKind(StrEnum):
    """Troubles of the serial line, of the chip, and of the radio field."""

    NACK = "nack"
    GARBAGE = "garbage"
    BAD_DCS = "bad_dcs"
    BAD_LCS = "bad_lcs"
    HALF_FRAME = "half_frame"
    NO_ACK = "no_ack"
    NO_RESPONSE = "no_response"
    ERROR_FRAME = "error_frame"
    LATE_RESPONSE = "late_response"
    SILENT = "silent"
    HANG = "hang"
    BROWN_OUT = "brown_out"
    ASLEEP = "asleep"
    WRONG_BAUD = "wrong_baud"
    UNPLUG = "unplug"
    RF_CRC = "rf_crc"
    RF_LOST = "rf_lost"
    LIFT = "lift"


@dataclass(frozen=True, slots=True)
class Fault:
    """One trouble at the next command, or at the next command of one code.

    `skip` lets that many fitting commands pass first.
    """

    kind: FaultKind
    code: int | None = None
    skip: int = 0


class FaultPlan:
    """Troubles to come; each happens once."""

    def __init__(self) -> None:
        self._waiting: deque[Fault] = deque()
        self.met: list[FaultKind] = []

    def add(self, faults: Iterable[Fault]) -> None:
        """Plan more troubles, behind those that wait."""
        self._waiting.extend(faults)

    def clear(self) -> None:
        """Plan nothing any more."""
        self._waiting.clear()

    @property
    def waiting(self) -> int:
        """How many have not happened yet."""
        return len(self._waiting)

    def take(self, code: int) -> FaultKind | None:
        """The trouble of this command, if one fits."""
        for place, fault in enumerate(self._waiting):
            if fault.code not in (None, code):
                continue
            if fault.skip:
                self._waiting[place] = Fault(fault.kind, fault.code, fault.skip - 1)
                return None
            del self._waiting[place]
            self.met.append(fault.kind)
            return fault.kind
        return None
