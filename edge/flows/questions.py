"""Questions to the platform (step 12): recorded by capture, carried until they are answered."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from edge.core.documents import Document
from edge.ports import Clock

ASK_AGAIN_S = 5.0
Ask = Callable[[str, str, Mapping[str, Any]], None]
"""Sends a question: correlation id, name, data; raises LinkDown."""


class Notebook(Protocol):
    """Where capture notes its questions."""

    def documents(self, kind: str, *, phases: tuple[str, ...] = ()) -> tuple[Document, ...]:
        """Documents of a kind, oldest first, optionally only those in given phases."""
        ...


@dataclass(frozen=True, slots=True)
class Notebooks:
    """Several notebooks, read as one."""

    each: tuple[Notebook, ...]

    def documents(self, kind: str, *, phases: tuple[str, ...] = ()) -> tuple[Document, ...]:
        """Documents of all, in the order of the notebooks."""
        return tuple(
            found for notebook in self.each for found in notebook.documents(kind, phases=phases)
        )


class Questions:
    """Asks what is open, and again while it stays open."""

    def __init__(self, notebook: Notebook, clock: Clock) -> None:
        self._notebook = notebook
        self._clock = clock
        self._asked_ns: dict[str, int] = {}

    def begin(self) -> None:
        """A connection stands: what is open is asked at once."""
        self._asked_ns.clear()

    def pump(self, ask: Ask) -> None:
        """Send what is due."""
        now_ns = self._clock.mono_ns()
        still_open = {each.id: each for each in self._notebook.documents("ask", phases=("open",))}
        self._asked_ns = {id_: at for id_, at in self._asked_ns.items() if id_ in still_open}
        for id_, document in still_open.items():
            asked_ns = self._asked_ns.get(id_)
            if asked_ns is None or now_ns - asked_ns > ASK_AGAIN_S * 1e9:
                question = json.loads(document.body)
                ask(id_, question["name"], question["data"])
                self._asked_ns[id_] = now_ns
