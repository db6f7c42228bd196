"""Every trouble that a PN532, its cable and its field are known for: none lost, doubled, wrong."""

import fcntl
import os
import random
from pathlib import Path

import pytest
from nfc_desk import (
    EXCHANGE,
    FIELD,
    FIRMWARE,
    LIST_TARGETS,
    SIGNED_URL,
    ZERO_KEYS,
    NfcDesk,
    fresh_uid,
    ntag,
    sun_tag,
)
from waiting import until

from edge.core.errors import DeviceGone
from edge.core.nfc import TagFlaw, TagPassword, TagSeen, TagUid
from edge.devices.nfc.reader import ReaderPhase
from edge.sim.pn532.faults import Fault, FaultKind
from edge.sim.pn532.ntag21x import Ntag21x
from edge.sim.pn532.ntag424 import Ntag424
from edge.sim.pn532.tags import RfAnswer

PAYLOAD = b"https://" + SIGNED_URL.encode()
LINE_FAULTS = (
    FaultKind.NACK,
    FaultKind.GARBAGE,
    FaultKind.BAD_DCS,
    FaultKind.BAD_LCS,
    FaultKind.HALF_FRAME,
    FaultKind.NO_ACK,
    FaultKind.NO_RESPONSE,
    FaultKind.ERROR_FRAME,
    FaultKind.LATE_RESPONSE,
    FaultKind.SILENT,
    FaultKind.BROWN_OUT,
    FaultKind.ASLEEP,
    FaultKind.WRONG_BAUD,
)


def expect_whole(desk: NfcDesk, first: TagSeen, uid: bytes) -> None:
    """The one tag was told once with all it says, its leaving too, and the next one is told."""
    desk.look()
    assert (first.uid, first.payload, first.flaw) == (uid.hex(), PAYLOAD, None)
    assert len(desk.seen) == 1
    desk.lift()
    after = fresh_uid(random.Random(7))
    assert desk.tap(ntag(after)).uid == after.hex()
    assert [each.payload for each in desk.seen] == [PAYLOAD, PAYLOAD]
    assert [each.uid for each in desk.gone] == [uid.hex()]


@pytest.mark.parametrize("code", [LIST_TARGETS, EXCHANGE], ids=hex)
@pytest.mark.parametrize("kind", LINE_FAULTS)
def test_trouble_while_a_tag_is_read(tmp_path: Path, kind: FaultKind, code: int) -> None:
    uid = fresh_uid(random.Random(1))
    with NfcDesk(tmp_path) as desk:
        desk.port.trouble([Fault(kind, code)])
        expect_whole(desk, desk.tap(ntag(uid)), uid)
        assert desk.port.chip.faults.met == [kind]


@pytest.mark.parametrize("kind", LINE_FAULTS)
def test_trouble_while_a_told_tag_lies_there(tmp_path: Path, kind: FaultKind) -> None:
    uid = fresh_uid(random.Random(2))
    with NfcDesk(tmp_path) as desk:
        seen = desk.tap(ntag(uid))
        desk.port.trouble([Fault(kind)])
        until(lambda: desk.port.chip.faults.waiting == 0)
        desk.look()
        expect_whole(desk, seen, uid)


@pytest.mark.slow
@pytest.mark.parametrize("code", [FIRMWARE, 0x10, 0x00], ids=hex)
@pytest.mark.parametrize("kind", LINE_FAULTS)
def test_trouble_while_the_port_is_opened(tmp_path: Path, kind: FaultKind, code: int) -> None:
    uid = fresh_uid(random.Random(3))
    with NfcDesk(tmp_path) as desk:
        desk.port.unplug()
        desk.wait_for(ReaderPhase.ABSENT)
        desk.port.trouble([Fault(kind, code)])
        desk.port.plug()
        desk.wait_for(ReaderPhase.READY)
        expect_whole(desk, desk.tap(ntag(uid)), uid)


@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize("kind", [FaultKind.RF_CRC, FaultKind.RF_LOST])
def test_trouble_on_the_radio(tmp_path: Path, kind: FaultKind, times: int) -> None:
    uid = fresh_uid(random.Random(4))
    with NfcDesk(tmp_path) as desk:
        desk.port.trouble([Fault(kind, EXCHANGE)] * times)
        expect_whole(desk, desk.tap(ntag(uid)), uid)


def test_a_tag_that_never_gets_through_is_told_as_unreadable(tmp_path: Path) -> None:
    with NfcDesk(tmp_path) as desk:
        desk.port.trouble([Fault(FaultKind.RF_CRC, EXCHANGE)] * 5)
        assert desk.tap(ntag()).flaw is TagFlaw.UNREADABLE
        desk.look()
        assert len(desk.seen) == 1


