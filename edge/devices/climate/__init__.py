"""Temperature and humidity sensors on RS-485 lines, by Modbus RTU."""
