import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from edge.cli.app import app
from edge.core.documents import Document
from edge.core.envelope import Draft, Seal, Sealed, Tip, seal
from edge.core.ids import EpochId, EventId, KeyId, RuleSetId, uuid7
from edge.core.moments import Instant, TimeQuality
from edge.flows.health_words import WORDS
from edge.flows.rotate import DONE, ID, KIND, PENDING
from edge.host.keys import PinnedKey, generate_key, write_pinned
from edge.host.reach import Obstacle
from edge.storage.station import SqliteStation

STATION = '[station]\ncity = "nanchang"\nlab = "lab-1"\ndevice = "desk-1"\n'


def doctor(config: Path) -> tuple[int, dict[str, dict[str, str]]]:
    answer = CliRunner().invoke(app, ["doctor", "--json", "--config", str(config)])
    document = json.loads(answer.stdout)
    assert document["ok"] == (answer.exit_code == 0)
    return answer.exit_code, {row["id"]: row for row in document["findings"]}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "edge.toml"
    path.write_text(f'state_dir = "{tmp_path / "state"}"\n{STATION}', encoding="utf-8")
    return path


def test_wrong_settings_are_findings_and_status_2(config: Path) -> None:
    config.write_text("[broker]\nprt = 1\n", encoding="utf-8")
    status, found = doctor(config)
    assert status == 2
    assert set(found) == {"configuration.station", "configuration.broker.prt"}
    assert "broker.port" in found["configuration.broker.prt"]["remedy_zh"]


def test_a_station_without_its_folder_fails_with_the_remedy(config: Path, tmp_path: Path) -> None:
    status, found = doctor(config)
    assert status == 1
    assert found["configuration"]["level"] == "ok"
    assert f"{tmp_path / 'state'}" in found["disk"]["remedy_en"]


def test_present_decoders_are_named(config: Path) -> None:
    _, found = doctor(config)
    assert "zxing-cpp" in found["decoders"]["en"]


def test_a_person_reads_both_languages(config: Path) -> None:
    answer = CliRunner().invoke(app, ["doctor", "--config", str(config)])
    assert "没有状态目录" in answer.stdout
    assert "There is no state directory" in answer.stdout


def test_every_obstacle_on_the_way_to_the_broker_has_its_words() -> None:
    assert {f"broker.{each.value}" for each in Obstacle} <= set(WORDS)


@pytest.fixture
def keyed(config: Path, tmp_path: Path) -> Path:
    """A station whose keys are as they should be."""
    folder = tmp_path / "state" / "keys"
    owner = "nanchang/lab-1/desk-1"
    event = PinnedKey(KeyId("e1"), generate_key(folder / "event.pem"), "event", owner)
    control = PinnedKey(KeyId("c1"), generate_key(tmp_path / "elsewhere.pem"), "control")
    write_pinned(folder / "keys.json", (event, control))
    return config


def test_keys_as_they_should_be(keyed: Path) -> None:
    _, found = doctor(keyed)
    assert found["keys.pinned"]["level"] == "ok"
    assert found["keys.event"]["level"] == "ok"
    assert "keys.control" not in found


def first_event() -> Sealed:
    at = Instant(datetime(2026, 1, 1, tzinfo=UTC), 0, TimeQuality.SYNCED)
    epoch = EpochId(uuid7(at.at, bytes(10)))
    return seal(
        Draft("epoch.opened", "desk-1", at, RuleSetId("r-1"), {}),
        Tip(epoch),
        event_id=EventId(uuid7(at.at, bytes(10))),
        recorded_at=at.at,
        by=Seal("urn:x", "boot", KeyId("e1"), lambda _message: b"s" * 64),
    )


