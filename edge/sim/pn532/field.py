"""The radio side of the chip: which tags lie in the field, and what is said to them."""

from collections.abc import Iterable

from edge.sim.pn532.faults import FaultKind
from edge.sim.pn532.tags import RfAnswer, Tag, cascaded, crc_a

LIST_WORK_S = 0.006
EXCHANGE_WORK_S = 0.001
TIMEOUT_WORK_S = 0.005

_RX_MODE, _FIFO = 0x6303, 0x6339
_CRC_ON = 0x80
_NO_TAG_IN_FIFO = 0x26
_TYPE_A = 0
_TIMEOUT, _CRC = 0x01, 0x02
_WHOLE_BYTES = 8


class Field:
    """Tags within reach; `trouble` spoils the next word on the radio."""

    def __init__(self) -> None:
        self.tags: tuple[Tag, ...] = ()
        self.registers: dict[int, int] = {}
        self.trouble: FaultKind | None = None
        self._is_on = False
        self._selected: Tag | None = None
        self._turn = 0

    def reset(self) -> None:
        """The chip lost its power."""
        self.registers = {_RX_MODE: _CRC_ON}
        self.switch(on=False)

    def place(self, tags: Iterable[Tag]) -> None:
        """These tags lie in the field now, no others."""
        self.tags = tuple(tags)
        for tag in self.tags:
            tag.power_up()
        if self._selected not in self.tags:
            self._selected = None

    def switch(self, *, on: bool) -> None:
        """Field on or off; off takes the power of every tag."""
        if not on:
            self._selected = None
            for tag in self.tags:
                tag.power_up()
        self._is_on = on

    def register(self, address: int) -> int:
        """A register of the radio part; the FIFO tells whether a tag has answered."""
        if address == _FIFO:
            return _NO_TAG_IN_FIFO
        return self.registers.get(address, 0)

    def list_target(self, technology: int, wanted: bytes) -> tuple[bytes, float]:
        """InListPassiveTarget for one tag: the answer, and how long it takes."""
        self._is_on = True
        self.registers[_RX_MODE] = _CRC_ON
        self._selected = None
        if self.trouble is not None or technology != _TYPE_A:
            return b"\x00", LIST_WORK_S
        fitting = [tag for tag in self.tags if not wanted or cascaded(tag.uid) == wanted]
        if not fitting:
            return b"\x00", LIST_WORK_S
        self._turn += 1
        tag = fitting[self._turn % len(fitting)]
        self._selected = tag
        head = bytes([1, 1, *tag.sens_res, tag.sel_res, len(tag.uid)])
        return head + tag.uid, LIST_WORK_S

    def communicate(self, command: bytes) -> tuple[bytes, float]:
        """InCommunicateThru: status and what the selected tag answered."""
        if self.trouble is FaultKind.RF_LOST or self._selected is None or not self._is_on:
            return bytes([_TIMEOUT]), TIMEOUT_WORK_S
        answer = self._selected.exchange(command)
        if answer is None:
            return bytes([_TIMEOUT]), TIMEOUT_WORK_S
        work_s = EXCHANGE_WORK_S + answer.work_s
        is_checked = bool(self.registers.get(_RX_MODE, 0) & _CRC_ON)
        return _received(answer, is_checked, is_spoilt=self.trouble is FaultKind.RF_CRC), work_s


def _received(answer: RfAnswer, is_checked: bool, *, is_spoilt: bool) -> bytes:  # noqa: FBT001 - the radio's own mode
    """What the host gets: with checking off it sees the CRC itself (nfcpy reads type 2 so)."""
    if is_checked:
        is_bad = is_spoilt or answer.bits < _WHOLE_BYTES
        return bytes([_CRC]) if is_bad else b"\x00" + answer.data
    if answer.bits < _WHOLE_BYTES:
        return b"\x00" + answer.data
    crc = crc_a(answer.data)
    if is_spoilt:
        crc = bytes([crc[0] ^ 0x55, crc[1]])
    return b"\x00" + answer.data + crc
