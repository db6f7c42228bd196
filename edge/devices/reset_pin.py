"""The reset line of a reader's chip at a pin of a Raspberry Pi: the last rung (DEVICES 1.4)."""

import threading
from typing import Any

from gpiozero import OutputDevice
from gpiozero.exc import GPIOZeroError

from edge.core.errors import DeviceGone

LOW_S = 0.1
"""The PN532 needs 20 ns; its supply's capacitors need longer."""


def pull_low(pin: int, *, factory: Any = None) -> None:
    """Low for a moment, then released; DeviceGone when the pin cannot be had."""
    try:
        with OutputDevice(pin, initial_value=False, pin_factory=factory) as line:
            threading.Event().wait(LOW_S)
            line.on()
    except GPIOZeroError as error:
        raise DeviceGone("pin_unusable", pin=pin, why=str(error)) from error
