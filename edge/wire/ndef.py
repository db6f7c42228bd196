"""NDEF from octets, strictly (step 4): a tag's memory to a message, a message to its text.

NFC Forum Type 2 Tag (TLV), NDEF 1.0, RTD URI and RTD Text; what does not follow them is refused
with the place where it leaves the format, never guessed.
"""

from dataclasses import dataclass
from enum import IntEnum, StrEnum

DATA_FIRST = 16
"""Where the data area of a type 2 tag begins, behind UID, locks and capability container."""

_CC_FIRST, _CC_MAGIC, _CC_VERSION = 12, 0xE1, 1
_NULL, _NDEF, _TERMINATOR = 0x00, 0x03, 0xFE
_LONG_LENGTH = 0xFF
_STEP_BYTES = 16
_MB, _ME, _CF, _SR, _IL, _TNF = 0x80, 0x40, 0x20, 0x10, 0x08, 0x07
_UTF16, _RESERVED, _LANGUAGE = 0x80, 0x40, 0x3F

URI_PREFIXES = (
    *("", "http://www.", "https://www.", "http://", "https://", "tel:", "mailto:"),
    *("ftp://anonymous:anonymous@", "ftp://ftp.", "ftps://", "sftp://", "smb://", "nfs://"),
    *("ftp://", "dav://", "news:", "telnet://", "imap:", "rtsp://", "urn:", "pop:", "sip:"),
    *("sips:", "tftp:", "btspp://", "btl2cap://", "btgoep://", "tcpobex://", "irdaobex://"),
    *("file://", "urn:epc:id:", "urn:epc:tag:", "urn:epc:pat:", "urn:epc:raw:", "urn:epc:"),
    "urn:nfc:",
)


class NdefFlaw(StrEnum):
    """Where octets leave the format."""

    NO_CONTAINER = "no_container"
    NO_MESSAGE = "no_message"
    TRUNCATED = "truncated"
    BOUNDARY = "boundary"
    CHUNKED = "chunked"
    TYPE_NAME = "type_name"
    URI_PREFIX = "uri_prefix"
    ENCODING = "encoding"
    NO_TEXT = "no_text"


