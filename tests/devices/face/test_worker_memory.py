"""What the face worker takes of a station's memory: its peak, at the camera's full size."""

from pathlib import Path

import numpy as np
import pytest
from face_samples import ANN, at_desk, rendered
from face_shared import models_dir
from heard_journal import HeardJournal

from edge.core.faces import Described, Flaw
from edge.core.liveness import Means
from edge.devices.face.engines import Equipment
from edge.devices.face.models import BUILT_IN, OPTIONAL, why_absent
from edge.devices.face.populations import shipped_population
from edge.devices.face.process import FaceWorker, WorkerState

pytestmark = pytest.mark.slow
LIMIT_MB = 160
EMPTY = np.full((720, 1280, 3), 120, np.uint8)


def peak_mb(pid: int) -> float:
    """The most that a process ever had resident, in millions of bytes."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith("VmHWM"))


def most_taken(equipment: Equipment, *, deadline_s: float = 30.0) -> float:
    """Peak after faces of both sizes and after looking in vain, which looks longest."""
    worker = FaceWorker(equipment, journal=HeardJournal(), deadline_s=deadline_s)
    try:
        assert worker.settle(60) is WorkerState.READY
        for size in ((640, 480), (1280, 720)):
            assert isinstance(worker.describe(at_desk(ANN, size=size)), Described | Flaw)
        assert worker.describe(EMPTY) is Flaw.NO_FACE
        assert worker.pid is not None
        return peak_mb(worker.pid)
    finally:
        worker.close()


def test_the_built_in_engine_with_the_challenge_keeps_to_its_memory() -> None:
    assert most_taken(Equipment(rendered(), means=Means.CHALLENGE, eyes=True)) <= LIMIT_MB


@pytest.mark.parametrize("engine", [BUILT_IN, OPTIONAL])
def test_with_the_networks_an_engine_keeps_to_its_memory(engine: str) -> None:
    models = models_dir()
    problem = why_absent(models, engine)
    if problem is not None:
        pytest.skip(str(problem))
    population = shipped_population(engine=engine)
    equipment = Equipment(population, models, engine=engine, means=Means.NETWORK)
    assert most_taken(equipment) <= LIMIT_MB
