"""The line that the settings name; what it needs is installed by the extra `climate`."""

from edge.core.errors import ConfigError
from edge.devices.climate.profile import Line
from edge.devices.climate.reader import RegisterLine


def line_of(path: str, line: Line, *, has_echo: bool = False) -> RegisterLine:
    """An RS-485 line by its path; ConfigError `climate_extra_absent` without the extra."""
    try:
        from edge.devices.climate.modbus import ModbusLine  # noqa: PLC0415 - the extra may be absent
    except ImportError as error:
        remedy = 'pip install "specimen-edge[climate]"'
        raise ConfigError("climate_extra_absent", remedy=remedy) from error
    return ModbusLine(path, line, has_echo=has_echo)