class TypeName(IntEnum):
    """Type name format of a record."""

    EMPTY = 0
    WELL_KNOWN = 1
    MEDIA = 2
    URI = 3
    EXTERNAL = 4
    UNKNOWN = 5
    UNCHANGED = 6
    RESERVED = 7


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a message."""

    type_name: TypeName
    type: bytes
    id: bytes
    payload: bytes


def type2_extent(memory: bytes) -> int | NdefFlaw:
    """How many bytes of a type 2 tag, from its first page on, are needed for its message.

    While `memory` ends before the length is known, a step beyond its end.
    """
    found = _find_message(memory)
    if found is NdefFlaw.TRUNCATED and len(memory) >= DATA_FIRST:
        return min(len(memory) + _STEP_BYTES, _area_end(memory))
    return found if isinstance(found, NdefFlaw) else found[1]


def type2_message(memory: bytes) -> bytes | NdefFlaw:
    """The NDEF message in the memory of a type 2 tag."""
    found = _find_message(memory)
    if isinstance(found, NdefFlaw):
        return found
    first, end = found
    return memory[first:end] if end <= len(memory) else NdefFlaw.TRUNCATED


def decode_message(octets: bytes) -> tuple[Record, ...] | NdefFlaw:
    """The records of a message; the first and the last are marked, and nothing follows."""
    records: list[Record] = []
    at = 0
    is_last = False
    while not is_last:
        taken = _take_record(octets, at)
        if isinstance(taken, NdefFlaw):
            return taken
        record, flags, at = taken
        if bool(flags & _MB) == bool(records):
            return NdefFlaw.BOUNDARY
        records.append(record)
        is_last = bool(flags & _ME)
    return tuple(records) if at == len(octets) else NdefFlaw.BOUNDARY


def record_text(record: Record) -> str | NdefFlaw:
    """The text of a URI or text record; the URI stands as written, no character is escaped."""
    if record.type_name is TypeName.WELL_KNOWN and record.type == b"U":
        return _uri(record.payload)
    if record.type_name is TypeName.WELL_KNOWN and record.type == b"T":
        return _text(record.payload)
    if record.type_name is TypeName.URI:
        return _decode(record.type, "utf-8")
    return NdefFlaw.NO_TEXT


def message_text(octets: bytes) -> str | NdefFlaw:
    """The text of the first URI or text record; a message with a flaw anywhere has none."""
    records = decode_message(octets)
    if isinstance(records, NdefFlaw):
        return records
    texts = [record_text(record) for record in records]
    flaws = [text for text in texts if isinstance(text, NdefFlaw) and text is not NdefFlaw.NO_TEXT]
    if flaws:
        return flaws[0]
    return next((text for text in texts if not isinstance(text, NdefFlaw)), NdefFlaw.NO_TEXT)


def _find_message(memory: bytes) -> tuple[int, int] | NdefFlaw:
    """First byte of the message and the byte behind it, as the TLV blocks say."""
    container = memory[_CC_FIRST:DATA_FIRST]
    if len(container) < DATA_FIRST - _CC_FIRST:
        return NdefFlaw.TRUNCATED
    if container[0] != _CC_MAGIC or container[1] >> 4 != _CC_VERSION:
        return NdefFlaw.NO_CONTAINER
    span = _find_block(memory)
    if isinstance(span, NdefFlaw):
        return span
    return span if span[1] > span[0] else NdefFlaw.NO_MESSAGE


def _area_end(memory: bytes) -> int:
    return DATA_FIRST + memory[_CC_FIRST + 2] * 8


def _find_block(memory: bytes) -> tuple[int, int] | NdefFlaw:
    """The value of the first NDEF block of the data area; none may end beyond the area."""
    at, area_end = DATA_FIRST, _area_end(memory)
    while at < area_end:
        if at >= len(memory):
            return NdefFlaw.TRUNCATED
        if memory[at] == _TERMINATOR:
            break
        if memory[at] == _NULL:
            at += 1
            continue
        span = _tlv_value(memory, at)
        if isinstance(span, NdefFlaw):
            return span
        if span[1] > area_end:
            return NdefFlaw.BOUNDARY
        if memory[at] == _NDEF:
            return span
        at = span[1]
    return NdefFlaw.NO_MESSAGE


def _tlv_value(memory: bytes, at: int) -> tuple[int, int] | NdefFlaw:
    """Where the value of the block at `at` begins and ends."""
    short = memory[at + 1 : at + 2]
    if not short:
        return NdefFlaw.TRUNCATED
    if short[0] != _LONG_LENGTH:
        return at + 2, at + 2 + short[0]
    long = memory[at + 2 : at + 4]
    if len(long) < 2:  # noqa: PLR2004 - a length of two bytes
        return NdefFlaw.TRUNCATED
    return at + 4, at + 4 + int.from_bytes(long, "big")


def _take_record(octets: bytes, at: int) -> tuple[Record, int, int] | NdefFlaw:
    """The record at `at`, its flags, and where the next one begins."""
    reader = _Reader(octets, at)
    flags, type_size = reader.number(1), reader.number(1)
    payload_size = reader.number(1 if flags & _SR else 4)
    id_size = reader.number(1) if flags & _IL else 0
    kind, id_, payload = reader.take(type_size), reader.take(id_size), reader.take(payload_size)
    if reader.is_short:
        return NdefFlaw.TRUNCATED
    if flags & _CF:
        return NdefFlaw.CHUNKED
    type_name = TypeName(flags & _TNF)
    if not _is_shaped(type_name, kind, id_ + payload):
        return NdefFlaw.TYPE_NAME
    return Record(type_name, kind, id_, payload), flags, reader.at


@dataclass(slots=True)
class _Reader:
    """Takes bytes off the front and remembers when they did not suffice."""

    octets: bytes
    at: int
    is_short: bool = False

    def take(self, size: int) -> bytes:
        taken = self.octets[self.at : self.at + size]
        self.is_short = self.is_short or len(taken) < size
        self.at += size
        return taken

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")


def _is_shaped(type_name: TypeName, kind: bytes, rest: bytes) -> bool:
    match type_name:
        case TypeName.EMPTY:
            return not kind and not rest
        case TypeName.UNKNOWN:
            return not kind
        case TypeName.UNCHANGED | TypeName.RESERVED:
            return False
        case _:
            return bool(kind)


def _uri(payload: bytes) -> str | NdefFlaw:
    if not payload or payload[0] >= len(URI_PREFIXES):
        return NdefFlaw.URI_PREFIX
    rest = _decode(payload[1:], "utf-8")
    return rest if isinstance(rest, NdefFlaw) else URI_PREFIXES[payload[0]] + rest


def _text(payload: bytes) -> str | NdefFlaw:
    if not payload or payload[0] & _RESERVED:
        return NdefFlaw.ENCODING
    first = 1 + (payload[0] & _LANGUAGE)
    language = payload[1:first]
    if len(language) < first - 1 or not language.isascii():
        return NdefFlaw.ENCODING
    body = payload[first:]
    if not payload[0] & _UTF16:
        return _decode(body, "utf-8")
    has_mark = body[:2] in (b"\xfe\xff", b"\xff\xfe")
    return _decode(body, "utf-16" if has_mark else "utf-16-be")


def _decode(octets: bytes, charset: str) -> str | NdefFlaw:
    try:
        text = octets.decode(charset)
    except UnicodeDecodeError:
        return NdefFlaw.ENCODING
    return NdefFlaw.ENCODING if any(char < " " or char == "\x7f" for char in text) else text
