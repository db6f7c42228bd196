from pathlib import Path

import pytest
from typer.testing import CliRunner

from edge.cli.app import app


def pn532(folder: Path, *words: str, lines: str = "") -> tuple[int, str]:
    done = CliRunner().invoke(app, ["sim", "pn532", str(folder / "nfc"), *words], input=lines)
    return done.exit_code, done.output


def test_a_person_lays_tags_and_pulls_the_cable(tmp_path: Path) -> None:
    lines = (
        "tap ntag213 0453c652fe4a80 https://a.example/1\nstatus\nlift\nagain\n"
        "tap ntag216 - 试块一\ntap ntag424 04de5f1eacc040 https://a.example/t\nstatus\n"
        "unplug\nstatus\nplug\npower\nfault nack\nquit\n"
    )
    status, output = pn532(tmp_path, lines=lines)
    assert status == 0
    assert output.count("tap 0453c652fe4a80 ") == 2
    assert "115200 baud, 0 commands, tags: 0453c652fe4a80" in output
    assert "tags: 04de5f1eacc040" in output
    assert "unplugged, " in output
    assert not (tmp_path / "nfc").is_symlink()


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("dance", "tap KIND UID TEXT"),
        ("tap ntag999 - x", "tap KIND UID TEXT"),
        ("tap ntag213 xyz x", "uid_malformed"),
        ("again", "tap KIND UID TEXT"),
        ("tap ntag213 - " + "x" * 200, "do not fit"),
        ("fault hail", "faults: nack"),
        ("signature 00", "not 64 hex digits"),
    ],
)
def test_a_slip_is_answered(tmp_path: Path, line: str, answer: str) -> None:
    status, output = pn532(tmp_path, lines=f"{line}\n")
    assert status == 0
    assert answer in output.partition("quit")[2]


def test_a_key_of_another_length_is_refused(tmp_path: Path) -> None:
    status, output = pn532(tmp_path, "--meta-key", "00")
    assert status == 2
    assert "not 32 hex digits" in output
