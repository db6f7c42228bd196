"""Payload of an optical code to text, step 4 of the path: bytes first, one fixed rule, no guessing.

The rule: strict UTF-8, else GB 18030 where the characters are Chinese as people write them,
else Shift-JIS where its marks are unmistakable, else nothing: the bytes stay bytes.
"""

from itertools import pairwise

_KATAKANA = range(0xA1, 0xE0)
_VOICED = (0xDE, 0xDF)
_TAKES_VOICE = frozenset((*range(0xB6, 0xC5), *range(0xCA, 0xCF)))
_MIN_VOICED_KANA = 2


def payload_text(payload: bytes) -> str | None:
    """The text of `payload`, or None where no reading of the bytes is certain (house rule)."""
    text = _decode(payload, "utf-8")
    if text is not None:
        return text
    if _spells_katakana(payload):
        return _decode(payload, "shift_jis")
    chinese = _decode(payload, "gb18030")
    if chinese is not None and _is_common_chinese(chinese):
        return chinese
    japanese = _decode(payload, "shift_jis")
    if chinese is not None and japanese is not None and _is_common_japanese(japanese):
        return japanese
    return None


def _decode(payload: bytes, charset: str) -> str | None:
    try:
        return payload.decode(charset)
    except UnicodeDecodeError:
        return None


def _is_common_chinese(text: str) -> bool:
    """At least half of the non-ASCII characters stand in GB 2312, and no control byte is there.

    Random bytes, Latin-1 and Shift-JIS also pass a GB 18030 decoder, but land in its rare planes.
    """
    wide = [char for char in text if not char.isascii()]
    common = sum(_in_charset(char, "gb2312") for char in wide)
    return 2 * common >= len(wide) and not _has_control(text)


def _is_common_japanese(text: str) -> bool:
    wide = [char for char in text if not char.isascii()]
    kana = sum("\uff61" <= char <= "\uff9f" for char in wide)
    return kana == 0 and len(wide) > 1 and not _has_control(text)


def _has_control(text: str) -> bool:
    return any(char < " " and char not in "\t\n\r\x1c\x1d\x1e\x1f" for char in text)


def _in_charset(char: str, charset: str) -> bool:
    try:
        char.encode(charset)
    except UnicodeEncodeError:
        return False
    return True


def _spells_katakana(payload: bytes) -> bool:
    """Two voicing marks, each behind a kana that takes one: JIS X 0201, not a pair of hanzi."""
    text = _decode(payload, "shift_jis")
    if text is None:
        return False
    kana = [char.encode("shift_jis") for char in text if "\uff61" <= char <= "\uff9f"]
    codes = [code[0] for code in kana if code[0] in _KATAKANA]
    marks = sum(after in _VOICED and before in _TAKES_VOICE for before, after in pairwise(codes))
    return marks >= _MIN_VOICED_KANA
