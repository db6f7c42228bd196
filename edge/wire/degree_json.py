"""What was stated of a group's degree days as a document, written beside the events of a day."""

import json
from typing import Final

from edge.core.curing.degree_days import DegreeBook
from edge.core.documents import Document
from edge.wire.convert import converter, structure

KIND: Final = "degree_days"
REACHED: Final = "reached"


def degree_document(book: DegreeBook) -> Document:
    """A group's book; its phase tells whether the target was reached."""
    phase = "open" if book.reached_on is None else REACHED
    body = json.dumps(converter.unstructure(book), separators=(",", ":"))
    return Document(KIND, book.group, phase, body.encode())


def load_degrees(document: Document | None) -> DegreeBook | None:
    """A group's book as recorded, None when nothing was; DecodeError `value_malformed`."""
    if document is None:
        return None
    book: DegreeBook = structure(json.loads(document.body), DegreeBook)
    return book


def is_reached(document: Document | None) -> bool:
    """Whether nothing is left to state."""
    return document is not None and document.phase == REACHED
