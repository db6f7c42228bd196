"""Fresh identities of this machine: time-ordered ids and the boot they belong to."""

import os
from datetime import datetime
from pathlib import Path

from edge.core.ids import DeliveryId, EpochId, EventId, uuid7

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_ENTROPY_BYTES = 10


class SystemIds:
    """UUIDv7 with randomness of the operating system."""

    def event_id(self, at: datetime) -> EventId:
        """A new event id."""
        return EventId(_fresh(at))

    def epoch_id(self, at: datetime) -> EpochId:
        """A new epoch id."""
        return EpochId(_fresh(at))

    def delivery_id(self, at: datetime) -> DeliveryId:
        """A new delivery id."""
        return DeliveryId(_fresh(at))


def boot_id(path: Path = _BOOT_ID) -> str:
    """The kernel's id of this boot; `unknown` where the kernel does not tell."""
    try:
        return path.read_text(encoding="ascii").strip()
    except OSError:
        return "unknown"


def _fresh(at: datetime) -> str:
    return uuid7(at, os.urandom(_ENTROPY_BYTES))
