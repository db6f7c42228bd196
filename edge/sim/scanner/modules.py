"""Every simulated module by the name of the profile that fits it."""

from collections.abc import Callable, Mapping
from typing import Final

from edge.sim.scanner.gm65 import Gm65Module
from edge.sim.scanner.honeywell import HoneywellModule
from edge.sim.scanner.line import Module
from edge.sim.scanner.newland import NewlandModule
from edge.sim.scanner.plain import PlainModule
from edge.sim.scanner.ssi import SsiModule
from edge.sim.scanner.uhf import UhfModule

MODULES: Final[Mapping[str, Callable[[], Module]]] = {
    "generic-cr": PlainModule,
    "generic-tab": lambda: PlainModule(tail=b"\t"),
    "gm65": Gm65Module,
    "gm861": lambda: Gm65Module(lock_mask=0x01),
    "waveshare": Gm65Module,
    "honeywell-n3680": HoneywellModule,
    "newland-fm430": NewlandModule,
    "zebra-ssi": SsiModule,
    "uhf-m100": UhfModule,
}
