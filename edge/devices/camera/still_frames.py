"""What a door's station and its camera process say to each other; no picture library needed."""

import json
from dataclasses import asdict, dataclass
from struct import Struct

ASK = Struct(">I")
"""The number of a request."""
TELL = Struct(">IBII")
"""Number of the request, whether a picture follows or the reason why none, its age in ms, size."""
MOST_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Sitting:
    """Which camera, and how its pictures are wished; frames a second are few: nobody watches."""

    source: str
    width: int = 1280
    height: int = 720
    fps: float = 10.0


@dataclass(frozen=True, slots=True)
class Told:
    """An answer: a JPEG file that was taken `age_ms` ago, or a word why there is none."""

    number: int
    is_picture: bool
    age_ms: int
    content: bytes


def sitting_text(sitting: Sitting) -> str:
    """As one argument of a command line."""
    return json.dumps(asdict(sitting))


def parse_sitting(text: str) -> Sitting:
    """As `sitting_text` writes it."""
    return Sitting(**json.loads(text))


def pack_told(told: Told) -> bytes:
    """The bytes of an answer."""
    return TELL.pack(told.number, told.is_picture, told.age_ms, len(told.content)) + told.content


def take_told(buffer: bytearray) -> Told | None:
    """The first whole answer, taken out of what was received; None while it is not whole."""
    if len(buffer) < TELL.size:
        return None
    number, is_picture, age_ms, size = TELL.unpack_from(buffer)
    end = TELL.size + size
    if len(buffer) < end:
        return None
    content = bytes(buffer[TELL.size : end])
    del buffer[:end]
    return Told(number, bool(is_picture), age_ms, content)
