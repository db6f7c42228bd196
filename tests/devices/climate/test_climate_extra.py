"""The base install has no minimalmodbus: everything but a line works without it."""

import subprocess
import sys

CODE = """
import sys
sys.modules["minimalmodbus"] = None
from edge.core.errors import ConfigError
from edge.devices.climate.line import line_of
from edge.devices.climate.profile import Line
try:
    line_of("/dev/ttyUSB0", Line())
except ConfigError as error:
    print(error)
"""


def test_without_the_library_a_line_names_the_extra() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, check=True, timeout=60
    )
    assert "specimen-edge[climate]" in done.stdout
