"""What every simulated tag does for the chip: power up, answer, and take its time."""

from dataclasses import dataclass
from typing import Protocol

CRC_A_START = 0x6363
_POLYNOMIAL = 0x8408
_CASCADE = 0x88
_LONG_UID_BYTES = 7


@dataclass(frozen=True, slots=True)
class RfAnswer:
    """What a tag sends back, and how long it works before it does; `bits` 4 for ACK and NAK."""

    data: bytes
    work_s: float = 0.0
    bits: int = 8


class Tag(Protocol):
    """A tag of technology A in the field of the reader."""

    @property
    def uid(self) -> bytes:
        """4 or 7 bytes."""
        ...

    @property
    def sens_res(self) -> bytes:
        """Two bytes as InListPassiveTarget tells them."""
        ...

    @property
    def sel_res(self) -> int:
        """SAK: 00 type 2, 20 type 4."""
        ...

    def power_up(self) -> None:
        """The field came back: volatile state is lost."""
        ...

    def exchange(self, command: bytes) -> RfAnswer | None:
        """The answer to a command, None when the tag stays silent."""
        ...


def crc_a(data: bytes) -> bytes:
    """CRC_A of ISO/IEC 14443-3, least significant byte first."""
    crc = CRC_A_START
    for octet in data:
        crc ^= octet
        for _ in range(8):
            crc = (crc >> 1) ^ _POLYNOMIAL if crc & 1 else crc >> 1
    return crc.to_bytes(2, "little")


def cascaded(uid: bytes) -> bytes:
    """The UID with the cascade tag in front, as the host asks for one tag."""
    return bytes([_CASCADE]) + uid if len(uid) == _LONG_UID_BYTES else uid
