"""The consumer that stands in the documents, on what a real station exports."""

import ast
import base64
import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from signed_log import STATION, SignedLog, Writer, change_keys, make_log
from typer.testing import CliRunner
from waiting import until

from edge.cli.app import app
from edge.core.envelope import EVENT_PAYLOAD_TYPE, open_envelope, sign_envelope
from edge.core.events import DeviceStarted
from edge.host.certificates import AUTHORITY_FILE, Authority, CertificateFiles
from edge.host.clock import SystemClock
from edge.mqtt.client import Access, MqttClient, TlsFiles
from edge.sim.broker import HOST, BrokerTls, Mosquitto
from edge.storage.station import SqliteStation
from edge.wire.topics import Branch, Topic, type_level

CONSUMER = Path(__file__).parents[2] / "docs" / "consumer.py"
LONGEST_CODE_LINES = 60
EVENTS = 13
Lines = list[bytes]


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> SignedLog:
    return make_log(tmp_path_factory.mktemp("station"))


@pytest.fixture(scope="module")
def exported(log: SignedLog) -> Lines:
    return export(log)


def export(log: SignedLog) -> Lines:
    answer = CliRunner().invoke(app, ["log", "export", "--db", str(log.db)])
    assert answer.exit_code == 0, answer.output
    return answer.stdout.encode().splitlines()


@dataclass
class Consumed:
    """What the consumer said."""

    lines: list[str]
    summary: dict[str, int]
    status: int


