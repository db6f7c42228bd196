"""What differs between a module and its profile: pure, so that reading and writing stay apart."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Want:
    """A wanted value of the bits of `mask`; `optional` when a module may lack it."""

    key: str
    value: bytes
    mask: bytes
    text: str = ""
    optional: bool = False

    def holds(self, found: bytes) -> bool:
        """Whether a found value is as wanted."""
        return len(found) == len(self.value) and self.merged(found) == found

    def merged(self, found: bytes) -> bytes:
        """The found value with the wanted bits put in; texts are replaced whole."""
        if len(found) != len(self.value):
            return self.value
        parts = zip(found, self.mask, self.value, strict=True)
        return bytes(old & ~mask | new & mask for old, mask, new in parts)


@dataclass(frozen=True, slots=True)
class Change:
    """A setting that is not as wanted: what was found, and what is to be written."""

    want: Want
    found: bytes
    target: bytes


@dataclass(frozen=True, slots=True)
class Plan:
    """What would have to be written, and what did not answer."""

    changes: tuple[Change, ...] = ()
    unread: tuple[Want, ...] = ()

    @property
    def is_done(self) -> bool:
        """Whether the module is as wanted, as far as it must be."""
        return not any(
            not want.optional for want in (*self.unread, *(each.want for each in self.changes))
        )


def plan(wants: tuple[Want, ...], found: Mapping[str, bytes | None]) -> Plan:
    """Compare; a value that could not be read is not written blindly."""
    changes: list[Change] = []
    unread: list[Want] = []
    for want in wants:
        value = found.get(want.key)
        if value is None:
            unread.append(want)
        elif not want.holds(value):
            changes.append(Change(want, value, want.merged(value)))
    return Plan(tuple(changes), tuple(unread))
