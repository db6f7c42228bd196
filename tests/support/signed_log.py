"""A station's log as capture makes it: real keys, a real store, photographs, two epochs."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import samples
from memory_doors import CountingIds, SetClock

from edge.core import events as told
from edge.core.custody import Custody
from edge.core.documents import Document
from edge.core.envelope import Seal, Tip
from edge.core.events import Event
from edge.core.evidence import Evidence, EvidenceKind
from edge.core.ids import (
    CityId,
    DeliveryId,
    GroupId,
    KeyId,
    RuleSetId,
    SpecimenId,
)
from edge.core.specimen import SpecimenState
from edge.flows.epoch import EpochOpener
from edge.flows.record import Recorder
from edge.flows.rotate import KeyShelf, NewSigner, Rotation
from edge.host.event_key import EventKeyFiles
from edge.host.keys import (
    FileSigner,
    PinnedFile,
    PinnedKey,
    PinnedKeys,
    generate_key,
    write_pinned,
)
from edge.storage.evidence import EvidenceFiles
from edge.storage.station import SqliteStation
from edge.wire.topics import Station

STATION = Station(CityId("nanchang"), samples.LAB, samples.DEVICE)
RULES = RuleSetId("nanchang-2023")
KEY = KeyId("event-desk-1")
VALID_UNTIL = samples.NOW + timedelta(days=1)
"""The key's last instant: whoever looks later meets a key that has ended."""
LATER = VALID_UNTIL + timedelta(days=400)
DELIVERY = DeliveryId("delivery-1")


@dataclass(frozen=True, slots=True)
class SignedLog:
    """Where the parts of a log lie."""

    folder: Path

    @property
    def db(self) -> Path:
        return self.folder / "station.db"

    @property
    def keys(self) -> Path:
        return self.folder / "keys.json"

    @property
    def evidence(self) -> Path:
        return self.folder / "evidence"

    @property
    def private_key(self) -> Path:
        return self.folder / "event.pem"

    def ring(self, at: datetime = LATER) -> PinnedKeys:
        return PinnedKeys.load(self.keys, SetClock(at))

    def seal(self, by: Path | None = None) -> Seal:
        """With the first key, or with the one in a file."""
        signer = FileSigner(by or self.private_key, key_id=KEY)
        return Seal(STATION.urn, "boot-1", signer.key_id, signer.sign)


def pinned(public: str, key_id: KeyId = KEY, owner: str = STATION.name) -> PinnedKey:
    begun = samples.NOW - timedelta(days=1)
    return PinnedKey(key_id, public, "event", owner, begun, VALID_UNTIL)


def signed_place(folder: Path) -> SignedLog:
    """A station with its key, and nothing recorded."""
    log = SignedLog(folder)
    write_pinned(log.keys, [pinned(generate_key(log.private_key))])
    return log


def make_log(folder: Path) -> SignedLog:
    """Nine events, then four more in a second epoch; three photographs."""
    log = signed_place(folder)
    files = EvidenceFiles(log.evidence)
    photos = tuple(
        files.put(content, kind=EvidenceKind.LAYER, media_type="image/jpeg", taken_at=samples.NOW)
        for content in (b"a form", b"one layer", b"another layer")
    )
    with closing(SqliteStation(log.db)) as store:
        writer = Writer(log, store)
        writer.open()
        writer.record(*_day(photos))
        writer.open(store.tip())
        writer.record(*_evening())
    return log


class Writer:
    """Records events one and a half seconds apart, as capture does."""

    def __init__(
        self, log: SignedLog, store: SqliteStation, *, first_id: int = 0, by: Path | None = None
    ) -> None:
        self._store = store
        self._clock, self._ids, self._by = SetClock(), CountingIds(), log.seal(by)
        self._ids.count = first_id + sum(store.tip_of(epoch).sequence for epoch in store.epochs())
        self._recorder = Recorder(
            store=store, clock=self._clock, ids=self._ids, by=self._by, device=samples.DEVICE
        )

    def open(self, last: Tip | None = None) -> None:
        EpochOpener(
            clock=self._clock, ids=self._ids, by=self._by, device=samples.DEVICE, ruleset=RULES
        ).open(self._store, last)
        self._clock.move(1.5)

    def record(self, *events: Event) -> None:
        for event in events:
            self._recorder.record((event,), occurred=self._clock.read(), ruleset=RULES)
            self._clock.move(1.5)

    def step(self) -> int:
        """Two events with a document and a custody that name the last of them."""
        reached = self._store.tip().sequence + 2
        self._recorder.record(
            (told.DeviceStarted("1.0"), told.OperatorLoggedIn(samples.RECEIVER.person)),
            occurred=self._clock.read(),
            ruleset=RULES,
            documents=(Document("step", "last", "open", b"%d" % reached),),
            custody=(
                Custody(
                    specimen=SpecimenId("s-1-1"),
                    state=SpecimenState.ACCEPTED,
                    at=self._clock.now(),
                    lab=samples.LAB,
                    device=samples.DEVICE,
                    place=str(reached),
                ),
            ),
        )
        return reached


def change_keys(log: SignedLog, store: SqliteStation, *, times: int) -> None:
    """Change the event key; the first one stays as `event.0.pem`, for whoever has stolen it."""
    first = log.folder / "event.0.pem"
    first.touch(mode=0o600)
    first.write_bytes(log.private_key.read_bytes())
    clock, ids = SetClock(), CountingIds()
    ids.count = 10_000
    recorder = Recorder(store=store, clock=clock, ids=ids, by=log.seal(), device=samples.DEVICE)

    def seal_with(signer: NewSigner) -> None:
        recorder.sign_with(Seal(STATION.urn, "boot-1", signer.key_id, signer.sign))

    files = EventKeyFiles(log.private_key, pinned=log.keys)
    shelf = KeyShelf(files, PinnedFile(log.keys, clock), store, STATION.name)
    rotation = Rotation(shelf, recorder, clock, RULES, seal_with)
    for _ in range(times):
        assert rotation.rotate() == ""
        recorder.record((told.DeviceStarted("1.0"),), occurred=clock.read(), ruleset=RULES)


def _day(photos: tuple[Evidence, ...]) -> Iterator[Event]:
    receiver, courier = samples.RECEIVER.person, samples.COURIER.person
    yield told.DeviceStarted("1.0")
    yield told.OperatorLoggedIn(receiver)
    yield told.DeliveryOpened(DELIVERY, receiver, "form-1", None, None, 1, 3)
    yield told.FormsChecked(
        DELIVERY,
        passed=True,
        reasons=(),
        signatures=(),
        roster_age_h=1.0,
        reference_age_h=None,
        evidence=photos[:1],
    )
    yield told.SpecimenIdentified(
        DELIVERY, SpecimenId("s-1-1"), GroupId("group-1"), "qr", "signed", ()
    )
    yield told.LayerPhotographed(DELIVERY, photos[1:])
    yield told.DelivererVerifiedAlternative(DELIVERY, courier, samples.SECOND.person, ())
    yield told.OperatorLoggedOut(receiver)


def _evening() -> Iterator[Event]:
    yield told.DeviceStarted("1.0")
    yield told.OperatorLoggedIn(samples.SECOND.person)
    yield told.OperatorLoggedOut(samples.SECOND.person)


def committed_steps(log: SignedLog) -> Iterator[int]:
    """Commit without end: two events, a document and a custody a step; the sequence reached."""
    store = SqliteStation(log.db)
    writer = Writer(log, store)
    if store.is_new:
        writer.open()
    while True:
        yield writer.step()