@pytest.mark.parametrize(
    ("code", "skip"),
    [(LIST_TARGETS, 0), (0x06, 0), (0x08, 0), (FIELD, 1), (EXCHANGE, 0), (EXCHANGE, 1)],
)
def test_a_tag_that_is_lifted_too_early(tmp_path: Path, code: int, skip: int) -> None:
    """Six moments of one tap; whatever was told is right, and the next tap counts."""
    uid = fresh_uid(random.Random(5))
    with NfcDesk(tmp_path) as desk:
        desk.port.tap(ntag(uid))
        desk.port.trouble([Fault(FaultKind.LIFT, code, skip)])
        until(lambda: desk.port.chip.faults.waiting == 0)
        desk.look()
        assert [each.payload for each in desk.seen] in ([], [PAYLOAD])
        early = len(desk.seen)
        assert len(desk.gone) == early
        assert desk.tap(ntag(uid)).payload == PAYLOAD
        assert len(desk.seen) == early + 1


@pytest.mark.parametrize("skip", range(4))
def test_a_type_4_tag_that_is_lifted_too_early(tmp_path: Path, skip: int) -> None:
    with NfcDesk(tmp_path) as desk:
        desk.port.trouble([Fault(FaultKind.LIFT, EXCHANGE, skip)])
        desk.port.tap(sun_tag(counter=60))
        until(lambda: desk.port.chip.faults.waiting == 0)
        desk.look()
        early = len(desk.seen)
        assert desk.tap(sun_tag(counter=60)).payload.endswith(b"&c=94EED9EE65337086")
        assert len(desk.seen) == early + 1


def test_two_tags_at_once(tmp_path: Path) -> None:
    draw = random.Random(6)
    uids = {fresh_uid(draw), fresh_uid(draw)}
    with NfcDesk(tmp_path) as desk:
        desk.port.tap(*(ntag(uid) for uid in uids))
        until(lambda: len(desk.seen) == 2)
        desk.look(30)
        assert {each.uid for each in desk.seen} == {uid.hex() for uid in uids}
        assert (len(desk.seen), desk.gone) == (2, [])
        desk.lift()


@pytest.mark.parametrize("code", [LIST_TARGETS, EXCHANGE, 0x06, 0x00], ids=hex)
def test_the_cable_comes_off_in_the_middle_of_a_command(tmp_path: Path, code: int) -> None:
    uid = fresh_uid(random.Random(8))
    with NfcDesk(tmp_path) as desk:
        if code == 0:
            desk.port.power_on()
        desk.port.trouble([Fault(FaultKind.UNPLUG, code)])
        desk.port.tap(ntag(uid))
        desk.wait_for(ReaderPhase.ABSENT)
        desk.port.plug()
        until(lambda: desk.seen)
        expect_whole(desk, desk.seen[0], uid)


def test_the_cable_comes_off_between_two_commands_and_at_the_end(tmp_path: Path) -> None:
    with NfcDesk(tmp_path) as desk:
        desk.port.unplug()
        desk.wait_for(ReaderPhase.ABSENT)
        desk.port.plug()
        desk.wait_for(ReaderPhase.READY)
        desk.port.trouble([Fault(FaultKind.UNPLUG, 0x16)])
        desk.reader.stop()
        assert desk.reader.state.phase is ReaderPhase.STOPPED


def test_the_port_is_held_by_another_program(tmp_path: Path) -> None:
    with NfcDesk(tmp_path) as desk:
        desk.reader.stop()
        other = os.open(desk.link, os.O_RDWR | os.O_NOCTTY)
        try:
            fcntl.flock(other, fcntl.LOCK_EX)
            desk.reader.start()
            desk.wait_for(ReaderPhase.BUSY)
        finally:
            os.close(other)
        desk.wait_for(ReaderPhase.READY)
        desk.tap(ntag())


def test_the_node_comes_back_under_another_number(tmp_path: Path) -> None:
    uid = fresh_uid(random.Random(9))
    with NfcDesk(tmp_path) as desk:
        old = desk.port.node
        desk.port.unplug()
        desk.wait_for(ReaderPhase.ABSENT)
        desk.port.plug(renumbered=True)
        desk.wait_for(ReaderPhase.READY)
        assert desk.port.node != old
        expect_whole(desk, desk.tap(ntag(uid)), uid)


@pytest.mark.slow
def test_a_chip_that_hangs_is_pulled_by_its_reset_line(tmp_path: Path) -> None:
    pulled: list[int] = []

    def reset() -> None:
        pulled.append(1)
        desk.port.power_on()

    uid = fresh_uid(random.Random(10))
    desk = NfcDesk(tmp_path, reset=reset)
    with desk:
        desk.port.trouble([Fault(FaultKind.HANG)])
        desk.wait_for(ReaderPhase.FAILING)
        expect_whole(desk, desk.tap(ntag(uid)), uid)
    assert pulled == [1]


