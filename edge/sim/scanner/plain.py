"""A scanner that only ever says codes with a line end: the kind that most desks have."""

from dataclasses import dataclass


@dataclass
class PlainModule:
    """Sans-IO; `tail` ends each code, `speed` is in bit/s."""

    tail: bytes = b"\r"
    speed: int = 9600
    aim: bytes = b""

    @property
    def baud(self) -> int:
        """Its fixed speed."""
        return self.speed

    def power_on(self) -> None:
        """It has nothing to lose."""

    def hear(self, data: bytes) -> bytes:
        """It does not listen."""
        del data
        return b""

    def see(self, code: bytes) -> bytes:
        """The code and its end."""
        return self.aim + code + self.tail
