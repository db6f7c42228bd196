"""A curing room with blocks in it, and its last answer."""

from curing_room import CuringRoom

from edge.core.codes import Code
from edge.core.curing.state import Mode
from edge.core.intake.step import Outcome


def outcome(room: CuringRoom) -> tuple[Outcome, tuple[Code, ...]]:
    assert room.last.signal is not None
    return room.last.signal.outcome, room.last.signal.codes


def filled(*blocks: str) -> CuringRoom:
    """A room that some blocks went into."""
    room = CuringRoom()
    room.begin(Mode.IN)
    for block in blocks or ("s-1-1", "s-1-2", "s-1-3"):
        room.scan(block)
        room.seconds += 2
    room.wait(60)
    return room
