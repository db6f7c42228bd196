import pytest

from edge.devices.scanner import gm65
from edge.devices.scanner.frames import Answer, Taking

PUBLISHED = [
    (gm65.write_zones(0x0002, b"\x01"), "7E 00 08 01 00 02 01 02 DA"),
    (gm65.write_zones(0x0002, b"\x00"), "7E 00 08 01 00 02 00 12 FB"),
    (gm65.read_zones(0x002A, 2), "7E 00 07 01 00 2A 02 D8 0F"),
    (gm65.write_zones(0x002A, gm65.baud_zone(115200)), "7E 00 08 02 00 2A 1A 00 E4 7E"),
    (gm65.write_zones(0x002A, gm65.baud_zone(9600)), "7E 00 08 02 00 2A 39 01 A7 EA"),
    (gm65.read_zones(0x00E2, 1), "7E 00 07 01 00 E2 01 77 91"),
    (gm65.read_zones(0x0000, 1), "7E 00 07 01 00 00 01 01 41"),
    (gm65.write_zones(0x00D0, b"\x80"), "7E 00 08 01 00 D0 80 F0 36"),
    (gm65.save(), "7E 00 09 01 00 00 00 DE C8"),
    (gm65.write_zones(0x00D9, b"\x50"), "7E 00 08 01 00 D9 50 81 D3"),
    (gm65.write_zones(0x00D9, b"\x56"), "7E 00 08 01 00 D9 56 E1 15"),
    (gm65.write_zones(0x00D9, b"\x55"), "7E 00 08 01 00 D9 55 D1 76"),
    (gm65.write_zones(0x00D9, b"\xa5"), "7E 00 08 01 00 D9 A5 3E 69"),
    (gm65.write_zones(0x00D9, b"\x00"), "7E 00 08 01 00 D9 00 DB 26"),
    (gm65.beat(), "7E 00 0A 01 00 00 00 30 1A"),
    (gm65.answer(b"\x00"), "02 00 00 01 00 33 31"),
    (gm65.answer(b"\x01"), "02 00 00 01 01 23 10"),
    (gm65.answer(b"\x39\x01"), "02 00 00 02 39 01 C1 4C"),
    (gm65.answer(b"\x00", head=b"\x03\x00\x00"), "03 00 00 01 00 33 31"),
]


@pytest.mark.parametrize(("made", "published"), PUBLISHED)
def test_frames_are_those_that_makers_and_drivers_publish(made: bytes, published: str) -> None:
    assert made == bytes.fromhex(published)


@pytest.mark.parametrize(
    ("baud", "zone"), [(1200, "C409"), (9600, "3901"), (57600, "3400"), (115200, "1A00")]
)
def test_the_baud_zone_divides_three_megahertz(baud: int, zone: str) -> None:
    assert gm65.baud_zone(baud) == bytes.fromhex(zone)


@pytest.mark.parametrize(
    ("buffer", "taken"),
    [
        ("02", Taking.NEEDS_MORE),
        ("020000", Taking.NEEDS_MORE),
        ("02000001003331", Answer(bytes.fromhex("02000001003331"), b"\x00")),
        ("02000001013331", Taking.BROKEN),
        ("02004148", Taking.NO_ANSWER),
        ("0241", Taking.NO_ANSWER),
        ("03000a30333231353633383430", Taking.NO_ANSWER),
        ("4148", Taking.NO_ANSWER),
    ],
)
def test_answers_are_known_by_head_and_checksum(buffer: str, taken: Answer | Taking) -> None:
    assert gm65.take_answer(bytes.fromhex(buffer)) == taken
