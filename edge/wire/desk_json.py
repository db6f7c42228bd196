"""State of the desk as documents: written beside the events of a step, read at every start."""

import json
from dataclasses import dataclass

from edge.core.documents import Document
from edge.core.intake.state import Delivery, Desk
from edge.core.people import Person
from edge.wire.convert import converter


@dataclass(frozen=True, slots=True)
class _DeskRecord:
    operator: Person | None
    delivery: str | None
    asking: str | None


def desk_document(desk: Desk) -> Document:
    """Who receives, and which delivery lies on the desk."""
    delivery = desk.delivery.delivery if desk.delivery else None
    record = _DeskRecord(desk.operator, delivery, desk.asking)
    return Document("desk", "desk", desk.phase.value, _dump(record))


def delivery_document(delivery: Delivery) -> Document:
    """A delivery as it stands; once the platform has decided, its phase is `settled`."""
    phase = "settled" if delivery.decision else delivery.phase.value
    return Document("delivery", delivery.delivery, phase, _dump(delivery))


def ask_document(corr: str, name: str, data: dict[str, object]) -> Document:
    """A question to the platform, for the shipper to carry."""
    return Document("ask", corr, "open", _dump({"corr": corr, "name": name, "data": data}))


def delivery_on(desk: Document | None) -> str | None:
    """The id of the delivery that lies on a recorded desk."""
    return (
        None if desk is None else converter.structure(json.loads(desk.body), _DeskRecord).delivery
    )


def load_desk(desk: Document | None, delivery: Document | None) -> Desk:
    """The desk as recorded; idle when nothing was."""
    if desk is None:
        return Desk()
    record = converter.structure(json.loads(desk.body), _DeskRecord)
    return Desk(record.operator, load_delivery(delivery) if delivery else None, record.asking)


def load_delivery(document: Document) -> Delivery:
    """A delivery as recorded."""
    return converter.structure(json.loads(document.body), Delivery)


def _dump(value: object) -> bytes:
    return json.dumps(
        converter.unstructure(value), ensure_ascii=False, separators=(",", ":")
    ).encode()
