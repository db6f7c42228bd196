"""NDEF messages as a writer of tags would make them."""

_SHORT = 256
_PREFIXES = (
    ("https://www.", 2),
    ("http://www.", 1),
    ("https://", 4),
    ("http://", 3),
    ("", 0),
)


def uri_message(uri: str) -> bytes:
    """A message of one URI record."""
    prefix, code = next(each for each in _PREFIXES if uri.startswith(each[0]))
    return _record(b"U", bytes([code]) + uri.removeprefix(prefix).encode("utf-8"))


def text_message(text: str, *, language: str = "zh") -> bytes:
    """A message of one text record in UTF-8."""
    tongue = language.encode("ascii")
    return _record(b"T", bytes([len(tongue)]) + tongue + text.encode("utf-8"))


def _record(kind: bytes, payload: bytes) -> bytes:
    size = len(payload)
    if size < _SHORT:
        return b"\xd1" + bytes([len(kind), size]) + kind + payload
    return b"\xc1" + bytes([len(kind)]) + size.to_bytes(4, "big") + kind + payload
