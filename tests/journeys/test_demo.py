"""The whole way: chips in pictures, a delivery day at the desk, and a platform that confirms it."""

import json
import signal
import subprocess
import sys
from base64 import b64decode
from collections import Counter
from pathlib import Path

import psutil
import pytest
from described import Description
from jsonschema import Draft202012Validator, ValidationError
from overhear import Overhearing
from waiting import until

from edge.sim.broker import HOST, Mosquitto

pytestmark = pytest.mark.slow

CONTRACT = Path(__file__).parents[2] / "docs" / "schemas"
EDGE = (sys.executable, "-m", "edge")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*EDGE, *arguments], capture_output=True, text=True, check=False, timeout=150
    )


def living(folder: Path) -> list[str]:
    """Processes that still speak of a folder."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        words = " ".join(process.info["cmdline"] or ())
        if str(folder) in words:
            found.append(words)
    return found


@pytest.fixture(scope="module")
def overheard(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Overhearing, Path, subprocess.CompletedProcess[str]]:
    folder = tmp_path_factory.mktemp("a day")
    with Overhearing(folder) as heard:
        return heard, folder, run("demo", "--once", "--json", "--dir", str(folder))


@pytest.fixture
def day(
    overheard: tuple[Overhearing, Path, subprocess.CompletedProcess[str]],
) -> tuple[Path, subprocess.CompletedProcess[str]]:
    return overheard[1:]


def test_a_day_loses_nothing_and_doubles_nothing(
    day: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    _, ended = day
    assert ended.returncode == 0, ended.stderr
    summary = json.loads(ended.stdout)
    assert summary["deliveries"] == {"partially_received": 1, "received": 2, "refused": 1}
    assert summary["specimens_received"] == 30 + 3 + 6
    assert summary["events_recorded"] == summary["events_confirmed"] > 100
    assert (summary["lost"], summary["duplicates_at_platform"]) == (0, 0)
    assert summary["photographs_arrived"] == summary["photographs_sent"] > 0
    assert (summary["curing_transfers"], summary["excursions"]) == (30 + 2, 1)
    assert summary["excursion_specimens"] == 27
    assert summary["due_today"] >= 4
    assert summary["log_ok"]
    assert summary["as_planned"]
    assert summary["seconds"] > 0
    assert "部分接收" in ended.stderr
    assert "标养室：32 次" in ended.stderr
    assert "provisional" in ended.stderr


def test_every_event_of_the_day_keeps_the_published_contract(
    day: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    folder, _ = day
    schema = json.loads((CONTRACT / "events.schema.json").read_text(encoding="utf-8"))
    judge = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    told = run("log", "export", "--config", str(folder / "station" / "edge.toml")).stdout
    bodies = [json.loads(b64decode(json.loads(line)["payload"])) for line in told.splitlines()]
    assert len(bodies) > 100
    for body in bodies:
        judge.validate(body)


def test_everything_that_was_said_keeps_the_published_contract(
    overheard: tuple[Overhearing, Path, subprocess.CompletedProcess[str]],
) -> None:
    messages, contract = overheard[0].messages, Description()
    channels = Counter(contract.judge(*message) for message in messages)
    assert channels["events"] > 100
    assert channels.keys() >= {
        "asks",
        "pages",
        "status",
        "acks",
        "heads",
        "blobHead",
        "blobPart",
        "blobAcks",
    }
    topic, good = next(each for each in messages if "/ev/" in each[0])
    with pytest.raises(ValidationError):
        contract.judge(topic, good.replace(b"payloadType", b"payloadKind"))


def test_nothing_is_left_running(day: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    folder, _ = day
    assert living(folder) == []


def test_the_log_of_the_day_holds_and_a_flipped_photograph_is_found(
    day: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    folder, _ = day
    config = str(folder / "station" / "edge.toml")
    good = run("log", "verify", "--config", config, "--json")
    assert good.returncode == 0
    found = json.loads(good.stdout)
    assert found["ok"]
    assert found["first_bad"] is None
    photographs = sorted((folder / "station" / "evidence").glob("??/*"))
    assert found["evidence"] == len(photographs) > 0
    photograph = photographs[0]
    content = photograph.read_bytes()
    photograph.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    bad = run("log", "verify", "--config", config, "--json")
    photograph.write_bytes(content)
    assert bad.returncode == 1
    assert json.loads(bad.stdout)["first_bad"]["code"] == "evidence_changed"


def test_the_rooms_log_holds_too_and_tells_of_thirty_cubes(
    day: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    folder, _ = day
    config = str(folder / "wall" / "edge.toml")
    assert run("log", "verify", "--config", config).returncode == 0
    told = run("log", "export", "--config", config).stdout
    bodies = [json.loads(b64decode(json.loads(line)["payload"])) for line in told.splitlines()]
    judge = Draft202012Validator(json.loads((CONTRACT / "events.schema.json").read_text("utf-8")))
    for body in bodies:
        judge.validate(body)
    types = [each["type"] for each in bodies]
    assert types.count("specimen.curing.entered.v1") == 30
    assert types.count("specimen.curing.moved.v1") == 2
    (audit,) = [each for each in bodies if each["type"] == "specimen.curing.audited.v1"]
    assert len(audit["data"]["missing"]) == 1
    assert types.count("specimen.environment.excursion_started.v1") == 1
    assert types.count("specimen.environment.excursion_ended.v1") == 1


@pytest.mark.parametrize("verb", ["outbox", "registry"])
def test_the_state_of_the_link_can_be_asked(
    day: tuple[Path, subprocess.CompletedProcess[str]], verb: str
) -> None:
    folder, _ = day
    config = str(folder / "station" / "edge.toml")
    answer = run(verb, "status", "--config", config, "--json")
    assert answer.returncode == 0, answer.stderr
    found = json.loads(answer.stdout)
    if verb == "outbox":
        assert found["waiting"] == 0
        assert found["recorded"] == found["confirmed"] > 100
    else:
        assert found["sets"]["people"]["rows"] > 0
        assert found["sets"]["people"]["age_h"] < 1.0


def test_a_used_folder_is_not_used_again(
    day: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    folder, _ = day
    again = run("demo", "--once", "--dir", str(folder))
    assert again.returncode == 1
    assert "already_provisioned" in again.stderr


def test_a_broker_that_is_named_is_used(tmp_path: Path) -> None:
    broker = Mosquitto(tmp_path / "broker")
    broker.start()
    try:
        ended = run("demo", "--once", "--json", "--broker", f"{HOST}:{broker.port}")
    finally:
        broker.stop()
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["lost"] == 0


@pytest.mark.parametrize("address", ["nowhere", "127.0.0.1:", "127.0.0.1:0", ":1883"])
def test_a_wrong_broker_address_is_wrong_use(address: str) -> None:
    assert run("demo", "--once", "--broker", address).returncode == 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_takes_everything_down_with_it(
    tmp_path: Path, number: signal.Signals
) -> None:
    folder = tmp_path / "day"
    said = tmp_path / "said"
    with said.open("wb") as out:
        running = subprocess.Popen(
            [*EDGE, "demo", "--once", "--dir", str(folder)], stdout=out, stderr=out
        )
    until(lambda: len(living(folder)) >= 5, 60.0)
    running.send_signal(number)
    running.wait(30)
    until(lambda: living(folder) == [])
    assert running.returncode != 0, said.read_text()
