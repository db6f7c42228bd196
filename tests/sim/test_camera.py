"""The simulated camera over HTTP: any number of readers, unplugging, and a clean end."""

import socket
import struct
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection, HTTPResponse

import cv2
import numpy as np
import pytest

from edge.core.errors import DeviceGone
from edge.devices.qr.cascade import QrReader
from edge.sim.camera import HOST, STOP_S, SimulatedCamera
from edge.sim.scenes import SIZE, Bgr, Scene, badge_in_view, empty_desk

LIMIT_S = 5.0
TEXT = "V1.NC-2026-000001.04A1B2C3D4E5F6.NC-CHIP-1.AAAA"


@pytest.fixture(scope="module")
def desk() -> Scene:
    return empty_desk(np.random.default_rng(1))


@pytest.fixture(scope="module")
def badge() -> Scene:
    return badge_in_view(TEXT, np.random.default_rng(1))


@pytest.fixture
def camera(desk: Scene) -> Iterator[SimulatedCamera]:
    before = set(threading.enumerate())
    with SimulatedCamera(desk) as camera:
        yield camera
    assert set(threading.enumerate()) <= before


def port_of(camera: SimulatedCamera) -> int:
    return int(camera.url.rsplit(":", 1)[1].split("/")[0])


def connect(camera: SimulatedCamera) -> HTTPConnection:
    return HTTPConnection(HOST, port_of(camera), timeout=LIMIT_S)


def next_picture(answer: HTTPResponse) -> Bgr:
    assert answer.readline() == b"--frame\r\n"
    assert answer.readline() == b"Content-Type: image/jpeg\r\n"
    length = int(answer.readline().removeprefix(b"Content-Length: "))
    assert answer.readline() == b"\r\n"
    coded = answer.read(length)
    assert answer.readline() == b"\r\n"
    return np.asarray(cv2.imdecode(np.frombuffer(coded, np.uint8), cv2.IMREAD_COLOR), np.uint8)


def wait_until_nobody_reads(camera: SimulatedCamera) -> None:
    limit_s = time.monotonic() + LIMIT_S
    while camera.readers and time.monotonic() < limit_s:
        threading.Event().wait(0.02)


def is_refused(camera: SimulatedCamera) -> bool:
    with closing(socket.socket()) as knock:
        knock.settimeout(LIMIT_S)
        return knock.connect_ex((HOST, port_of(camera))) != 0


def test_ten_pictures_a_second_over_plain_http(camera: SimulatedCamera) -> None:
    with closing(connect(camera)) as connection:
        connection.request("GET", "/stream")
        answer = connection.getresponse()
        kind = answer.headers["Content-Type"]
        assert kind == "multipart/x-mixed-replace; boundary=frame"
        assert next_picture(answer).shape == (SIZE[1], SIZE[0], 3)
        start_s = time.monotonic()
        pictures = [next_picture(answer) for _ in range(10)]
        assert 0.7 < time.monotonic() - start_s < LIMIT_S
    assert all(not np.array_equal(pictures[0], other) for other in pictures[1:])


def test_opencv_opens_the_stream_and_sees_the_scene_change(
    camera: SimulatedCamera, badge: Scene
) -> None:
    reader, seen = QrReader(), set[str]()
    video = cv2.VideoCapture(camera.url)
    try:
        assert video.isOpened()
        taken, picture = video.read()
        assert taken
        assert picture.shape == (SIZE[1], SIZE[0], 3)
        camera.show(badge)
        limit_s = time.monotonic() + LIMIT_S
        while not seen and time.monotonic() < limit_s:
            taken, picture = video.read()
            assert taken
            grey = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)
            seen = {code.payload.decode() for code in reader.read_frame(grey)}
    finally:
        video.release()
    assert seen == {TEXT}
    assert camera.scene is badge


def test_ten_readers_at_once(camera: SimulatedCamera) -> None:
    def watch(_: int) -> int:
        with closing(connect(camera)) as connection:
            connection.request("GET", "/stream")
            answer = connection.getresponse()
            return sum(next_picture(answer).size > 0 for _ in range(5))

    with ThreadPoolExecutor(10) as pool:
        assert list(pool.map(watch, range(10))) == [5] * 10


