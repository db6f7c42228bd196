"""Where readers are plugged in: the names that stay when the kernel numbers devices anew."""

import os
import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from edge.core.errors import ConfigError
from edge.devices.scanner.transport import Kind, kind_of

DEV: Final = Path("/dev")
_KERNEL_NAME = re.compile(r"/dev/(tty(USB|ACM)\d+|input/event\d+)")
_OWN = ("specimen-*", "input/specimen-*")


class PlaceFault(StrEnum):
    """What is wrong with the place of a reader, as doctor names it."""

    MALFORMED = "malformed"
    UNSTABLE = "unstable"
    ABSENT = "absent"
    DENIED = "denied"


@dataclass(frozen=True, slots=True)
class Node:
    """A device node and the names that stay; none of them when only the kernel named it."""

    node: str
    names: tuple[str, ...]


def fault_of(place: str) -> PlaceFault | None:
    """What is wrong with a place of the settings; None when nothing can be seen to be."""
    try:
        kind = kind_of(place)
    except ConfigError:
        return PlaceFault.MALFORMED
    if kind is Kind.SOCKET:
        return None
    if _KERNEL_NAME.fullmatch(place):
        return PlaceFault.UNSTABLE
    if not Path(place).exists():
        return PlaceFault.ABSENT
    return None if os.access(place, os.R_OK) else PlaceFault.DENIED


def nodes(dev: Path = DEV) -> tuple[Node, ...]:
    """Serial adapters, header lines and keyboards by node, with their stable names, best first.

    Adapters without a serial number share one name by id, which leads to either: as soon as one
    adapter has none, names by id are not offered.
    """
    found: dict[str, list[str]] = {}
    for pattern in ("ttyUSB*", "ttyACM*", "ttyAMA*"):
        found.update({str(path): [] for path in dev.glob(pattern)})
    by_path, by_id = (sorted(dev.glob(f"serial/{each}/*")) for each in ("by-path", "by-id"))
    are_told_apart = {each.resolve() for each in by_path} <= {each.resolve() for each in by_id}
    own = [link for pattern in _OWN for link in sorted(dev.glob(pattern))]
    keyboards = sorted(dev.glob("input/by-path/*-event-kbd"))
    for link in (*own, *by_path, *(by_id if are_told_apart else ()), *keyboards):
        found.setdefault(str(link.resolve()), []).append(str(link))
    return tuple(Node(node, tuple(names)) for node, names in sorted(found.items()))
