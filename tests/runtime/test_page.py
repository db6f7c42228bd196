"""The page as a door: stops in time with every stream open, and says when its port is taken."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from time import monotonic

import pytest
from screen_desk import TouchDesk, running_desk, served
from waiting import until

from edge.core.errors import DeviceBusy
from edge.runtime.page import SILENT_S


@pytest.fixture
def desk() -> Iterator[TouchDesk]:
    with running_desk() as running:
        yield running


def open_stream(port: int, path: str) -> socket.socket:
    """A reader that takes what comes first and then nothing more."""
    reader = socket.create_connection(("127.0.0.1", port), 10)
    reader.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
    assert reader.recv(64).startswith(b"HTTP/1.1 200")
    return reader


@pytest.mark.parametrize("path", ["/moments", "/preview"])
def test_it_stops_in_time_with_streams_open(desk: TouchDesk, path: str) -> None:
    with ExitStack() as stack:
        with served(desk) as (_, door):
            for _ in range(4):
                stack.enter_context(open_stream(door.port, path))
            idle = socket.create_connection(("127.0.0.1", door.port), 10)
            stack.enter_context(idle)
            begun = monotonic()
            door.stop()
            took = monotonic() - begun
        assert took < 5
        assert not door._thread.is_alive()
    until(lambda: desk.film.viewers == 0, 5)
    assert not desk.loop._listeners


def test_it_stops_in_time_while_a_touch_waits_for_the_desk() -> None:
    with running_desk() as desk, served(desk) as (_, door):
        gate = desk.loop.submit(lambda: until(lambda: not door._thread.is_alive(), 15))
        body = b'{"do":"state"}'
        with socket.create_connection(("127.0.0.1", door.port), 10) as asking:
            asking.sendall(
                b"POST /do HTTP/1.1\r\nHost: localhost\r\nIdempotency-Key: k\r\n"
                b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
            )
            until(lambda: desk.loop._orders.qsize() >= 1)
            begun = monotonic()
            door.stop()
            assert monotonic() - begun < 5
        gate.result(10)


def test_a_taken_port_is_said(desk: TouchDesk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        door = desk.door(port=port)
        with pytest.raises(DeviceBusy) as refused:
            door.start()
        assert (refused.value.code, refused.value.facts) == ("page_port_taken", {"port": port})
        door.stop()


def test_it_answers_on_loopback_only(desk: TouchDesk) -> None:
    with served(desk) as (client, door):
        assert client.get("/").status_code == 200
        addresses = {server.sockets[0].getsockname()[0] for server in door._server.servers}
        assert addresses == {"127.0.0.1"}


def test_how_long_the_page_has_not_painted_can_be_asked(desk: TouchDesk) -> None:
    with served(desk) as (client, _):
        assert client.get("/alive").json() == {"silent_s": None}
        assert client.post("/alive").status_code == 204
        desk.bench.clock.move(SILENT_S + 1)
        assert client.get("/alive").json() == {"silent_s": SILENT_S + 1}
        client.post("/alive")
        assert client.get("/alive").json() == {"silent_s": 0.0}
    assert desk.journal.noted.count("page.back") == 1
