"""The NFC door (step 1): one thread a reader that looks, tells each tag once, and returns."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from edge.core.errors import DecodeError, DeviceBusy, DeviceDenied, DeviceError, DeviceGone
from edge.core.moments import Instant
from edge.core.nfc import TagEvent, TagFlaw, TagGone, TagKind, TagSeen, TagUid
from edge.devices.nfc.presence import MADE_UP, Presence, is_made_up
from edge.devices.nfc.probe import OpenReader, open_reader
from edge.devices.nfc.tag_reading import PasswordOf, TagContent, TagLost, read_tag, uid_of
from edge.ports import Journal
from edge.wire.ndef import NdefFlaw, message_text
from edge.wire.sun import parse_sun

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.05, 1.0
LOOK_FOR_NODE_S = 0.1
"""How often an absent node is looked for; that costs one system call."""
HEARTBEAT_S = 5.0
TRIES = 5
"""Readings of one tag until it is told as unreadable."""
DEAD_OPENINGS = 3
"""Openings without an answer from the chip until the reset line is pulled."""
_STOP_LIMIT_S = 3.0

Report = Callable[[TagEvent], None]
ResetLine = Callable[[], None]


class ReaderPhase(StrEnum):
    """What a reader does, for the strip and the doctor."""

    STOPPED = "stopped"
    ABSENT = "absent"
    BUSY = "busy"
    READY = "ready"
    FAILING = "failing"


@dataclass(frozen=True, slots=True)
class ReaderState:
    """The phase, why (an error code and its words), and since when."""

    phase: ReaderPhase
    why: str
    since_mono_ns: int


@dataclass(frozen=True, slots=True)
class ReaderWishes:
    """Where a reader is and how it is used; `reset` pulls the chip's RSTPD_N for a moment."""

    path: Path
    device: str = "nfc"
    baud_cap: int = 921_600
    pause_s: float = 0.04
    reset: ResetLine | None = None


def _no_password(_: TagUid) -> None:
    return None


