import socket
import threading
from contextlib import closing
from pathlib import Path
from time import monotonic

import pytest

from edge.core.errors import ConfigError, DeviceBusy, DeviceGone
from edge.devices.scanner.serial_port import SerialPort
from edge.devices.scanner.tcp_port import TcpPort
from edge.devices.scanner.transport import Transport, transport_of
from edge.sim.scanner.line import SimScanner
from edge.sim.scanner.plain import PlainModule


@pytest.mark.parametrize(
    ("place", "kind"),
    [
        ("/dev/specimen-scanner", SerialPort),
        ("/dev/serial/by-path/platform-usb-0:1.2:1.0-port0", SerialPort),
        ("socket://127.0.0.1:4001", TcpPort),
        ("socket://[::1]:4001", TcpPort),
    ],
)
def test_a_word_of_the_settings_names_a_line(place: str, kind: type) -> None:
    assert isinstance(transport_of(place), kind)


@pytest.mark.parametrize(
    "place",
    [
        *("", "ttyUSB0", "COM3", "socket://host", "socket://host:0", "socket://h:70000"),
        *("rfc2217://host:1", "/dev/tty\nUSB0", "/" + "x" * 300, "socket://u:p@host:1"),
    ],
)
def test_anything_else_is_a_mistake_in_the_settings(place: str) -> None:
    with pytest.raises(ConfigError, match="scanner_place_malformed"):
        transport_of(place)


def waiting_read(line: Transport) -> tuple[threading.Thread, list[bytes]]:
    got: list[bytes] = []
    thread = threading.Thread(target=lambda: got.append(line.read(30.0)))
    thread.start()
    return thread, got


def test_a_waiting_read_of_a_port_can_be_ended(tmp_path: Path) -> None:
    with closing(SimScanner(PlainModule(), tmp_path / "scanner")) as sim:
        sim.plug()
        line = SerialPort(str(sim.path))
        line.open(9600)
        begun_s = monotonic()
        thread, got = waiting_read(line)
        while not got:
            line.wake()
            thread.join(0.01)
        assert got == [b""]
        assert monotonic() - begun_s < 5.0
        line.close()


def test_a_port_is_held_alone(tmp_path: Path) -> None:
    with closing(SimScanner(PlainModule(), tmp_path / "scanner")) as sim:
        sim.plug()
        first, second = SerialPort(str(sim.path)), SerialPort(str(sim.path))
        first.open(9600)
        with pytest.raises(DeviceBusy, match="scanner_busy"):
            second.open(9600)
        first.close()
        second.open(115200)
        assert sim.host_baud == 115200
        second.close()


def test_what_lay_on_the_line_before_is_thrown_away(tmp_path: Path) -> None:
    with closing(SimScanner(PlainModule(), tmp_path / "scanner")) as sim:
        sim.plug()
        sim.module.see(b"")
        line = SerialPort(str(sim.path))
        line.open(9600)
        sim.send(b"old\r")
        line.open(9600)
        sim.send(b"new\r")
        assert line.read(5.0).startswith(b"new")
        line.close()


def test_every_verb_on_a_pulled_cable_is_the_same_error(tmp_path: Path) -> None:
    with closing(SimScanner(PlainModule(), tmp_path / "scanner")) as sim:
        sim.plug()
        line = SerialPort(str(sim.path))
        line.open(9600)
        sim.unplug()
        for verb in (lambda: line.read(1.0), lambda: line.write(b"x"), lambda: line.open(9600)):
            with pytest.raises(DeviceGone, match="scanner_gone"):
                verb()
        line.wake()
        line.close()
        line.close()


def test_a_port_that_was_never_opened_is_gone() -> None:
    with pytest.raises(DeviceGone):
        SerialPort("/dev/none").read(0.0)
    with pytest.raises(DeviceGone):
        TcpPort("127.0.0.1", 1).write(b"x")


def test_a_terminal_server_is_a_line_too() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        line = transport_of(f"socket://127.0.0.1:{server.getsockname()[1]}")
        line.open(9600)
        with closing(server.accept()[0]) as other:
            other.sendall(b"AHJ-1\r")
            assert line.read(5.0) == b"AHJ-1\r"
            assert line.read(0.0) == b""
            line.write(b"hello")
            assert other.recv(16) == b"hello"
            thread, got = waiting_read(line)
            line.wake()
            thread.join(5.0)
            assert got == [b""]
        with pytest.raises(DeviceGone):
            line.read(5.0)
        line.close()
    with pytest.raises(DeviceGone):
        line.open(9600)
