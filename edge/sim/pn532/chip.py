"""The chip itself: commands in, answers out; no line, no thread, no clock of its own."""

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass

from edge.sim.pn532.faults import FaultKind, FaultPlan
from edge.sim.pn532.field import Field
from edge.sim.pn532.frames import (
    ACK,
    ERROR_FRAME,
    NACK,
    Frame,
    FrameReader,
    Kind,
    answer_frame,
)

SPEEDS = (9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600, 1288000)
POWER_ON_BAUD = 115200
FIRMWARE = bytes.fromhex("32010607")
LATE_S = 0.35
SILENT_S = 0.5
NOISE = bytes.fromhex("5aa5")
_LOST_WHILE_WAKING = 8
_LOG_LIMIT = 2_000


@dataclass(frozen=True, slots=True)
class Out:
    """Bytes for the host after a pause; `cut` says that the cable comes off instead.

    `stray` bytes come in their own time, whatever is said meanwhile.
    """

    data: bytes = b""
    after_s: float = 0.0
    cut: bool = False
    stray: bool = False


@dataclass(frozen=True, slots=True)
class Logged:
    """One command that reached the chip."""

    code: int
    data: bytes


@dataclass(frozen=True, slots=True)
class _Answer:
    data: bytes = b""
    work_s: float = 0.0


class Chip:
    """PN532 as its serial host sees it; it starts without power."""

    def __init__(self) -> None:
        self.field = Field()
        self.faults = FaultPlan()
        self.log: deque[Logged] = deque(maxlen=_LOG_LIMIT)
        self.counts: Counter[int] = Counter()
        self.baud = POWER_ON_BAUD
        self._reader = FrameReader()
        self._is_hung = False
        self._silent_until_s = 0.0
        self._asleep_bytes = 0
        self._is_configured = False
        self._pending_baud: int | None = None
        self._last_answer = b""
        self._works: dict[int, Callable[[bytes], _Answer | None]] = {
            0x00: self._diagnose,
            0x02: self._firmware,
            0x06: self._read_registers,
            0x08: self._write_registers,
            0x10: self._set_speed,
            0x12: self._nothing,
            0x14: self._configure,
            0x16: self._power_down,
            0x32: self._rf_configuration,
            0x42: self._communicate,
            0x4A: self._list_targets,
        }
        self.power_on()

    def power_on(self) -> None:
        """Power comes: 115200 baud, asleep, no field, nothing configured."""
        self.baud = POWER_ON_BAUD
        self._is_hung = False
        self._silent_until_s = 0.0
        self._is_configured = False
        self._pending_baud = None
        self._last_answer = b""
        self._reader.clear()
        self._sleep()
        self.field.reset()

    def receive(self, data: bytes, *, host_baud: int, now_s: float) -> tuple[Out, ...]:
        """What the chip does with bytes that a host sent at a speed."""
        if self._is_hung or now_s < self._silent_until_s:
            return ()
        if self._pending_baud == host_baud:
            self._take_speed()
        if host_baud != self.baud:
            self._reader.clear()
            return ()
        data = self._waking(data)
        outs: list[Out] = []
        for frame in self._reader.feed(data, now_s):
            outs.extend(self._take(frame, now_s))
        return tuple(outs)

    def _waking(self, data: bytes) -> bytes:
        """The first bytes wake the chip and are lost."""
        lost = min(self._asleep_bytes, len(data))
        self._asleep_bytes -= lost
        return data[lost:]

    def _sleep(self) -> None:
        self._asleep_bytes = _LOST_WHILE_WAKING

    def _take_speed(self) -> None:
        """The host's ACK, or its new speed: a flush on a pseudo-terminal may eat the ACK."""
        if self._pending_baud is not None:
            self.baud, self._pending_baud = self._pending_baud, None

    def _take(self, frame: Frame, now_s: float) -> tuple[Out, ...]:
        match frame.kind:
            case Kind.ACK:
                self._take_speed()
                return ()
            case Kind.NACK:
                return (Out(self._last_answer),)
            case Kind.BROKEN:
                return (Out(NACK),)
            case Kind.COMMAND:
                return self._command(frame.body[0], frame.body[1:], now_s)

    def _command(self, code: int, data: bytes, now_s: float) -> tuple[Out, ...]:
        self.log.append(Logged(code, data))
        self.counts[code] += 1
        fault = self.faults.take(code)
        if fault in _BEFORE:
            return self._fail_before(fault, now_s)
        if fault is FaultKind.LIFT:
            self.field.place(())
        self.field.trouble = fault if fault in _RADIO else None
        answer = self._execute(code, data)
        self.field.trouble = None
        if answer is None:
            self._last_answer = ERROR_FRAME
            return (Out(ACK), Out(ERROR_FRAME))
        self._last_answer = answer_frame(bytes([code + 1]) + answer.data)
        return _send(self._last_answer, answer.work_s, fault)

    def _fail_before(self, fault: FaultKind | None, now_s: float) -> tuple[Out, ...]:
        """Troubles in which the command is never carried out."""
        match fault:
            case FaultKind.NACK:
                return (Out(NACK),)
            case FaultKind.GARBAGE:
                return (Out(NOISE),)
            case FaultKind.ERROR_FRAME:
                return (Out(ACK), Out(ERROR_FRAME))
            case FaultKind.UNPLUG:
                return (Out(cut=True),)
            case FaultKind.HANG:
                self._is_hung = True
            case FaultKind.SILENT:
                self._silent_until_s = now_s + SILENT_S
            case FaultKind.BROWN_OUT:
                self.power_on()
            case FaultKind.ASLEEP:
                self._sleep()
            case FaultKind.WRONG_BAUD:
                self.baud = SPEEDS[5] if self.baud == POWER_ON_BAUD else POWER_ON_BAUD
            case _:
                pass
        return ()

    def _execute(self, code: int, data: bytes) -> _Answer | None:
        """The answer's data; None is an error frame."""
        work = self._works.get(code)
        if work is None or (code in _NEEDS_CONFIGURATION and not self._is_configured):
            return None
        return work(data)

    def _diagnose(self, data: bytes) -> _Answer | None:
        return _Answer(data) if data[:1] == b"\x00" else None

    def _firmware(self, _: bytes) -> _Answer:
        return _Answer(FIRMWARE)

    def _configure(self, _: bytes) -> _Answer:
        self._is_configured = True
        return _Answer()

    def _set_speed(self, data: bytes) -> _Answer | None:
        if len(data) != 1 or data[0] >= len(SPEEDS):
            return None
        self._pending_baud = SPEEDS[data[0]]
        return _Answer()

    def _power_down(self, _: bytes) -> _Answer:
        self._sleep()
        self.field.switch(on=False)
        return _Answer(b"\x00")

    def _nothing(self, _: bytes) -> _Answer:
        return _Answer()

    def _rf_configuration(self, data: bytes) -> _Answer:
        if data[:1] == b"\x01" and len(data) > 1:
            self.field.switch(on=bool(data[1] & 1))
        return _Answer()

    def _read_registers(self, data: bytes) -> _Answer:
        pairs = range(0, len(data) - 1, 2)
        return _Answer(
            bytes(self.field.register(int.from_bytes(data[at : at + 2], "big")) for at in pairs)
        )

    def _write_registers(self, data: bytes) -> _Answer:
        for at in range(0, len(data) - 2, 3):
            self.field.registers[int.from_bytes(data[at : at + 2], "big")] = data[at + 2]
        return _Answer()

    def _list_targets(self, data: bytes) -> _Answer | None:
        if len(data) < 2:  # noqa: PLR2004 - how many, and the technology
            return None
        return _Answer(*self.field.list_target(data[1], data[2:]))

    def _communicate(self, data: bytes) -> _Answer | None:
        return _Answer(*self.field.communicate(data)) if data else None


