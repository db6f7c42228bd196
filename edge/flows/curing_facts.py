"""Look up at the curing room's door (step 5): what registry and book know about a block."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime

from edge.core.carriers import Carrier, ChipCode, Reading, ScannedCode
from edge.core.checks_blocks import check_carriers, check_tap
from edge.core.commission import Binding
from edge.core.curing.inputs import BlockShown
from edge.core.curing.places import Spot, parse_spot
from edge.core.curing.state import Presence, Standing
from edge.core.custody import Custody
from edge.core.errors import DecodeError
from edge.core.findings import Finding
from edge.core.ids import DeviceId, SpecimenId
from edge.core.nfc import Tap
from edge.core.specimen import Group, SpecimenState
from edge.flows.read_memory import ReadMemory
from edge.ports import Registry, RoomBook

_PRESENCES = {
    SpecimenState.CURING: Presence.INSIDE,
    SpecimenState.LAB_CURING: Presence.INSIDE,
    SpecimenState.CURED_DUE: Presence.OUT,
    SpecimenState.OUT_FOR_TEST: Presence.OUT,
    SpecimenState.DISPOSED: Presence.DISPOSED,
}
"""What another door's word on a block means; other states say nothing of a room."""


Matured = Callable[[Group, date], date | None]
"""When a group that waits for degree days had reached them by a day."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A code as a reader gave it: `reader` names the keeper's scanner, `tap` is a tag's worth."""

    reader: str
    reading: Reading
    code: ScannedCode
    tap: Tap | None = None
    typed_why: str = ""


class CuringFacts:
    """Joins the registry replica with the room's book; unknown is an answer."""

    def __init__(
        self, *, registry: Registry, book: RoomBook, device: DeviceId, matured: Matured
    ) -> None:
        self._matured = matured
        self._registry = registry
        self._book = book
        self._device = device
        self._reads = ReadMemory()

    def block(self, seen: Seen, shelf: Spot | None) -> BlockShown:
        """A block with its group, the book's lines of it and its siblings, and the platform's."""
        last_read_s = self._reads.since(seen.reading)
        shown = BlockShown(
            seen.reader,
            seen.reading,
            seen.code,
            last_read_s=last_read_s,
            typed_why=seen.typed_why,
            findings=check_tap(None, seen.tap),
        )
        if not isinstance(seen.code, ChipCode):
            return shown
        specimen, now = seen.code.specimen, seen.reading.at.at
        bindings = self._registry.bindings(specimen)
        group = self._group(bindings)
        platform = self._platform(specimen, now)
        return replace(
            shown,
            group=group,
            bindings=bindings,
            standing=self._standing(specimen, group, platform),
            siblings=self._siblings(specimen, group),
            platform=platform,
            beside_mm=self._beside(shelf),
            matured_on=self._matured_on(group, seen.reading.at.local_day),
            findings=_carrier_findings(seen, seen.code, group),
        )

    def standing(self, specimen: SpecimenId) -> Standing | None:
        """The book's own line of a block."""
        return self._book.standing(specimen)

    def _group(self, bindings: tuple[Binding, ...]) -> Group | None:
        if not bindings:
            return None
        commission = self._registry.commission(bindings[0].commission)
        return commission.group(bindings[0].group) if commission else None

    def _siblings(self, specimen: SpecimenId, group: Group | None) -> tuple[Standing, ...]:
        if group is None:
            return ()
        return tuple(each for each in self._book.group(group.group) if each.specimen != specimen)

    def _beside(self, shelf: Spot | None) -> tuple[int, ...]:
        """Sizes in one cell; of a whole rack nobody asks whether it is full."""
        if shelf is None or shelf.level == 0:
            return ()
        return tuple(each.size_mm for each in self._book.on(shelf))

    def _matured_on(self, group: Group | None, day: date) -> date | None:
        if group is None or group.age_days is not None:
            return None
        return self._matured(group, day)

    def _platform(self, specimen: SpecimenId, now: datetime) -> Custody | None:
        """The platform's word, unless it only repeats what this station said itself."""
        custody = self._registry.custody(specimen)
        if custody is None or custody.device == self._device:
            return None
        return replace(custody, age_h=self._registry.age_h("custody", now))

    def _standing(
        self, specimen: SpecimenId, group: Group | None, platform: Custody | None
    ) -> Standing | None:
        """The own line, unless another door has spoken since."""
        own = self._book.standing(specimen)
        presence = _PRESENCES.get(platform.state) if platform else None
        if platform is None or presence is None or (own is not None and own.since >= platform.at):
            return own
        return Standing(
            specimen=specimen,
            group=group.group if group else None,
            presence=presence,
            spot=_spot(platform.place) if presence is Presence.INSIDE else None,
            since=platform.at,
            size_mm=group.size_mm if group else 150,
            own=False,
            age_h=platform.age_h,
        )


def _spot(place: str) -> Spot | None:
    """Where another door put it; its words may be of a version that we do not know."""
    try:
        return parse_spot(place)
    except DecodeError:
        return None


def _carrier_findings(seen: Seen, code: ChipCode, group: Group | None) -> tuple[Finding, ...]:
    """The code, its tag and the registry name one chip (A8)."""
    blocks = group.specimens if group else ()
    registered = next((each for each in blocks if each.specimen == code.specimen), None)
    read: tuple[tuple[Carrier, ScannedCode], ...] = ((seen.reading.carrier, code),)
    if seen.tap is not None:
        read = (*read, (seen.reading.carrier, replace(code, uid=seen.tap.uid)))
    return (*check_carriers(read, registered=registered), *check_tap(code.specimen, seen.tap))
