"""The wall's loop and voice: every answer a pattern and a line, no person's id in either."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from waiting import until
from wall_bench import WallBench

from edge.core.errors import StorageFull
from edge.core.intake.step import Outcome, Signal
from edge.devices.signals import Pattern, Signals
from edge.flows.curing import Said
from edge.flows.outcomes import LIGHTS, text_line
from edge.host.clock import SystemClock
from edge.runtime.signalling import READY
from edge.runtime.wall import RINGING, UNSENT, Mood, Voice, WallLoop


@dataclass
class Lines:
    """A journal that keeps its fields."""

    lines: list[tuple[str, dict[str, object]]] = field(default_factory=list)

    def info(self, event: str, /, **fields: object) -> None:
        self.lines.append((event, fields))

    def warning(self, event: str, /, **fields: object) -> None:
        self.lines.append((event, fields))

    def of(self, event: str) -> list[dict[str, object]]:
        return [fields for name, fields in self.lines if name == event]


class Lamp(Signals):
    """Signals that remember instead of playing."""

    def __init__(self, journal: Lines) -> None:
        super().__init__(None, rest=READY, tell=lambda _: None, journal=journal)
        self.given: list[Pattern] = []
        self.rests: list[Pattern] = []

    def give(self, pattern: Pattern) -> None:
        self.given.append(pattern)

    def rest(self, pattern: Pattern) -> None:
        self.rests.append(pattern)


@pytest.fixture
def journal() -> Lines:
    return Lines()


@pytest.fixture
def lamp(journal: Lines) -> Lamp:
    return Lamp(journal)


@pytest.mark.parametrize("outcome", list(Outcome))
def test_every_outcome_is_a_pattern_and_a_line(
    outcome: Outcome, lamp: Lamp, journal: Lines
) -> None:
    Voice(lamp, journal).say(Said("block", Signal(outcome, (), "s-1")))
    (line,) = journal.of("door.answer")
    assert (line["outcome"], line["shown"]) == (outcome.value, text_line(outcome))
    assert line["subject"] == "s-1"
    assert [each.text for each in lamp.given] == [text_line(outcome)]


def test_without_a_lamp_the_line_is_still_there(journal: Lines) -> None:
    voice = Voice(None, journal)
    voice.say(Said("block", Signal(Outcome.OK)))
    voice.rest(Mood(rings=True))
    assert len(journal.of("door.answer")) == 1


def test_no_person_is_named_in_a_line(journal: Lines, lamp: Lamp) -> None:
    facts = (("tester", "p-0001"), ("witness", "p-0002"), ("person", "p-3"), ("blocks", "3"))
    Voice(lamp, journal).say(Said("badge", Signal(Outcome.OK, (), "p-0004", facts)))
    (line,) = journal.of("door.answer")
    assert "p-" not in str(line)
    assert line["blocks"] == "3"


def test_the_room_is_told_first_and_the_person_last(journal: Lines, lamp: Lamp) -> None:
    notices = (Signal(Outcome.ALARM), Signal(Outcome.WARN))
    Voice(lamp, journal).say(Said("block", Signal(Outcome.OK), notices))
    assert [each["outcome"] for each in journal.of("door.answer")] == ["warn", "alarm", "ok"]
    assert lamp.given[-1].text == text_line(Outcome.OK)


def test_the_lamp_of_rest_follows_the_mood(journal: Lines, lamp: Lamp) -> None:
    voice = Voice(lamp, journal)
    for mood in (Mood(), Mood(unsent=True), Mood(unsent=True), Mood(rings=True, unsent=True)):
        voice.rest(mood)
    voice.rest(Mood())
    assert lamp.rests == [UNSENT, RINGING, READY]
    assert (UNSENT.light, RINGING.sound) == (LIGHTS["purple-slow"], ())


class Run:
    """A loop in a thread of its own."""

    def __init__(self, folder: Path, journal: Lines) -> None:
        self.folder = folder
        self.journal = journal
        self.heard: list[Said] = []
        self.trouble: Callable[[], None] = lambda: None
        self.stop = threading.Event()
        self.ready = threading.Event()
        self.thread = threading.Thread(target=self._run, name="wall")
        self.thread.start()
        assert self.ready.wait(10)

    def _run(self) -> None:
        bench = WallBench(self.folder)
        self.bench = bench
        self.loop = WallLoop(
            bench.curing,
            voice=Voice(None, self.journal),
            hear=self._hear,
            mood=Mood,
            clock=SystemClock(),
            journal=self.journal,
        )
        self.ready.set()
        self.loop.run(self.stop, version="0")
        bench.close()

    def _hear(self) -> tuple[Said, ...]:
        self.trouble()
        heard, self.heard = tuple(self.heard), []
        return heard

    def end(self) -> None:
        self.stop.set()
        self.thread.join(10)
        assert not self.thread.is_alive()


@pytest.fixture
def run(tmp_path: Path, journal: Lines) -> Iterator[Run]:
    made = Run(tmp_path, journal)
    yield made
    made.end()


def test_orders_are_carried_out_in_turn(run: Run, journal: Lines) -> None:
    for text in ("badge:keeper-1", "do:in", "shelf:a-1", "chip:s-1-1"):
        run.loop.read(run.bench.reading(text))
    until(lambda: len(journal.of("door.answer")) == 4)
    assert [each["about"] for each in journal.of("door.answer")] == [
        "badge",
        "mode",
        "shelf",
        "block",
    ]


def test_what_goes_wrong_is_answered_and_the_loop_goes_on(run: Run, journal: Lines) -> None:
    def fail() -> Said:
        raise StorageFull("disk_full")

    run.loop.submit(fail)
    until(lambda: journal.of("door.answer"))
    (line,) = journal.of("door.answer")
    assert (line["outcome"], line["codes"], line["why"]) == (
        "refuse",
        ["NOT_RECORDED"],
        "disk_full",
    )
    run.loop.read(run.bench.reading("badge:keeper-1"))
    until(lambda: len(journal.of("door.answer")) == 2)


@pytest.mark.slow
def test_what_others_ordered_is_said_and_trouble_there_is_noted(run: Run, journal: Lines) -> None:
    run.heard.append(Said("block", Signal(Outcome.HOLD)))
    until(lambda: journal.of("door.answer"))

    def fail() -> None:
        raise StorageFull("disk_full")

    run.trouble = fail
    until(lambda: journal.of("wall.store"))
    run.trouble = lambda: None
    run.loop.end()
    run.thread.join(10)
    assert not run.thread.is_alive()
