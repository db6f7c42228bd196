"""Many taps, three in ten with trouble: every tag told once, rightly, and nothing grows."""

import gc
import os
import random
import threading
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest
from nfc_desk import NfcDesk, fresh_uid, sun_tag
from waiting import until

from edge.core.nfc import TagSeen
from edge.devices.nfc.reader import ReaderPhase
from edge.sim.pn532.faults import Fault, FaultKind
from edge.sim.pn532.messages import uri_message
from edge.sim.pn532.ntag21x import Model, Ntag21x
from edge.sim.pn532.ntag424 import Ntag424
from edge.sim.pn532.tags import Tag

FAULTY = 0.3
CODES = (None, 0x4A, 0x42, 0x32, 0x06, 0x08)
KINDS = tuple(set(FaultKind) - {FaultKind.HANG, FaultKind.UNPLUG, FaultKind.LIFT})
GROWTH_LIMIT_BYTES = 2 * 1024 * 1024
WARM_UP = 50


@dataclass(slots=True)
class Tally:
    """What came out wrong; every list should stay empty. `troubled`: taps with a fault."""

    missed: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    troubled: int = 0


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_three_hundred_taps(tmp_path: Path) -> None:
    soak(tmp_path, 300)


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_twenty_thousand_taps(tmp_path: Path) -> None:
    soak(tmp_path, int(os.environ.get("NFC_SOAK_TAPS", "20000")))


def soak(folder: Path, taps: int) -> None:
    draw, tally, process = random.Random(20), Tally(), psutil.Process()
    resources: tuple[int, int] | None = None
    memory = 0
    with NfcDesk(folder) as desk:
        for number in range(taps):
            one_tap(desk, draw, tally)
            if number == WARM_UP:
                gc.collect()
                resources = (process.num_fds(), threading.active_count())
                memory = process.memory_info().rss
        gc.collect()
        desk.wait_for(ReaderPhase.READY)
        assert (tally.missed, tally.doubled, tally.wrong) == ([], [], [])
        assert (process.num_fds(), threading.active_count()) == resources
        assert process.memory_info().rss - memory < GROWTH_LIMIT_BYTES
        assert tally.troubled > taps / 6


def one_tap(desk: NfcDesk, draw: random.Random, tally: Tally) -> None:
    """Lay a tag there, with or without trouble, until it is told; lift it until that is told."""
    tag, text = any_tag(draw)
    uid = tag.uid.hex()
    trouble = draw.random() < FAULTY
    if trouble:
        plan(desk, draw)
    desk.port.tap(tag)
    if trouble and draw.random() < 0.1:
        desk.port.unplug()
        desk.wait_for(ReaderPhase.ABSENT)
        desk.port.plug(renumbered=draw.random() < 0.5)
    try:
        until(lambda: desk.seen, limit_s=10.0)
    except AssertionError:
        tally.missed.append(f"{uid} after {desk.port.chip.faults.met} {desk.reader.state}")
    desk.look(2)
    tally.troubled += bool(desk.port.calm())
    desk.port.lift()
    until(lambda: len(desk.gone) >= len(desk.seen))
    expected = (text or tag_url(tag)).encode()
    tally.wrong.extend(repr(each) for each in desk.seen if not is_right(each, uid, expected))
    tally.doubled.extend(each.uid for each in desk.seen[1:])
    desk.events.clear()
    desk.journal.lines.clear()


def any_tag(draw: random.Random) -> tuple[Tag, str]:
    if draw.random() < 0.2:
        return sun_tag(counter=draw.randrange(1_000_000)), ""
    model = draw.choice(list(Model))
    rest = "s.example/" + "".join(draw.choices("0123456789ABCDEF", k=draw.randrange(1, 125)))
    tag = Ntag21x(fresh_uid(draw), model=model, message=uri_message(f"https://{rest}"))
    return tag, f"https://{rest}"


def tag_url(tag: Tag) -> str:
    assert isinstance(tag, Ntag424)
    return f"https://{tag.current_url()}"


def plan(desk: NfcDesk, draw: random.Random) -> None:
    kind = draw.choice(KINDS)
    radio = kind in (FaultKind.RF_CRC, FaultKind.RF_LOST)
    code = 0x42 if radio else draw.choice(CODES)
    desk.port.trouble([Fault(kind, code, draw.randrange(3))])


def is_right(seen: TagSeen, uid: str, expected: bytes) -> bool:
    return (seen.uid, seen.payload, seen.flaw) == (uid, expected, None)
