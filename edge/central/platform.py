"""The platform's engine: messages of stations in, messages to stations out; no clock of its own."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from edge.central.acknowledge import Acknowledger
from edge.central.answers import Answers
from edge.central.ends import EndWatch
from edge.central.gaps import GapWatch, Hole
from edge.central.heads import Heads
from edge.central.ingest import Ingest
from edge.central.projection import Projection
from edge.central.reference import Reference
from edge.central.roll import Roll
from edge.central.share import EVERY_LAB, Share
from edge.central.store import PlatformStore
from edge.central.taking import Taking
from edge.core.alarms import GAP
from edge.core.errors import DecodeError, StorageError
from edge.core.face_answers import ASK as PHOTOGRAPHS
from edge.core.ids import EpochId, LabId
from edge.core.platform import Alarm, Chain
from edge.ports import Clock, EventKeys, Journal, Signer
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
SHARED_GAP_S = 0.005
"""For each station: what every lab hears of is renewed seldom where heads go to thousands."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to a station; whatever is lost on the way is said again."""

    topic: str
    payload: bytes
    retain: bool = False


@dataclass(frozen=True, slots=True)
class Tempo:
    """How often the platform speaks without being asked, and how long a hole may last; seconds."""

    ack_every_s: float = 60.0
    ack_min_gap_s: float = 1.0
    head_every_s: float = 300.0
    gap_patience_s: float = 60.0