def consume(keys: Path, lines: Lines) -> Consumed:
    done = subprocess.run(
        [sys.executable, str(CONSUMER), "--keys", str(keys)],
        input=b"\n".join(lines),
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert done.stderr == b""
    return told(done.stdout.decode(), done.returncode)


def told(output: str, status: int) -> Consumed:
    *lines, last = output.splitlines()
    return Consumed(lines, json.loads(last), status)


def test_it_is_short_and_imports_nothing_of_ours() -> None:
    tree = ast.parse(CONSUMER.read_text(encoding="utf-8"))
    roots = {
        name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else [each.name for each in node.names]
        )
    }
    assert roots - set(sys.stdlib_module_names) == {"cryptography", "paho"}
    statements = [node for node in ast.walk(tree) if isinstance(node, ast.stmt)]
    docstrings = {
        line
        for node in statements
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    text = CONSUMER.read_text(encoding="utf-8").splitlines()
    code = [
        line
        for number, line in enumerate(text, 1)
        if line.strip() and not line.strip().startswith("#") and number not in docstrings
    ]
    assert len(code) <= LONGEST_CODE_LINES


def test_it_takes_what_a_station_exports(log: SignedLog, exported: Lines) -> None:
    found = consume(log.keys, exported)
    assert found.summary == {"events": EVENTS, "bad": 0, "gaps": 0}
    assert found.status == 0
    assert found.lines[0] == "ok 1 specimen.epoch.opened.v1 desk-1"
    assert found.lines[4] == "ok 5 specimen.delivery.forms_checked.v1 delivery-1"
    assert len(found.lines) == EVENTS


def test_redeliveries_are_taken_once(log: SignedLog, exported: Lines) -> None:
    again = [*exported[:6], *exported[2:9], exported[0], *exported[4:]]
    found = consume(log.keys, again)
    assert found.summary == {"events": EVENTS, "bad": 0, "gaps": 0}
    assert found.status == 0


@pytest.fixture(scope="module")
def rotated(tmp_path_factory: pytest.TempPathFactory) -> SignedLog:
    """A log whose key was changed twice, with the keys as they were pinned at the beginning."""
    log = make_log(tmp_path_factory.mktemp("rotated"))
    before = log.keys.read_bytes()
    with closing(SqliteStation(log.db)) as store:
        change_keys(log, store, times=2)
    log.keys.rename(log.folder / "now.json")
    log.keys.write_bytes(before)
    return log


@pytest.mark.parametrize("pinned", ["keys.json", "now.json"])
def test_it_follows_a_station_from_key_to_key(rotated: SignedLog, pinned: str) -> None:
    lines = export(rotated)
    found = consume(rotated.folder / pinned, [*lines, *lines[-6:]])
    assert found.summary == {"events": len(lines), "bad": 0, "gaps": 0}
    assert found.status == 0


@pytest.mark.parametrize("pinned", ["keys.json", "now.json"])
def test_the_key_before_seals_nothing_any_more(
    rotated: SignedLog, pinned: str, tmp_path: Path
) -> None:
    shutil.copytree(rotated.folder, tmp_path / "copy")
    log = SignedLog(tmp_path / "copy")
    with closing(SqliteStation(log.db)) as store:
        Writer(log, store, by=rotated.folder / "event.0.pem").record(DeviceStarted("stolen"))
    found = consume(log.folder / pinned, export(log))
    assert found.summary["bad"] == 1
    assert found.status == 1


def altered(line: bytes, change: Callable[[dict[str, Any]], object]) -> bytes:
    outer = json.loads(line)
    change(outer)
    return json.dumps(outer).encode()


def flip_payload(outer: dict[str, Any]) -> None:
    body = bytearray(base64.b64decode(outer["payload"]))
    body[len(body) // 2] ^= 1
    outer["payload"] = base64.b64encode(body).decode()


def flip_signature(outer: dict[str, Any]) -> None:
    (by,) = outer["signatures"]
    signature = bytearray(base64.b64decode(by["sig"]))
    signature[40] ^= 1
    by["sig"] = base64.b64encode(signature).decode()


WRONG: dict[str, Callable[[dict[str, Any]], object]] = {
    "payload": flip_payload,
    "signature": flip_signature,
    "other key": lambda outer: outer["signatures"][0].update(keyid="event-desk-9"),
    "no signature": lambda outer: outer.update(signatures=[]),
    "two signatures": lambda outer: outer["signatures"].append(outer["signatures"][0]),
    "nothing": dict.clear,
}


@pytest.mark.parametrize("at", [0, 5, EVENTS - 1])
@pytest.mark.parametrize("wrong", WRONG)
def test_what_was_changed_is_refused(log: SignedLog, exported: Lines, wrong: str, at: int) -> None:
    lines = [*exported]
    lines[at] = altered(lines[at], WRONG[wrong])
    found = consume(log.keys, lines)
    assert found.summary["bad"] == 1
    assert found.lines[at].startswith("bad ")
    assert found.status == 1


@pytest.mark.parametrize("line", [b"", b"[]", b"17", b"no json", b"\xff\xfe", b'{"payload": 3}'])
def test_what_is_no_envelope_is_bad(log: SignedLog, exported: Lines, line: bytes) -> None:
    found = consume(log.keys, [*exported[:3], line, *exported[3:]])
    assert found.summary == {"events": EVENTS, "bad": 1, "gaps": 0}
    assert found.status == 1


@pytest.mark.parametrize("at", range(EVENTS - 1))
def test_a_dropped_event_is_a_gap(log: SignedLog, exported: Lines, at: int) -> None:
    found = consume(log.keys, [*exported[:at], *exported[at + 1 :]])
    assert found.summary == {"events": EVENTS - 1, "bad": 0, "gaps": 1}
    assert found.status == 1


def test_a_dropped_epoch_is_a_gap(log: SignedLog, exported: Lines) -> None:
    found = consume(log.keys, exported[9:])
    assert found.summary == {"events": 4, "bad": 0, "gaps": 1}
    assert found.status == 1


@pytest.mark.parametrize("at", range(EVENTS - 1))
def test_swapped_events_are_gaps(log: SignedLog, exported: Lines, at: int) -> None:
    lines = [*exported]
    lines[at], lines[at + 1] = lines[at + 1], lines[at]
    found = consume(log.keys, lines)
    assert found.summary == {"events": EVENTS, "bad": 0, "gaps": 2 if at == 0 else 1}
    assert found.status == 1


def test_a_station_that_forgot_its_epochs_has_a_gap(
    log: SignedLog, exported: Lines, tmp_path: Path
) -> None:
    fresh = SignedLog(tmp_path)
    for kept in (log.keys, log.private_key):
        shutil.copy(kept, tmp_path)
    with closing(SqliteStation(fresh.db)) as store:
        writer = Writer(fresh, store, first_id=1000)
        writer.open()
    found = consume(log.keys, [*exported, *export(fresh)])
    assert found.summary == {"events": EVENTS + 1, "bad": 0, "gaps": 1}


def resealed(log: SignedLog, line: bytes, **changes: object) -> bytes:
    """The station's own key under other content."""
    opened = open_envelope(line)
    body = json.dumps(json.loads(opened.body) | changes).encode()
    by = log.seal()
    return sign_envelope(EVENT_PAYLOAD_TYPE, body, key_id=by.key_id, sign=by.sign)


@pytest.mark.parametrize("changes", [{"subject": "another"}, {"prev": "ab" * 32}])
def test_other_content_at_a_known_place_is_refused(
    log: SignedLog, exported: Lines, changes: dict[str, object]
) -> None:
    found = consume(log.keys, [*exported, resealed(log, exported[4], **changes)])
    assert found.summary == {"events": EVENTS, "bad": 1, "gaps": 0}
    assert found.status == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"source": "urn:specimen-edge:nanchang:lab-1:desk-9"},
        {"recordedtime": "2031-01-01T00:00:00.000Z"},
        {"recordedtime": "2001-01-01T00:00:00.000Z"},
        {"sequence": "none"},
    ],
)
def test_what_the_key_may_not_say_is_refused(
    log: SignedLog, exported: Lines, changes: dict[str, object]
) -> None:
    found = consume(log.keys, [*exported[:4], resealed(log, exported[4], **changes)])
    assert found.summary == {"events": 4, "bad": 1, "gaps": 0}
    assert found.status == 1


