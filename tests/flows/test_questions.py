"""Open questions are carried until they are answered."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from memory_doors import SetClock
from memory_station import MemoryStation

from edge.core.documents import Document
from edge.core.errors import LinkDown
from edge.flows.questions import ASK_AGAIN_S, Notebooks, Questions


def question(name: str, phase: str = "open") -> Document:
    body = {"name": "commission", "data": {"form": name}}
    return Document("ask", f"corr-{name}", phase, json.dumps(body).encode())


class Desk:
    """Questions over a notebook, and what left the station."""

    def __init__(self) -> None:
        self.store = MemoryStation()
        self.clock = SetClock()
        self.questions = Questions(self.store, self.clock)
        self.is_up = True
        self.asked: list[tuple[str, str, Mapping[str, Any]]] = []

    def ask(self, corr: str, name: str, data: Mapping[str, Any]) -> None:
        if not self.is_up:
            raise LinkDown("not_connected")
        self.asked.append((corr, name, data))

    def pump(self) -> list[str]:
        self.asked.clear()
        self.questions.pump(self.ask)
        return [corr for corr, _, _ in self.asked]


def test_what_is_open_is_asked_and_again_while_it_stays_open() -> None:
    desk = Desk()
    assert desk.pump() == []
    desk.store.commit(documents=(question("a"), question("b", "done")))
    assert desk.pump() == ["corr-a"]
    assert desk.asked == [("corr-a", "commission", {"form": "a"})]
    desk.clock.move(ASK_AGAIN_S)
    assert desk.pump() == []
    desk.store.commit(documents=(question("c"),))
    desk.clock.move(0.1)
    assert desk.pump() == ["corr-a", "corr-c"]
    desk.store.commit(documents=(question("a", "done"),))
    desk.clock.move(60)
    assert desk.pump() == ["corr-c"]


def test_a_new_connection_asks_at_once() -> None:
    desk = Desk()
    desk.store.commit(documents=(question("a"),))
    assert desk.pump() == ["corr-a"]
    desk.questions.begin()
    assert desk.pump() == ["corr-a"]


def test_a_question_that_did_not_leave_is_due_at_once() -> None:
    desk = Desk()
    desk.store.commit(documents=(question("a"),))
    desk.is_up = False
    with pytest.raises(LinkDown):
        desk.pump()
    desk.is_up = True
    assert desk.pump() == ["corr-a"]


def test_several_notebooks_are_asked_from_as_one() -> None:
    desk, other = Desk(), MemoryStation()
    desk.questions = Questions(Notebooks((desk.store, other)), desk.clock)
    desk.store.commit(documents=(question("a"),))
    other.commit(documents=(question("b"), question("c", "done")))
    assert desk.pump() == ["corr-a", "corr-b"]
    other.commit(documents=(question("b", "done"),))
    desk.clock.move(60)
    assert desk.pump() == ["corr-a"]