@pytest.mark.parametrize(
    ("phase", "body", "named"),
    [
        (PENDING, b'{"key":"event-2"}', "event-2"),
        (PENDING, b"[]", "- was announced"),
        (DONE, b'{"key":"event-2"}', None),
    ],
)
def test_a_change_of_keys_that_is_not_finished_is_named(
    keyed: Path, phase: str, body: bytes, named: str | None
) -> None:
    with closing(SqliteStation(keyed.parent / "state" / "station.db")) as store:
        first = first_event()
        store.open_epoch(first.epoch, first)
        store.commit(documents=(Document(KIND, ID, phase, body),))
    _, found = doctor(keyed)
    if named is None:
        assert "keys.rotation" not in found
    else:
        assert found["keys.rotation"]["level"] == "warn"
        assert named in found["keys.rotation"]["en"]
        assert "restart specimen-edge-kiosk" in found["keys.rotation"]["remedy_en"]


@pytest.mark.parametrize(
    ("event", "pinned", "id_", "says"),
    [
        ("chmod", "", "keys.event", "chmod 0600"),
        ("remove", "", "keys.event", "provisioned anew"),
        ("garbage", "", "keys.event", "PKCS8"),
        ("other", "", "keys.event", "new keys.json"),
        ("", "other station", "keys.event", "[station]"),
        ("", "garbage", "keys.pinned", "new keys.json"),
        ("", "no control", "keys.pinned", "new keys.json"),
        ("", "remove", "keys.pinned", "new keys.json"),
    ],
)
def test_each_fault_of_the_keys_has_its_remedy(
    keyed: Path, event: str, pinned: str, id_: str, says: str
) -> None:
    folder = keyed.parent / "state" / "keys"
    key, keys = folder / "event.pem", folder / "keys.json"
    match event:
        case "chmod":
            key.chmod(0o644)
        case "remove":
            key.unlink()
        case "garbage":
            key.write_bytes(b"no key")
        case "other":
            key.unlink()
            generate_key(key)
    text = keys.read_text(encoding="utf-8")
    match pinned:
        case "other station":
            keys.write_text(text.replace("lab-1", "lab-2"), encoding="utf-8")
        case "garbage":
            keys.write_text("{", encoding="utf-8")
        case "no control":
            keys.write_text(text.replace("control", "chip"), encoding="utf-8")
        case "remove":
            keys.unlink()
    status, found = doctor(keyed)
    assert status == 1
    assert found[id_]["level"] == "fail"
    assert says in found[id_]["remedy_en"]


def test_a_platform_is_asked_for_its_control_key(keyed: Path) -> None:
    folder = keyed.parent / "state" / "keys"
    (keyed.parent / "elsewhere.pem").rename(folder / "control.pem")
    (folder / "event.pem").unlink()
    _, found = doctor(keyed)
    assert found["keys.control"]["level"] == "ok"
    assert "keys.event" not in found


def test_a_store_that_is_no_database(keyed: Path) -> None:
    (keyed.parent / "state" / "station.db").write_bytes(b"not a database" * 500)
    status, found = doctor(keyed)
    assert status == 1
    assert found["store"]["level"] == "fail"
    assert "backup" in found["store"]["remedy_en"]


def test_a_store_and_its_changed_event(keyed: Path) -> None:
    path = keyed.parent / "state" / "station.db"
    first = first_event()
    with SqliteStation(path) as store:
        store.open_epoch(first.epoch, first)
    assert doctor(keyed)[1]["store"]["level"] == "ok"
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE events SET body = CAST(replace(body, 'desk-1', 'desk-2') AS BLOB)")
    assert "digest at 1" in doctor(keyed)[1]["store"]["en"]


def test_readers_by_their_place(keyed: Path, tmp_path: Path) -> None:
    plugged = tmp_path / "scanner"
    plugged.touch()
    with keyed.open("a", encoding="utf-8") as file:
        file.write(
            f"""
[[scanners]]
name = "desk"
path = "{plugged}"
[[scanners]]
name = "gone"
path = "{tmp_path / "none"}"
[[scanners]]
name = "numbered"
path = "/dev/ttyUSB7"
[nfc]
path = "/dev/specimen-nfc"
"""
        )
    _, found = doctor(keyed)
    assert {key: found[key]["level"] for key in found if key.startswith("readers.")} == {
        "readers.desk": "ok",
        "readers.gone": "warn",
        "readers.numbered": "warn",
        "readers.nfc": "warn",
    }
    assert "firmware ports" in str(found["readers.numbered"]["remedy_en"])
