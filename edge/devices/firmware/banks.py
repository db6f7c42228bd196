"""A module's settings behind its line: read one, write one, save all."""

from typing import Final, Protocol

from edge.core.errors import DeviceGone
from edge.devices.scanner import gm65, honeywell, newland
from edge.devices.scanner.frames import Answer
from edge.devices.scanner.link import Link
from edge.devices.scanner.manner import Framing, Style

ANSWER_S: Final = 0.4
TRIES: Final = 3
"""A question that stayed unanswered is asked again: one answer in a noisy line may be spoilt."""


class Bank(Protocol):
    """Settings by key."""

    def read(self, key: str, size_bytes: int) -> bytes | None:
        """The value; None when the module does not give it."""
        ...

    def write(self, key: str, value: bytes) -> bool:
        """Whether the module accepted it."""
        ...

    def save(self) -> bool:
        """Whether what was written outlives the power."""
        ...

    def set_baud(self, baud: int) -> bool:
        """Move module and line to a speed in bit/s; False when it cannot."""
        ...

    def framing(self, wanted: Framing) -> Framing:
        """How the module frames codes now."""
        ...


class ZoneBank:
    """Zones of the GM65 family; keys are four hexadecimal digits."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def read(self, key: str, size_bytes: int) -> bytes | None:
        """Zones from one on; DeviceGone when the module answers nothing any more."""
        question = gm65.read_zones(int(key, 16), size_bytes)
        answer = _asked(self._link, question, size_bytes=size_bytes)
        if answer is None and self._link.ask(gm65.beat(), ANSWER_S) is None:
            raise DeviceGone("scanner_unanswered", zone=key)
        return None if answer is None else answer.data

    def write(self, key: str, value: bytes) -> bool:
        """Into memory only, until `save`."""
        answer = _asked(self._link, gm65.write_zones(int(key, 16), value))
        return answer is not None and answer.data == b"\x00"

    def save(self) -> bool:
        """All zones into flash."""
        answer = _asked(self._link, gm65.save())
        return answer is not None and answer.data == b"\x00"

    def set_baud(self, baud: int) -> bool:
        """The answer comes at the old speed, everything after it at the new one."""
        if self._link.baud == baud:
            return True
        old = self._link.baud
        _asked(self._link, gm65.write_zones(gm65.ZONE_BAUD, gm65.baud_zone(baud)), tries=1)
        self._link.open(baud)
        if self.read(f"{gm65.ZONE_BAUD:04X}", 2) == gm65.baud_zone(baud):
            return True
        self._link.open(old)
        return False

    def framing(self, wanted: Framing) -> Framing:
        """As the tail zone says, not as the file hopes."""
        tail = self.read(f"{gm65.ZONE_TAIL:04X}", 1)
        if tail is None:
            return wanted
        style = Style.LENGTH if tail[0] & gm65.TAIL_FRAMED else Style.LINE
        ends = b"\t" if tail[0] & gm65.TAIL_KIND == gm65.TAIL_TAB else b"\r\n"
        return Framing(style, ends, wanted.longest_bytes, wanted.with_aim)


class TagBank:
    """Settings of Honeywell and Newland: six letters, a value as text, kept as they are written."""

    def __init__(self, link: Link, dialect: str) -> None:
        self._link = link
        self._is_newland = dialect == "newland"

    def read(self, key: str, size_bytes: int) -> bytes | None:
        """The value behind the tag."""
        del size_bytes
        answer = _asked(self._link, self._command(key + ("*" if self._is_newland else "?")))
        if answer is None or not answer.accepted:
            return None
        return answer.data.removeprefix(key.encode("ascii"))

    def write(self, key: str, value: bytes) -> bool:
        """Into flash at once."""
        answer = _asked(self._link, self._command(key + value.decode("ascii"), is_kept=True))
        return answer is not None and answer.accepted

    def save(self) -> bool:
        """Each write has saved already."""
        return True

    def set_baud(self, baud: int) -> bool:
        """Speeds of these modules are set with the maker's own codes."""
        return self._link.baud == baud

    def framing(self, wanted: Framing) -> Framing:
        """As wanted: the tail is one of the settings."""
        return wanted

    def _command(self, text: str, *, is_kept: bool = False) -> bytes:
        if self._is_newland:
            return newland.command(text, storage=newland.KEPT if is_kept else newland.FLEETING)
        return honeywell.command(text, storage=honeywell.KEPT if is_kept else honeywell.FLEETING)


def bank_of(dialect: str, link: Link) -> Bank | None:
    """The settings of a module; None when its dialect has none."""
    if dialect == "gm65":
        return ZoneBank(link)
    return TagBank(link, dialect) if dialect in ("honeywell", "newland") else None


def _asked(
    link: Link, question: bytes, *, size_bytes: int = 0, tries: int = TRIES
) -> Answer | None:
    """The answer; one of another size belongs to an earlier question and is passed over."""
    for _ in range(tries):
        answer = link.ask(question, ANSWER_S)
        if answer is not None and size_bytes in (0, len(answer.data)):
            return answer
    return None
