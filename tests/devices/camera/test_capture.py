"""The camera comes back from every trouble, says so once, and always stops in time."""

import os
import threading
from itertools import pairwise
from pathlib import Path
from time import monotonic

import cv2
import numpy as np
import pytest
from live_scene import CLOCK, frames, grain, jpeg, noisy, running, varied, write_sequence
from memory_doors import QuietJournal
from mjpeg_server import MjpegServer, Mood
from waiting import until

from edge.devices.camera.capture import Camera
from edge.devices.camera.source import parse_source

SCENE = grain()
LONG_S = 15.0


def test_the_newest_frame_is_numbered_and_stamped(tmp_path: Path) -> None:
    pictures = tuple(np.full((90, 160, 3), 20 * turn, np.uint8) for turn in range(3))
    pictures[0][:40] = pictures[1][:40] = pictures[2][:40] = 250
    text = write_sequence(tmp_path, pictures)

    with running(text, QuietJournal()) as camera:
        taken = frames(camera, 7)
        latest = camera.latest()

    assert [frame.number for frame in taken] == sorted({frame.number for frame in taken})
    assert all(one.taken.mono_ns < two.taken.mono_ns for one, two in pairwise(taken))
    assert latest is not None
    assert latest.grey is latest.grey
    assert latest.grey.shape == (90, 160)
    assert {int(frame.bgr[80, 80, 0]) for frame in taken} == {0, 20, 40}


def test_a_consumer_that_sleeps_gets_the_newest_frame(tmp_path: Path) -> None:
    with running(write_sequence(tmp_path, (SCENE,)), QuietJournal(), fps=60) as camera:
        first = frames(camera, 1)[0]
        until(lambda: (now := camera.latest()) is not None and now.number >= first.number + 5)
        after = camera.next_after(first.number, 1.0)

    assert after is not None
    assert after.number >= first.number + 5


def test_a_recording_may_end(tmp_path: Path) -> None:
    journal = QuietJournal()
    with running(write_sequence(tmp_path, (SCENE,) * 3), journal, loop=False) as camera:
        until(lambda: camera.state.why == "ended")
        assert not camera.state.live
        assert camera.latest() is None

    assert journal.noted == []


def test_a_video_file_keeps_its_own_pace(tmp_path: Path) -> None:
    path = tmp_path / "day.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 20.0, (320, 180))
    picture = np.ascontiguousarray(np.transpose(SCENE, (0, 1, 2)))[:180, :320]
    for _ in range(10):
        writer.write(noisy(np.asarray(cv2.resize(picture, (320, 180)), np.uint8)))
    writer.release()

    with running(str(path), QuietJournal(), fps=100) as camera:
        taken = frames(camera, 15)
        seconds = (taken[-1].taken.mono_ns - taken[0].taken.mono_ns) / 1e9
        count = taken[-1].number - taken[0].number

    assert count / seconds == pytest.approx(20, rel=0.35)


@pytest.mark.parametrize("text", ["/dev/v4l/by-id/usb-None", "200", "absent/%03d.jpg", "none.mp4"])
def test_a_missing_device_is_said_once_and_is_no_exception(text: str) -> None:
    journal = QuietJournal()
    with running(text, journal) as camera:
        until(lambda: camera.state.why == "absent")
        assert camera.next_after(0, 0.8) is None
        assert camera.latest() is None
        since = camera.state.since_mono_ns
        assert 0 < since <= CLOCK.mono_ns()

    assert journal.noted == ["camera.gone"]


def test_a_device_that_is_no_camera_is_refused() -> None:
    with running("/dev/null", QuietJournal()) as camera:
        until(lambda: camera.state.why == "refused")


def test_stop_takes_two_seconds_while_the_opening_hangs(tmp_path: Path) -> None:
    pipe = tmp_path / "nobody-writes.mjpeg"
    os.mkfifo(pipe)
    camera = Camera(parse_source(str(pipe)), read_clock=CLOCK.read, journal=QuietJournal())
    camera.start()
    (thread,) = (each for each in threading.enumerate() if each.name == "camera")
    until(lambda: camera.state.why == "stalled")

    start = monotonic()
    camera.stop()
    seconds = monotonic() - start
    held = thread.is_alive()
    os.close(os.open(pipe, os.O_WRONLY))
    thread.join(10)

    assert held
    assert seconds < 2
    assert not thread.is_alive()
    assert camera.state.why == "stopped"


def test_a_recording_that_appears_is_found(tmp_path: Path) -> None:
    journal = QuietJournal()
    with running(f"{tmp_path}/late/%03d.png", journal) as camera:
        until(lambda: camera.state.why == "absent")
        write_sequence(tmp_path / "late", (SCENE,))
        assert camera.next_after(0, 5.0) is not None

    assert journal.noted == ["camera.gone", "camera.back"]


@pytest.mark.parametrize("mood", [Mood.FINE, Mood.UNMEASURED])
def test_a_network_stream_is_read(mood: Mood) -> None:
    with MjpegServer(varied(SCENE)) as server:
        server.mood = mood
        journal = QuietJournal()
        with running(server.url, journal) as camera:
            taken = frames(camera, 5)
            assert camera.state.live

    assert np.abs(taken[-1].bgr.astype(int) - SCENE).mean() < 15
    assert journal.noted == []


