"""Orders of the platform to a whole station: over the broker, carried out, answered, stated."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from screen_browser import Demonstration, demonstration
from waiting import until

from edge.core.ids import KeyId
from edge.storage.central import CentralReader
from edge.storage.station import StationReader

pytestmark = pytest.mark.slow
STATION = "nanchang/lab-1/desk-1"


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demonstration]:
    with demonstration(tmp_path) as running:
        yield running


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        (sys.executable, "-m", "edge", *words),
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


def order(demo: Demonstration, *words: str) -> tuple[int, dict[str, object]]:
    config = demo.log.parent / "day" / "platform" / "edge.toml"
    done = run("command", STATION, *words, "--json", "--config", str(config))
    if "no_result" in done.stderr:
        return done.returncode, {"code": "no_result"}
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def told(demo: Demonstration, kind: str) -> list[dict[str, object]]:
    with StationReader(demo.log.parent / "day" / "station" / "station.db") as log:
        (epoch,) = log.epochs()
        bodies = [json.loads(each.body) for each in log.events(epoch)]
    return [each["data"] for each in bodies if each["type"] == f"specimen.{kind}.v1"]


@pytest.mark.timeout(240)
def test_every_order_is_obeyed_answered_and_stated(demo: Demonstration) -> None:
    status, result = order(demo, "ping")
    assert (status, result["code"]) == (0, "here")
    status, result = order(demo, "doctor")
    assert (status, result["code"]) == (0, "done")
    assert order(demo, "sync-now")[1]["code"] == "begun"
    status, result = order(demo, "restart", "process=shell")
    assert (status, result["code"]) == (1, "no_such_process")
    until(lambda: len(told(demo, "command.heard")) == 4)
    assert [each["name"] for each in told(demo, "command.heard")] == [
        "ping",
        "doctor",
        "sync-now",
        "restart",
    ]


@pytest.mark.timeout(240)
def test_a_process_ends_in_good_order_and_is_started_anew(demo: Demonstration) -> None:
    assert order(demo, "restart", "process=ship")[1]["code"] == "restarting"
    until(lambda: "ship was started anew" in demo.log.read_text())
    until(lambda: order(demo, "ping", "--wait", "3")[1]["code"] == "here", 60)
    assert order(demo, "restart", "process=kiosk")[1]["code"] == "handed_on"
    until(lambda: len(told(demo, "device.started")) == 2, 60)
    until(lambda: "the desk was started anew" in demo.log.read_text())


def sealed(demo: Demonstration) -> list[KeyId]:
    """The key of every event, in order."""
    with StationReader(demo.log.parent / "day" / "station" / "station.db") as log:
        return [each.key_id for epoch in log.epochs() for each in log.events(epoch)]


def is_confirmed(demo: Demonstration) -> bool:
    """Whether the platform holds every event of the station, in its chain and verified."""
    recorded = len(sealed(demo))
    with CentralReader(demo.log.parent / "day" / "platform" / "central.db") as central:
        confirmed = sum(mark.upto for mark in central.marks(STATION).values())
        counts = central.counts()
    assert (counts.quarantined, counts.duplicates_stored) == (0, 0)
    return recorded == confirmed


def change_key(demo: Demonstration) -> None:
    """Order it, and see the next event sealed with another key and confirmed."""
    before = set(sealed(demo))
    assert order(demo, "rotate-key")[1]["code"] == "handed_on"
    until(lambda: len(told(demo, "key.rotated")) == len(before), 60)
    assert order(demo, "ping")[1]["code"] == "here"
    until(lambda: sealed(demo)[-1] not in before, 60)
    until(lambda: is_confirmed(demo), 60)


@pytest.mark.timeout(400)
def test_the_event_key_is_changed_twice_while_everything_runs(demo: Demonstration) -> None:
    day = demo.log.parent / "day"
    change_key(demo)
    change_key(demo)
    assert order(demo, "restart", "process=kiosk")[1]["code"] == "handed_on"
    until(lambda: len(told(demo, "device.started")) == 2, 60)
    until(lambda: is_confirmed(demo), 60)
    keys = sealed(demo)
    assert len(set(keys)) == len(("first", "second", "third"))
    assert keys == sorted(keys, key=keys.index)
    for side in ("station", "platform"):
        pinned = day / side / "keys" / "keys.json"
        verified = run(
            *("log", "verify", "--db", str(day / "station" / "station.db"), "--json"),
            *("--keys", str(pinned), "--link", str(day / "station" / "link.db")),
        )
        assert json.loads(verified.stdout) == {
            "events": len(keys),
            "epochs": 1,
            "evidence": 0,
            "first_bad": None,
            "ok": True,
        }
    alarms = run("central", "alarms", "--config", str(day / "platform" / "edge.toml"))
    assert alarms.returncode == 0, alarms.stdout
