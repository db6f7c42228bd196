"""Text that every store, log and index can keep."""

import re
from typing import Final

_UNKEEPABLE: Final = re.compile("[\\0\\ud800-\\udfff]")
LONGEST: Final = 200
"""Longer texts are no identity, type or time of ours, and no index of a database takes them."""


def is_plain(value: object) -> bool:
    """Whether it is text, short, without NUL and without halves of characters."""
    return isinstance(value, str) and len(value) <= LONGEST and not _UNKEEPABLE.search(value)
