"""Check characters of ISO 7064 hybrid systems, a layer of step 4: they find slips, not forgers.

Every single substitution is found. Of two neighbours changing places, each state of the recursion
misses one pair of characters (1 of 630 for MOD 37-36; a property of the standard's own system).
"""

_CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_DIGITS = 10


def mod37_36(text: str) -> str | None:
    """The MOD 37-36 check character of digits and upper-case letters; None for other text."""
    return _check(text, modulus=len(_CHARACTERS))


def mod11_10(text: str) -> str | None:
    """The MOD 11-10 check digit of digits; None for other text."""
    return _check(text, modulus=_DIGITS)


def _check(text: str, *, modulus: int) -> str | None:
    if not text:
        return None
    state = modulus
    for character in text:
        value = _CHARACTERS.find(character)
        if not 0 <= value < modulus:
            return None
        state = 2 * ((state + value) % modulus or modulus) % (modulus + 1)
    return _CHARACTERS[(1 - state) % modulus]
