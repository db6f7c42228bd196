"""Which labs one consumer takes: several of them serve a city, each lab has exactly one."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Self

from edge.core.errors import DecodeError
from edge.core.ids import LabId

_SHARD: Final = re.compile(r"([1-9][0-9]{0,3})/([1-9][0-9]{0,3})")
_HASH_BYTES: Final = 8
_NAME_CHARS: Final = 12


@dataclass(frozen=True, slots=True)
class Shard:
    """One of several equal parts of a city."""

    number: int
    of: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `2/3`; raise DecodeError `shard_malformed`."""
        found = _SHARD.fullmatch(text)
        if found is None or int(found[1]) > int(found[2]):
            raise DecodeError("shard_malformed", text=text[:40])
        return cls(int(found[1]), int(found[2]))

    def holds(self, lab: LabId) -> bool:
        """Whether a lab falls into this part: by its id alone, the same on every machine."""
        number = int.from_bytes(sha256(lab.encode()).digest()[:_HASH_BYTES], "big")
        return number % self.of + 1 == self.number


@dataclass(frozen=True, slots=True)
class Share:
    """The labs of one consumer; None means every lab, also one that nobody knows yet."""

    name: str = "all"
    labs: tuple[LabId, ...] | None = None

    @classmethod
    def of_shard(cls, shard: Shard, known: Iterable[LabId]) -> Self:
        """The known labs that fall into a part."""
        labs = tuple(sorted(each for each in set(known) if shard.holds(each)))
        return cls(f"{shard.number}-of-{shard.of}", labs)

    @classmethod
    def of_labs(cls, labs: Iterable[LabId]) -> Self:
        """These labs; their list names the share."""
        listed = tuple(sorted(set(labs)))
        digest = sha256("\n".join(listed).encode()).hexdigest()
        return cls(f"labs-{digest[:_NAME_CHARS]}", listed)

    def covers(self, lab: LabId) -> bool:
        """Whether this consumer takes a lab's messages."""
        return self.labs is None or lab in self.labs

    def scopes(self, city: str) -> tuple[str, ...]:
        """`{city}/{lab}/{device}` with wildcards, as the consumer subscribes."""
        if self.labs is None:
            return (f"{city}/+/+",)
        return tuple(f"{city}/{lab}/+" for lab in self.labs)


EVERY_LAB: Final = Share()
"""The share of a platform that has one consumer."""
