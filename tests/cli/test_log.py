"""The verbs `log verify` and `log export` on a real store."""

import json
import os
import pty
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from memory_doors import SetClock
from signed_log import STATION, SignedLog, Writer, make_log, pinned, signed_place
from typer.testing import CliRunner, Result

from edge.cli.app import app
from edge.cli.log import REMEDIES, WORDS
from edge.core import events as told
from edge.core.envelope import open_envelope
from edge.core.ids import Digest, EpochId
from edge.flows import audit
from edge.host.keys import generate_key, write_pinned
from edge.storage.link import SqliteLink
from edge.storage.station import SqliteStation, StationReader
from edge.wire.downlink import Mark

EVENTS = 13


@pytest.fixture
def log(tmp_path: Path) -> SignedLog:
    return make_log(tmp_path / "station")


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(app, ["log", *map(str, words)])


def verify(log: SignedLog, *more: str | Path) -> tuple[int, dict[str, Any]]:
    words = ("--db", log.db, "--keys", log.keys, "--evidence", log.evidence)
    answer = run("verify", *words, "--json", *more)
    found: dict[str, Any] = json.loads(answer.stdout)
    return answer.exit_code, found


def change(log: SignedLog, sql: str) -> None:
    with closing(sqlite3.connect(log.db, isolation_level=None)) as store:
        assert store.execute(sql).rowcount > 0


def test_a_whole_log_is_good(log: SignedLog) -> None:
    status, found = verify(log)
    assert found == {"events": EVENTS, "epochs": 2, "evidence": 3, "first_bad": None, "ok": True}
    assert status == 0


def test_a_changed_log_is_named_by_its_first_bad_place(log: SignedLog) -> None:
    with StationReader(log.db) as reader:
        epoch = reader.epochs()[0]
    change(log, "UPDATE events SET subject='else' WHERE sequence>2")
    status, found = verify(log)
    assert found["first_bad"] == {"epoch": epoch, "sequence": 3, "code": "columns"}
    assert (status, found["ok"]) == (1, False)


def test_keys_beside_the_events_count_for_nothing(log: SignedLog, tmp_path: Path) -> None:
    other = tmp_path / "others.json"
    write_pinned(other, [pinned(generate_key(tmp_path / "other.pem"))])
    status, found = verify(log, "--keys", other)
    assert (status, found["first_bad"]["code"]) == (1, "signature")


def test_a_store_that_cannot_be_read_is_bad(log: SignedLog) -> None:
    log.db.write_bytes(b"no database" * 1000)
    answer = run("verify", "--db", log.db, "--keys", log.keys, "--json")
    assert answer.exit_code == 1
    assert "store_corrupt" in answer.stderr


@pytest.mark.parametrize("option", ["--db", "--keys"])
def test_a_file_that_is_not_there_is_wrong_use(log: SignedLog, tmp_path: Path, option: str) -> None:
    words = ("--db", log.db, "--keys", log.keys, option, tmp_path / "absent")
    answer = run("verify", *words)
    assert answer.exit_code == 2
    assert "absent" in answer.stderr


def test_wrong_settings_are_wrong_use(tmp_path: Path) -> None:
    assert run("verify", "--config", tmp_path / "absent.toml").exit_code == 2
    assert run("export", "--config", tmp_path / "absent.toml").exit_code == 2
    assert run("verify", "--nonsense").exit_code == 2


def test_settings_name_all_files(log: SignedLog, tmp_path: Path) -> None:
    config = tmp_path / "edge.toml"
    station = f'city = "{STATION.city}"\nlab = "{STATION.lab}"\ndevice = "{STATION.device}"\n'
    config.write_text(
        f'state_dir = "{log.folder}"\n[station]\n{station}[keys]\npinned = "{log.keys}"\n',
        encoding="utf-8",
    )
    answer = run("verify", "--config", config, "--json")
    assert json.loads(answer.stdout)["evidence"] == 3
    with StationReader(log.db) as reader:
        confirm(log.folder / "link.db", reader.epochs()[1], Mark(5, Digest("ab" * 32)))
    answer = run("verify", "--config", config, "--json")
    assert json.loads(answer.stdout)["first_bad"]["code"] == "truncated"


