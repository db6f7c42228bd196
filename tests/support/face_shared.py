"""Measured people and optional networks beside the project; tests skip where they are absent."""

from pathlib import Path

import pytest
from qr_score import shared_dir

from edge.devices.face.evaluate import Labelled, read_manifest


def faces_dir() -> Path:
    """Labelled faces, never part of the project."""
    folder = shared_dir() / "data" / "faces"
    if not (folder / "manifest.csv").is_file():
        pytest.skip("no labelled faces: set EDGE_SHARED_DIR")
    return folder


def models_dir() -> Path:
    """An operator's model directory with the optional networks."""
    folder = shared_dir() / "models"
    if not (folder / "minifasnet_v2_2.7_80x80.onnx").is_file():
        pytest.skip("no optional networks: set EDGE_SHARED_DIR")
    return folder


def some(*, group: str, kind: str, people: int, pictures: int) -> list[Labelled]:
    """The first pictures of the first people of a group."""
    chosen: dict[str, list[Labelled]] = {}
    for each in read_manifest(faces_dir()):
        if (each.group, each.kind) != (group, kind):
            continue
        if each.identity in chosen or len(chosen) < people:
            chosen.setdefault(each.identity, []).append(each)
    return [each for mine in chosen.values() for each in mine[:pictures]]
