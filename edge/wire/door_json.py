"""State of a curing room's door as a document: written beside a step's events, read at a start."""

import json
from dataclasses import dataclass

from edge.core.curing.state import Door
from edge.core.documents import Document
from edge.core.ids import RoomId
from edge.wire.convert import converter, structure

KIND = "door"


@dataclass(frozen=True, slots=True)
class DoorRecord:
    """The door, and the boot of the machine that its monotonic times count from."""

    boot: str
    door: Door


def door_document(record: DoorRecord, room: RoomId) -> Document:
    """A door as it stands; its phase tells whether somebody is at work."""
    phase = "open" if record.door.sessions else "quiet"
    body = json.dumps(converter.unstructure(record), ensure_ascii=False, separators=(",", ":"))
    return Document(KIND, room, phase, body.encode())


def load_door(document: Document | None) -> DoorRecord | None:
    """The door as recorded, None when nothing was; DecodeError `value_malformed`."""
    if document is None:
        return None
    record: DoorRecord = structure(json.loads(document.body), DoorRecord)
    return record
