"""Secure unique NFC messages in a URL (step 4): the parameters that a tag fills in at each tap.

NTAG 424 DNA as in AN12196. Nothing is verified here; the keys are behind the port `TagKeys`.
"""

import re
from enum import StrEnum

from edge.core.nfc import SunMessage, TagUid

_PICC = ("e", "picc", "picc_data")
_FILE = ("enc",)
_MAC = ("c", "cmac", "mac")
_UID, _COUNTER = ("uid",), ("ctr",)
_PARAMETER = re.compile(r"([A-Za-z_]{1,16})=([0-9A-Fa-f]{0,512})(?=&|$)")
_PICC_BYTES = (16, 24)
_MAC_BYTES, _UID_BYTES, _COUNTER_BYTES, _BLOCK_BYTES = 8, 7, 3, 16


class MacCover(StrEnum):
    """What the MAC covers where the URL carries encrypted file data."""

    THROUGH_NAME = "through_name"
    FILE_ONLY = "file_only"


def parse_sun(url: str, *, covers: MacCover = MacCover.THROUGH_NAME) -> SunMessage | None:
    """The message in a URL; None where there is none, or where its parts are not well formed.

    The MAC covers the text from the value of the file data up to its own value, as tags are
    personalised by default, or nothing where no file data is there.
    """
    query = url.partition("?")[2]
    spans = {hit[1]: (hit[2], hit.start(2), hit.end(2)) for hit in _PARAMETER.finditer(query)}
    mac = _value(spans, _MAC, (_MAC_BYTES,))
    file = _value(spans, _FILE, None)
    if mac is None or any(name in spans for name in _FILE) != (file is not None):
        return None
    covered = _covered(query, spans, covers)
    picc = _value(spans, _PICC, _PICC_BYTES)
    if picc is not None:
        return SunMessage(mac, picc=picc, file=file or b"", mac_input=covered)
    uid = _value(spans, _UID, (_UID_BYTES,))
    counter = _value(spans, _COUNTER, (_COUNTER_BYTES,))
    if uid is None or counter is None:
        return None
    number = int.from_bytes(counter, "big")
    return SunMessage(mac, uid=TagUid.of(uid), counter=number, file=file or b"", mac_input=covered)


_Spans = dict[str, tuple[str, int, int]]


def _value(spans: _Spans, names: tuple[str, ...], sizes: tuple[int, ...] | None) -> bytes | None:
    """The bytes of a parameter of one of these sizes; of whole blocks where no size is named."""
    text = next((spans[name][0] for name in names if name in spans), "")
    if not text or len(text) % 2:
        return None
    value = bytes.fromhex(text)
    fits = len(value) in sizes if sizes else len(value) % _BLOCK_BYTES == 0
    return value if fits else None


def _covered(query: str, spans: _Spans, covers: MacCover) -> bytes:
    file = next((spans[name] for name in _FILE if name in spans), None)
    mac = next(spans[name] for name in _MAC if name in spans)
    if file is None or file[1] > mac[1]:
        return b""
    end = file[2] if covers is MacCover.FILE_ONLY else mac[1]
    return query[file[1] : end].encode("utf-8")
