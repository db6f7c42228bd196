"""The preview: small, shared, and only made while somebody looks."""

import threading
from itertools import islice
from pathlib import Path
from threading import Event, Thread

import cv2
import numpy as np
from live_scene import frames, grain, running, varied, write_sequence
from memory_doors import QuietJournal
from mjpeg_server import MjpegServer
from waiting import until

from edge.devices.camera.agreement import Outline, Sight
from edge.devices.camera.mjpeg_feed import decode
from edge.devices.camera.preview import Preview
from edge.devices.pixels import Picture

SCENE = grain(1280, 720)
BOX = Outline(((200.0, 200.0), (600.0, 200.0), (600.0, 600.0), (200.0, 600.0)), Sight.ACCEPTED)


def picture_of(jpeg: bytes) -> Picture:
    picture = decode(jpeg)
    assert picture is not None
    return picture


def test_a_viewer_sees_a_small_picture_with_outlines(tmp_path: Path) -> None:
    with running(write_sequence(tmp_path, (SCENE,)), QuietJournal()) as camera:
        frames(camera, 1)
        preview = Preview(camera, outlines=lambda: (BOX,))
        shown = [picture_of(each) for each in islice(preview.frames(Event()), 3)]

    assert all(each.shape == (360, 640, 3) for each in shown)
    blue, green, red = shown[0][200, 100].astype(int)
    assert green > blue + 40
    assert green > red + 40


def test_nothing_is_encoded_while_nobody_looks(tmp_path: Path) -> None:
    with running(write_sequence(tmp_path, (SCENE,)), QuietJournal()) as camera:
        preview = Preview(camera, outlines=lambda: ())
        frames(camera, 5)
        assert preview.encoded == 0
        next(preview.frames(Event()))
        frames(camera, 5)
        assert preview.encoded == 1


def test_viewers_share_each_picture(tmp_path: Path) -> None:
    seen: list[list[bytes]] = [[], [], []]
    with running(write_sequence(tmp_path, (SCENE, SCENE + 1)), QuietJournal()) as camera:
        frames(camera, 1)
        preview = Preview(camera, outlines=lambda: (), fps=10)

        def look(turn: int) -> None:
            seen[turn].extend(islice(preview.frames(Event()), 12))

        viewers = [Thread(target=look, args=(turn,)) for turn in range(3)]
        for viewer in viewers:
            viewer.start()
        for viewer in viewers:
            viewer.join(20)

    assert [len(each) for each in seen] == [12, 12, 12]
    assert preview.encoded <= 16


def test_without_a_picture_a_plate_is_shown_and_the_picture_returns() -> None:
    stop = Event()
    with (
        MjpegServer(varied(cv2.resize(SCENE, (320, 180)).astype(np.uint8))) as server,
        running(server.url, QuietJournal()) as camera,
    ):
        frames(camera, 1)
        shown = Preview(camera, outlines=lambda: ()).frames(stop)
        assert picture_of(next(shown)).shape == (180, 320, 3)
        server.stop()
        until(lambda: not camera.state.live)
        plate = next(shown)
        assert picture_of(plate).shape == (360, 640, 3)
        assert next(shown) == plate
        server.start()
        until(lambda: next(shown) != plate)
        stop.set()
        assert list(shown) == []

    assert not any(each.name == "camera" for each in threading.enumerate())


def test_a_still_is_the_whole_frame(tmp_path: Path) -> None:
    with running(write_sequence(tmp_path, (SCENE,)), QuietJournal()) as camera:
        frame = frames(camera, 1)[0]
        still = Preview(camera, outlines=lambda: (BOX,)).still(frame)

    assert picture_of(still).shape == SCENE.shape
    sent = cv2.cvtColor(picture_of(still), cv2.COLOR_BGR2GRAY)
    assert np.abs(sent.astype(int) - frame.grey).mean() < 6