def test_an_event_that_follows_another_past_is_refused(log: SignedLog, exported: Lines) -> None:
    other = resealed(log, exported[4], prev=sha256(b"another past").hexdigest())
    found = consume(log.keys, [*exported[:4], other])
    assert found.summary == {"events": 4, "bad": 1, "gaps": 0}
    assert found.status == 1


@pytest.mark.parametrize("field", ["purpose", "owner"])
def test_a_key_of_another_kind_is_refused(
    log: SignedLog, exported: Lines, tmp_path: Path, field: str
) -> None:
    pinned = json.loads(log.keys.read_text(encoding="utf-8"))
    pinned["keys"][0][field] = {"purpose": "control", "owner": "nanchang/lab-2/desk-1"}[field]
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps(pinned), encoding="utf-8")
    assert consume(keys, exported).summary == {"events": 0, "bad": EVENTS, "gaps": 0}


@dataclass
class Line:
    """A broker, and how station and consumer reach it."""

    broker: Mosquitto
    access: Access
    options: list[str]


@pytest.fixture(params=["plain", "tls"])
def line(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Line]:
    made = secured(tmp_path) if request.param == "tls" else Mosquitto(tmp_path / "broker")
    made.start()
    options = ["--broker", f"{HOST}:{made.port}"]
    tls = None
    if request.param == "tls":
        ca = tmp_path / "certificates" / AUTHORITY_FILE
        own, platform = (
            CertificateFiles.below(ca.parent, side) for side in ("station", "platform")
        )
        tls = TlsFiles(ca, own.cert, own.key)
        options += ["--ca", str(ca), "--cert", str(platform.cert), "--key", str(platform.key)]
    yield Line(made, Access(HOST, made.port, "desk", tls=tls), options)
    made.stop()


def secured(folder: Path) -> Mosquitto:
    """A broker with the shipped access list, whose clients show certificates."""
    authority = Authority(folder / "certificates", now=SystemClock().now())
    server = authority.issue_server("broker", hosts=(HOST,))
    authority.issue_client("station", name=STATION.name)
    authority.issue_client("platform", name="platform")
    acl = folder / "acl"
    acl.write_bytes((files("edge.mqtt") / "broker" / "acl").read_bytes())
    acl.chmod(0o600)
    return Mosquitto(folder / "broker", tls=BrokerTls(authority.cert, server.cert, server.key, acl))


@pytest.mark.parametrize("begin", [0, 3])
def test_it_takes_what_a_broker_brings_from_where_it_joins(
    log: SignedLog, exported: Lines, line: Line, tmp_path: Path, begin: int
) -> None:
    heard = tmp_path / "heard"
    argv = [sys.executable, str(CONSUMER), "--keys", str(log.keys), *line.options]
    with heard.open("wb") as output:
        consumer = subprocess.Popen(
            argv,
            stdout=output,
            stderr=output,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - a background job starts with SIGINT ignored
        )
    try:
        with closing(MqttClient(line.access, filters=())) as client:
            client.connect()
            until(lambda: is_published(client, exported[begin], heard))
            for each in [*exported[begin + 1 :], *exported[begin:]]:
                client.publish(topic_of(each), each)
            until(lambda: is_heard(client, heard, EVENTS - begin))
    finally:
        consumer.send_signal(signal.SIGINT)
        consumer.wait(timeout=20)
    found = told(heard.read_text(encoding="utf-8"), consumer.returncode)
    assert found.summary == {"events": EVENTS - begin, "bad": 0, "gaps": 0}
    assert found.status == 0


def topic_of(line: bytes) -> str:
    kind = json.loads(open_envelope(line).body)["type"]
    return str(Topic(STATION, Branch.EVENT, (type_level(kind),)))


def is_published(client: MqttClient, line: bytes, heard: Path) -> bool:
    """Publish again until the consumer has subscribed: it takes an event once."""
    client.publish(topic_of(line), line)
    return is_heard(client, heard, 1)


def is_heard(client: MqttClient, heard: Path, number: int) -> bool:
    """Send on what waits for room, and look whether the consumer has told so many."""
    client.next(0.0)
    return len(heard.read_bytes().splitlines()) >= number
