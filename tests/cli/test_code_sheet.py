"""Sheets of codes: every one is read from the drawn page, and a key that ended is refused."""

import base64
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pypdfium2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from edge.cli.code_sheet import DOOR_MODES
from edge.core.errors import ConfigError
from edge.devices.qr.cascade import QrReader
from edge.host.code_pdf import PrintedCode, write_codes

pytestmark = pytest.mark.slow
KEY = Ed25519PrivateKey.from_private_bytes(bytes([7] * 32))
DOTS_PER_POINT = 150 / 72


def run(*arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "edge", "chip", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def issuer(tmp_path: Path) -> tuple[str | Path, ...]:
    key, keys = tmp_path / "key.pem", tmp_path / "keys.json"
    key.touch(mode=0o600)
    key.write_bytes(KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    row = {
        "key_id": "door-1",
        "public": base64.b64encode(KEY.public_key().public_bytes_raw()).decode(),
        "purpose": "command",
        "owner": None,
        "from": None,
        "to": None,
    }
    chips = row | {"key_id": "chip-1", "purpose": "chip"}
    keys.write_text(json.dumps({"keys": [row, chips]}), encoding="utf-8")
    return ("--key", key, "--keys", keys)


def read_pages(path: Path) -> tuple[int, set[str]]:
    """Pages, and the texts that a camera would read from them."""
    document = pypdfium2.PdfDocument(str(path))
    found: set[str] = set()
    for page in document:
        drawn = page.render(scale=DOTS_PER_POINT, grayscale=True).to_numpy()
        grey = np.ascontiguousarray(drawn.reshape(drawn.shape[:2]))
        found |= {each.payload.decode() for each in QrReader().read_still(grey)}
    pages = len(document)
    document.close()
    return pages, found


def test_every_command_of_a_door_is_read_from_its_sheet(
    issuer: tuple[str | Path, ...], tmp_path: Path
) -> None:
    sheet = tmp_path / "door.pdf"
    done = run("door-sheet", *issuer, "--key-id", "door-1", "--shelf", "a-1", "--pdf", sheet)
    assert done.returncode == 0, done.stderr
    pages, read = read_pages(sheet)
    assert pages == 1
    assert read == set(done.stdout.split())
    assert len(read) == len(DOOR_MODES) + 1


def test_every_cell_of_a_plan_gets_its_code(issuer: tuple[str | Path, ...], tmp_path: Path) -> None:
    plan = tmp_path / "room.toml"
    cells = "rows = 1\ncolumns = 2\nlevels = 3\nwidth_mm = 700\ndepth_mm = 500\n"
    plan.write_text(f'room = "room-1"\n[[racks]]\nrack = "a"\n{cells}', encoding="utf-8")
    words = ("--key-id", "door-1", "--plan", plan, "--shelf", "room-1/b/2")
    done = run("door-sheet", *issuer, *words, "--pdf", tmp_path / "door.pdf")
    assert done.returncode == 0, done.stderr
    places = [each.split(".")[2] for each in done.stdout.split() if each.startswith("C1.SHELF")]
    assert places[0] == "ROOM-1--B-2"
    assert places[1:] == [
        f"ROOM-1--A-1-{column}-{level}" for level in (1, 2, 3) for column in (1, 2)
    ]
    plan.write_text("room = 3", encoding="utf-8")
    assert run("door-sheet", *issuer, *words, "--pdf", tmp_path / "x.pdf").returncode == 2


def test_chips_are_read_from_their_sheets(issuer: tuple[str | Path, ...], tmp_path: Path) -> None:
    sheet = tmp_path / "chips.pdf"
    words = ("--key-id", "chip-1", "--id", "nc-26-000100", "--count", "14", "--pdf", sheet)
    done = run("issue", *issuer, *words)
    assert done.returncode == 0, done.stderr
    pages, read = read_pages(sheet)
    assert (pages, read) == (2, set(done.stdout.split()))


def test_codes_of_a_lost_sheet_are_refused_once_its_key_has_ended(
    issuer: tuple[str | Path, ...], tmp_path: Path
) -> None:
    keys = tmp_path / "keys.json"
    sheet = tmp_path / "door.pdf"
    code = run("door-sheet", *issuer, "--key-id", "door-1", "--pdf", sheet).stdout.split()[0]
    assert run("verify", code, "--keys", keys).returncode == 0
    assert run("revoke", "door-1", "--keys", keys).returncode == 0
    refused = run("verify", code, "--keys", keys, "--json")
    assert (refused.returncode, json.loads(refused.stdout)["flaw"]) == (1, "key_expired")
    assert run("revoke", "door-1", "--keys", keys).returncode == 1
    assert run("revoke", "nobody", "--keys", keys).returncode == 1
    assert run("revoke", "door-1", "--keys", tmp_path / "none.json").returncode == 2


def test_without_the_font_it_says_what_to_install(tmp_path: Path) -> None:
    code = PrintedCode(((True,),), "x")
    with pytest.raises(ConfigError, match="pdf_font_absent"):
        write_codes(tmp_path / "x.pdf", (code,), side_mm=10, foot="", fonts=(tmp_path / "none",))
