"""Hears each new outcome of the desk once: what sound, lamp and buzzer follow."""

from collections.abc import Callable

from edge.core.intake.step import Outcome
from edge.flows.moment import Moment
from edge.runtime.desk import DeskLoop


class OutcomeEar:
    """Calls `give` with every outcome that is new, in the desk's own thread."""

    def __init__(self, loop: DeskLoop, give: Callable[[Outcome], None]) -> None:
        self._loop = loop
        self._give = give
        self._heard: object = None
        self._end: Callable[[], object] = lambda: None

    def start(self) -> None:
        """Listen from now on."""
        self._heard = self._mark(self._loop.latest)
        self._end = self._loop.listen(self._follow)

    def stop(self) -> None:
        """Listen no more."""
        self._end()

    def _follow(self, moment: Moment) -> None:
        signal, mark = moment.view.signal, self._mark(moment)
        if signal is not None and mark != self._heard:
            self._heard = mark
            self._give(Outcome(signal.outcome))

    @staticmethod
    def _mark(moment: Moment) -> object:
        return (moment.view.signal, moment.view.counted)
