"""A receiver at a desk with a camera: lays things under it and touches what the screen asks."""

from collections.abc import Callable
from functools import partial
from typing import Protocol

from edge.core.ids import PersonId
from edge.core.intake.state import Phase
from edge.sim.courier import Arrival
from edge.sim.receiver import Desk, Seen, Visit, visit_of
from edge.sim.stage import Stage

FORGET_S = 2.5
"""A code that comes back sooner counts as one that never left the camera's view."""


class Wait(Protocol):
    """Waits until a condition holds; False when it did not in time."""

    def __call__(self, holds: Callable[[], bool], within_s: float = ...) -> bool:
        """Whether it came true within so many seconds."""
        ...


class LiveReceiver:
    """Works through deliveries by what the camera sees; only touches go through the console."""

    def __init__(
        self,
        desk: Desk,
        stage: Stage,
        *,
        first: PersonId,
        second: PersonId,
        wait: Wait,
        linger: Callable[[], None] = lambda: None,
    ) -> None:
        self._desk = desk
        self._stage = stage
        self._first = first
        self._second = second
        self._wait = wait
        self._linger = linger

    def receive(self, arrival: Arrival) -> Visit:
        """One delivery from its form to its end; refuses a courier who may not deliver."""
        self._stage.receive(arrival)
        self.log_in()
        self.show_papers(arrival)
        if self.identify(arrival)["phase"] != Phase.SCANNING:
            return self.leave(self._desk.do("end", choice="refuse"))
        self.scan_layers(arrival)
        self.inspect(arrival)
        self._desk.do("accept")
        return self.leave(self._desk.do("sign", acknowledged=True))

    def log_in(self) -> None:
        """Take the desk with a badge, unless it is taken already."""
        if self._see()["phase"] == Phase.IDLE:
            self._stage.badge(self._first)
            self._wait(lambda: self._see()["phase"] == Phase.READY)

    def show_papers(self, arrival: Arrival) -> Seen:
        """Both forms under the camera, their signatures, then on."""
        self._stage.forms()
        self._wait(self._has_both_papers)
        self._desk.do("signatures", roles=list(arrival.commission.signatures_required))
        return self._desk.do("confirm_forms")

    def identify(self, arrival: Arrival) -> Seen:
        """The face where an engine looks; else the document and a second staff member's badge."""
        if self._see()["phase"] == Phase.IDENTIFY:
            self._stage.face()
            self._wait(lambda: self._see()["phase"] != Phase.IDENTIFY or self._is_refused())
        seen = self._see()
        if seen["phase"] == Phase.ALT_IDENTITY:
            self._desk.do("document", person=arrival.deliverer.person)
            self._wait(lambda: False, FORGET_S)
            self._stage.badge(self._second)
            self._wait(lambda: self._see()["phase"] == Phase.SCANNING or self._is_refused())
        return self._see()

    def scan_layers(self, arrival: Arrival) -> Seen:
        """Every layer of the trolley under the camera until all of it is read and photographed."""
        readable = 0
        for number, layer in enumerate(arrival.layers):
            self._stage.layer(number)
            readable += sum(cube.readable for cube in layer)
            self._wait(partial(self._has_layer, readable, number + 1))
        self._stage.clear()
        return self._desk.do("finish_scan")

    def inspect(self, arrival: Arrival) -> Seen:
        """Damaged cubes with a close-up each, then the seal."""
        for cube in arrival.cubes:
            if cube.damaged:
                self._stage.close_up(cube)
                self._desk.do("defect", specimen=cube.specimen, defect="crack", shoot=True)
        self._stage.seal()
        self._desk.do("seal", state=arrival.seal.value, shoot=True)
        return self._desk.do("finish_inspection")

    def leave(self, seen: Seen) -> Visit:
        """Note how it ended and clear the desk."""
        self._linger()
        visit = visit_of(seen)
        self._desk.do("next")
        self._stage.clear()
        return visit

    def _see(self) -> Seen:
        return self._desk.do("state")

    def _has_both_papers(self) -> bool:
        papers = self._see()["papers"]
        return papers is not None and papers["form"] and papers["witness"]

    def _is_refused(self) -> bool:
        """Whether the person was recognised and may not deliver."""
        return any(code.startswith("DELIVERER_") for code in self._see()["findings"])

    def _has_layer(self, readable: int, photographs: int) -> bool:
        """Everything readable so far is counted or refused, and each layer is photographed."""
        seen = self._see()
        return bool(seen["counted"] + seen["strays"] >= readable and seen["layers"] >= photographs)
