"""Places in door codes: a shelf's code names room, rack and cell within the alphabet of codes."""

from edge.core.curing.places import Spot, parse_spot
from edge.core.errors import DecodeError
from edge.core.ids import Id, RoomId

_ROOM_END = "--"
"""Between room and rack; a short code without it means the door's own room."""


def shelf_place(spot: Spot) -> str:
    """`room--rack-row-column-level` as deep as the place is known; DecodeError when too long."""
    room, *inside = str(spot).split("/")
    return str(Id.parse(f"{room}{_ROOM_END}{'-'.join(inside)}"))


def spot_of(place: str, room: RoomId) -> Spot:
    """The place that a shelf's code names; DecodeError `spot_malformed`."""
    named, found, inside = place.rpartition(_ROOM_END)
    if found and not named:
        raise DecodeError("spot_malformed", text=place[:60])
    return parse_spot("/".join((named or room, *inside.split("-"))))
