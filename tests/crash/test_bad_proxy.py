"""The bad line itself: each fault does what its name says, and the good line changes nothing."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from time import monotonic

import pytest
from bad_proxy import CUT_BYTES, HOST, BadProxy, Fault
from waiting import until

LIMIT_S = 5.0
TEXT = bytes(range(256)) * 40


class Echo:
    """Sends back what it gets."""

    def __init__(self) -> None:
        self._server = socket.create_server((HOST, 0))
        self.port: int = self._server.getsockname()[1]
        self.got = bytearray()
        self._threads: list[threading.Thread] = []
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while True:
            try:
                link, _ = self._server.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(link,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, link: socket.socket) -> None:
        with link, suppress(OSError):
            while data := link.recv(4096):
                self.got += data
                link.sendall(data)

    def close(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for thread in (self._thread, *self._threads):
            thread.join(LIMIT_S)


@pytest.fixture
def echo() -> Iterator[Echo]:
    made = Echo()
    yield made
    made.close()


@pytest.fixture
def proxy(echo: Echo) -> Iterator[BadProxy]:
    with BadProxy(echo.port, seed=1) as made:
        yield made


@pytest.fixture
def link(proxy: BadProxy) -> Iterator[socket.socket]:
    with socket.create_connection((HOST, proxy.port), timeout=LIMIT_S) as made:
        assert exchange(made, b"hello") == b"hello"
        yield made


def exchange(link: socket.socket, data: bytes) -> bytes:
    """What comes back of what was sent, until it is whole or the line ends."""
    link.sendall(data)
    got = b""
    while len(got) < len(data):
        more = link.recv(65_536)
        if not more:
            break
        got += more
    return got


def ends(link: socket.socket) -> bool:
    try:
        return link.recv(1) == b""
    except ConnectionError:
        return True


def is_silent(link: socket.socket, data: bytes) -> bool:
    link.settimeout(0.3)
    link.sendall(data)
    try:
        return link.recv(1) != b"" and False
    except TimeoutError:
        return True
    finally:
        link.settimeout(LIMIT_S)


def test_a_good_line_hands_on_every_byte(link: socket.socket) -> None:
    assert exchange(link, TEXT) == TEXT


def test_a_dripping_line_is_slow_and_whole(proxy: BadProxy, link: socket.socket) -> None:
    proxy.impose(Fault.DRIP)
    begun = monotonic()
    assert exchange(link, TEXT[:2000]) == TEXT[:2000]
    assert monotonic() - begun > 0.15


def test_a_satellite_takes_600_ms_there_and_back(proxy: BadProxy, link: socket.socket) -> None:
    proxy.impose(Fault.SATELLITE)
    begun = monotonic()
    assert exchange(link, b"x") == b"x"
    assert 0.54 < monotonic() - begun < 2.6


def test_a_black_hole_swallows_and_its_end_ends_the_connection(
    echo: Echo, proxy: BadProxy, link: socket.socket
) -> None:
    proxy.impose(Fault.BLACKHOLE)
    assert is_silent(link, b"lost")
    assert echo.got == b"hello"
    with socket.create_connection((HOST, proxy.port), timeout=LIMIT_S) as late:
        assert is_silent(late, b"lost too")
        proxy.heal()
        assert ends(link)
        assert ends(late)
    assert echo.got == b"hello"


def test_a_half_open_line_carries_up_and_nothing_down(
    echo: Echo, proxy: BadProxy, link: socket.socket
) -> None:
    proxy.impose(Fault.HALF_OPEN)
    assert is_silent(link, b"there")
    assert echo.got == b"hellothere"
    proxy.heal()
    assert ends(link)


def test_a_cut_comes_in_the_middle_of_what_is_sent(
    echo: Echo, proxy: BadProxy, link: socket.socket
) -> None:
    proxy.impose(Fault.CUT)
    with suppress(ConnectionError):
        exchange(link, TEXT)
    until(lambda: len(echo.got) > len(b"hello"))
    assert CUT_BYTES[0] <= len(echo.got) - len(b"hello") <= CUT_BYTES[1] < len(TEXT)


def test_a_refusing_line_takes_nobody_and_keeps_its_port(
    proxy: BadProxy, link: socket.socket
) -> None:
    port = proxy.port
    proxy.impose(Fault.REFUSE)
    assert ends(link)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((HOST, port), timeout=LIMIT_S)
    proxy.heal()
    assert proxy.port == port
    with socket.create_connection((HOST, port), timeout=LIMIT_S) as again:
        assert exchange(again, b"back") == b"back"


def test_a_line_can_lead_elsewhere(proxy: BadProxy, link: socket.socket) -> None:
    other = Echo()
    try:
        proxy.upstream_port = other.port
        proxy.reset()
        assert ends(link)
        with socket.create_connection((HOST, proxy.port), timeout=LIMIT_S) as moved:
            assert exchange(moved, b"new") == b"new"
            assert other.got == b"new"
    finally:
        other.close()
