import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

import face_samples
import numpy as np
import psutil
import pytest
from face_samples import ANN, at_desk, engine, rendered
from heard_journal import HeardJournal
from waiting import until

from edge.core.faces import DESK, Described, Flaw
from edge.devices.face.engines import Equipment
from edge.devices.face.process import FALLS, FaceWorker, WorkerState
from edge.devices.face.worker import equipment_text

Command = Callable[[Equipment], Sequence[str]]

SILENT = "import sys; sys.stdin.buffer.read()"
FALLING = "import sys; sys.exit(3)"
HANGING = """
import sys, time
from edge.devices.face.frames import pack_ready
from edge.devices.face.worker import parse_equipment
sys.stdout.buffer.write(pack_ready(parse_equipment(sys.argv[1]).engine_id))
sys.stdout.flush()
time.sleep(600)
"""
RAMBLING = HANGING.replace("time.sleep(600)", "sys.stdout.buffer.write(b'x' * 4096)")


@contextmanager
def working(
    journal: HeardJournal, *, script: str = "", deadline_s: float = 2.0, models: Path | None = None
) -> Iterator[FaceWorker]:
    def scripted(equipment: Equipment) -> Sequence[str]:
        return (sys.executable, "-c", script, equipment_text(equipment))

    equipment = Equipment(rendered(), models)
    worker = (
        FaceWorker(equipment, journal=journal, deadline_s=deadline_s, command=scripted)
        if script
        else FaceWorker(equipment, journal=journal, deadline_s=deadline_s)
    )
    try:
        yield worker
    finally:
        worker.close()


def test_a_worker_says_what_the_engine_says() -> None:
    with working(HeardJournal(), deadline_s=20) as worker:
        assert worker.settle() is WorkerState.READY
        assert worker.pid not in {None, os.getpid()}
        assert worker.describe(at_desk(ANN)) == engine().describe(at_desk(ANN), DESK)
        assert worker.describe(np.full((480, 640, 3), 9, np.uint8)) is Flaw.NO_FACE
        part = at_desk(ANN, size=(1280, 720))[:, 100:1180]
        assert isinstance(worker.describe(part), Described)


def test_a_killed_worker_is_replaced_and_its_frame_lost() -> None:
    journal = HeardJournal()
    with working(journal, deadline_s=20) as worker:
        worker.settle()
        assert worker.pid is not None
        first = psutil.Process(worker.pid)
        first.kill()
        until(lambda: not first.is_running() or first.status() == psutil.STATUS_ZOMBIE)
        answers = [worker.describe(at_desk(ANN)) for _ in range(2)]
        assert isinstance(answers[-1], Described)
        assert worker.pid != first.pid
        assert not first.is_running()


def test_a_hung_worker_is_ended_at_the_deadline() -> None:
    journal = HeardJournal()
    with working(journal, script=HANGING, deadline_s=0.3) as worker:
        assert worker.settle() is WorkerState.READY
        pid = worker.pid
        assert pid is not None
        begun = monotonic()
        assert worker.describe(at_desk(ANN, size=(1280, 720))) is None
        assert monotonic() - begun < 5
        assert not psutil.pid_exists(pid)
        assert journal.named("face.worker_lost")[0]["why"] == "TimeoutError"
        assert worker.settle() is WorkerState.READY
        assert worker.pid != pid


def test_nonsense_from_a_worker_is_no_answer() -> None:
    journal = HeardJournal()
    with working(journal, script=RAMBLING) as worker:
        assert worker.describe(at_desk(ANN)) is None
        assert journal.named("face.worker_lost")


@pytest.mark.parametrize("script", [FALLING, RAMBLING])
def test_workers_that_keep_falling_leave_the_engine_absent(script: str) -> None:
    journal = HeardJournal()
    with working(journal, script=script) as worker:
        for _ in range(FALLS):
            assert worker.describe(at_desk(ANN)) is None
        assert worker.state is WorkerState.ABSENT
        assert worker.problem is not None
        assert worker.problem.code == "face_worker_falls"


def test_a_wrong_model_is_named_by_the_worker(tmp_path: Path) -> None:
    (tmp_path / "shape_predictor_5_face_landmarks.dat").write_bytes(b"no points")
    with working(HeardJournal(), models=tmp_path) as worker:
        assert worker.settle() is WorkerState.ABSENT
        assert worker.problem is not None
        assert worker.problem.code == "face_model_changed"


def test_a_worker_that_never_speaks_is_given_up() -> None:
    with working(HeardJournal(), script=SILENT) as worker:
        assert worker.settle(0.3) is WorkerState.STARTING
        assert worker.pid is None


def test_a_closed_worker_stays_closed() -> None:
    with working(HeardJournal()) as worker:
        worker.settle()
        pid = worker.pid
        worker.close()
        assert pid is not None
        assert not psutil.pid_exists(pid)
        assert worker.describe(at_desk(ANN)) is None
        assert worker.state is WorkerState.CLOSED


def test_nothing_of_a_face_reaches_the_journal() -> None:
    journal = HeardJournal()
    with working(journal, deadline_s=20) as worker:
        told = worker.describe(at_desk(ANN))
        assert isinstance(told, Described)
        assert face_samples.rendered().mean
        assert not any(f"{value:.4f}" in str(journal.lines) for value in told.vector)
