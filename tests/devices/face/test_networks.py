"""The optional engine and the networks against prints, on measured people."""

from pathlib import Path

import cv2
import numpy as np
import psutil
import pytest
from face_shared import models_dir, some
from heard_journal import HeardJournal

from edge.core.errors import ConfigError
from edge.core.faces import ANY_FACE, DESK, ENROLMENT, Described, Flaw, likeness
from edge.core.liveness import Means
from edge.devices.face.engines import Equipment, Eyeing, build
from edge.devices.face.evaluate import Equipment as Measured
from edge.devices.face.evaluate import evaluate
from edge.devices.face.models import (
    BUILT_IN,
    OPTIONAL,
    Serves,
    find_liveness,
    find_optional,
    listed,
    why_absent,
)
from edge.devices.face.pictures import load_colour
from edge.devices.face.populations import shipped_population
from edge.devices.face.process import FaceWorker, WorkerState
from edge.devices.pixels import Picture

pytestmark = pytest.mark.slow
ENGINES = (BUILT_IN, OPTIONAL)


def equipped(engine: str, *, eyes: bool = False) -> Equipment:
    if engine == OPTIONAL:
        pytest.importorskip("openvino", reason="no extra face-openvino")
    population = shipped_population(engine=engine)
    return Equipment(population, models_dir(), engine=engine, means=Means.NETWORK, eyes=eyes)


@pytest.fixture(scope="module", params=ENGINES)
def eyeing(request: pytest.FixtureRequest) -> Eyeing:
    return build(equipped(request.param))


def webcam(kind: str, *, pictures: int = 4) -> list[Picture]:
    chosen = some(group="nuaa", kind=kind, people=8, pictures=pictures)
    return [load_colour(each.file) for each in chosen]


def described(eyeing: Eyeing, picture: Picture) -> Described:
    told = eyeing.describe(picture, ANY_FACE)
    assert isinstance(told, Described)
    return told


def test_people_are_alive_and_prints_are_not(eyeing: Eyeing) -> None:
    assert eyeing.network is not None
    limit = eyeing.network.threshold
    alive = [described(eyeing, each).alive for each in webcam("live")]
    prints = [described(eyeing, each).alive for each in webcam("print_attack")]
    assert min(score for score in alive if score is not None) >= limit
    assert max(score for score in prints if score is not None) < limit
    assert None not in {*alive, *prints}


def test_the_shipped_threshold_tells_people_apart(eyeing: Eyeing) -> None:
    population = shipped_population(
        engine=OPTIONAL if eyeing.engine_id.startswith("openvino") else BUILT_IN
    )
    vectors = [described(eyeing, each).vector for each in webcam("live", pictures=2)]
    mine = [likeness(*vectors[at : at + 2]) for at in range(0, len(vectors), 2)]
    others = [
        likeness(one, other)
        for at, one in enumerate(vectors)
        for other in vectors[at + 2 - at % 2 :]
    ]
    assert min(mine) > max(others)
    assert max(others) < population.threshold


def test_a_mask_and_dark_glasses_are_seen(eyeing: Eyeing) -> None:
    picture = load_colour(some(group="hires_us_gov", kind="live", people=1, pictures=1)[0].file)
    found = eyeing.engine.find(picture)
    assert found is not None
    one, other = eyeing.engine.align(picture, found).eyes
    apart = other.x - one.x
    assert not isinstance(eyeing.describe(picture, ENROLMENT), Flaw)
    masked, shaded = picture.copy(), picture.copy()
    centre = (round((one.x + other.x) / 2), round(one.y + 0.95 * apart))
    axes = (round(apart), round(0.6 * apart))
    cv2.ellipse(masked, centre, axes, 0, 0, 360, (225, 220, 215), -1)
    for eye in (one, other):
        side = (round(0.42 * apart), round(0.3 * apart))
        cv2.ellipse(shaded, (round(eye.x), round(eye.y)), side, 0, 0, 360, (15, 15, 15), -1)
    for covered in (masked, shaded):
        assert eyeing.describe(covered, ENROLMENT) in {Flaw.COVERED, Flaw.NO_FACE}


def test_eyes_are_measured_where_they_are_asked_for() -> None:
    both = build(equipped(BUILT_IN, eyes=True))
    measured = [described(both, each).measures.openness for each in webcam("live", pictures=1)]
    assert all(each is not None and 0.1 < each < 0.5 for each in measured)


def test_an_optional_engine_needs_its_very_models(tmp_path: Path) -> None:
    pytest.importorskip("openvino", reason="no extra face-openvino")
    problem = why_absent(tmp_path, OPTIONAL)
    assert problem is not None
    assert problem.code == "face_model_absent"
    assert "models fetch" in str(problem)
    for model in listed():
        (tmp_path / model.file).write_bytes(b"another")
    with pytest.raises(ConfigError, match="face_model_changed"):
        find_optional(tmp_path)


def test_half_of_the_liveness_networks_is_an_error_and_none_is_none(tmp_path: Path) -> None:
    assert find_liveness(tmp_path) == ()
    first = next(model for model in listed() if model.serves is Serves.LIVENESS)
    (tmp_path / first.file).write_bytes((models_dir() / first.file).read_bytes())
    with pytest.raises(ConfigError, match="face_model_absent"):
        find_liveness(tmp_path)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_worker_with_all_its_networks_keeps_to_its_memory(engine: str) -> None:
    worker = FaceWorker(equipped(engine), journal=HeardJournal(), deadline_s=20)
    try:
        assert worker.settle() is WorkerState.READY
        for picture in webcam("live", pictures=1):
            told = worker.describe(picture, DESK)
            assert isinstance(told, Described)
            assert told.alive is not None
        assert worker.pid is not None
        assert psutil.Process(worker.pid).memory_info().rss <= 160 * 2**20
    finally:
        worker.close()


def test_rates_of_attacks_come_with_their_bounds() -> None:
    eyeing = build(equipped(BUILT_IN))
    pictures = [
        *some(group="nuaa", kind="live", people=3, pictures=3),
        *some(group="nuaa", kind="print_attack", people=3, pictures=3),
    ]
    (group,) = evaluate(pictures, Measured(eyeing.engine, 0.585, eyeing.network))
    (attack,) = group.attacks
    assert (attack.species, attack.attacks, attack.passed, attack.apcer) == (
        "print_attack", 9, 0, 0.0,
    )  # fmt: skip
    assert attack.apcer_upper_95 == pytest.approx(1 - 0.05 ** (1 / 9), abs=1e-6)
    assert group.bpcer == 0
    assert set(group.stages_ms) == {"find", "align", "encode", "compare", "liveness"}


def test_a_flat_grey_picture_has_nobody(eyeing: Eyeing) -> None:
    assert eyeing.describe(np.full((480, 640, 3), 90, np.uint8)) is Flaw.NO_FACE
