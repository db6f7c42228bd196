import threading
from collections.abc import Iterator

import pytest
from gpiozero.pins.mock import MockFactory, MockPin
from heard_journal import HeardJournal
from waiting import until

from edge.core.errors import DeviceGone
from edge.core.intake.step import Outcome
from edge.devices.panel import COLOURS, GpioPanel, Pins
from edge.devices.signals import Panel, Pattern, Signals, Step, timeline
from edge.flows.outcomes import LIGHTS, OUTCOMES, text_line

READY = Pattern("", LIGHTS["white"])
RGB = (17, 27, 22)


def pattern(outcome: Outcome) -> Pattern:
    shown = OUTCOMES[outcome]
    return Pattern(text_line(outcome), LIGHTS[shown.light], shown.sound)


@pytest.fixture
def factory() -> Iterator[MockFactory]:
    made = MockFactory()
    yield made
    made.close()


class NotedPanel(GpioPanel):
    """The real panel; what it was asked to show is kept."""

    def __init__(self, factory: MockFactory, seen: list[str]) -> None:
        super().__init__(Pins(), factory=factory)
        self._seen = seen

    def light(self, colour: str) -> None:
        super().light(colour)
        self._seen.append(colour)


class Desk:
    """Signals on mock pins, with what was told and shown."""

    def __init__(self, factory: MockFactory) -> None:
        self.factory = factory
        self.told: list[str] = []
        self.seen: list[str] = []
        self.journal = HeardJournal()
        self.beeped = 0
        self.signals = Signals(
            lambda: NotedPanel(factory, self.seen),
            rest=READY,
            tell=self.told.append,
            journal=self.journal,
            beeps=(self.beep,),
        )

    def beep(self) -> bool:
        self.beeped += 1
        return True

    def pin(self, number: int) -> MockPin:
        found: MockPin = self.factory.pin(number)
        return found

    def colour(self) -> str:
        lit = tuple(int(self.pin(number).state) for number in RGB)
        return next(name for name, value in COLOURS.items() if value == lit)


@pytest.fixture
def desk(factory: MockFactory) -> Iterator[Desk]:
    made = Desk(factory)
    made.signals.start()
    until(lambda: made.colour() == "white")
    yield made
    made.signals.stop()


def test_every_outcome_has_a_pattern_that_the_lamp_can_show() -> None:
    for shown in OUTCOMES.values():
        assert {colour for colour, _ in LIGHTS[shown.light]} <= set(COLOURS)


@pytest.mark.parametrize(
    ("outcome", "colours", "tones"),
    [
        (Outcome.OK, ["green"], 1),
        (Outcome.GROUP_COMPLETE, ["green", "green"], 2),
        (Outcome.ALREADY, ["blue"], 2),
        (Outcome.WARN, ["yellow", "yellow"], 2),
        (Outcome.REFUSE, ["red"], 1),
        (Outcome.ALARM, ["red"] * 8, 3),
        (Outcome.OFFLINE, ["purple"], 1),
    ],
)
def test_outcomes_differ_by_colour_and_by_number(
    outcome: Outcome, colours: list[str], tones: int
) -> None:
    shown = OUTCOMES[outcome]
    assert [colour for colour, _ in LIGHTS[shown.light] if colour != "off"] == colours
    assert sum(hertz > 0 for hertz, _ in shown.sound) == tones


def test_every_outcome_is_a_line_of_text_of_its_own() -> None:
    lines = {text_line(outcome) for outcome in Outcome}
    assert len(lines) == len(Outcome)
    assert text_line(Outcome.OK) == "通过 · OK · green 600 ms · 1800 Hz 90 ms"


def test_lamp_and_buzzer_run_side_by_side() -> None:
    steps = timeline(Pattern("", (("red", 100), ("off", 50)), ((300, 60), (0, 20), (300, 60))))
    assert steps == (
        Step(0, colour="red"),
        Step(0, tone=True),
        Step(60, tone=False),
        Step(80, tone=True),
        Step(100, colour="off"),
        Step(140, tone=False),
        Step(150),
    )


def test_an_outcome_is_shown_heard_and_told_then_ready_again(desk: Desk) -> None:
    desk.signals.give(pattern(Outcome.GROUP_COMPLETE))
    until(lambda: desk.colour() == "green")
    until(lambda: desk.colour() == "white")
    assert desk.told == [text_line(Outcome.GROUP_COMPLETE)]
    assert desk.seen[-5:] == ["white", "green", "off", "green", "white"]
    sounded = [bool(state.state) for state in desk.pin(23).states]
    assert sounded.count(True) == 2
    assert desk.beeped == 2


def test_a_newer_outcome_takes_the_place_of_the_old(desk: Desk) -> None:
    desk.signals.give(pattern(Outcome.REFUSE))
    until(lambda: desk.colour() == "red")
    desk.signals.give(pattern(Outcome.OK))
    until(lambda: desk.colour() == "green")
    until(lambda: desk.colour() == "white")
    assert desk.seen[-4:] == ["white", "red", "green", "white"]


def test_a_muted_buzzer_is_silent_and_the_lamp_is_not(desk: Desk) -> None:
    desk.signals.muted = True
    desk.signals.give(pattern(Outcome.OK))
    until(lambda: desk.colour() == "green")
    until(lambda: desk.colour() == "white")
    assert not any(state.state for state in desk.pin(23).states)
    assert desk.beeped == 0


def test_an_unsent_queue_blinks_while_nothing_else_happens(desk: Desk) -> None:
    desk.signals.rest(Pattern("", (("purple", 30), ("off", 30))))
    until(lambda: desk.seen.count("purple") > 2)
    desk.signals.rest(READY)
    until(lambda: desk.colour() == "white")


def test_stopping_goes_dark_and_frees_the_pins(factory: MockFactory) -> None:
    desk = Desk(factory)
    desk.signals.start()
    until(lambda: desk.colour() == "white")
    desk.signals.stop()
    assert "signals" not in {thread.name for thread in threading.enumerate()}
    GpioPanel(Pins(), factory=factory).close()


def test_without_pins_the_text_is_left() -> None:
    told: list[str] = []
    journal = HeardJournal()

    def absent() -> Panel:
        raise DeviceGone("signals_gone", why="no pins")

    for open_panel in (absent, None):
        signals = Signals(open_panel, rest=READY, tell=told.append, journal=journal)
        signals.start()
        signals.give(pattern(Outcome.OK))
        signals.stop()
    assert told == [text_line(Outcome.OK)] * 2
    assert len(journal.named("signals.absent")) == 1


def test_a_pin_that_is_taken_is_an_error_of_ours(factory: MockFactory) -> None:
    first = GpioPanel(Pins(), factory=factory)
    with pytest.raises(DeviceGone, match="signals_gone"):
        GpioPanel(Pins(), factory=factory)
    first.close()


def test_lamps_that_light_at_low_and_no_buzzer(factory: MockFactory) -> None:
    panel = GpioPanel(Pins(buzzer=None, active_high=False), factory=factory)
    panel.light("red")
    panel.sound(on=True)
    assert [int(factory.pin(number).state) for number in RGB] == [0, 1, 1]
    panel.close()
