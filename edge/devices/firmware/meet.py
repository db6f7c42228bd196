"""Meets a module for setting it: the line open at the speed at which it answers."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from edge.core.errors import DeviceGone
from edge.devices.firmware.profile import ScannerProfile
from edge.devices.scanner.frames import Code, Dropped
from edge.devices.scanner.framing import AnswerFinder
from edge.devices.scanner.link import Link
from edge.devices.scanner.manner import Framing
from edge.devices.scanner.transport import transport_of
from edge.ports import Clock

_PATIENCE_S = 1.0


@contextmanager
def met(
    profile: ScannerProfile, place: str, *, clock: Clock, hear: Callable[[Code | Dropped], None]
) -> Iterator[Link]:
    """A line on which the module has just answered; DeviceGone when it never did.

    A booting module is waited for as long as its profile says, and a second more.
    """
    manner = profile.manner
    finder = AnswerFinder(manner.dialect.take_answer)
    link = Link(transport_of(place), finder, mono_ns=clock.mono_ns, hear=hear)
    try:
        end_ns = clock.mono_ns() + int((profile.port.boot_s + _PATIENCE_S) * 1e9)
        while not _is_answered(link, profile):
            if clock.mono_ns() > end_ns:
                raise DeviceGone("scanner_unanswered", path=place, profile=profile.name)
        yield link
    finally:
        link.close()


def wait_for_code(
    link: Link,
    profile: ScannerProfile,
    framing: Framing,
    *,
    clock: Clock,
    limit_s: float,
    heard: list[Code],
) -> Code | None:
    """The next code shown to the module, or None after `limit_s`; `heard` is where codes go."""
    dialect = profile.manner.dialect
    if dialect.start:
        link.send(dialect.start)
    link.framer = dialect.framer(framing, settled=bool(dialect.probe))
    end_ns = clock.mono_ns() + int(limit_s * 1e9)
    while not heard and (left_ns := end_ns - clock.mono_ns()) > 0:
        link.listen(min(left_ns / 1e9, 1.0))
    return heard[0] if heard else None


def _is_answered(link: Link, profile: ScannerProfile) -> bool:
    manner = profile.manner
    if not manner.dialect.probe:
        link.open(profile.port.baud)
        return True
    for baud in manner.bauds:
        link.open(baud)
        if link.ask(manner.dialect.probe, manner.answer_s) is not None:
            return True
    return False
