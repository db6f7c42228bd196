"""Every dialect by its name in the profiles."""

from collections.abc import Mapping
from typing import Final

from edge.devices.scanner import gm65
from edge.devices.scanner.manner import GENERIC, Dialect

GM65: Final = Dialect(
    "gm65",
    take_answer=gm65.take_answer,
    probe=gm65.read_zones(gm65.ZONE_OUTPUT, 1),
    beat=gm65.beat(),
)

DIALECTS: Final[Mapping[str, Dialect]] = {each.name: each for each in (GENERIC, GM65)}
