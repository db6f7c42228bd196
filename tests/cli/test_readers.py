"""`scan` and `nfc read` against simulated modules on pseudo-terminals."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from waiting import until

from edge.sim.pn532.messages import text_message
from edge.sim.pn532.ntag21x import Model, Ntag21x
from edge.sim.pn532.pty import Pn532Port
from edge.sim.scanner.line import SimScanner
from edge.sim.scanner.plain import PlainModule

pytestmark = pytest.mark.slow


@contextmanager
def verb(*words: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "edge", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def shown(scanner: SimScanner, code: bytes, is_read: Callable[[], bool]) -> bool:
    """A person holds a code there until it was read."""
    scanner.show(code)
    return is_read()


def has_lines(lines: list[str], beyond: int) -> bool:
    return len(lines) > beyond


def test_each_code_is_a_line(tmp_path: Path) -> None:
    scanner = SimScanner(PlainModule(), tmp_path / "scanner")
    scanner.plug()
    words = ("scan", "--port", str(tmp_path / "scanner"), "--count", "2", "--json")
    with verb(*words) as process:
        lines: list[str] = []
        reader = threading.Thread(target=lambda: lines.extend(process.stdout or ()))
        reader.start()
        for number, code in enumerate((b"AHJ-2025-000123", "试块一号".encode("gb18030"))):
            until(partial(shown, scanner, code, partial(has_lines, lines, number)), 40)
        assert process.wait(20) == 0
        reader.join(10)
    scanner.close()
    first, second = (json.loads(line) for line in lines)
    assert (first["text"], second["text"]) == ("AHJ-2025-000123", "试块一号")
    assert bytes.fromhex(second["hex"]).decode("gb18030") == "试块一号"
    assert set(first) == {"text", "hex", "aim", "at"}


def test_without_a_code_it_says_why(tmp_path: Path) -> None:
    with verb("scan", "--port", str(tmp_path / "none"), "--seconds", "1") as process:
        _, error = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "absent" in error


def test_an_unknown_profile_is_wrong_use(tmp_path: Path) -> None:
    with verb("scan", "--port", str(tmp_path / "none"), "--profile", "none") as process:
        _, error = process.communicate(timeout=30)
    assert process.returncode == 2
    assert "none" in error


def test_each_tap_is_a_line(tmp_path: Path) -> None:
    link = tmp_path / "nfc"
    tag = Ntag21x(
        bytes.fromhex("0453c652fe4a80"), model=Model.NTAG213, message=text_message("试块")
    )
    with Pn532Port(link, timed=False) as port:
        port.tap(tag)
        words = ("nfc", "read", "--port", str(link), "--count", "1", "--seconds", "20", "--json")
        with verb(*words) as process:
            out, error = process.communicate(timeout=40)
    assert process.returncode == 0, error
    found = json.loads(out)
    assert (found["uid"], found["kind"]) == ("0453c652fe4a80", "ntag21x")
    assert found["records"] == ["试块"]
    assert found["verdict"] == "unsigned"
    assert set(found) >= {"ndef_hex", "signature", "ms"}


def test_without_a_reader_it_says_so(tmp_path: Path) -> None:
    with verb("nfc", "read", "--port", str(tmp_path / "none"), "--seconds", "1") as process:
        _, error = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "absent" in error
