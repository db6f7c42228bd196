"""Lamp and buzzer at the pins of a Raspberry Pi: the only door to gpiozero."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from gpiozero import RGBLED, Buzzer
from gpiozero.exc import GPIOZeroError

from edge.core.errors import DeviceGone

COLOURS: Final[Mapping[str, tuple[int, int, int]]] = {
    "off": (0, 0, 0),
    "red": (1, 0, 0),
    "green": (0, 1, 0),
    "blue": (0, 0, 1),
    "yellow": (1, 1, 0),
    "purple": (1, 0, 1),
    "white": (1, 1, 1),
}
"""What three lamps that are only on or off can show."""


@dataclass(frozen=True, slots=True)
class Pins:
    """BCM numbers; without `buzzer` there is none. `active_high` when a high pin lights a lamp."""

    red: int = 17
    green: int = 27
    blue: int = 22
    buzzer: int | None = 23
    active_high: bool = True


class GpioPanel:
    """Holds the pins until `close`; `factory` is gpiozero's, its mock in tests."""

    def __init__(self, pins: Pins, *, factory: Any = None) -> None:
        self._parts: list[Any] = []
        try:
            self._lamp = RGBLED(
                pins.red,
                pins.green,
                pins.blue,
                active_high=pins.active_high,
                pwm=False,
                pin_factory=factory,
            )
            self._parts.append(self._lamp)
            self._buzzer = None
            if pins.buzzer is not None:
                self._buzzer = Buzzer(pins.buzzer, pin_factory=factory)
                self._parts.append(self._buzzer)
        except (GPIOZeroError, OSError, RuntimeError) as error:
            self.close()
            raise DeviceGone("signals_gone", why=type(error).__name__) from error

    def light(self, colour: str) -> None:
        """Show one of `COLOURS`."""
        self._lamp.value = COLOURS[colour]

    def sound(self, *, on: bool) -> None:
        """Sound the buzzer or silence it."""
        if self._buzzer is not None:
            (self._buzzer.on if on else self._buzzer.off)()

    def close(self) -> None:
        """All off, and the pins free."""
        while self._parts:
            self._parts.pop().close()
