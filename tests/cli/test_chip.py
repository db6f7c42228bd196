"""`specimen-edge chip` as a program sees it."""

import base64
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from edge.core.ids import KeyId, PersonId
from edge.wire.chip_text import issue_badge
from edge.wire.grammars import issue_form

KEY = Ed25519PrivateKey.from_private_bytes(bytes([7] * 32))
UID = "04A1B2C3D4E5F6"


def run(*arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "edge", "chip", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def key(tmp_path: Path) -> Path:
    file = tmp_path / "chip.pem"
    file.touch(mode=0o600)
    file.write_bytes(KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return file


def pinned(
    folder: Path,
    *,
    until: str | None = None,
    uses: tuple[str, ...] = ("chip", "badge", "command"),
) -> Path:
    """Pinned keys: the same one for each use."""
    public = base64.b64encode(KEY.public_key().public_bytes_raw()).decode()
    row = {"public": public, "owner": None, "from": "2026-01-01T00:00:00Z", "to": until}
    rows = [{**row, "key_id": f"{use}-1", "purpose": use} for use in uses]
    file = folder / "keys.json"
    file.write_text(json.dumps({"keys": rows}), encoding="utf-8")
    return file


def issue(key: Path, *arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    return run("issue", "--key", key, "--key-id", "chip-1", *arguments)


def test_a_printed_chip_is_verified_from_its_picture(key: Path, tmp_path: Path) -> None:
    out, keys = tmp_path / "labels", pinned(tmp_path)
    printed = issue(
        key, "--id", "nc-26-0098", "--count", "3", "--out", out, "--svg", "--png", "--json"
    )
    rows = [json.loads(line) for line in printed.stdout.splitlines()]
    assert (printed.returncode, printed.stderr) == (0, "")
    assert [row["id"] for row in rows] == ["nc-26-0098", "nc-26-0099", "nc-26-0100"]
    assert [Path(file).suffix for file in rows[0]["files"]] == [".txt", ".svg", ".png"]
    assert (out / "nc-26-0099.txt").read_text(encoding="utf-8") == rows[1]["text"] + "\n"

    done = run("verify", "--keys", keys, "--json", "--image", out / "nc-26-0100.png")
    (found,) = (json.loads(line) for line in done.stdout.splitlines())
    assert done.returncode == 0
    assert (found["kind"], found["id"], found["trust"], found["valid"]) == (
        "chip",
        "nc-26-0100",
        "signed",
        True,
    )


def test_the_uid_stands_in_the_code(key: Path, tmp_path: Path) -> None:
    text = issue(key, "--id", "nc-1", "--uid", UID).stdout.strip()
    done = run("verify", "--keys", pinned(tmp_path), text)
    assert done.returncode == 0
    assert f"uid={UID.lower()}" in done.stdout


def test_badges_and_forms_are_named_too(tmp_path: Path) -> None:
    badge = issue_badge(PersonId("p-0001"), key_id=KeyId("badge-1"), sign=KEY.sign)
    done = run("verify", "--keys", pinned(tmp_path), "--json", badge, issue_form("wt26112301"))
    first, second = (json.loads(line) for line in done.stdout.splitlines())
    assert done.returncode == 0
    assert (first["kind"], first["id"]) == ("badge", "p-0001")
    assert (second["kind"], second["id"]) == ("form", "wt26112301")


@pytest.mark.parametrize(
    ("change", "flaw"),
    [
        (lambda text: text.replace("NC-1", "NC-2"), "signature"),
        (lambda text: text.replace("CHIP-1", "CHIP-2"), "unknown_key"),
        (lambda text: text.lower(), "syntax"),
        (lambda text: "https://example.com/" + text, "host"),
    ],
)
def test_what_is_not_valid_is_named_by_its_layer(
    key: Path, tmp_path: Path, change: Callable[[str], str], flaw: str
) -> None:
    text = issue(key, "--id", "nc-1").stdout.strip()
    done = run("verify", "--keys", pinned(tmp_path), text, change(text))
    good, bad = done.stdout.splitlines()
    assert done.returncode == 1
    assert " valid " in good
    assert f"NOT VALID flaw={flaw}" in bad


@pytest.mark.parametrize(
    ("kind", "arguments", "name"),
    [
        ("badge", ("--id", "p-0001"), "p-0001"),
        ("command", ("--mode", "in"), "card-in"),
        ("command", ("--mode", "shelf", "--place", "a-1"), "card-shelf-a-1"),
    ],
)
def test_badges_and_door_commands_are_printed(
    key: Path, tmp_path: Path, kind: str, arguments: tuple[str, ...], name: str
) -> None:
    signed = ("--key", key, "--key-id", f"{kind}-1", "--out", tmp_path, "--png")
    text = run(kind, *signed, *arguments).stdout.strip()
    assert (tmp_path / f"{name}.txt").read_text(encoding="utf-8") == f"{text}\n"
    keys = pinned(tmp_path)
    done = run("verify", "--keys", keys, "--json", "--image", tmp_path / f"{name}.png")
    found = json.loads(done.stdout)
    assert (done.returncode, found["kind"], found["text"]) == (0, kind, text)


def test_a_picture_without_a_code_is_a_negative_answer(tmp_path: Path) -> None:
    empty = tmp_path / "empty.pgm"
    empty.write_bytes(b"P5 64 64 255\n" + bytes(range(64)) * 64)
    done = run("verify", "--keys", pinned(tmp_path), "--image", empty)
    assert done.returncode == 1
    assert "no code read" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("--id", "Not An Id"),
        ("--id", "nc-1", "--uid", "xyz"),
        ("--id", "nc-1", "--uid", UID, "--count", "2"),
        ("--id", "nc-x", "--count", "2"),
        ("--id", "nc-1", "--svg"),
    ],
)
def test_wrong_use_ends_with_two(key: Path, arguments: tuple[str, ...]) -> None:
    done = issue(key, *arguments)
    assert done.returncode == 2
    assert done.stderr
    assert "Traceback" not in done.stderr


def test_the_name_of_the_key_is_found_in_the_pinned_file(key: Path, tmp_path: Path) -> None:
    keys = pinned(tmp_path, uses=("chip",))
    text = run("issue", "--key", key, "--keys", keys, "--id", "nc-1").stdout.strip()
    assert text.startswith("V1.NC-1.-.CHIP-1.")


def test_a_key_that_has_ended_is_named(key: Path, tmp_path: Path) -> None:
    text = issue(key, "--id", "nc-1").stdout.strip()
    done = run("verify", "--keys", pinned(tmp_path, until="2026-01-02T00:00:00Z"), text)
    assert done.returncode == 1
    assert "flaw=key_expired" in done.stdout


def test_a_missing_key_file_ends_with_two(tmp_path: Path) -> None:
    done = issue(tmp_path / "absent.pem", "--id", "nc-1")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_verify_wants_something_to_verify(tmp_path: Path) -> None:
    assert run("verify", "--keys", pinned(tmp_path)).returncode == 2