def confirm(path: Path, epoch: EpochId, mark: Mark) -> None:
    clock = SetClock()
    with closing(SqliteLink(path, clock=clock, boot_id="boot-1")) as link:
        link.keep_marks({epoch: mark}, store_id="platform", issued=clock.now())


def test_the_shippers_store_shows_a_cut_end(log: SignedLog, tmp_path: Path) -> None:
    with StationReader(log.db) as reader:
        tip = reader.tip_of(reader.epochs()[1])
    link = tmp_path / "link.db"
    confirm(link, tip.epoch, Mark(tip.sequence, tip.digest))
    assert verify(log, "--link", link)[0] == 0
    change(log, f"DELETE FROM events WHERE epoch='{tip.epoch}' AND sequence=4")  # noqa: S608 - a value of this test
    assert verify(log)[0] == 0
    status, found = verify(log, "--link", link)
    assert (status, found["first_bad"]["code"]) == (1, "truncated")


def test_a_person_reads_what_was_found_and_what_to_do(log: SignedLog) -> None:
    good = run("verify", "--db", log.db, "--keys", log.keys)
    assert "✓ 全部有效 · everything holds" in good.stdout
    assert "--evidence" in good.stdout
    change(log, "DELETE FROM events WHERE sequence=2")
    bad = run("verify", "--db", log.db, "--keys", log.keys, "--evidence", log.evidence)
    assert bad.exit_code == 1
    assert "an event is missing before this one" in bad.stdout
    assert "  → 停止收样" in bad.stdout
    assert "  → stop receiving" in bad.stdout


def test_every_flaw_has_words_and_a_remedy() -> None:
    source = Path(audit.__file__).read_text(encoding="utf-8")
    missing = {code for code in WORDS if f'"{code}"' not in source}
    assert missing == set()
    assert REMEDIES.keys() == WORDS.keys()


def test_export_gives_every_envelope_in_order(log: SignedLog) -> None:
    answer = run("export", "--db", log.db)
    assert answer.exit_code == 0
    with StationReader(log.db) as reader:
        stored = [each for epoch in reader.epochs() for each in reader.events(epoch)]
    lines = answer.stdout.encode().splitlines()
    assert lines == [each.envelope for each in stored]
    assert [open_envelope(line).body for line in lines] == [each.body for each in stored]


def test_export_of_one_epoch(log: SignedLog) -> None:
    with StationReader(log.db) as reader:
        second = reader.epochs()[1]
    assert len(run("export", "--db", log.db, "--epoch", second).stdout.splitlines()) == 4
    wrong = run("export", "--db", log.db, "--epoch", "none")
    assert wrong.exit_code == 2
    assert second in wrong.stderr
    assert wrong.stdout == ""


def test_export_of_no_store_is_wrong_use(tmp_path: Path) -> None:
    answer = run("export", "--db", tmp_path / "absent.db")
    assert answer.exit_code == 2
    assert "store_absent" in answer.stderr


def test_neither_verb_changes_anything(log: SignedLog, tmp_path: Path) -> None:
    kept = tmp_path / "copy.db"
    shutil.copy(log.db, kept)
    verify(log)
    run("export", "--db", log.db)
    assert log.db.read_bytes() == kept.read_bytes()


def test_a_long_log_shows_its_progress_on_a_terminal(tmp_path: Path) -> None:
    log = signed_place(tmp_path)
    with closing(SqliteStation(log.db)) as store:
        store._db.execute("PRAGMA synchronous=OFF")  # what is tested is the reading
        writer = Writer(log, store)
        writer.open()
        writer.record(*[told.DeviceStarted("1.0")] * 2100)
    argv = [sys.executable, "-m", "edge", "log", "verify", "--db", str(log.db)]
    master, slave = pty.openpty()
    try:
        done = subprocess.run(
            [*argv, "--keys", str(log.keys), "--json"],
            stdout=subprocess.PIPE,
            stderr=slave,
            check=False,
            timeout=60,
            env=os.environ | {"TERM": "xterm"},
        )
        shown = os.read(master, 65536).decode()
    finally:
        os.close(master)
        os.close(slave)
    assert json.loads(done.stdout)["ok"]
    assert "verifying" in shown