_NEEDS_CONFIGURATION = frozenset({0x32, 0x42, 0x4A})
_RADIO = frozenset({FaultKind.RF_CRC, FaultKind.RF_LOST})
_BEFORE = frozenset(
    {
        FaultKind.NACK,
        FaultKind.GARBAGE,
        FaultKind.ERROR_FRAME,
        FaultKind.UNPLUG,
        FaultKind.HANG,
        FaultKind.SILENT,
        FaultKind.BROWN_OUT,
        FaultKind.ASLEEP,
        FaultKind.WRONG_BAUD,
    }
)


def _send(frame: bytes, work_s: float, fault: FaultKind | None) -> tuple[Out, ...]:
    """ACK and answer, as the line's trouble lets them through."""
    match fault:
        case FaultKind.NO_ACK:
            return (Out(frame, work_s),)
        case FaultKind.NO_RESPONSE:
            return (Out(ACK),)
        case FaultKind.LATE_RESPONSE:
            return (Out(ACK), Out(frame, LATE_S, stray=True))
        case _:
            return (Out(ACK), Out(_spoilt(frame, fault), work_s))


def _spoilt(frame: bytes, fault: FaultKind | None) -> bytes:
    match fault:
        case FaultKind.BAD_DCS:
            return frame[:-2] + bytes([frame[-2] ^ 0xFF]) + frame[-1:]
        case FaultKind.BAD_LCS:
            return frame[:4] + bytes([frame[4] ^ 0x01]) + frame[5:]
        case FaultKind.HALF_FRAME:
            return frame[: len(frame) // 2]
        case _:
            return frame
