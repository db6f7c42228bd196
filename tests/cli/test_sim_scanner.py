from pathlib import Path

from typer.testing import CliRunner

from edge.cli.app import app


def scanner(folder: Path, *words: str, lines: str = "") -> tuple[int, str]:
    done = CliRunner().invoke(app, ["sim", "scanner", str(folder / "desk"), *words], input=lines)
    return done.exit_code, done.output


def test_a_person_shows_codes_and_pulls_the_cable(tmp_path: Path) -> None:
    lines = "AHJ-1\n:hex 4148\n:status\n:unplug\n:status\n:plug\n:reset\n:status\n:quit\n"
    status, output = scanner(tmp_path, "--profile", "gm65", lines=lines)
    assert status == 0
    assert "plugged /dev/pts/" in output
    assert "unplugged, 9600 baud, 0 writes, 0 saves" in output
    assert not (tmp_path / "desk").exists()


def test_a_slip_is_answered(tmp_path: Path) -> None:
    status, output = scanner(tmp_path, lines=":hex zz\n:what\n")
    assert status == 0
    assert "no hexadecimal bytes: zz" in output
    assert output.count(":unplug, :plug") == 2


def test_an_unknown_module_is_refused(tmp_path: Path) -> None:
    status, output = scanner(tmp_path, "--profile", "gm66")
    assert status == 2
    assert "no such module" in output
