"""Documents: pieces of station state that are kept beside the events of a step."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Document:
    """Kind, id, phase and exact bytes; a later document of the same kind and id replaces it."""

    kind: str
    id: str
    phase: str
    body: bytes
