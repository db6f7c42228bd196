"""`specimen-edge curing`: the register, ledgers, and the customary tables as PDF."""

import json
from importlib.util import find_spec
from pathlib import Path

import pytest
from climate_year import write_year
from typer.testing import CliRunner

from edge.cli.app import app
from edge.core.errors import ConfigError, StorageError
from edge.host.pdf import FONTS, SheetTable, write_tables

NEEDS_PAPER = pytest.mark.skipif(
    find_spec("fpdf") is None or not any(each.is_file() for each in FONTS),
    reason="fpdf2 or Noto Sans CJK is not installed",
)
TABLE = SheetTable(
    "表", (("试件", "3#"),), ("日期", "温度"), (1, 1), (("2026-01-01", "20.0"),) * 60, ("备注",)
)
RUN = CliRunner()


@pytest.fixture(autouse=True)
def station(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in (("CITY", "nanchang"), ("LAB", "lab-1"), ("DEVICE", "wall-1")):
        monkeypatch.setenv(f"EDGE_STATION__{name}", value)
    monkeypatch.setenv("EDGE_STATE_DIR", str(tmp_path))


@pytest.fixture
def db(tmp_path: Path) -> Path:
    path = tmp_path / "climate.db"
    write_year(path, sensors=1, days=40)
    return path


def curing(*args: str) -> tuple[int, str]:
    done = RUN.invoke(app, ["curing", *args])
    return done.exit_code, done.output


def test_the_register_of_two_days(db: Path, tmp_path: Path) -> None:
    out = tmp_path / "june.csv"
    span = ("--since", "2026-01-02", "--until", "2026-01-03")
    code, _ = curing("export", "th-1", *span, "--out", str(out), "--db", str(db))
    content = out.read_bytes()

    assert code == 0
    assert content.startswith("\ufeff日期".encode())
    assert content.count(b"\r\n") == 7
    assert curing("export", "th-9", *span, "--out", str(out), "--db", str(db))[0] == 2
    absent = str(tmp_path / "none.db")
    assert curing("export", "th-1", *span, "--out", str(out), "--db", absent)[0] == 2


def test_a_ledger_counts_once_and_a_bad_one_is_named(db: Path, tmp_path: Path) -> None:
    file = tmp_path / "site.csv"
    file.write_bytes("日期,平均\n2026-02-15,4.5\n".encode("gb18030"))
    asked = (
        "ledger",
        str(file),
        "--place",
        "cage-7",
        "--source",
        "site",
        "--json",
        "--db",
        str(db),
    )
    code, output = curing(*asked)

    assert code == 0
    assert json.loads(output) == {
        "days": 1,
        "first": "2026-02-15",
        "last": "2026-02-15",
        "new": True,
    }
    assert curing(*asked)[0] == 1
    file.write_text("日期,平均\n2026-02-15,warm\n", encoding="utf-8")
    code, output = curing(*asked)
    assert code == 2
    assert "line=2" in output
    assert curing("ledger", str(tmp_path / "no.csv"), "--place", "c", "--source", "s")[0] == 2


@NEEDS_PAPER
def test_both_tables_of_a_group(db: Path, tmp_path: Path) -> None:
    out = tmp_path / "3.pdf"
    asked = (
        "tables",
        "3#",
        "--place",
        "cage-7",
        "--sensor",
        "th-1",
        "--out",
        str(out),
        "--db",
        str(db),
    )
    code, output = curing(*asked, "--cast-on", "2026-01-03", "--until", "2026-02-05")
    assert (code, "(2)" in output) == (0, True)
    assert out.read_bytes().startswith(b"%PDF")

    code, _ = curing(*asked, "--cast-on", "2026-01-03", "--until", "2026-01-20")
    assert code == 1
    code, _ = curing(*asked, "--cast-on", "2026-01-03", "--until", "2026-02-01", "--casting-day")
    assert code == 0


@NEEDS_PAPER
def test_a_long_table_goes_on_over_pages(tmp_path: Path) -> None:
    assert write_tables(tmp_path / "t.pdf", [TABLE, TABLE], foot="foot") == 4
    with pytest.raises(StorageError):
        write_tables(tmp_path / "no" / "t.pdf", [TABLE], foot="foot")


def test_a_machine_without_the_font_is_told_which(tmp_path: Path) -> None:
    if find_spec("fpdf") is None:
        pytest.skip("fpdf2 is not installed")
    with pytest.raises(ConfigError) as caught:
        write_tables(tmp_path / "t.pdf", [TABLE], foot="foot", fonts=[tmp_path / "no.ttc"])
    assert caught.value.code == "pdf_font_absent"
