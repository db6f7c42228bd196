"""Photographs between a station and a platform, with a line that loses what a test wants."""

from collections import deque
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from downlinks import CONTROL, DOWNLINK
from memory_doors import QuietJournal, SetClock
from model_platform import FIRST, EventLog

from edge.central.blobs import BlobInbox
from edge.core.evidence import Evidence, EvidenceKind
from edge.core.ids import Digest
from edge.flows.blobs import Archive, BlobSender, Rate
from edge.storage.blob_parts import BlobParts
from edge.storage.evidence import EvidenceFiles
from edge.storage.link import SqliteLink
from edge.wire.convert import converter
from edge.wire.topics import parse_topic

RATE = Rate(bytes_s=1024 * 1024, window=2, patience_s=20, patience_max_s=80)


class PhotographLine:
    """A sender and an inbox with real stores; messages lie in `up` and `down` until they go."""

    def __init__(self, folder: Path, rate: Rate = RATE) -> None:
        self.folder = folder
        self.log = EventLog()
        self.clock = SetClock()
        self.journal = QuietJournal()
        self.files = EvidenceFiles(folder / "station")
        self.kept = EvidenceFiles(folder / "platform")
        self.rate = rate
        self.link = SqliteLink(folder / "link.db", clock=self.clock, boot_id="boot")
        self.up: deque[tuple[int, str, bytes]] = deque()
        self.down: deque[bytes] = deque()
        self.sent: list[tuple[str, int]] = []
        self._token = 0
        self.confirmed = 0
        self.restart_station()
        self.restart_platform()

    def close(self) -> None:
        self.link.close()

    def restart_station(self) -> None:
        """A new process over the same stores."""
        self.sender = BlobSender(
            archive=Archive(self.log, self.files),
            ledger=self.link,
            downlink=DOWNLINK,
            clock=self.clock,
            journal=self.journal,
            rate=self.rate,
        )
        self.up.clear()
        self.sender.begin()

    def restart_platform(self) -> None:
        """A new process over the same files."""
        self.inbox = BlobInbox(
            parts=BlobParts(self.folder / "incoming"),
            photographs=self.kept,
            clock=self.clock,
            signer=CONTROL,
            journal=self.journal,
        )

    def photograph(
        self, content: bytes, kind: EvidenceKind = EvidenceKind.LAYER, *, confirmed: bool = True
    ) -> Digest:
        """A photograph that an event names, and perhaps the platform's mark on that event."""
        kept = self.files.put(
            content, kind=kind, media_type="image/jpeg", taken_at=self.clock.now()
        )
        self.log.append(evidence=[converter.unstructure(kept, Evidence)])
        if confirmed:
            self.confirmed = self.log.tip_of(FIRST).sequence
        return kept.sha256

    def publish(self, topic: str, payload: bytes) -> int:
        self._token += 1
        name = parse_topic(topic).tail
        self.sent.append((name[0], int(name[1])))
        self.up.append((self._token, topic, payload))
        return self._token

    def pump(self, *, free: bool = True) -> None:
        marks = {FIRST: self.log.mark_at(self.confirmed)} if self.confirmed else {}
        self.sender.pump(self.publish, marks=marks, free=free)

    def carry(self, *, loses: Callable[[str], bool] = lambda _: False) -> None:
        """What is under way arrives, both ways; what a test wants is lost after its PUBACK."""
        while self.up:
            token, topic, payload = self.up.popleft()
            self.sender.acknowledged(token, 0)
            if not loses(topic):
                self.down.extend(each for _, each in self.inbox.take(parse_topic(topic), payload))
        while self.down:
            answer = self.down.popleft()
            if not loses("down"):
                self.sender.hear_ack(answer)

    def run(self, rounds: int = 200) -> None:
        """Work until nothing waits, a second between the turns."""
        for _ in range(rounds):
            if self.link.blobs_waiting() == 0 and self.confirmed == self.searched():
                return
            self.pump()
            self.carry()
            self.clock.move(1)
        raise AssertionError("photographs did not arrive")

    def searched(self) -> int:
        return self.link.blob_cursor(FIRST)

    def arrived(self) -> set[str]:
        return set(self.kept.names())


def picture(size: int, seed: int = 0) -> bytes:
    """Bytes of a size, others for every seed."""
    block = sha256(str(seed).encode()).digest()
    return (block * (size // len(block) + 1))[:size]
