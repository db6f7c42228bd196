"""`specimen-edge decode` as a program sees it."""

import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import segno
from qr_draw import label, sheet, symbol

from edge.devices.pixels import Grey


def _decode(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "edge", "decode", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def _save(file: Path, picture: Grey) -> str:
    file.write_bytes(cv2.imencode(".png", picture)[1].tobytes())
    return str(file)


def test_json_gives_one_line_a_file(tmp_path: Path) -> None:
    two = _save(tmp_path / "two.png", sheet([label("试块 C30"), label("B")], columns=2))
    raw = _save(tmp_path / "raw.png", symbol(segno.make(b"\xff\x80\x00", micro=False)))

    done = _decode("--json", two, raw)

    first, second = (json.loads(line) for line in done.stdout.splitlines())
    assert (done.returncode, done.stderr) == (0, "")
    assert set(first) == {"file", "codes", "ms"}
    assert first["file"] == two
    assert {code["text"] for code in first["codes"]} == {"试块 C30", "B"}
    assert set(first["codes"][0]) == {"text", "hex", "symbology", "engine", "quad", "ms"}
    assert np.shape(first["codes"][0]["quad"]) == (4, 2)
    assert [(code["text"], code["hex"]) for code in second["codes"]] == [(None, "ff8000")]


def test_a_broken_file_is_named_and_the_rest_is_read(tmp_path: Path) -> None:
    good, absent = _save(tmp_path / "good.png", label("GOOD")), str(tmp_path / "absent.png")

    done = _decode("--json", absent, good)

    first, second = (json.loads(line) for line in done.stdout.splitlines())
    assert done.returncode == 1
    assert absent in done.stderr
    assert "no such file" in first["error"]
    assert [code["text"] for code in second["codes"]] == ["GOOD"]


def test_words_for_a_person_hide_control_characters(tmp_path: Path) -> None:
    file = _save(tmp_path / "escape.png", label("A\x1b[2JB"))

    done = _decode(file)

    assert done.returncode == 0
    assert "\x1b" not in done.stdout
    assert "A\\x1b[2JB" in done.stdout


def test_nothing_read_is_a_negative_answer(tmp_path: Path) -> None:
    file = _save(tmp_path / "empty.png", np.full((80, 80), 200, np.uint8))

    done = _decode(file)

    assert done.returncode == 1
    assert "no code" in done.stdout


def test_no_file_at_all_is_wrong_use() -> None:
    assert _decode("--json").returncode == 2