class Platform:
    """Verifies, stores once, acknowledges after its commit, decides, publishes and answers."""

    def __init__(  # noqa: PLR0913 - one parameter for each part of the platform
        self,
        *,
        store: PlatformStore,
        clock: Clock,
        ring: EventKeys,
        signer: Signer,
        journal: Journal,
        tempo: Tempo,
        share: Share = EVERY_LAB,
    ) -> None:
        self._store = store
        self._clock = clock
        self._keys = ring
        self._journal = journal
        self._share = share
        self._reference = Reference(store=store, clock=clock, signer=signer)
        self._projection = Projection(store=store, reference=self._reference, clock=clock)
        self._answers = Answers(reference=self._reference, clock=clock, signer=signer)
        self._roll = Roll(store, share)
        self._heads = Heads(self._reference, clock, every_s=tempo.head_every_s)
        self._gaps = GapWatch(clock, patience_s=tempo.gap_patience_s)
        self._ends = EndWatch(store, clock, patience_s=tempo.gap_patience_s)
        self._acknowledger = Acknowledger(
            store=store,
            clock=clock,
            signer=signer,
            every_s=tempo.ack_every_s,
            min_gap_s=tempo.ack_min_gap_s,
            stations=self._roll.names,
        )
        self._has_recalled = False
        self._strangers: set[LabId] = set()
        self._renewed_ns = -int(VERSION_GAP_S * 1e9)

    def load_rows(self, name: SetName, rows: Iterable[Row | Deleted]) -> None:
        """Take in reference rows; unchanged ones change nothing."""
        with self._store.transaction():
            self._reference.put(name, rows)

    def receive(self, messages: Sequence[tuple[str, bytes]]) -> tuple[Outgoing, ...]:
        """Take in a batch in one transaction: on the disk at return; raise StorageError."""
        batch = tuple(self._ours(messages))
        events = [each for each in batch if each[0].branch is Branch.EVENT]
        heard = {topic.station.name for topic, _ in batch}
        ingest = Ingest(store=self._store, clock=self._clock, keys=self._keys)
        taking = Taking(self._keys, ingest, lambda chain: self._follow(ingest, *chain))
        with self._store.transaction():
            for station in self._roll.unknown(heard):
                self._store.note_station(station)
            chains = taking.take(events)
            holes = ingest.finish(chains)
            answers = [said for each in batch for said in self._meet(*each)]
        self._roll.add(heard)
        self._tell(ingest.alarms)
        for station, epoch in (*self._gaps.note(chains, holes), *self._ends.note(chains)):
            self._journal.info("gap.filled", station=station, epoch=epoch)
        for topic, _ in events:
            self._acknowledger.note(topic.station.name)
        return (*answers, *self._wishes(holes))

    def tick(self) -> tuple[Outgoing, ...]:
        """What time has made due: versions, heads, acknowledgements, alarms of lasting gaps."""
        self._renew()
        self._recall_gaps()
        self._alarm_gaps()
        heads = (
            Outgoing(head_topic(station, name), head, retain=True)
            for station, name, head in self._heads.due(self._roll.stations())
        )
        return (*heads, *self._acks())

    def _ours(self, messages: Sequence[tuple[str, bytes]]) -> Iterator[tuple[Topic, bytes]]:
        """Messages whose topic is one of ours; another consumer's lab is left to it."""
        for name, payload in messages:
            try:
                topic = parse_topic(name)
            except DecodeError as error:
                self._journal.warning("message.refused", error=str(error))
                continue
            if self._share.covers(topic.station.lab):
                yield topic, payload
            elif topic.station.lab not in self._strangers:
                self._strangers.add(topic.station.lab)
                self._journal.warning("message.of_another_share", lab=topic.station.lab)

    def _meet(self, topic: Topic, payload: bytes) -> Iterator[Outgoing]:
        match topic.branch:
            case Branch.EVENT:
                pass
            case Branch.STATUS:
                self._greet(topic.station, payload)
            case Branch.ASK:
                yield from self._answer(topic.station, payload)
            case _:
                self._journal.info("message.unused", branch=topic.branch.value)

    def _follow(self, ingest: Ingest, station: str, epoch: EpochId) -> None:
        for event in ingest.advance(station, epoch):
            place = {"epoch": epoch, "sequence": event.sequence}
            try:
                code = self._projection.follow(event)
            except (
                KeyError,
                TypeError,
                ValueError,
                OverflowError,
                RecursionError,
                DecodeError,
            ) as error:
                why = type(error).__name__
                ingest.alarm(station, "event_not_understood", **place, why=why)
            else:
                if code:
                    ingest.alarm(station, code, **place, delivery=event.delivery)

    def _wishes(self, holes: Mapping[Chain, Hole]) -> Iterator[Outgoing]:
        for (station, epoch), hole in sorted(holes.items()):
            wish = self._acknowledger.ask_again(station, epoch, hole)
            if wish is not None:
                yield Outgoing(replay_topic(Station.parse(station)), wish)

    def _recall_gaps(self) -> None:
        """Once: holes from before this process, also of stations that have gone silent."""
        if self._has_recalled:
            return
        served = set(self._roll.names())
        upto = {
            chain: mark.upto
            for chain, mark in self._store.every_mark().items()
            if chain[0] in served
        }
        above = self._store.lowest_above(upto)
        holes = {
            chain: (upto[chain] + 1, lowest - 1)
            for chain, lowest in above.items()
            if lowest > upto[chain] + 1
        }
        self._gaps.note(frozenset(holes), holes)
        self._has_recalled = True

    def _alarm_gaps(self) -> None:
        for watch in (self._gaps, self._ends):
            for (station, epoch), hole in watch.due():
                first, last = hole
                facts = {"epoch": epoch, "first": str(first), "last": str(last)}
                alarm = Alarm(self._clock.now(), station, GAP, facts)
                if not self._store.has_alarm(alarm):
                    with self._store.transaction():
                        self._store.raise_alarm(alarm)
                    self._tell([alarm])
                watch.told((station, epoch), hole)

    def _tell(self, alarms: Sequence[Alarm]) -> None:
        """A line for each alarm, once it is stored."""
        for alarm in alarms:
            self._journal.warning("alarm", station=alarm.station, kind=alarm.code, **alarm.facts)

    def _greet(self, station: Station, payload: bytes) -> None:
        """A station came up: it hears its watermarks and all heads at once."""
        try:
            status = decode_status(payload)
        except DecodeError as error:
            self._journal.warning("status.refused", station=station.name, error=str(error))
            return
        self._ends.hear(station.name, status)
        if status.state is StationState.ONLINE:
            self._acknowledger.note(station.name)
            self._heads.want(station)

    def _answer(self, station: Station, payload: bytes) -> Iterator[Outgoing]:
        try:
            ask = decode(payload, Ask)
            if ask.name == PHOTOGRAPHS:
                return  # people answer that, by `face seal`
            topic, answer = self._answers.answer(station, ask)
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
        stations = self._roll.stations()
        try:
            with self._store.transaction():
                labs = frozenset(each.lab for each in stations)
                gap_s = len(stations) * SHARED_GAP_S
                renewed = self._reference.renew(labs, shared_gap_s=gap_s)
        except StorageError:
            self._reference.forget()
            raise
        names: dict[LabId, set[SetName]] = {}
        for lab, name in renewed:
            names.setdefault(lab, set()).add(name)
        for station in stations if names else ():
            self._heads.want(station, names.get(station.lab, ()))

    def _acks(self) -> Iterator[Outgoing]:
        for name in self._acknowledger.due():
            station = Station.parse(name)
            yield Outgoing(ack_topic(station), self._acknowledger.acknowledge(name), retain=True)