def test_frames_beyond_the_wished_rate_are_dropped() -> None:
    with (
        MjpegServer(varied(SCENE), fps=100) as server,
        running(server.url, QuietJournal(), fps=10) as camera,
    ):
        taken = frames(camera, 6)

    seconds = (taken[-1].taken.mono_ns - taken[0].taken.mono_ns) / 1e9
    assert (taken[-1].number - taken[0].number) / seconds <= 10 / 0.7 + 1


def test_unplugged_and_back_on_the_same_port_heals_within_five_seconds() -> None:
    journal = QuietJournal()
    with MjpegServer(varied(SCENE)) as server, running(server.url, journal) as camera:
        last = frames(camera, 3)[-1]
        server.stop()
        until(lambda: camera.state.why == "absent")
        assert camera.latest() is None
        assert camera.next_after(0, 0.0) is None
        assert camera.next_after(last.number, 3.0) is None
        server.start()
        start = monotonic()
        back = camera.next_after(last.number, 10.0)
        seconds = monotonic() - start
        until(lambda: "camera.back" in journal.noted)

    assert back is not None
    assert back.number > last.number
    assert seconds < 5
    assert journal.noted == ["camera.gone", "camera.back"]


@pytest.mark.parametrize(
    ("mood", "why"),
    [
        (Mood.STALL, "stalled"),
        (Mood.TRICKLE, "stalled"),
        (Mood.GARBAGE, "stalled"),
        (Mood.CUT, "stalled"),
        (Mood.DROP, "lost"),
    ],
)
def test_trouble_in_the_stream_is_noticed_in_three_seconds_and_heals(mood: Mood, why: str) -> None:
    journal = QuietJournal()
    whys: set[str] = set()
    with MjpegServer(varied(SCENE)) as server, running(server.url, journal) as camera:
        last = frames(camera, 3)[-1]
        server.mood = mood
        start = monotonic()

        def is_gone() -> bool:
            whys.add(camera.state.why)
            return "camera.gone" in journal.noted

        until(is_gone)
        noticed_s = monotonic() - start
        whys.add(camera.state.why)
        server.mood = Mood.FINE
        start = monotonic()
        assert camera.next_after(last.number + 1000, 0) is None
        until(lambda: camera.state.live, LONG_S)
        healed_s = monotonic() - start

    assert noticed_s < 3
    assert why in whys
    assert healed_s < 5
    assert journal.noted == ["camera.gone", "camera.back"]


@pytest.mark.parametrize(("mood", "why"), [(Mood.REFUSE, "refused"), (Mood.SILENT, "stalled")])
def test_a_stranger_on_the_port_is_no_camera(mood: Mood, why: str) -> None:
    with MjpegServer(varied(SCENE)) as server:
        server.mood = mood
        with running(server.url, QuietJournal()) as camera:
            until(lambda: camera.state.why == why)


def test_a_frozen_stream_gives_no_frames_until_it_moves() -> None:
    journal, files = QuietJournal(), [jpeg(SCENE)]
    with (
        MjpegServer(lambda _: files[0]) as server,
        running(server.url, journal) as camera,
    ):
        until(lambda: camera.state.why == "frozen", LONG_S)
        assert camera.latest() is None
        files[0] = jpeg(noisy(SCENE))
        until(lambda: camera.state.live, 5.0)

    assert journal.noted == ["camera.gone", "camera.back"]


def test_a_covered_lens_gives_no_frames_until_there_is_light() -> None:
    journal = QuietJournal()
    black = jpeg(np.zeros_like(SCENE))
    light = varied(SCENE)
    is_dark = threading.Event()
    with (
        MjpegServer(lambda number: black if is_dark.is_set() else light(number)) as server,
        running(server.url, journal) as camera,
    ):
        frames(camera, 2)
        is_dark.set()
        until(lambda: camera.state.why == "blank", LONG_S)
        assert camera.latest() is None
        is_dark.clear()
        until(lambda: camera.state.live, 3.0)

    assert journal.noted == ["camera.gone", "camera.back"]


@pytest.mark.parametrize("mood", [Mood.FINE, Mood.STALL, Mood.SILENT, Mood.TRICKLE, Mood.GARBAGE])
def test_stop_takes_at_most_two_seconds_and_leaves_no_thread(mood: Mood) -> None:
    with MjpegServer(varied(SCENE)) as server:
        server.mood = mood
        camera = Camera(parse_source(server.url), read_clock=CLOCK.read, journal=QuietJournal())
        camera.start()
        threads = [each for each in threading.enumerate() if each.name == "camera"]
        camera.next_after(0, 0.5)
        start = monotonic()
        camera.stop()
        seconds = monotonic() - start

        assert seconds < 2
        assert threads
        assert not any(each.is_alive() for each in threads)
        assert camera.state.why == "stopped"
        assert camera.latest() is None


def test_a_camera_starts_again_with_higher_numbers(tmp_path: Path) -> None:
    camera = Camera(
        parse_source(write_sequence(tmp_path, (SCENE,))),
        read_clock=CLOCK.read,
        journal=QuietJournal(),
    )
    camera.start()
    camera.start()
    first = frames(camera, 2)[-1]
    camera.stop()
    camera.stop()
    camera.start()
    second = camera.next_after(first.number, 3.0)
    camera.stop()

    assert second is not None
    assert second.number > first.number
