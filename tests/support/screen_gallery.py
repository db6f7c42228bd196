"""Moments on show: the real page of a desk that stands still at whatever a test puts there."""

import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

import cv2
import numpy as np
from memory_doors import QuietJournal
from screen_moments import CANDIDATES, DELIVERY, HALL, LONG, STRIP, moment

from edge.core.ids import PersonId
from edge.core.intake.state import Ending, Phase
from edge.core.moments import CHINA
from edge.flows.moment import DayRow, Moment, Staff
from edge.runtime.page import PageDoor
from edge.sim.labels import render_layer
from kiosk.app import build_app
from kiosk.desk_door import Listener

_T = TypeVar("_T")


class Show:
    """A desk that shows one moment."""

    def __init__(self) -> None:
        self.latest: Moment = moment(Phase.IDLE)
        codes = tuple(f"CHIP-2026-{number:06d}-ABCDEFGH" for number in range(12))
        layer = render_layer(codes, rng=np.random.default_rng(7), size=(640, 360))
        self._jpeg = bytes(cv2.imencode(".jpg", layer.bgr())[1])

    def after(self, number: int) -> tuple[Moment, ...]:
        return () if number == self.latest.number else (self.latest,)

    def listen(self, listener: Listener) -> Callable[[], None]:
        del listener
        return lambda: None

    def act(self, command: Mapping[str, object]) -> "Future[Moment]":
        del command
        return _now(self.latest)

    def unlock(self, person: PersonId, pin: str) -> "Future[Moment]":
        del person, pin
        return _now(self.latest)

    def day(self) -> "Future[tuple[DayRow, ...]]":
        at = datetime(2026, 11, 23, 9, 41, tzinfo=CHINA)
        row = DayRow(
            DELIVERY,
            at,
            "WT-261123-01",
            LONG,
            Phase.ALT_IDENTITY.value,
            None,
            provisional=False,
            decision=None,
            counted=17,
            expected=30,
        )
        ended = tuple(
            replace(row, ending=each.value, decision=decision, provisional=decision is None)
            for each in Ending
            for decision in ("confirmed", None)
        )
        return _now((row, *ended))

    def staff(self) -> "Future[tuple[Staff, ...]]":
        return _now(tuple(Staff(each.person, each.name) for each in CANDIDATES))

    def page_is_alive(self) -> None:
        return

    def page_silent_s(self) -> float | None:
        return None

    def frames(self, ended: Callable[[], bool]) -> Iterator[bytes]:
        pause = threading.Event()
        while not ended():
            yield self._jpeg
            pause.wait(0.2)


def _now(value: _T) -> "Future[_T]":
    done: Future[_T] = Future()
    done.set_result(value)
    return done


@contextmanager
def gallery(*, strip: bool = False) -> Iterator[tuple[Show, str]]:
    """The show and the address of its page."""
    show = Show()
    hall = replace(HALL, strip=STRIP) if strip else HALL
    app, streams = build_app(show, hall, preview=show, strip=(lambda _: True) if strip else None)
    door = PageDoor(app, port=0, close_streams=streams.close, journal=QuietJournal())
    door.start()
    try:
        yield show, f"http://127.0.0.1:{door.port}"
    finally:
        door.stop()
