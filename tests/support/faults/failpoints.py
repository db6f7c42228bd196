"""Named points of death: every statement of append, publish, acknowledge and mark.

The points are read from the product's own source, so the product holds no hook and a new statement
is a new point. A process that is armed with one is traced and kills itself when it gets there.
A name reads `append/SqliteStation.commit/4`: the fourth statement of that function, before it runs;
`/end` is the moment after its last one.
"""

import ast
import inspect
import os
import signal
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import CodeType, FrameType
from typing import Any

from edge.central.acknowledge import Acknowledger
from edge.central.ingest import Ingest
from edge.central.platform import Platform
from edge.central.shelf import Shelf
from edge.flows.record import Recorder
from edge.flows.ship import Shipper
from edge.mqtt.client import MqttClient
from edge.runtime.central import CentralProcess
from edge.runtime.ship import Shipping
from edge.storage.central import SqliteCentral
from edge.storage.db import transaction
from edge.storage.link import SqliteLink
from edge.storage.station import SqliteStation

END = "end"
Traced = Callable[..., Any]

GROUPS: Mapping[str, tuple[Traced, ...]] = {
    "append": (
        Recorder.record,
        SqliteStation.commit,
        SqliteStation._insert_event,
        transaction,
    ),
    "publish": (
        Shipping._turn,
        Shipping._connect,
        Shipping._work,
        Shipper.begin,
        Shipper.pump,
        Shipper._pump_backlog,
        Shipper._hand_over,
        MqttClient.publish,
    ),
    "acknowledge": (
        CentralProcess._turn,
        CentralProcess._connect,
        CentralProcess._gather,
        CentralProcess._send,
        Platform.receive,
        Platform.tick,
        Platform._acks,
        Ingest.take,
        Ingest._keep,
        Ingest.advance,
        Ingest.finish,
        Shelf.write,
        Shelf.write_marks,
        SqliteCentral.keep_events,
        SqliteCentral.set_marks,
        Acknowledger.acknowledge,
        MqttClient.take,
        transaction,
    ),
    "mark": (
        Shipping._meet,
        Shipping._hear,
        Shipper.acknowledged,
        Shipper.hear_ack,
        Shipper._accepts,
        Shipper._take_over,
        SqliteLink.keep_marks,
        MqttClient.take,
        transaction,
    ),
}
PROCESS_OF = {"append": "capture", "publish": "ship", "acknowledge": "central", "mark": "ship"}
"""Which process of the harness runs a group."""


@dataclass(frozen=True, slots=True)
class Point:
    """One place in the product's code; `line` is None for the end of the function."""

    name: str
    code: CodeType
    line: int | None

    @property
    def process(self) -> str:
        """The process that gets there."""
        return PROCESS_OF[self.name.split("/", 1)[0]]


@cache
def catalogue() -> Mapping[str, Point]:
    """Every point by its name, in the order of the path of an event."""
    points = (
        point
        for group, functions in GROUPS.items()
        for function in functions
        for point in _points_of(group, inspect.unwrap(function))
    )
    return {point.name: point for point in points}


def arm(name: str, hit: int) -> None:
    """Kill this process when its main thread gets to a point for the `hit`-th time, from 1 on."""
    point = catalogue()[name]
    left = [hit]

    def count(_: FrameType) -> None:
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def inside(frame: FrameType, what: str, _: object) -> Any:
        is_there = what == "return" if point.line is None else frame.f_lineno == point.line
        if is_there and what in {"line", "return"}:
            count(frame)
        return inside

    def outside(frame: FrameType, _: str, __: object) -> Any:
        return inside if frame.f_code is point.code else None

    sys.settrace(outside)


def _points_of(group: str, function: Traced) -> Iterator[Point]:
    code: CodeType = function.__code__
    prefix = f"{group}/{function.__qualname__}"
    reached = {line for _, _, line in code.co_lines() if line is not None}
    lines = sorted(set(_statements(function)) & reached)
    for number, line in enumerate(lines, start=1):
        yield Point(f"{prefix}/{number}", code, line)
    yield Point(f"{prefix}/{END}", code, None)


def _statements(function: Traced) -> Iterator[int]:
    """The first lines of all statements but the docstring."""
    source, begun = inspect.getsourcelines(function)
    (definition,) = ast.parse(textwrap.dedent("".join(source))).body
    assert isinstance(definition, ast.FunctionDef)
    first = definition.body[0]
    has_words = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    body = definition.body[1:] if has_words else definition.body
    for top in body:
        for each in ast.walk(top):
            if isinstance(each, ast.stmt):
                yield begun + each.lineno - 1
