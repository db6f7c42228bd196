"""Every engine hands out the bytes of a symbol as they were written."""

import subprocess
import sys

import numpy as np
import pytest
import segno
from qr_draw import label, symbol

from edge.devices.qr.discovery import Engines, Role, discover_engines
from edge.devices.qr.engine import QrEngine
from edge.wire.payload import payload_text

ENGINES = discover_engines()
MIXED = "试块二维码C30-混凝土"
HANZI = "试块二维码混凝土"
BINARY = bytes(range(256))

engines = pytest.mark.parametrize(
    "engine", ENGINES.by_role.values(), ids=[str(role) for role in ENGINES.by_role]
)


def _code(content: str | bytes, mode: str, encoding: str | None, *, eci: bool) -> segno.QRCode:
    return segno.make(content, mode=mode, encoding=encoding, eci=eci, micro=False)


@engines
@pytest.mark.parametrize(
    ("code", "payload", "text"),
    [
        pytest.param(_code(MIXED, "byte", "utf-8", eci=False), MIXED.encode(), MIXED, id="utf8"),
        pytest.param(_code(MIXED, "byte", "utf-8", eci=True), MIXED.encode(), MIXED, id="eci26"),
        pytest.param(
            _code(MIXED, "byte", "gb18030", eci=False), MIXED.encode("gbk"), MIXED, id="gbk"
        ),
        pytest.param(
            _code(MIXED, "byte", "gb18030", eci=True), MIXED.encode("gbk"), MIXED, id="eci29"
        ),
        pytest.param(_code(BINARY, "byte", None, eci=False), BINARY, None, id="binary"),
    ],
)
def test_bytes_are_never_re_encoded(
    engine: QrEngine, code: segno.QRCode, payload: bytes, text: str | None
) -> None:
    (read,) = engine.read(symbol(code))

    assert read.payload == payload
    assert payload_text(read.payload) == text


def test_hanzi_mode_is_read_by_the_first_engine() -> None:
    picture = symbol(_code(HANZI, "hanzi", None, eci=False))

    (read,) = ENGINES.by_role[Role.LOCAL].read(picture)

    assert payload_text(read.payload) == HANZI


@pytest.mark.parametrize("role", [Role.LOCAL, Role.SECOND])
def test_light_on_dark_is_read(role: Role) -> None:
    (read,) = ENGINES.by_role[role].read(255 - label("INVERTED 1"))

    assert read.payload == b"INVERTED 1"


@engines
@pytest.mark.parametrize("turns", range(4))
def test_corners_run_clockwise_from_the_upper_left_of_the_symbol(
    engine: QrEngine, turns: int
) -> None:
    picture = label("CORNERS")
    low, high = 4 * 6, picture.shape[0] - 4 * 6
    upright = [(low, low), (high, low), (high, high), (low, high)]

    (read,) = engine.read(np.rot90(picture, -turns))

    assert np.allclose(read.quad, upright[turns:] + upright[:turns], atol=3)


@engines
@pytest.mark.parametrize("shape", [(1, 1), (3, 400), (480, 640)])
def test_pictures_without_a_code_give_nothing(engine: QrEngine, shape: tuple[int, int]) -> None:
    assert engine.read(np.full(shape, 90, np.uint8)) == ()


def test_micro_qr_is_not_taken_for_a_code() -> None:
    picture = symbol(segno.make("12345", micro=True))

    assert all(engine.read(picture) == () for engine in ENGINES.by_role.values())


def test_this_machine_offers_both_engines() -> None:
    assert ENGINES.names == ("zxing-cpp", "zxing-cpp+repair", "zbar")
    assert ENGINES.missing == ()


def test_a_machine_without_libzbar_reads_on_and_names_the_remedy() -> None:
    child = (
        "import sys; sys.modules['pyzbar'] = None\n"
        "from edge.devices.qr.cascade import QrReader\n"
        "reader = QrReader()\n"
        "print(*reader.engines, *(f'{one.name}: {one.remedy}' for one in reader.missing), sep=';')"
    )

    done = subprocess.run(
        [sys.executable, "-c", child], capture_output=True, text=True, timeout=60, check=True
    )

    first, repair, missing = done.stdout.split(";", 2)
    assert (first, repair) == ("zxing-cpp", "zxing-cpp+repair")
    assert missing.startswith("zbar: apt install libzbar0")


def test_no_engine_is_no_crash() -> None:
    assert Engines({}, ()).names == ()
