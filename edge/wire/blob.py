"""Photographs on their way to the platform: part 0 describes, the rest are raw bytes (step 11)."""

from dataclasses import dataclass

from edge.core.envelope import encode_json
from edge.core.errors import DecodeError
from edge.core.evidence import EvidenceKind
from edge.wire.convert import converter, rename_keys
from edge.wire.downlink import decode

PART_BYTES = 64 * 1024
SIZE_LIMIT_BYTES = 16 * 1024 * 1024
"""A photograph of 12 megapixels as JPEG is some 6 MB."""
_LEAVING = frozenset(
    {EvidenceKind.LAYER, EvidenceKind.BLOCK, EvidenceKind.PLACARD}
    | {EvidenceKind.DEFECT, EvidenceKind.SEAL}
)


def may_leave(kind: EvidenceKind, *, forms: bool) -> bool:
    """Whether the station may send it; forms only where the city asks, signatures never."""
    return kind in _LEAVING or (forms and kind is EvidenceKind.FORM)


@dataclass(frozen=True, slots=True)
class BlobHead:
    """Part 0: what comes; parts 1 to `parts` hold 64 KiB each, the last one the rest."""

    size_bytes: int
    parts: int
    media_type: str
    kind: EvidenceKind


rename_keys(BlobHead, size_bytes="bytes")


def head_of(size_bytes: int, *, media_type: str, kind: EvidenceKind) -> BlobHead:
    """The head of a photograph."""
    return BlobHead(size_bytes, -(-size_bytes // PART_BYTES), media_type, kind)


def encode_head(head: BlobHead) -> bytes:
    """Part 0."""
    return encode_json(converter.unstructure(head))


def decode_head(body: bytes) -> BlobHead:
    """Part 0 as a value; raise DecodeError `blob_malformed` or another of `decode`."""
    head = decode(body, BlobHead)
    is_sound = 0 < head.size_bytes <= SIZE_LIMIT_BYTES and may_leave(head.kind, forms=True)
    if not is_sound or head.parts != -(-head.size_bytes // PART_BYTES):
        raise DecodeError("blob_malformed", size_bytes=head.size_bytes, parts=head.parts)
    return head


def part_of(content: bytes, number: int) -> bytes:
    """The bytes of a part, counted from 1."""
    return content[(number - 1) * PART_BYTES : number * PART_BYTES]


def part_size(head: BlobHead, number: int) -> int:
    """How many bytes a part has; 0 where there is no such part."""
    if not 1 <= number <= head.parts:
        return 0
    return min(PART_BYTES, head.size_bytes - (number - 1) * PART_BYTES)
