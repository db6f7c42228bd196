"""The lean reading of dlib's 68 points beside dlib's own, on drawn and on random pictures."""

from pathlib import Path
from typing import Any

import dlib
import numpy as np
import pytest

from edge.core.errors import ConfigError
from edge.core.faces import Box
from edge.devices.face.many_points import ManyPoints
from edge.devices.face.models import find_many_points

pytestmark = pytest.mark.slow
SQUARES = (Box(20, 30, 160, 160), Box(100, 80, 220, 220), Box(-30, -20, 150, 150))


@pytest.fixture(scope="module")
def lean() -> ManyPoints:
    """The model as the worker reads it."""
    return ManyPoints(find_many_points())


@pytest.fixture(scope="module")
def full() -> Any:  # dlib has no types
    """The model as dlib reads it."""
    return dlib.shape_predictor(str(find_many_points()))


def test_points_are_those_of_dlib(lean: ManyPoints, full: Any) -> None:
    """Where features of a picture are plain, nearly every point is the same pixel."""
    chance = np.random.default_rng(5)
    coarse = chance.integers(0, 256, (12, 16, 3), dtype=np.uint8)
    picture = np.ascontiguousarray(coarse.repeat(30, axis=0).repeat(30, axis=1))
    same = []
    for square in SQUARES:
        edge_x, edge_y = square.left + square.width - 1, square.top + square.height - 1
        told = full(picture, dlib.rectangle(square.left, square.top, edge_x, edge_y))
        theirs = np.array([(told.part(at).x, told.part(at).y) for at in range(68)])
        ours = lean.within(picture, square)
        assert np.abs(ours - theirs).max() < 0.06 * square.width
        same.append(np.abs(ours - theirs).max(axis=1) <= 1.0)
    assert np.mean(same) > 0.8


def test_another_file_is_named(tmp_path: Path) -> None:
    """Bytes that are no such model are an error with a name, not a crash."""
    other = tmp_path / "points.dat"
    other.write_bytes(b"\x01\x02" + bytes(200))
    with pytest.raises(ConfigError, match="face_model_changed"):
        ManyPoints(other)
