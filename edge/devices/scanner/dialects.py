"""Every dialect by its name in the profiles."""

from collections.abc import Mapping
from typing import Final

from edge.devices.scanner import gm65, honeywell, newland, ssi, uhf
from edge.devices.scanner.hid import KeyFramer
from edge.devices.scanner.manner import GENERIC, Dialect

GM65: Final = Dialect(
    "gm65",
    take_answer=gm65.take_answer,
    probe=gm65.read_zones(gm65.ZONE_OUTPUT, 1),
    beat=gm65.beat(),
)
HONEYWELL: Final = Dialect(
    "honeywell",
    take_answer=honeywell.take_answer,
    probe=honeywell.command("TRGMOD?"),
    beat=honeywell.command("TRGMOD?"),
    beep=honeywell.BEEP,
)
NEWLAND: Final = Dialect(
    "newland",
    take_answer=newland.take_answer,
    probe=newland.command("SCNMOD*"),
    beat=newland.command("SCNMOD*"),
)
SSI: Final = Dialect(
    "ssi",
    take_answer=ssi.take_answer,
    probe=ssi.packet(ssi.ASK_REVISION),
    beat=ssi.packet(ssi.ASK_REVISION),
    thanks=ssi.packet(ssi.ACK),
    start=ssi.packet(ssi.ENABLE),
    packets=ssi.SsiCutter(),
)
UHF: Final = Dialect(
    "uhf",
    take_answer=uhf.take_answer,
    probe=uhf.order(uhf.ASK_VERSION, b"\x00"),
    beat=uhf.order(uhf.ASK_VERSION, b"\x00"),
    start=uhf.poll_many(),
    packets=uhf.UhfCutter(),
)

HID: Final = Dialect("hid", of_keys=KeyFramer)

DIALECTS: Final[Mapping[str, Dialect]] = {
    each.name: each for each in (GENERIC, GM65, HID, HONEYWELL, NEWLAND, SSI, UHF)
}
