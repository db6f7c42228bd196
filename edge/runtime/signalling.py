"""Lamp and buzzer as a door of the desk: every outcome is seen from across the hall."""

from edge.core.intake.step import Outcome
from edge.devices.signals import Pattern, Signals
from edge.flows.outcomes import LIGHTS, OUTCOMES, text_line
from edge.runtime.desk import DeskLoop
from edge.runtime.outcome_ear import OutcomeEar

READY = Pattern("", LIGHTS["white"])


def pattern_of(outcome: Outcome) -> Pattern:
    """How lamp and buzzer give an outcome, from the one table."""
    shown = OUTCOMES[outcome]
    return Pattern(text_line(outcome), LIGHTS[shown.light], shown.sound)


class Signalling:
    """Plays the newest outcome."""

    def __init__(self, loop: DeskLoop, signals: Signals) -> None:
        self._signals = signals
        self._ear = OutcomeEar(loop, lambda outcome: signals.give(pattern_of(outcome)))

    def start(self) -> None:
        """Show that the desk is ready, then what it answers."""
        self._signals.start()
        self._ear.start()

    def stop(self) -> None:
        """Dark and silent."""
        self._ear.stop()
        self._signals.stop()
