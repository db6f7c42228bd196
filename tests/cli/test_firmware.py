import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Timer

import pytest
from typer.testing import CliRunner

from edge.cli.app import app
from edge.sim.scanner.gm65 import Faults, Gm65Module
from edge.sim.scanner.line import SimScanner
from edge.sim.scanner.plain import PlainModule

GOLDEN = "试块 AHJ-2025-000000"


@pytest.fixture
def module() -> Gm65Module:
    return Gm65Module()


@pytest.fixture
def plugged(tmp_path: Path, module: Gm65Module) -> Iterator[SimScanner]:
    with closing(SimScanner(module, tmp_path / "desk")) as sim:
        sim.plug()
        yield sim


def firmware(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["firmware", *words])
    return done.exit_code, done.output


def told(output: str) -> dict[str, object]:
    line = next(each for each in output.splitlines() if each.startswith("{"))
    found: dict[str, object] = json.loads(line)
    return found


def test_the_list_names_every_profile() -> None:
    status, output = firmware("list", "--json")
    names = {row["name"] for row in json.loads(output)}
    assert status == 0
    assert {"gm65", "generic-cr", "pn532-hsu"} <= names
    assert "gm65" in firmware("list")[1]


def test_check_names_what_differs_and_writes_nothing(
    plugged: SimScanner, module: Gm65Module
) -> None:
    status, output = firmware("check", "gm65", "--port", str(plugged.path))
    assert status == 1
    assert "✗ 0003: 00, wanted 03" in output
    assert "✗ not as wanted" in output
    assert (module.writes, module.saves) == (0, 0)


def test_apply_twice_writes_once(plugged: SimScanner, module: Gm65Module) -> None:
    words = ("apply", "gm65", "--port", str(plugged.path), "--json")
    status, output = firmware(*words)
    first = told(output)
    assert (status, first["ok"], first["saves"], first["baud"]) == (0, True, 1, 115200)
    assert first["written"]
    written = module.writes
    status, output = firmware(*words)
    second = told(output)
    assert (status, second["ok"], second["saves"], second["written"]) == (0, True, 0, [])
    assert (module.writes, module.saves) == (written, 1)
    status, output = firmware("check", "gm65", "--port", str(plugged.path))
    assert status == 0
    assert "✓ as wanted" in output


def test_apply_says_what_it_wrote_and_what_was_refused(tmp_path: Path) -> None:
    module = Gm65Module(faults=Faults(refuse_saves=True))
    with closing(SimScanner(module, tmp_path / "desk")) as sim:
        sim.plug()
        status, output = firmware("apply", "gm65", "--port", str(sim.path))
    assert status == 1
    assert "✓ 0003: 00 → 03" in output
    assert "✓ 9600 → 115200 baud" in output
    assert "refused to save" in output


@pytest.mark.parametrize(
    ("shown", "golden", "status"),
    [
        (GOLDEN.encode(), "utf-8", 0),
        (GOLDEN.encode("gb18030"), "gb18030", 0),
        (b"??", "garbled", 1),
    ],
)
def test_the_golden_code_is_judged(
    plugged: SimScanner, shown: bytes, golden: str, status: int
) -> None:
    firmware("apply", "gm65", "--port", str(plugged.path))
    shower = Timer(0.6, plugged.show, (shown,))
    shower.start()
    place = str(plugged.path)
    said = firmware("check", "gm65", "--port", place, "--golden", "10", "--json")
    shower.join()
    assert (said[0], told(said[1])["golden"]) == (status, golden)


def test_a_golden_code_that_nobody_shows_is_a_failure(tmp_path: Path) -> None:
    with closing(SimScanner(PlainModule(), tmp_path / "desk")) as sim:
        sim.plug()
        status, output = firmware("check", "generic-cr", "--port", str(sim.path), "--golden", "0.2")
    assert status == 1
    assert "golden code: not shown" in output


def test_a_module_without_settings_is_as_it_is(tmp_path: Path) -> None:
    with closing(SimScanner(PlainModule(), tmp_path / "desk")) as sim:
        sim.plug()
        assert firmware("apply", "generic-cr", "--port", str(sim.path))[0] == 0


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        (("check", "generic-cr", "--port", "/dev/none-here"), 1, "scanner_gone"),
        (("check", "generic-cr", "--port", "ttyUSB0"), 2, "scanner_place_malformed"),
        (("check", "gm66", "--port", "/dev/none"), 2, "profile_unknown"),
        (("list", "--configs", "/nowhere"), 2, "firmware_configs_missing"),
    ],
)
def test_what_cannot_be_done_is_said(words: tuple[str, ...], status: int, says: str) -> None:
    done = firmware(*words)
    assert done[0] == status
    assert says in done[1]


def test_a_silent_module_is_named(tmp_path: Path) -> None:
    with closing(SimScanner(PlainModule(), tmp_path / "desk")) as sim:
        sim.plug()
        status, output = firmware("check", "uhf-m100", "--port", str(sim.path))
    assert status == 1
    assert "scanner_unanswered" in output


def test_the_golden_code_can_be_printed_and_read_back(tmp_path: Path) -> None:
    assert firmware("golden") == (0, f"{GOLDEN}\n")
    drawn = tmp_path / "golden.svg"
    assert firmware("golden", "--profile", "gm65", "--out", str(drawn))[0] == 0
    assert drawn.read_text(encoding="utf-8").startswith("<svg")
    assert firmware("golden", "--out", str(tmp_path / "none" / "golden.svg"))[0] == 1


def test_ports_are_listed_or_there_is_none() -> None:
    status, output = firmware("ports", "--json")
    assert status == 0
    assert all({"node", "names"} == set(row) for row in json.loads(output))
    assert firmware("ports")[0] == 0
