"""Questions of stations: every one is answered, signed for its station, on its own topic."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
import samples
from central_site import Central, central_at

from edge.core.commission import Commission
from edge.core.errors import DecodeError
from edge.core.face_answers import ASK as PHOTOGRAPHS
from edge.core.ids import LabId
from edge.wire.convert import structure
from edge.wire.downlink import Answer, Ask, encode
from edge.wire.reference import SetName
from edge.wire.topics import answer_topic, ask_topic, page_topic, parse_topic

CORR = "c-1"


@pytest.fixture(scope="module")
def central(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Central]:
    """A platform with two commissions, one of another lab, and published versions."""
    with central_at(tmp_path_factory.mktemp("central")) as made:
        ours = samples.commission()
        theirs = replace(
            ours,
            commission=type(ours.commission)("commission-2"),
            lab=LabId("lab-2"),
            form_code="form-2",
            witness_form_code="witness-form-2",
        )
        made.platform.load_rows(SetName.COMMISSIONS, [ours, theirs])
        made.platform.load_rows(SetName.PEOPLE, [samples.RECEIVER])
        for desk in made.desks:
            made.receive(desk.message(desk.append()))
        made.acks()
        yield made


def ask(
    central: Central, name: str, data: Mapping[str, Any], *, reply_to: str | None = None
) -> list[tuple[str, bytes]]:
    """What comes back to the first station."""
    station = central.desks[0].station
    topic = answer_topic(station, CORR) if reply_to is None else reply_to
    question = encode(Ask(CORR, name, data, topic))
    answers = central.receive((ask_topic(station, name), question))
    return [(each.topic, each.payload) for each in answers]


def answer(central: Central, name: str, data: Mapping[str, Any]) -> Answer:
    """The answer, as the station opens it."""
    station = central.desks[0].station
    ((topic, payload),) = ask(central, name, data)
    assert topic == answer_topic(station, CORR)
    found = central.downlink(station).open(payload, Answer)
    assert (found.corr, found.name, found.issued) == (CORR, name, central.clock.now())
    return found


@pytest.mark.parametrize(
    ("form", "commission", "lab"),
    [
        ("form-1", "commission-1", "lab-1"),
        ("witness-form-1", "commission-1", "lab-1"),
        ("form-2", "commission-2", "lab-2"),
        ("witness-form-2", "commission-2", "lab-2"),
    ],
)
def test_a_commission_is_found_by_either_form_whose_lab_it_may_be(
    central: Central, form: str, commission: str, lab: str
) -> None:
    data = answer(central, "commission", {"form": form}).data
    assert data["form"] == form
    found: Commission = structure(data["commission"], Commission)
    assert (found.commission, found.lab) == (commission, lab)


@pytest.mark.parametrize(
    "data",
    [{}, {"form": ""}, {"form": "form-9"}, {"form": None}, {"form": 7}, {"form": ["form-1"]}],
)
def test_an_unknown_form_is_answered_with_none(central: Central, data: dict[str, Any]) -> None:
    found = answer(central, "commission", data).data
    form = data.get("form")
    assert found == {"form": form if isinstance(form, str) else "", "commission": None}


@pytest.mark.parametrize("form", ["a\0b", "\ud800", "x" * 9000])
def test_a_form_that_no_text_can_be_finds_nothing(central: Central, form: str) -> None:
    station = central.desks[0].station
    question = {"corr": CORR, "name": "commission", "data": {"form": form}, "reply_to": ""}
    (said,) = central.receive((ask_topic(station, "commission"), json.dumps(question).encode()))
    found = central.downlink(station).open(said.payload, Answer)
    assert found.data == {"form": "", "commission": None}


def test_an_unknown_question_is_answered(central: Central) -> None:
    assert answer(central, "weather", {}).data == {"error": "unknown_question"}


def test_a_question_for_photographs_is_left_to_people(central: Central) -> None:
    assert ask(central, PHOTOGRAPHS, {"person": "p-ann"}) == []


def test_a_page_comes_as_its_bytes(central: Central) -> None:
    station = central.desks[0].station
    data = {"set": "people", "version": 1, "page": 0}
    ((topic, page),) = ask(central, "ref-page", data)
    assert topic == page_topic(station, "people", version=1, number=0)
    assert page == b"".join(central.store.lines(SetName.PEOPLE))


@pytest.mark.parametrize(
    "change",
    [
        {"set": "faces"},
        {"set": None},
        {"set": ["people"]},
        {"version": 2},
        {"version": 0},
        {"version": -1},
        {"version": "x"},
        {"version": None},
        {"version": 2**70},
        {"page": 1},
        {"page": -1},
        {"page": None},
        {"page": float("1e300")},
    ],
)
def test_a_page_that_is_not_there_is_said(central: Central, change: dict[str, object]) -> None:
    data = {"set": "people", "version": 1, "page": 0} | change
    assert answer(central, "ref-page", data).data == {"error": "no_such_page"}


def test_numbers_without_end_are_no_question(central: Central) -> None:
    station = central.desks[0].station
    data = '{"set":"people","version":Infinity,"page":0}'
    question = f'{{"corr":"c-1","name":"ref-page","data":{data},"reply_to":""}}'.encode()
    (said,) = central.receive((ask_topic(station, "ref-page"), question))
    found = central.downlink(station).open(said.payload, Answer)
    assert found.data == {"error": "no_such_page"}


@pytest.mark.parametrize(
    "reply_to",
    [
        "specimen/v1/nanchang/lab-2/desk-1/ans/c-1",
        "specimen/v1/nanchang/lab-1/desk-1/ans/c-2",
        "specimen/v1/nanchang/lab-1/desk-1/ack",
        "#",
    ],
)
def test_nobody_is_answered_elsewhere(central: Central, reply_to: str) -> None:
    assert ask(central, "commission", {"form": "form-1"}, reply_to=reply_to) == []
    assert "ask.refused" in central.journal.noted


def test_a_question_without_a_place_for_the_answer_is_answered_at_its_own(
    central: Central,
) -> None:
    ((topic, _),) = ask(central, "commission", {"form": "form-1"}, reply_to="")
    assert topic == answer_topic(central.desks[0].station, CORR)


NO_LEVELS = ["", "a/b", "#", "+", "..", "A", "试", "\0", "\ud800", "x" * 65]
"""A topic with a wildcard cannot be published, and one with half a character cannot be written."""


@pytest.mark.parametrize("text", NO_LEVELS)
@pytest.mark.parametrize("field", ["corr", "name"])
def test_what_is_no_level_of_a_topic_is_refused(central: Central, field: str, text: str) -> None:
    station = central.desks[0].station
    question = {"corr": CORR, "name": "commission", "data": {}, "reply_to": ""} | {field: text}
    central.journal.noted.clear()
    assert central.receive((ask_topic(station, "any"), json.dumps(question).encode())) == ()
    assert central.journal.noted == ["ask.refused"]


@pytest.mark.parametrize("payload", [b"", b"[]", b"{}", b"\xff", b"[" * 9000])
def test_what_is_no_question_is_noted(central: Central, payload: bytes) -> None:
    central.journal.noted.clear()
    assert central.receive((ask_topic(central.desks[0].station, "commission"), payload)) == ()
    assert central.journal.noted == ["ask.refused"]


def test_an_answer_is_for_its_station_only(central: Central) -> None:
    ours, theirs = (desk.station for desk in central.desks)
    question = encode(Ask(CORR, "commission", {"form": "form-1"}))
    (said,) = central.receive((ask_topic(theirs, "commission"), question))
    assert parse_topic(said.topic).station == theirs
    assert central.downlink(theirs).open(said.payload, Answer).station == theirs.name
    with pytest.raises(DecodeError, match="wrong_station"):
        central.downlink(ours).open(said.payload, Answer)