class NfcReader:
    """A reader that tells tags through `report`, called in its thread; it must return quickly."""

    def __init__(
        self,
        wishes: ReaderWishes,
        *,
        report: Report,
        read_clock: Callable[[], Instant],
        journal: Journal,
        password_of: PasswordOf = _no_password,
    ) -> None:
        self._wishes = wishes
        self._report = report
        self._read_clock = read_clock
        self._journal = journal
        self._password_of = password_of
        self._presence = Presence()
        self._tries: dict[TagUid, int] = {}
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._state = ReaderState(ReaderPhase.STOPPED, "", 0)
        self._dead_openings = 0
        self._has_worked = False

    @property
    def state(self) -> ReaderState:
        """What the reader does now."""
        return self._state

    def start(self) -> None:
        """Begin to look; a reader that is not there is waited for."""
        if self._thread is not None and self._thread.is_alive():
            return
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=self._run, args=(self._stop,), name=f"nfc-{self._wishes.device}", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Put the chip to sleep and end within 3 s."""
        thread, self._thread = self._thread, None
        self._stop.set()
        if thread is not None:
            thread.join(_STOP_LIMIT_S)
        self._enter(ReaderPhase.STOPPED, "")

    def _run(self, stop: threading.Event) -> None:
        try:
            self._keep_working(stop)
        finally:
            if not stop.is_set():
                self._enter(ReaderPhase.FAILING, "ended")

    def _keep_working(self, stop: threading.Event) -> None:
        pause_s = FIRST_PAUSE_S
        while not stop.is_set():
            self._has_worked = False
            try:
                self._work(stop)
            except DeviceError as error:
                self._lose(error)
            if self._has_worked:
                pause_s = FIRST_PAUSE_S
            self._rest(pause_s, stop)
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)

    def _rest(self, pause_s: float, stop: threading.Event) -> None:
        """Wait; an absent node is looked for all the time, so that a replug is noticed at once."""
        if self._state.phase is not ReaderPhase.ABSENT:
            stop.wait(pause_s)
            return
        while not self._wishes.path.exists() and not stop.wait(LOOK_FOR_NODE_S):
            pass

    def _work(self, stop: threading.Event) -> None:
        """One opening of the port, until it fails or `stop`."""
        reader = open_reader(self._wishes.path, baud_cap=self._wishes.baud_cap)
        is_sane = False
        try:
            self._ready(reader)
            self._look(reader, stop)
            is_sane = True
        finally:
            if is_sane:
                reader.close()
            else:
                reader.abandon()

    def _ready(self, reader: OpenReader) -> None:
        self._dead_openings = 0
        self._tries.clear()
        now = self._read_clock()
        self._tell_gone(self._presence.resumed(now.mono_ns / 1e9), now)
        if self._state.phase is not ReaderPhase.READY:
            self._journal.info("nfc.ready", device=self._wishes.device, baud=reader.baud)
        self._enter(ReaderPhase.READY, "")

    def _look(self, reader: OpenReader, stop: threading.Event) -> None:
        heartbeat_ns = self._read_clock().mono_ns
        while not stop.is_set():
            target = reader.sense()
            now = self._read_clock()
            self._has_worked = True
            if target is None:
                self._tell_gone(self._presence.missed(now.mono_ns / 1e9), now)
                self._tries.clear()
                if now.mono_ns - heartbeat_ns > HEARTBEAT_S * 1e9:
                    reader.check_alive()
                    heartbeat_ns = now.mono_ns
            else:
                self._meet(reader, target, now)
            stop.wait(self._wishes.pause_s)

    def _meet(self, reader: OpenReader, target: object, now: Instant) -> None:
        """A tag in the field: read it when it is new, and tell it once."""
        try:
            uid = self._presence.known_as(uid_of(target))
        except DecodeError:
            return
        self._tell_gone(self._presence.seen(uid, now.mono_ns / 1e9), now)
        if self._presence.holds(uid):
            return
        try:
            content = read_tag(reader, target, password_of=self._password_of)
        except TagLost as lost:
            if not self._has_tried_enough(uid):
                return
            content = TagContent(TagKind.TYPE2, flaw=TagFlaw.UNREADABLE, detail=str(lost))
        self._tries.clear()
        self._presence.told(uid, self._read_clock().mono_ns / 1e9)
        self._report(seen(self._wishes.device, uid, content, now))

    def _has_tried_enough(self, uid: TagUid) -> bool:
        """Tags that make up their UIDs count as one."""
        tried = MADE_UP if is_made_up(uid) else uid
        self._tries[tried] = self._tries.get(tried, 0) + 1
        return self._tries[tried] >= TRIES

    def _tell_gone(self, uids: tuple[TagUid, ...], now: Instant) -> None:
        for uid in uids:
            self._report(TagGone(self._wishes.device, uid, now))

    def _lose(self, error: DeviceError) -> None:
        phase = phase_of(error)
        if self._state.phase is not phase:
            self._journal.warning("nfc.lost", device=self._wishes.device, why=str(error))
        self._enter(phase, str(error))
        is_silent = phase is ReaderPhase.FAILING and not isinstance(error, DeviceDenied)
        if self._has_worked or not is_silent:
            self._dead_openings = 0
            return
        self._dead_openings += 1
        if self._dead_openings >= DEAD_OPENINGS and self._wishes.reset is not None:
            self._dead_openings = 0
            self._pull(self._wishes.reset)

    def _pull(self, reset: ResetLine) -> None:
        """The last rung; a reset line that fails leaves the reader as it is."""
        self._journal.warning("nfc.reset", device=self._wishes.device)
        try:
            reset()
        except DeviceError as error:
            self._journal.warning("nfc.reset_failed", device=self._wishes.device, why=str(error))

    def _enter(self, phase: ReaderPhase, why: str) -> None:
        if (self._state.phase, self._state.why) != (phase, why):
            self._state = ReaderState(phase, why, self._read_clock().mono_ns)


def phase_of(error: DeviceError) -> ReaderPhase:
    """What a person should be told about an error: plug in, end the other program, or look."""
    match error:
        case DeviceGone():
            return ReaderPhase.ABSENT
        case DeviceBusy():
            return ReaderPhase.BUSY
        case DeviceDenied() | _:
            return ReaderPhase.FAILING


def seen(device: str, uid: TagUid, content: TagContent, at: Instant) -> TagSeen:
    """The event of a tag: its text, and the message that it made for this tap."""
    flaw, detail, text = content.flaw, content.detail, ""
    if flaw is None:
        found = message_text(content.message)
        if isinstance(found, NdefFlaw):
            flaw, detail = TagFlaw.MALFORMED, found.value
        else:
            text = found
    return TagSeen(
        device,
        uid,
        content.kind,
        text.encode("utf-8"),
        content.signature,
        parse_sun(text),
        at,
        content.message,
        flaw,
        detail,
    )
