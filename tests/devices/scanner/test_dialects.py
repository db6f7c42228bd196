from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scanner_bench import ScannerBench, running
from waiting import until

from edge.devices.scanner import honeywell, newland, ssi, uhf
from edge.devices.scanner.dialects import DIALECTS, HONEYWELL, NEWLAND, SSI, UHF
from edge.devices.scanner.frames import Answer, Code, Dropped, Loss, Taking
from edge.devices.scanner.manner import Dialect, Framing, Manner
from edge.sim.scanner.honeywell import HoneywellModule
from edge.sim.scanner.line import Module
from edge.sim.scanner.newland import NewlandModule
from edge.sim.scanner.ssi import SsiModule
from edge.sim.scanner.uhf import UhfModule

EPC = bytes.fromhex("30751FEB705C5904E3D50D70")


@pytest.mark.parametrize(
    ("made", "published"),
    [
        (ssi.packet(ssi.START), "04 E4 04 00 FF 14"),
        (ssi.packet(ssi.STOP), "04 E5 04 00 FF 13"),
        (ssi.packet(ssi.ENABLE), "04 E9 04 00 FF 0F"),
        (ssi.packet(ssi.DISABLE), "04 EA 04 00 FF 0E"),
        (ssi.packet(ssi.ACK), "04 D0 04 00 FF 28"),
        (ssi.packet(ssi.ASK_REVISION), "04 A3 04 00 FF 55"),
        (honeywell.TRIGGER, "16 54 0D"),
        (honeywell.UNTRIGGER, "16 55 0D"),
        (honeywell.BEEP, "16 07 0D"),
        (honeywell.command("REVINF", storage=b"."), "16 4D 0D 52 45 56 49 4E 46 2E"),
        (newland.command("SCNMOD0", storage=b"@"), "7E 01 30303030 40 53434E4D4F4430 3B 03"),
        (uhf.poll_many(), "BB 00 27 00 03 22 FF FF 4A 7E"),
        (uhf.order(uhf.ASK_VERSION, b"\x00"), "BB 00 03 00 01 00 04 7E"),
    ],
)
def test_commands_are_those_that_makers_and_drivers_publish(made: bytes, published: str) -> None:
    assert made == bytes.fromhex(published)


def test_a_published_sighting_is_read() -> None:
    notice = bytes.fromhex("BB02220011C9340030751FEB705C5904E3D50D703A76EF7E")
    framer = UHF.framer(Framing(), settled=True)
    assert framer.feed(notice) == (Code(EPC.hex().upper().encode()),)


MODULES: list[tuple[Dialect, Module, bytes, bytes]] = [
    (
        HONEYWELL,
        HoneywellModule(kept={"TRGMOD": "0", "SUFBK2": "990D"}),
        b"AHJ-2025-000123",
        b"AHJ-2025-000123",
    ),
    (
        NEWLAND,
        NewlandModule(kept={"SCNMOD": "0", "AIMENA": "0", "TSUENA": "1", "TSUSET": "0D"}),
        b"AHJ-2025-000123",
        b"AHJ-2025-000123",
    ),
    (SSI, SsiModule(), b"AHJ-2025-000123", b"AHJ-2025-000123"),
    (UHF, UhfModule(), EPC, EPC.hex().upper().encode()),
]


@pytest.mark.parametrize(("dialect", "module", "shown", "read"), MODULES)
def test_every_module_is_read_with_questions_in_between(
    tmp_path: Path, dialect: Dialect, module: Module, shown: bytes, read: bytes
) -> None:
    manner = Manner(dialect, bauds=(9600, 115200), beat_s=0.05, same_code_s=0.5)
    with running(ScannerBench(module, tmp_path / "scanner", manner)) as bench:
        bench.show(shown)
        heard = bench.sim.heard
        until(lambda: bench.sim.heard > heard + 30)
        assert bench.payloads == [read]


def test_a_decode_sent_twice_is_read_once_and_thanked_for_twice(tmp_path: Path) -> None:
    module = SsiModule(impatient=True)
    manner = Manner(SSI, beat_s=5.0, same_code_s=0.0)
    with running(ScannerBench(module, tmp_path / "scanner", manner)) as bench:
        bench.show(b"AHJ-1")
        until(lambda: module.thanks == 2)
        bench.show(b"AHJ-2")
        assert bench.payloads == [b"AHJ-1", b"AHJ-2"]


def test_the_modules_own_beeper_sounds(tmp_path: Path) -> None:
    module = HoneywellModule()
    with running(ScannerBench(module, tmp_path / "scanner", Manner(HONEYWELL))) as bench:
        assert bench.scanner.beep()
        until(lambda: module.beeps == 1)


def test_a_module_without_a_beeper_says_so(tmp_path: Path) -> None:
    manner = Manner(NEWLAND)
    with running(ScannerBench(NewlandModule(), tmp_path / "scanner", manner)) as bench:
        assert not bench.scanner.beep()


