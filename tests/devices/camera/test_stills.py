"""The door's camera in its own process: pictures within a deadline, whatever the process does."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from memory_doors import QuietJournal
from shots import numbered_shots
from waiting import until

from edge.core.errors import DeviceGone
from edge.core.evidence import Still
from edge.devices.camera.still_frames import Sitting, Told, pack_told, take_told
from edge.devices.camera.stills import LATE, RESTARTING, StillWorker, worker_command
from edge.host.clock import SystemClock

pytestmark = pytest.mark.timeout(60)
Make = Callable[..., StillWorker]


@pytest.fixture
def shots(tmp_path: Path) -> str:
    return numbered_shots(tmp_path)


@pytest.fixture
def make() -> Iterator[Make]:
    made: list[StillWorker] = []

    def _make(source: str, **more: object) -> StillWorker:
        worker = StillWorker(
            Sitting(source),
            clock=SystemClock(),
            journal=QuietJournal(),
            **more,  # type: ignore[arg-type] # by name
        )
        made.append(worker)
        return worker

    yield _make
    for worker in made:
        worker.stop()


def why(worker: StillWorker) -> str:
    """Why there is no picture now, empty when there is one."""
    try:
        worker.shoot()
    except DeviceGone as error:
        return str(error.facts["why"])
    return ""


def picture(worker: StillWorker) -> Still:
    """A picture, once the process has loaded its libraries."""
    found: list[Still] = []

    def is_there() -> bool:
        with suppress(DeviceGone):
            found.append(worker.shoot())
        return bool(found)

    until(is_there, limit_s=30)
    return found[0]


@given(st.lists(st.tuples(st.integers(0, 2**32 - 1), st.booleans(), st.binary(max_size=50))))
def test_answers_are_taken_whole_however_they_arrive(
    told: list[tuple[int, bool, bytes]],
) -> None:
    answers = [Told(number, is_picture, 7, content) for number, is_picture, content in told]
    buffer, taken = bytearray(), []
    for byte in b"".join(pack_told(each) for each in answers):
        buffer.append(byte)
        while (answer := take_told(buffer)) is not None:
            taken.append(answer)
    assert taken == answers
    assert not buffer


def test_pictures_are_of_now_and_differ(make: Make, shots: str) -> None:
    clock = SystemClock()
    worker = make(shots, deadline_s=1.0)
    worker.start()
    first = picture(worker)
    second = worker.shoot()
    assert first.media_type == "image/jpeg"
    assert first.content.startswith(b"\xff\xd8\xff")
    assert first.content != second.content
    assert abs((clock.now() - second.taken_at).total_seconds()) < 1
    seen = cv2.imdecode(np.frombuffer(second.content, np.uint8), cv2.IMREAD_COLOR)
    assert seen is not None
    assert seen.shape == (240, 320, 3)


def test_a_camera_that_is_not_there_says_so(make: Make) -> None:
    worker = make("/dev/video251", deadline_s=0.5)
    worker.start()
    until(lambda: why(worker) == "absent", limit_s=30)


def test_a_killed_process_is_started_anew(make: Make, shots: str) -> None:
    worker = make(shots, deadline_s=1.0)
    worker.start()
    picture(worker)
    before = worker.pid
    assert before is not None
    os.kill(before, signal.SIGKILL)
    until(lambda: why(worker) == RESTARTING)
    assert picture(worker).content
    assert worker.pid not in {None, before}


def test_a_hung_process_costs_the_deadline_only(make: Make, shots: str) -> None:
    worker = make(shots, deadline_s=0.5)
    worker.start()
    picture(worker)
    assert worker.pid is not None
    os.kill(worker.pid, signal.SIGSTOP)
    clock = SystemClock()
    begin = clock.mono_ns()
    assert why(worker) == LATE
    assert (clock.mono_ns() - begin) / 1e9 < 2
    os.kill(worker.pid, signal.SIGCONT)
    assert picture(worker).content


@pytest.mark.parametrize("program", ["/bin/false", "/bin/that-is-not-there"])
def test_what_cannot_be_started_is_tried_again_later(make: Make, program: str) -> None:
    worker = make("0", command=lambda _: (program,))
    worker.start()
    until(lambda: why(worker) == RESTARTING)
    assert worker.pid is None


def test_garbage_is_no_picture(make: Make) -> None:
    program = "import sys; sys.stdout.buffer.write(b'\\xff' * 64); sys.stdout.flush(); input()"
    worker = make("0", command=lambda _: (sys.executable, "-c", program))
    worker.start()
    assert why(worker) in {LATE, RESTARTING}


def test_it_ends_with_the_station(shots: str) -> None:
    command = worker_command(Sitting(shots))
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    assert child.stdin is not None
    child.stdin.close()
    assert child.wait(30) == 0
