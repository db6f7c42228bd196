"""The platform's engine: messages of stations in, messages to stations out; no clock of its own."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from edge.central.acknowledge import Acknowledger
from edge.central.answers import Answers
from edge.central.ingest import Ingest
from edge.central.projection import Projection
from edge.central.reference import Reference
from edge.central.store import PlatformStore
from edge.core.errors import DecodeError
from edge.core.ids import EpochId
from edge.ports import Clock, Journal, KeyRing, Signer
from edge.wire.downlink import Ask, StationState, decode, decode_status
from edge.wire.reference import Deleted, Row, SetName
from edge.wire.topics import (
    Branch,
    Station,
    Topic,
    ack_topic,
    head_topic,
    parse_topic,
    replay_topic,
)

VERSION_GAP_S = 0.5
"""Changes of a set are gathered this long before a new version is made."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to a station; whatever is lost on the way is said again."""

    topic: str
    payload: bytes
    retain: bool = False


@dataclass(frozen=True, slots=True)
class Tempo:
    """How often the platform speaks without being asked, in seconds."""

    ack_every_s: float = 60.0
    ack_min_gap_s: float = 1.0
    head_every_s: float = 300.0


class Platform:
    """Verifies, stores once, acknowledges after its commit, decides, publishes and answers."""

    def __init__(
        self,
        *,
        store: PlatformStore,
        clock: Clock,
        ring: KeyRing,
        signer: Signer,
        journal: Journal,
        tempo: Tempo,
    ) -> None:
        self._store = store
        self._clock = clock
        self._journal = journal
        self._tempo = tempo
        self._ingest = Ingest(store=store, ring=ring, clock=clock)
        self._reference = Reference(store=store, clock=clock, signer=signer)
        self._projection = Projection(store=store, reference=self._reference, clock=clock)
        self._answers = Answers(reference=self._reference, clock=clock, signer=signer)
        self._acknowledger = Acknowledger(
            store=store,
            clock=clock,
            signer=signer,
            every_s=tempo.ack_every_s,
            min_gap_s=tempo.ack_min_gap_s,
        )
        self._heads_ns: dict[tuple[str, SetName], int] = {}
        self._renewed_ns = -int(VERSION_GAP_S * 1e9)

    def load_rows(self, name: SetName, rows: Iterable[Row | Deleted]) -> None:
        """Take in reference rows; unchanged ones change nothing."""
        with self._store.transaction():
            self._reference.put(name, rows)

    def receive(self, messages: Sequence[tuple[str, bytes]]) -> tuple[Outgoing, ...]:
        """Take in a batch in one transaction: on the disk at return; raise StorageError."""
        outgoing: list[Outgoing] = []
        with self._store.transaction():
            touched: set[tuple[Station, EpochId]] = set()
            for name, payload in messages:
                try:
                    topic = parse_topic(name)
                except DecodeError as error:
                    self._journal.warning("message.refused", error=str(error))
                    continue
                outgoing += self._meet(topic, payload, touched)
            for station, epoch in touched:
                outgoing += self._advance(station, epoch)
        return tuple(outgoing)

    def tick(self) -> tuple[Outgoing, ...]:
        """What time has made due: versions, heads and acknowledgements."""
        self._renew()
        return (*self._heads(), *self._acks())

    def _meet(
        self, topic: Topic, payload: bytes, touched: set[tuple[Station, EpochId]]
    ) -> Iterator[Outgoing]:
        station = topic.station
        self._store.note_station(station.name)
        match topic.branch:
            case Branch.EVENT:
                epoch = self._ingest.take(topic, payload)
                self._acknowledger.note(station.name)
                if epoch is not None:
                    touched.add((station, epoch))
            case Branch.STATUS:
                self._greet(station, payload)
            case Branch.ASK:
                yield from self._answer(station, payload)
            case _:
                self._journal.info("message.unused", branch=topic.branch.value)

    def _advance(self, station: Station, epoch: EpochId) -> Iterator[Outgoing]:
        for event in self._ingest.advance(station.name, epoch):
            try:
                self._projection.follow(event)
            except (KeyError, TypeError, ValueError, DecodeError) as error:
                place = {"epoch": epoch, "sequence": event.sequence}
                why = type(error).__name__
                self._ingest.alarm(station.name, "event_not_understood", **place, why=why)
        hole = self._ingest.hole(station.name, epoch)
        wish = hole and self._acknowledger.ask_again(station.name, epoch, hole)
        if wish:
            yield Outgoing(replay_topic(station), wish)

    def _greet(self, station: Station, payload: bytes) -> None:
        """A station came up: it hears its watermarks and all heads at once."""
        try:
            status = decode_status(payload)
        except DecodeError as error:
            self._journal.warning("status.refused", station=station.name, error=str(error))
            return
        if status.state is StationState.ONLINE:
            self._acknowledger.note(station.name)
            for name in SetName:
                self._heads_ns.pop((station.name, name), None)

    def _answer(self, station: Station, payload: bytes) -> Iterator[Outgoing]:
        try:
            topic, answer = self._answers.answer(station, decode(payload, Ask))
        except DecodeError as error:
            self._journal.warning("ask.refused", station=station.name, error=str(error))
            return
        yield Outgoing(topic, answer)

    def _renew(self) -> None:
        """New versions for the labs that are heard of; their heads follow at once."""
        now_ns = self._clock.mono_ns()
        if now_ns - self._renewed_ns < VERSION_GAP_S * 1e9:
            return
        self._renewed_ns = now_ns
        stations = self._stations()
        with self._store.transaction():
            renewed = self._reference.renew({each.lab for each in stations})
        for station in stations:
            for name in SetName:
                if (station.lab, name) in renewed:
                    self._heads_ns.pop((station.name, name), None)

    def _heads(self) -> Iterator[Outgoing]:
        now_ns = self._clock.mono_ns()
        for station in self._stations():
            for name in SetName:
                said_ns = self._heads_ns.get((station.name, name))
                is_due = said_ns is None or now_ns - said_ns > self._tempo.head_every_s * 1e9
                head = self._reference.head(station, name) if is_due else None
                if head is not None:
                    self._heads_ns[station.name, name] = now_ns
                    yield Outgoing(head_topic(station, name), head, retain=True)

    def _acks(self) -> Iterator[Outgoing]:
        for name in self._acknowledger.due():
            station = Station.parse(name)
            yield Outgoing(ack_topic(station), self._acknowledger.acknowledge(name), retain=True)

    def _stations(self) -> tuple[Station, ...]:
        return tuple(Station.parse(each) for each in self._store.stations())
