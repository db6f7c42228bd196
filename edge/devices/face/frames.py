"""What crosses between the looker and its worker process: a picture down, a description up.

Each message is a head of fixed size, then a body; pictures and vectors stay in the pipe.
"""

import json
import struct
from dataclasses import asdict, dataclass

import numpy as np

from edge.core.errors import DecodeError
from edge.core.faces import Box, Described, Flaw, Limits, Measures
from edge.devices.pixels import Picture

ASK = struct.Struct("!QIIBI")
"""Number, height, width, whether mirrored too, bytes of limits; then limits and pixels follow."""
TELL = struct.Struct("!QI")
"""Number and bytes of the answer that follows."""
READY = 0
"""The number of the first answer: the engine id, or why there is no engine."""
_PIXEL_BYTES = 3
_MAX_SIDE_PX = 8192
_MAX_BODY_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Ask:
    """One picture to describe."""

    number: int
    bgr: Picture
    limits: Limits
    mirrored: bool = False


@dataclass(frozen=True, slots=True)
class AskHead:
    """The start of a picture: what to read after it."""

    number: int
    height: int
    width: int
    mirrored: bool
    limits_bytes: int

    @property
    def pixel_bytes(self) -> int:
        """Size of the picture."""
        return self.height * self.width * _PIXEL_BYTES


def pack_ask(ask: Ask) -> bytes:
    """A picture as bytes."""
    height, width = ask.bgr.shape[:2]
    limits = json.dumps(asdict(ask.limits)).encode()
    head = ASK.pack(ask.number, height, width, ask.mirrored, len(limits))
    return b"".join((head, limits, np.ascontiguousarray(ask.bgr).tobytes()))


def unpack_head(head: bytes) -> AskHead:
    """The start of a picture; DecodeError `face_frame_malformed`."""
    number, height, width, mirrored, limits_bytes = ASK.unpack(head)
    if not (0 < height <= _MAX_SIDE_PX and 0 < width <= _MAX_SIDE_PX):
        raise DecodeError("face_frame_malformed", height=height, width=width)
    return AskHead(number, height, width, bool(mirrored), limits_bytes)


def unpack_ask(head: AskHead, limits: bytes, pixels: bytes) -> Ask:
    """A picture from its bytes."""
    bgr = np.frombuffer(pixels, np.uint8).reshape(head.height, head.width, _PIXEL_BYTES)
    return Ask(head.number, bgr, Limits(**json.loads(limits)), head.mirrored)


def pack_tell(number: int, told: Described | Flaw) -> bytes:
    """A description or a flaw as bytes."""
    body: dict[str, object]
    if isinstance(told, Flaw):
        body = {"flaw": told}
    else:
        body = {"vector": told.vector, "measures": asdict(told.measures), "alive": told.alive}
    return _pack(number, body)


def pack_ready(engine: str) -> bytes:
    """The first word of a worker that can work."""
    return _pack(READY, {"engine": engine})


def pack_absent(code: str, facts: dict[str, str]) -> bytes:
    """The first and last word of a worker without an engine."""
    return _pack(READY, {"absent": code, "facts": facts})


def tell_bytes(head: bytes) -> tuple[int, int]:
    """Number and size of an answer; DecodeError `face_answer_malformed`."""
    number, size = TELL.unpack(head)
    if size > _MAX_BODY_BYTES:
        raise DecodeError("face_answer_malformed", bytes=size)
    return number, size


def unpack_tell(body: bytes) -> Described | Flaw:
    """A description or a flaw; DecodeError `face_answer_malformed`."""
    try:
        told = json.loads(body)
        if "flaw" in told:
            return Flaw(told["flaw"])
        measures = dict(told["measures"])
        box = Box(**measures.pop("box"))
        return Described(tuple(told["vector"]), Measures(box=box, **measures), told["alive"])
    except (ValueError, KeyError, TypeError) as error:
        raise DecodeError("face_answer_malformed") from error


@dataclass(frozen=True, slots=True)
class Readiness:
    """The worker's first word: an engine id, or the code and facts of what is missing."""

    engine: str = ""
    absent: str = ""
    facts: tuple[tuple[str, str], ...] = ()


def unpack_ready(body: bytes) -> Readiness:
    """The worker's first word; DecodeError `face_answer_malformed`."""
    try:
        told = json.loads(body)
        facts = tuple((str(key), str(value)) for key, value in told.get("facts", {}).items())
        return Readiness(told.get("engine", ""), told.get("absent", ""), facts)
    except (ValueError, AttributeError) as error:
        raise DecodeError("face_answer_malformed") from error


def _pack(number: int, body: dict[str, object]) -> bytes:
    text = json.dumps(body).encode()
    return TELL.pack(number, len(text)) + text
