"""The reset line of a chip, at gpiozero's mock pins."""

import pytest
from gpiozero import OutputDevice
from gpiozero.pins.mock import MockFactory

from edge.core.errors import DeviceGone
from edge.devices.reset_pin import LOW_S, pull_low


def test_the_line_goes_low_and_comes_back() -> None:
    factory = MockFactory()
    pin = factory.pin(25)
    pull_low(25, factory=factory)
    changes = [(state.state, state.timestamp) for state in pin.states]
    low = next(index for index, (is_high, _) in enumerate(changes) if not is_high)
    is_high, low_s = changes[low + 1]
    assert is_high
    assert low_s >= LOW_S * 0.9


def test_a_pin_that_is_taken_is_an_error_of_ours() -> None:
    factory = MockFactory()
    with OutputDevice(25, pin_factory=factory), pytest.raises(DeviceGone, match="pin_unusable"):
        pull_low(25, factory=factory)
