"""A desk's replica that is fed by the platform's own messages: heads, questions and pages."""

from pathlib import Path

from central_site import Central, Desk
from memory_doors import QuietJournal

from edge.flows.sync import Sync
from edge.storage.mirror import SqliteMirror
from edge.storage.registry import SqliteRegistry
from edge.wire.downlink import Ask, Head, StationState, Status, encode
from edge.wire.reference import SetName
from edge.wire.topics import Branch, Topic, answer_topic, ask_topic, parse_topic, status_topic


class FollowingDesk:
    """One station's copy of the reference data, fed by the platform's own messages alone."""

    def __init__(self, central: Central, desk: Desk, path: Path) -> None:
        self.central, self.station = central, desk.station
        self.mirror = SqliteMirror(path)
        self.sync = Sync(
            mirror=self.mirror,
            clock=central.clock,
            downlink=central.downlink(self.station),
            journal=QuietJournal(),
        )
        self.registry = SqliteRegistry(
            path, ring=central.ring, station=self.station, journal=QuietJournal()
        )
        self.asked: list[tuple[SetName, int, int]] = []

    def close(self) -> None:
        self.registry.close()
        self.mirror.close()

    def be_born(self) -> None:
        born = encode(Status(StationState.ONLINE))
        self.central.receive((status_topic(self.station), born))

    def follow(self) -> set[str]:
        """Hear what the platform says now, and ask until nothing is missing; the sets renewed."""
        self.central.clock.move(1.0)
        self.asked.clear()
        heads = set()
        for each in self.central.platform.tick():
            topic = parse_topic(each.topic)
            if (topic.station, topic.branch) == (self.station, Branch.REFERENCE):
                assert each.retain
                self.sync.hear_head(each.payload)
                heads.add(topic.tail[0])
        while asks := self._asks():
            for each in self.central.receive(*asks):
                match parse_topic(each.topic):
                    case Topic(branch=Branch.REFERENCE, tail=(name, "page", version, number)):
                        self.sync.hear_page(name, int(version), int(number), each.payload)
                    case other:
                        raise AssertionError(other)
        return heads

    def version(self, name: SetName) -> int:
        held = self.mirror.held().get(name.value)
        return held.version if held else 0

    def head(self, name: SetName) -> Head:
        found = self.registry.head(name)
        assert found is not None
        return found

    def _asks(self) -> list[tuple[str, bytes]]:
        asks: list[Ask] = []

        def ask(name: str, version: int, page: int) -> None:
            self.asked.append((SetName(name), version, page))
            corr = f"page-{len(self.asked)}"
            data = {"set": name, "version": version, "page": page}
            asks.append(Ask(corr, "ref-page", data, answer_topic(self.station, corr)))

        self.sync.pump(ask)
        return [(ask_topic(self.station, each.name), encode(each)) for each in asks]
