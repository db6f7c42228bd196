"""The NFC door on a simulated reader: what it tells, and that nfcpy itself carried the bytes."""

import gc
import os
import threading
from pathlib import Path

import psutil
import pytest
from nfc.clf import pn532
from nfc_desk import EXCHANGE, SIGNED_URL, NfcDesk, ntag, sun_tag

from edge.core.nfc import TagFlaw, TagKind, TagPassword, TagUid
from edge.devices.nfc.probe import open_reader
from edge.devices.nfc.reader import ReaderPhase
from edge.sim.pn532.ntag21x import Model, Ntag21x
from edge.sim.pn532.pty import Pn532Port, is_held


@pytest.mark.parametrize("model", Model)
@pytest.mark.parametrize("size", [60, 100, 130])
def test_a_tag_is_told_once_with_its_text_and_signature(
    tmp_path: Path, model: Model, size: int
) -> None:
    signature = bytes(range(32))
    with NfcDesk(tmp_path) as desk:
        seen = desk.tap(ntag(text="x" * size, model=model, signature=signature))
        desk.look()
        desk.lift()
    assert (seen.payload, seen.kind) == (b"https://" + b"x" * size, TagKind.NTAG21X)
    assert (seen.signature, seen.flaw, seen.sun) == (signature, None, None)
    assert seen.uid == "0453c652fe4a80"
    assert [type(each).__name__ for each in desk.events] == ["TagSeen", "TagGone"]


def test_a_long_message_takes_more_reads(tmp_path: Path) -> None:
    text = "y" * 240
    tag = ntag(model=Model.NTAG216)
    payload = b"\x04" + text.encode()
    tag.store_message(b"\xc1\x01" + len(payload).to_bytes(4, "big") + b"U" + payload)
    with NfcDesk(tmp_path) as desk:
        assert desk.tap(tag).payload == b"https://" + text.encode()
        tag.store_message(b"\xc1\x01" + (801).to_bytes(4, "big") + b"U" + b"\x04" + b"z" * 800)
        desk.lift()
        assert desk.tap(tag).payload == b"https://" + b"z" * 800


def test_a_tag_that_makes_its_url_anew_is_read_with_every_character(tmp_path: Path) -> None:
    with NfcDesk(tmp_path) as desk:
        first = desk.tap(sun_tag(counter=60))
        desk.look()
    assert first.kind is TagKind.TYPE4
    assert first.payload == (
        b"https://t.example/v?e=4EE05B5DF2BD4852C616018D85B5A00F&c=94EED9EE65337086"
    )
    assert first.sun is not None
    assert first.sun.mac.hex() == "94eed9ee65337086"


def test_a_tag_is_read_on_arrival_only(tmp_path: Path) -> None:
    """A reading at every look would step the counter of a tag ten times a second."""
    tag = sun_tag(counter=0)
    with NfcDesk(tmp_path) as desk:
        desk.tap(tag)
        exchanges = desk.port.chip.counts[EXCHANGE]
        desk.look(20)
        assert (tag.counter, desk.port.chip.counts[EXCHANGE]) == (1, exchanges)


def test_a_chip_without_fast_read_is_read_slowly(tmp_path: Path) -> None:
    tag = Ntag21x(bytes.fromhex("0453c652fe4a81"), has_fast_read=False, message=ntag_message())
    with NfcDesk(tmp_path) as desk:
        seen = desk.tap(tag)
    assert (seen.kind, seen.signature) == (TagKind.TYPE2, None)
    assert seen.payload == b"https://" + SIGNED_URL.encode()


def ntag_message() -> bytes:
    tag = ntag()
    size = tag.memory[17]
    return bytes(tag.memory[18 : 18 + size])


def test_a_protected_tag_is_opened_with_its_password(tmp_path: Path) -> None:
    tag = ntag()
    tag.protect(b"abcd", b"ok", auth_limit=3)
    passwords = {TagUid.of(tag.uid): TagPassword(b"abcd", b"ok")}
    with NfcDesk(tmp_path, passwords=passwords) as desk:
        assert desk.tap(tag).payload == b"https://" + SIGNED_URL.encode()


def test_a_protected_tag_without_a_password_is_told_as_such(tmp_path: Path) -> None:
    tag = ntag()
    tag.protect(b"abcd", b"ok")
    with NfcDesk(tmp_path) as desk:
        seen = desk.tap(tag)
    assert (seen.flaw, seen.payload) == (TagFlaw.PROTECTED, b"")


def test_a_wrong_acknowledgement_is_not_believed(tmp_path: Path) -> None:
    tag = ntag()
    tag.protect(b"abcd", b"ok")
    passwords = {TagUid.of(tag.uid): TagPassword(b"abcd", b"no")}
    with NfcDesk(tmp_path, passwords=passwords) as desk:
        assert (desk.tap(tag).flaw, desk.seen[0].detail) == (TagFlaw.PROTECTED, "wrong PACK")


def test_a_locked_tag_is_read_like_any(tmp_path: Path) -> None:
    tag = ntag()
    tag.lock()
    with NfcDesk(tmp_path) as desk:
        assert desk.tap(tag).flaw is None


def test_nfcpys_own_classes_carried_the_bytes(tmp_path: Path) -> None:
    with NfcDesk(tmp_path) as desk:
        desk.tap(ntag())
        desk.reader.stop()
        codes = {each.code for each in desk.port.chip.log}
    assert codes >= {0x02, 0x14, 0x10, 0x00, 0x12, 0x32, 0x06, 0x08, 0x4A, 0x42, 0x16}


def test_the_driver_is_nfcpys_and_unchanged(tmp_path: Path) -> None:
    with Pn532Port(tmp_path / "reader", timed=False) as port:
        reader = open_reader(port.link, baud_cap=921_600)
        device = reader.frontend.device
        reader.close()
    assert type(device) is pn532.Device
    assert type(reader.chipset) is pn532.Chipset
    assert vars(pn532.Chipset)["set_serial_baudrate"].__module__ == "nfc.clf.pn532"


@pytest.mark.parametrize("cap", [115_200, 230_400, 460_800, 921_600])
def test_the_speed_stays_below_its_cap(tmp_path: Path, cap: int) -> None:
    with NfcDesk(tmp_path, baud_cap=cap) as desk:
        assert desk.port.chip.baud == cap
        desk.tap(ntag())
        desk.reader.stop()
        assert desk.port.chip.baud == 115_200


def test_the_port_is_held_alone(tmp_path: Path) -> None:
    with NfcDesk(tmp_path) as desk:
        assert is_held(desk.link)
        desk.reader.stop()
        assert not is_held(desk.link)


def test_stopping_and_starting_is_quiet(tmp_path: Path) -> None:
    with NfcDesk(tmp_path) as desk:
        for _ in range(3):
            desk.reader.stop()
            assert desk.reader.state.phase is ReaderPhase.STOPPED
            desk.reader.start()
            desk.wait_for(ReaderPhase.READY)
        desk.tap(ntag())


def test_descriptors_and_threads_stay_as_many(tmp_path: Path) -> None:
    process = psutil.Process()
    with NfcDesk(tmp_path) as desk:
        desk.tap(ntag())
        desk.lift()
        gc.collect()
        before = (process.num_fds(), threading.active_count())
        for _ in range(5):
            desk.port.unplug()
            desk.wait_for(ReaderPhase.ABSENT)
            desk.port.plug()
            desk.wait_for(ReaderPhase.READY)
            desk.tap(ntag())
            desk.lift()
        assert (process.num_fds(), threading.active_count()) == before
    assert os.path.lexists(desk.link) is False
