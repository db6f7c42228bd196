"""The parameters of a secure unique message in a URL."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.core.nfc import SunMessage
from edge.wire.sun import MacCover, parse_sun

PICC, MAC, FILE = "EF963FF7828658A599F3041510671E88", "94EED9EE65337086", "0" * 32


def test_uid_and_counter_encrypted() -> None:
    found = parse_sun(f"https://x.example/t?e={PICC}&c={MAC}")
    assert found == SunMessage(bytes.fromhex(MAC), picc=bytes.fromhex(PICC))


def test_uid_and_counter_in_the_open() -> None:
    found = parse_sun(f"x?uid=041E3C8A2D6B80&ctr=000006&mac={MAC}")
    assert found is not None
    assert (found.uid, found.counter, found.picc) == ("041e3c8a2d6b80", 6, None)


@pytest.mark.parametrize(
    ("covers", "text"),
    [(MacCover.THROUGH_NAME, f"{FILE}&cmac="), (MacCover.FILE_ONLY, FILE)],
)
def test_what_the_mac_covers(covers: MacCover, text: str) -> None:
    found = parse_sun(f"x?picc_data={PICC}&enc={FILE}&cmac={MAC}", covers=covers)
    assert found is not None
    assert (found.file, found.mac_input) == (bytes(16), text.encode())


@pytest.mark.parametrize(
    "query",
    [
        "",
        f"e={PICC}",
        f"c={MAC}",
        f"e={PICC[:-2]}&c={MAC}",
        f"e={PICC}00&c={MAC}",
        f"e={PICC}&c={MAC}00",
        f"e={PICC}&c={MAC[:-1]}",
        f"e=&c={MAC}",
        f"e={PICC[:-1]}G&c={MAC}",
        f"e={PICC}&enc=00&c={MAC}",
        f"e={PICC}&enc=&c={MAC}",
        f"uid=041E3C8A2D6B80&c={MAC}",
        f"uid=041E3C8A&ctr=000006&c={MAC}",
        f"e%3D{PICC}%26c%3D{MAC}",
    ],
)
def test_what_is_no_message(query: str) -> None:
    assert parse_sun(f"https://x.example/t?{query}") is None


@given(st.text())
def test_no_text_makes_it_fall(text: str) -> None:
    parse_sun(text)
    parse_sun(f"?e={PICC}&c={text}")
    parse_sun(f"?{text}&e={PICC}&c={MAC}")
