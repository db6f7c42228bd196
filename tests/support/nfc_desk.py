"""A simulated reader with our door on it, tags to lay there, and what the door told."""

import random
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from heard_journal import HeardJournal
from waiting import until

from edge.core.nfc import TagEvent, TagGone, TagPassword, TagSeen, TagUid
from edge.devices.nfc.reader import NfcReader, ReaderPhase, ReaderWishes
from edge.host.clock import SystemClock
from edge.sim.pn532.messages import uri_message
from edge.sim.pn532.ntag21x import UNSIGNED, Model, Ntag21x
from edge.sim.pn532.ntag424 import Ntag424, SunKeys
from edge.sim.pn532.pty import Pn532Port
from edge.sim.pn532.tags import Tag

LIST_TARGETS, EXCHANGE, FIELD, FIRMWARE = 0x4A, 0x42, 0x32, 0x02
SIGNED_URL = "specimen.example/s/" + "V1.S-000123." + "0123456789ABCDEF" * 6
ZERO_KEYS = SunKeys(bytes(16), bytes(16))
SUN_UID = bytes.fromhex("04de5f1eacc040")


def fresh_uid(draw: random.Random) -> bytes:
    return b"\x04" + draw.randbytes(6)


def ntag(
    uid: bytes | None = None,
    *,
    text: str = SIGNED_URL,
    model: Model = Model.NTAG213,
    signature: bytes = UNSIGNED,
) -> Ntag21x:
    chosen = uid or bytes.fromhex("0453c652fe4a80")
    return Ntag21x(chosen, model=model, message=uri_message(f"https://{text}"), signature=signature)


def sun_tag(*, counter: int = 60, keys: SunKeys | None = ZERO_KEYS, frozen: str = "") -> Ntag424:
    return Ntag424(SUN_UID, url="t.example/v", keys=keys, counter=counter, frozen=frozen)


class NfcDesk:
    """The port, the reader and the events; leaving checks that no thread stays behind."""

    def __init__(
        self,
        folder: Path,
        *,
        timed: bool = False,
        baud_cap: int = 921_600,
        pause_s: float = 0.005,
        reset: Callable[[], None] | None = None,
        passwords: dict[TagUid, TagPassword] | None = None,
    ) -> None:
        self.link = folder / "nfc-reader"
        self.port = Pn532Port(self.link, timed=timed)
        self.journal = HeardJournal()
        self.events: list[TagEvent] = []
        wishes = ReaderWishes(self.link, "nfc-1", baud_cap, pause_s, reset)
        self.reader = NfcReader(
            wishes,
            report=self.events.append,
            read_clock=SystemClock(assume_synced=True).read,
            journal=self.journal,
            password_of=(passwords or {}).get,
        )

    def __enter__(self) -> Self:
        self.port.start()
        self.reader.start()
        self.wait_for(ReaderPhase.READY)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.reader.stop()
        self.port.stop()
        names = {thread.name for thread in threading.enumerate()}
        assert not names & {"nfc-nfc-1", "sim-pn532"}

    def wait_for(self, phase: ReaderPhase, limit_s: float = 20.0) -> None:
        until(lambda: self.reader.state.phase is phase, limit_s)

    @property
    def seen(self) -> list[TagSeen]:
        return [each for each in self.events if isinstance(each, TagSeen)]

    @property
    def gone(self) -> list[TagGone]:
        return [each for each in self.events if isinstance(each, TagGone)]

    def look(self, times: int = 6) -> None:
        """Let the reader look some more; what it would tell twice, it would tell now."""
        goal = self.port.chip.counts[LIST_TARGETS] + times
        until(lambda: self.port.chip.counts[LIST_TARGETS] >= goal)

    def tap(self, *tags: Tag) -> TagSeen:
        """Lay tags down until one more is told."""
        before = len(self.seen)
        self.port.tap(*tags)
        until(lambda: len(self.seen) > before)
        return self.seen[before]

    def lift(self) -> None:
        """Take everything away until that is told."""
        self.port.lift()
        until(lambda: len(self.gone) == len(self.seen))
