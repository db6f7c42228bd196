from pathlib import Path

import pytest

from edge.core.errors import ConfigError
from edge.devices.face.models import NETWORK, POINTS, find_models, why_absent
from edge.devices.face.populations import shipped_population


def test_the_models_are_found_in_the_installed_package() -> None:
    found = find_models()
    assert found.points.name == POINTS.name
    assert found.network.name == NETWORK.name
    assert why_absent() is None


def test_another_model_of_the_same_name_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / NETWORK.name).write_bytes(b"another network")
    problem = why_absent(tmp_path)
    assert problem is not None
    assert problem.code == "face_model_changed"
    assert str(tmp_path) in str(problem)


def test_a_model_that_is_nowhere_is_a_named_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.devices.face.models._PACKAGE", "face_models_of_nobody")
    problem = why_absent()
    assert problem is not None
    assert problem.code == "face_model_absent"
    assert "specimen-edge[face]" in str(problem)


def test_an_unknown_population_is_named() -> None:
    with pytest.raises(ConfigError, match="face_population_unknown"):
        shipped_population("everybody")


def test_the_shipped_threshold_is_far_from_the_libraries_default() -> None:
    """0.6 between vectors of length 1 is a cosine of 0.82 uncentred; ours is centred."""
    shipped = shipped_population()
    assert len(shipped.mean) == 128
    assert 0.5 <= shipped.threshold <= 0.7
