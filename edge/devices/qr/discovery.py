"""Which engines this machine offers, found out when a reader is built, never at import."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from types import ModuleType

from edge.devices.qr.engine import MissingEngine, QrEngine
from edge.devices.qr.repair import FinderRepair


class Role(StrEnum):
    """The part an engine plays in the cascade."""

    LOCAL = "local"  # first engine, threshold by neighbourhood
    HISTOGRAM = "histogram"  # first engine, one threshold a row
    REPAIR = "repair"  # first engine on symbols whose finder is hidden
    SECOND = "second"  # second engine


@dataclass(frozen=True, slots=True)
class Engines:
    """Engines by role, and what is missing."""

    by_role: Mapping[Role, QrEngine]
    missing: tuple[MissingEngine, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Each engine once, first engine first."""
        return tuple(dict.fromkeys(engine.name for engine in self.by_role.values()))


def discover_engines() -> Engines:
    """Load what is there; a library that is not becomes a `MissingEngine` with its remedy."""
    by_role: dict[Role, QrEngine] = {}
    missing: list[MissingEngine] = []
    for name, module, remedy, parts in _CATALOGUE:
        try:
            door = import_module(module)
        except ImportError:
            missing.append(MissingEngine(name, remedy))
            continue
        by_role |= parts(door)
    return Engines(by_role, tuple(missing))


def _zxing(door: ModuleType) -> dict[Role, QrEngine]:
    return {
        Role.LOCAL: door.ZxingEngine(),
        Role.HISTOGRAM: door.ZxingEngine(histogram=True),
        Role.REPAIR: FinderRepair(door.read_pure),
    }


def _zbar(door: ModuleType) -> dict[Role, QrEngine]:
    return {Role.SECOND: door.ZbarEngine()}


_ZBAR_REMEDY = 'apt install libzbar0, and the extra: pip install "specimen-edge[camera]"'
_Parts = Callable[[ModuleType], dict[Role, QrEngine]]
_CATALOGUE: tuple[tuple[str, str, str, _Parts], ...] = (
    (
        "zxing-cpp",
        "edge.devices.qr.zxing_engine",
        'install the extra: pip install "specimen-edge[camera]"',
        _zxing,
    ),
    (
        "zbar",
        "edge.devices.qr.zbar_engine",
        _ZBAR_REMEDY,
        _zbar,
    ),
)
