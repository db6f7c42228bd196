"""Questions for photographs: open until they are answered or overdue, whatever lies beside them."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from memory_doors import SetClock

from edge.core.errors import StorageError
from edge.core.face_answers import ASK, LONGEST
from edge.core.ids import PersonId
from edge.storage.face_asks import FaceAsks

NAMELESS = b'{"data": {"person": "p-ann", "until": "2999-01-01T00:00:00+00:00"}}'
ANN, BEN = PersonId("p-ann"), PersonId("p-ben")


def names(asks: FaceAsks) -> list[str]:
    return [each.id for each in asks.documents("ask", phases=("open",))]


def test_a_question_is_open_until_it_ends(tmp_path: Path) -> None:
    asks = FaceAsks(tmp_path / "asks", SetClock())
    assert names(asks) == []
    asks.ask("face-1", ANN)
    asks.ask("face-2", BEN)
    assert names(asks) == ["face-1", "face-2"]
    assert asks.documents("delivery") == asks.documents("ask", phases=("done",)) == ()
    body = json.loads(asks.documents("ask")[0].body)
    assert (body["corr"], body["name"], body["data"]["person"]) == ("face-1", ASK, ANN)
    assert asks.person_of("face-2") == BEN
    asks.end("face-1")
    asks.end("face-1")
    assert asks.person_of("face-1") is None
    assert names(asks) == ["face-2"]


def test_an_overdue_question_is_not_asked_and_then_forgotten(tmp_path: Path) -> None:
    clock = SetClock()
    asks = FaceAsks(tmp_path, clock)
    asks.ask("face-1", ANN)
    clock.move((LONGEST + timedelta(seconds=1)).total_seconds())
    asks.ask("face-2", BEN)
    assert names(asks) == ["face-2"]
    assert asks.person_of("face-1") is None
    asks.forget_overdue()
    assert [each.name for each in tmp_path.iterdir()] == ["face-2.json"]


@pytest.mark.parametrize("name", ["../face-1", "", "face-1.json", "/etc/passwd", "face-*"])
def test_a_name_from_outside_is_no_path(tmp_path: Path, name: str) -> None:
    beside = tmp_path / "face-1.json"
    beside.write_text("{}", encoding="utf-8")
    asks = FaceAsks(tmp_path / "asks", SetClock())
    asks.ask("face-1", ANN)
    assert asks.person_of(name) is None
    asks.end(name)
    assert beside.exists()
    assert names(asks) == ["face-1"]


@pytest.mark.parametrize(
    "torn", [b"", b"{", b"[]", b'{"data": 1}', b'{"data": {"until": "x"}}', NAMELESS]
)
def test_a_file_that_is_no_question_stops_nothing(tmp_path: Path, torn: bytes) -> None:
    asks = FaceAsks(tmp_path, SetClock())
    asks.ask("face-1", ANN)
    (tmp_path / "face-0.json").write_bytes(torn)
    assert names(asks) == ["face-1"]


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "asks").write_bytes(b"")
    with pytest.raises(StorageError, match="face_ask_unwritable"):
        FaceAsks(tmp_path / "asks", SetClock()).ask("face-1", ANN)
