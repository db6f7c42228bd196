"""A receiver who works through deliveries at a headless desk, as a person in gloves would."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from edge.core.intake.state import Ending, Phase
from edge.core.people import Person
from edge.sim.courier import Arrival
from edge.sim.labels import Photograph

Seen = Mapping[str, Any]  # the desk's state as JSON: flows.view.DeskView


class Desk(Protocol):
    """The console of a desk: a command in, the state it led to out."""

    def do(self, verb: str, **arguments: object) -> Seen:
        """Give one command."""
        ...


@dataclass(frozen=True, slots=True)
class Visit:
    """How a delivery went, as the desk showed it."""

    delivery: str
    ending: str
    counted: int
    provisional: bool
    receipt: str | None
    reasons: tuple[str, ...]


def visit_of(seen: Seen) -> Visit:
    """How a delivery that lies ended on the desk went."""
    reasons = dict.fromkeys(
        (*seen["findings"], *(code for row in seen["groups"] for code in row["reasons"]))
    )
    return Visit(
        delivery=seen["delivery"],
        ending=str(seen["ending"] or Ending.CANCELLED),
        counted=seen["counted"],
        provisional=seen["provisional"],
        receipt=seen["receipt"],
        reasons=tuple(reasons),
    )


class Receiver:
    """Logs in with a badge, follows the screen's question, and tells what is going on.

    `linger` is what the receiver waits for before the next courier, e.g. the platform's word.
    """

    def __init__(
        self,
        desk: Desk,
        *,
        badge: str,
        second_badge: str,
        photographs: Path,
        tell: Callable[[str], None] = lambda _: None,
        linger: Callable[[], None] = lambda: None,
    ) -> None:
        self._desk = desk
        self._badge = badge
        self._second_badge = second_badge
        self._photographs = photographs
        self._tell = tell
        self._linger = linger
        self._taken = 0

    def log_in(self) -> None:
        """Take the desk, unless it is taken already."""
        if self._desk.do("state")["phase"] == Phase.IDLE:
            self._desk.do("scan", text=self._badge)

    def receive(self, arrival: Arrival) -> Visit:
        """One delivery from its form to its end; refuses a courier who may not deliver."""
        self.log_in()
        self.show_papers(arrival)
        seen = self.identify(arrival.deliverer)
        if seen["phase"] != Phase.SCANNING:
            self._tell("refused")
            return self.leave(self._desk.do("end", choice="refuse"))
        self.scan_layers(arrival)
        self.inspect(arrival)
        self._desk.do("accept")
        return self.leave(self._desk.do("sign", acknowledged=True))

    def show_papers(self, arrival: Arrival) -> Seen:
        """Both forms under the camera, their signatures, then on."""
        for sheet in arrival.form_photographs():
            self._desk.do("picture", file=self._shoot(sheet), of="form")
        self._desk.do("signatures", roles=list(arrival.commission.signatures_required))
        return self._desk.do("confirm_forms")

    def identify(self, deliverer: Person) -> Seen:
        """The face-free path: the document, then a second staff member's badge."""
        seen = self._desk.do("state")
        if seen["phase"] == Phase.IDENTIFY:
            self._desk.do("alternative")
        self._desk.do("document", person=deliverer.person)
        return self._desk.do("scan", text=self._second_badge)

    def scan_layers(self, arrival: Arrival) -> Seen:
        """Every layer of the trolley under the camera."""
        for layer in range(len(arrival.layers)):
            seen = self._desk.do("picture", file=self._shoot(arrival.layer_photograph(layer)))
            self._tell(f"{seen['counted']} / {seen['expected']}")
        return self._desk.do("finish_scan")

    def inspect(self, arrival: Arrival) -> Seen:
        """Damaged cubes with a close-up each, then the seal."""
        for cube in arrival.cubes:
            if cube.damaged:
                close_up = self._shoot(arrival.cube_photograph(cube))
                self._desk.do("defect", specimen=cube.specimen, defect="crack", file=close_up)
        seal = self._shoot(arrival.seal_photograph())
        self._desk.do("seal", state=arrival.seal.value, file=seal)
        return self._desk.do("finish_inspection")

    def leave(self, seen: Seen) -> Visit:
        """Note how it ended and clear the desk."""
        self._linger()
        visit = visit_of(seen)
        self._desk.do("next")
        return visit

    def _shoot(self, photograph: Photograph) -> str:
        self._taken += 1
        path = self._photographs / f"shot-{self._taken:03d}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(photograph.jpeg())
        return str(path)
