"""Orders of the platform to a whole station: over the broker, carried out, answered, stated."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from screen_browser import Demonstration, demonstration
from waiting import until

from edge.storage.station import StationReader

pytestmark = pytest.mark.slow
STATION = "nanchang/lab-1/desk-1"


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demonstration]:
    with demonstration(tmp_path) as running:
        yield running


def order(demo: Demonstration, *words: str) -> tuple[int, dict[str, object]]:
    config = demo.log.parent / "day" / "platform" / "edge.toml"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "edge", "command", STATION, *words),
            *("--json", "--config", str(config)),
        ],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
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
