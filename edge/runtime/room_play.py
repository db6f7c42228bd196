"""The play of a curing room before the real door, by a clock of its own."""

from edge.core.carriers import Carrier, Reading
from edge.core.curing.climate import Sample
from edge.flows.curing import Curing, Said
from edge.sim.room_play import SENSOR, Measured, RoomPlay, Shown
from edge.sim.stepped_clock import SteppedClock

READER = "door"


def perform(play: RoomPlay, curing: Curing, clock: SteppedClock) -> bool:
    """Every scene in turn; whether the door answered each scan as it should."""
    went = True
    for scene in play.scenes():
        clock.set(scene.at)
        match scene:
            case Shown():
                reading = Reading(READER, Carrier.QR, scene.text.encode(), clock.read())
                went = _is_as(curing.read(reading), scene.expected) and went
            case Measured():
                sample = Sample(scene.at, scene.temperature_centi_c, scene.humidity_centi_pct)
                curing.poll(SENSOR, clock.read(), sample)
            case _:
                curing.tick()
    return went


def _is_as(said: Said, expected: tuple[str, ...]) -> bool:
    return said.signal is not None and said.signal.outcome.value in expected