@pytest.mark.slow
def test_a_reset_line_that_fails_is_told_and_tried_again(tmp_path: Path) -> None:
    pulled: list[int] = []

    def reset() -> None:
        pulled.append(1)
        if len(pulled) == 1:
            raise DeviceGone("pin_unusable")
        desk.port.power_on()

    desk = NfcDesk(tmp_path, reset=reset)
    with desk:
        desk.port.trouble([Fault(FaultKind.HANG)])
        assert desk.tap(ntag()).payload == PAYLOAD
        assert len(desk.journal.named("nfc.reset_failed")) == 1


@pytest.mark.parametrize(
    ("data", "flaw"),
    [
        (bytes(144), TagFlaw.EMPTY),
        (b"\x03\x00\xfe", TagFlaw.EMPTY),
        (b"\xfe", TagFlaw.EMPTY),
        (b"\x03\xff\x40\x00", TagFlaw.MALFORMED),
        (b"\x03\xf0", TagFlaw.MALFORMED),
        (b"\x03\x05\xd1\x01\x09U\x04\xfe", TagFlaw.MALFORMED),
        (b"\x03\x06\xd1\x01\x02U\x99x\xfe", TagFlaw.MALFORMED),
        (b"\x03\x06\xd1\x01\x02U\x04\xff\xfe", TagFlaw.MALFORMED),
        (b"\xff" * 144, TagFlaw.MALFORMED),
    ],
)
def test_octets_that_are_no_message(tmp_path: Path, data: bytes, flaw: TagFlaw) -> None:
    tag = Ntag21x(fresh_uid(random.Random(11)))
    tag.store_raw(data)
    with NfcDesk(tmp_path) as desk:
        seen = desk.tap(tag)
        desk.look()
    assert (seen.flaw, seen.payload, len(desk.seen)) == (flaw, b"", 1)


def test_a_tag_that_is_locked_out_by_wrong_passwords(tmp_path: Path) -> None:
    tag = ntag()
    tag.protect(b"abcd", b"ok", auth_limit=2)
    passwords = {TagUid.of(tag.uid): TagPassword(b"nope", b"ok")}
    with NfcDesk(tmp_path, passwords=passwords) as desk:
        flaws = []
        for _ in range(3):
            flaws.append(desk.tap(tag).flaw)
            desk.lift()
    assert flaws == [TagFlaw.PROTECTED, TagFlaw.PROTECTED, TagFlaw.LOCKED_OUT]


class HostileTag:
    """Answers whatever it likes; its UID and kind are as a selected tag has them."""

    def __init__(self, draw: random.Random) -> None:
        self._draw = draw
        self.uid = fresh_uid(draw)
        self.sens_res = b"\x00\x44"
        self.sel_res = draw.choice([0x00, 0x08, 0x20, 0x60])

    def power_up(self) -> None:
        """Nothing is lost."""

    def exchange(self, command: bytes) -> RfAnswer | None:
        size = self._draw.choice([0, 1, 2, 3, 16, 32, 160, 250])
        answer = self._draw.randbytes(size)
        if self._draw.random() < 0.5:
            answer = command[:1] + answer[1:]
        return RfAnswer(answer) if self._draw.random() < 0.8 else None


@pytest.mark.parametrize("seed", range(12))
def test_a_tag_that_answers_nonsense(tmp_path: Path, seed: int) -> None:
    """It may be told as unreadable or not at all; the reader stays, and the next tap counts."""
    draw = random.Random(seed)
    with NfcDesk(tmp_path) as desk:
        desk.port.tap(HostileTag(draw))
        desk.look(20)
        assert [each.payload for each in desk.seen] in ([], [b""])
        desk.port.lift()
        until(lambda: len(desk.gone) == len(desk.seen))
        assert desk.tap(ntag()).payload == PAYLOAD
        assert desk.journal.named("nfc.lost") == []


class Telephone(Ntag424):
    """Draws a UID of its own at each power-up."""

    def __init__(self) -> None:
        super().__init__(b"\x08abc", url="a.example/t", keys=ZERO_KEYS)

    def power_up(self) -> None:
        super().power_up()
        self.uid = b"\x08" + random.randbytes(3)


class SilentTelephone(Telephone):
    """Answers nothing."""

    def exchange(self, command: bytes) -> None:
        del command


def test_a_tag_that_changes_its_uid_is_told_once(tmp_path: Path) -> None:
    with NfcDesk(tmp_path) as desk:
        assert desk.tap(Telephone()).flaw is None
        desk.look(20)
        assert len(desk.seen) == 1
        desk.lift()


def test_a_telephone_without_a_message_is_told_once(tmp_path: Path) -> None:
    with NfcDesk(tmp_path) as desk:
        assert desk.tap(SilentTelephone()).flaw is TagFlaw.UNREADABLE
        desk.look(20)
        assert len(desk.seen) == 1