def test_a_new_reader_never_gets_an_old_scene(camera: SimulatedCamera, badge: Scene) -> None:
    reader = QrReader()
    for scene, texts in ((camera.scene, set[str]()), (badge, {TEXT})):
        camera.show(scene)
        with closing(connect(camera)) as connection:
            connection.request("GET", "/stream")
            picture = next_picture(connection.getresponse())
        grey = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)
        assert {code.payload.decode() for code in reader.read_frame(grey)} == texts
        wait_until_nobody_reads(camera)


def test_a_reader_that_breaks_off_disturbs_nobody(
    camera: SimulatedCamera, capfd: pytest.CaptureFixture[str]
) -> None:
    for request in (b"GET /stream HTTP/1.1\r\n\r\n", b"GET /str", b"\x16\x03\x01\r\n\r\n"):
        with closing(socket.create_connection((HOST, port_of(camera)), LIMIT_S)) as rude:
            at_once = struct.pack("ii", 1, 0)
            rude.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
            rude.sendall(request)
    with closing(connect(camera)) as connection:
        connection.request("GET", "/stream")
        answer = connection.getresponse()
        for _ in range(3):
            next_picture(answer)
    wait_until_nobody_reads(camera)
    assert capfd.readouterr().err == ""


def test_one_still_and_nothing_else(camera: SimulatedCamera) -> None:
    with closing(connect(camera)) as connection:
        connection.request("GET", "/still")
        answer = connection.getresponse()
        coded = answer.read()
        assert answer.headers["Content-Type"] == "image/jpeg"
        assert cv2.imdecode(np.frombuffer(coded, np.uint8), cv2.IMREAD_COLOR) is not None
    with closing(connect(camera)) as connection:
        connection.request("GET", "/elsewhere")
        assert connection.getresponse().status == 404


def test_unplugged_it_cuts_readers_and_refuses_until_plugged(camera: SimulatedCamera) -> None:
    url = camera.url
    for _ in range(3):
        with closing(connect(camera)) as connection:
            connection.request("GET", "/stream")
            answer = connection.getresponse()
            next_picture(answer)
            camera.unplug()
            assert not camera.plugged
            assert len(answer.read()) < 4_000_000  # what was on its way, and then the end
        assert is_refused(camera)
        camera.plug()
        assert camera.url == url
        assert not is_refused(camera)


def test_it_stops_in_time_with_readers_that_do_not_read(desk: Scene) -> None:
    before = set(threading.enumerate())
    camera = SimulatedCamera(desk)
    camera.start()
    camera.start()
    lazy = [connect(camera) for _ in range(3)]
    for connection in lazy:
        connection.request("GET", "/stream")
    silent = socket.create_connection((HOST, port_of(camera)), LIMIT_S)
    answer = lazy[0].getresponse()
    next_picture(answer)
    start_s = time.monotonic()
    camera.stop()
    assert time.monotonic() - start_s < STOP_S
    assert set(threading.enumerate()) <= before
    camera.stop()
    for connection in lazy:
        connection.close()
    silent.close()
    answer.close()
    assert is_refused(camera)


def test_it_starts_again_at_its_port(desk: Scene) -> None:
    camera = SimulatedCamera(desk)
    with camera:
        url = camera.url
    with camera:
        assert camera.url == url
        assert not is_refused(camera)
    camera.plug()
    assert not camera.plugged


def test_a_taken_port_is_said(desk: Scene) -> None:
    with closing(socket.create_server((HOST, 0))) as taken:
        camera = SimulatedCamera(desk, port=taken.getsockname()[1])
        with pytest.raises(DeviceGone, match="camera_port_taken"):
            camera.start()
        camera.stop()


def test_it_rests_while_nobody_reads(camera: SimulatedCamera) -> None:
    with closing(connect(camera)) as connection:
        connection.request("GET", "/stream")
        next_picture(connection.getresponse())
    wait_until_nobody_reads(camera)
    assert camera.readers == 0
