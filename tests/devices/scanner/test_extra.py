"""The base install has no pyserial: everything but a serial port works without it."""

import subprocess
import sys

CODE = """
import sys
sys.modules["serial"] = None
from edge.cli.app import app
from edge.core.errors import ConfigError
from edge.devices.scanner.transport import transport_of
transport_of("socket://127.0.0.1:4001")
try:
    transport_of("/dev/ttyUSB0")
except ConfigError as error:
    print(error)
"""


def test_without_pyserial_a_serial_port_names_the_extra() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, check=True, timeout=60
    )
    assert "specimen-edge[scanner]" in done.stdout