def sound(dialect: Dialect, number: int) -> tuple[bytes, bytes]:
    """What a module sends for a code, and the code."""
    code = b"AHJ-%06d" % number
    match dialect.name:
        case "ssi":
            return ssi.packet(ssi.DECODED, b"\x1c" + code, source=0), code
        case "uhf":
            epc = code + b"00"
            tag = bytes([len(epc) // 2 << 3, 0]) + epc
            data = b"\xc9" + tag + uhf.epc_crc(tag)
            return uhf.frame(0x02, uhf.SEEN, data), epc.hex().upper().encode()
        case _:
            return code + b"\r", code


def answer(dialect: Dialect) -> bytes:
    return {
        "ssi": ssi.packet(0xD0, source=0),
        "uhf": uhf.frame(0x01, 0x03, b"\x00V1"),
        "honeywell": b"TRGMOD0\x06!",
        "newland": b"\x02\x010000#SCNMOD0\x06;\x03",
    }[dialect.name]


@pytest.mark.parametrize("dialect", [HONEYWELL, NEWLAND, SSI, UHF], ids=lambda each: each.name)
@given(numbers=st.lists(st.integers(0, 999_999), max_size=8), cuts=st.sets(st.integers(0, 400)))
def test_no_split_cuts_or_joins_a_code_of_any_dialect(
    dialect: Dialect, numbers: list[int], cuts: set[int]
) -> None:
    said = [sound(dialect, number) for number in numbers]
    stream = b"".join(answer(dialect) + raw for raw, _ in said)
    framer = dialect.framer(Framing(), settled=True)
    places = [0, *sorted(cut for cut in cuts if cut < len(stream)), len(stream)]
    frames = [
        frame
        for at, place in enumerate(places[1:])
        for frame in framer.feed(stream[places[at] : place])
    ]
    assert [each.payload for each in frames if isinstance(each, Code)] == [code for _, code in said]
    assert sum(isinstance(each, Answer) for each in frames) == len(said)


@pytest.mark.parametrize("dialect", [SSI, UHF], ids=lambda each: each.name)
@given(at=st.integers(0, 200), flip=st.integers(1, 255))
def test_a_flipped_byte_of_a_checked_packet_never_gives_another_code(
    dialect: Dialect, at: int, flip: int
) -> None:
    raw, _ = sound(dialect, 123)
    spot = at % len(raw)
    spoiled = raw[:spot] + bytes([raw[spot] ^ flip]) + raw[spot + 1 :]
    framer = dialect.framer(Framing(), settled=True)
    codes = [each for each in framer.feed(spoiled) if isinstance(each, Code)]
    assert codes == []


@pytest.mark.parametrize("dialect", [SSI, UHF], ids=lambda each: each.name)
def test_after_a_spoiled_packet_an_answer_proves_the_next(dialect: Dialect) -> None:
    raw, code = sound(dialect, 1)
    framer = dialect.framer(Framing(), settled=True)
    (dropped,) = framer.feed(raw[:-2] + bytes([raw[-2] ^ 0xFF]) + raw[-1:])
    assert dropped == Dropped(Loss.BAD_SUM, len(raw))
    assert [type(each) for each in framer.feed(raw)] == []
    assert framer.feed(answer(dialect) + raw)[-1] == Code(code)


@pytest.mark.parametrize(
    ("name", "buffer", "taken"),
    [
        ("newland", b"\x02\x01000", Taking.NEEDS_MORE),
        ("newland", b"\x02\x010000;\x03", Taking.BROKEN),
        ("newland", b"\x02\x010000" + b"x" * 600, Taking.BROKEN),
        ("newland", b"\x02AHJ", Taking.NO_ANSWER),
        ("honeywell", b"AHJ-1\r", Taking.NO_ANSWER),
        ("honeywell", b"AHJ-1", Taking.NEEDS_MORE),
        ("honeywell", b"A" * 200, Taking.NO_ANSWER),
        ("honeywell", b"TRGMOD0\x06", Taking.NEEDS_MORE),
        ("honeywell", b"TRGMOD0\x06x", Taking.NO_ANSWER),
        ("honeywell", b"-1", Taking.NO_ANSWER),
        ("uhf", b"\xbb", Taking.NEEDS_MORE),
        ("uhf", b"\xbb\x02", Taking.NO_ANSWER),
        ("uhf", b"\xbb\x01\x03\xff\xff", Taking.BROKEN),
        ("uhf", b"AHJ", Taking.NO_ANSWER),
        ("ssi", b"\x04", Taking.NO_ANSWER),
        ("ssi", b"\x04\xd0", Taking.NEEDS_MORE),
        ("ssi", b"\x04\xd0\x00\x00\x00\x00", Taking.BROKEN),
    ],
)
def test_what_is_no_answer_is_none(name: str, buffer: bytes, taken: Taking) -> None:
    assert DIALECTS[name].take_answer(buffer) == taken
