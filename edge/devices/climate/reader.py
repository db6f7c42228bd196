"""The climate of rooms: one thread a line, each sensor once a minute, silence told as such."""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Lock, Thread
from typing import Protocol

from edge.core.curing.climate import Sample
from edge.core.errors import DeviceError
from edge.core.ids import SensorId
from edge.core.moments import Instant
from edge.devices.climate.profile import ClimateProfile, Registers
from edge.ports import Clock, Journal

PERIOD_S = 60.0
_TRIES = 2
_STOP_LIMIT_S = 8.0


class RegisterLine(Protocol):
    """A line on which sensors answer by their address."""

    def read(self, address: int, registers: Registers) -> tuple[int, ...]:
        """The registers of one sensor, signed; raise DeviceError."""
        ...

    def close(self) -> None:
        """Let go of the line; it opens again when it is asked."""
        ...


@dataclass(frozen=True, slots=True)
class BusSensor:
    """A sensor on a line: its name, its address there, and how to read it."""

    sensor: SensorId
    address: int
    profile: ClimateProfile


@dataclass(frozen=True, slots=True)
class Polled:
    """One answer, or None with the reason; `at` is when it was asked."""

    sensor: SensorId
    at: Instant
    sample: Sample | None
    why: str = ""


class ClimateReader:
    """Polls the sensors of one line; `report` is called from its thread, once a sensor and poll."""

    def __init__(
        self,
        line: RegisterLine,
        sensors: tuple[BusSensor, ...],
        *,
        report: Callable[[Polled], None],
        clock: Clock,
        journal: Journal,
        period_s: float = PERIOD_S,
    ) -> None:
        self._line = line
        self._sensors = sensors
        self._report = report
        self._clock = clock
        self._journal = journal
        self._period_ns = int(period_s * 1e9)
        self._silent: dict[SensorId, int] = {}
        self._lock = Lock()
        self._stop = Event()
        self._thread: Thread | None = None

    @property
    def silent(self) -> tuple[SensorId, ...]:
        """Sensors whose last poll had no answer."""
        with self._lock:
            return tuple(self._silent)

    def start(self) -> None:
        """Begin to poll; a line that is not there is asked again each time."""
        if self._thread is not None and self._thread.is_alive():
            return
        self._stop = Event()
        self._thread = Thread(
            target=self._run, args=(self._stop,), name="climate-line", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """End after the poll that is under way, and let the port go."""
        thread, self._thread = self._thread, None
        self._stop.set()
        if thread is not None:
            thread.join(_STOP_LIMIT_S)

    def _run(self, stop: Event) -> None:
        """Polls at multiples of the period from the start: a slow line drops one, never drifts."""
        due = self._clock.mono_ns()
        try:
            while not stop.is_set():
                for sensor in self._sensors:
                    if stop.is_set():
                        return
                    self._tell(self._poll(sensor))
                now = self._clock.mono_ns()
                due += self._period_ns * max(1, -(-(now - due) // self._period_ns))
                stop.wait(max(0, due - now) / 1e9)
        finally:
            self._line.close()

    def _poll(self, sensor: BusSensor) -> Polled:
        at = self._clock.read()
        why = ""
        for _ in range(_TRIES):
            try:
                values = self._line.read(sensor.address, sensor.profile.registers)
            except DeviceError as error:
                why = error.code
            else:
                return Polled(sensor.sensor, at, sample_of(values, sensor.profile, at))
        return Polled(sensor.sensor, at, None, why)

    def _tell(self, polled: Polled) -> None:
        """One line when a sensor falls silent and one when it is back; then the report."""
        with self._lock:
            was = self._silent.pop(polled.sensor, None)
            if polled.sample is None:
                self._silent[polled.sensor] = (was or 0) + 1
        if polled.sample is None and was is None:
            self._journal.warning("sensor.silent", sensor=polled.sensor, why=polled.why)
        elif polled.sample is not None and was is not None:
            self._journal.info("sensor.back", sensor=polled.sensor, missed=was)
        self._report(polled)


def sample_of(values: tuple[int, ...], profile: ClimateProfile, at: Instant) -> Sample:
    """The registers as hundredths."""
    registers = profile.registers
    scale = 100 // registers.parts
    wet = registers.humidity_at
    return Sample(
        at=at.at,
        temperature_centi_c=values[registers.temperature_at] * scale,
        humidity_centi_pct=None if wet is None else values[wet] * scale,
    )
