"""Pictures of codes: equal seeds give equal pixels, and the project's reader reads them."""

import base64
from collections.abc import Callable
from hashlib import sha512

import numpy as np
import pytest

from edge.devices.qr.cascade import QrReader
from edge.sim.degrade import Degradation, Kind, combined
from edge.sim.labels import (
    Photograph,
    render_badge,
    render_form,
    render_label,
    render_layer,
    render_seal,
)
from edge.wire.grammars import issue_form


def chip(number: int) -> str:
    signature = base64.b32encode(sha512(bytes([number])).digest()).decode().rstrip("=")
    return f"V1.NC-2026-{number:06d}.04A1B2C3D4E5F6.NC-CHIP-1.{signature}"


CODES = tuple(map(chip, range(15)))


@pytest.fixture(scope="module")
def reader() -> QrReader:
    return QrReader()


def read(reader: QrReader, photograph: Photograph) -> set[str]:
    return {code.payload.decode() for code in reader.read_still(photograph.picture)}


@pytest.mark.parametrize(
    "render",
    [
        lambda rng: render_label(CODES[0], rng=rng, worn=combined(0.3)),
        lambda rng: render_layer(CODES[:4], rng=rng, damaged=frozenset(CODES[:1])),
        lambda rng: render_form(issue_form("wt20260001"), rng=rng),
        lambda rng: render_badge(CODES[0], rng=rng),
    ],
)
def test_equal_seeds_give_equal_pictures(
    render: Callable[[np.random.Generator], Photograph],
) -> None:
    first, second, third = (render(np.random.default_rng(seed)) for seed in (3, 3, 4))
    assert np.array_equal(first.picture, second.picture)
    assert first.placed == second.placed
    assert not np.array_equal(first.picture, third.picture)


@pytest.mark.parametrize("count", [1, 6, 12, 15])
def test_a_layer_is_read_completely_from_one_photograph(reader: QrReader, count: int) -> None:
    layer = render_layer(CODES[:count], rng=np.random.default_rng(count))
    assert read(reader, layer) == set(CODES[:count])
    assert [placed.text for placed in layer.placed] == list(CODES[:count])


def test_the_truth_of_a_layer_says_where_its_codes_stand(reader: QrReader) -> None:
    layer = render_layer(CODES[:6], rng=np.random.default_rng(8))
    truth = {placed.text: np.mean(placed.quad, axis=0) for placed in layer.placed}
    for code in reader.read_still(layer.picture):
        assert np.hypot(*(np.mean(code.quad, axis=0) - truth[code.payload.decode()])) < 5


def test_forms_and_badges_are_read(reader: QrReader) -> None:
    form = issue_form("wt20260001")
    assert read(reader, render_form(form, rng=np.random.default_rng(1))) == {form}
    assert read(reader, render_badge(CODES[0], rng=np.random.default_rng(1))) == {CODES[0]}


@pytest.mark.parametrize(
    ("kind", "light", "grave"),
    [
        (Kind.GLARE_CENTRE, 0.1, 0.9),
        (Kind.GLARE_CORNER, 0.01, 0.9),
        (Kind.DUST, 0.01, 0.6),
        (Kind.OCCL_CORNER, 0.02, 0.6),
        (Kind.CONTRAST, 90, 6),
        (Kind.MOTION, 0.5, 6),
        (Kind.DEFOCUS, 0.2, 3),
        (Kind.TILT, 25, 84),
        (Kind.CYLINDER, 30, 175),
        (Kind.LOWLIGHT, 80, 1),
        (Kind.MODULE_PX, 4, 0.8),
        (Kind.SHADOW, 0.7, 0.01),
        (Kind.NOISE, 5, 120),
    ],
)
def test_each_kind_of_wear_is_harmless_when_light_and_fatal_when_grave(
    reader: QrReader, kind: Kind, light: float, grave: float
) -> None:
    pictures = [
        render_label(CODES[0], rng=np.random.default_rng(5), worn=(Degradation(kind, amount),))
        for amount in (light, grave)
    ]
    assert [read(reader, picture) for picture in pictures] == [{CODES[0]}, set()]


def test_wear_can_hit_one_chip_of_a_layer(reader: QrReader) -> None:
    worn = {CODES[2]: (Degradation(Kind.OCCL_CORNER, 0.6),)}
    layer = render_layer(CODES[:6], rng=np.random.default_rng(2), worn=worn)
    assert read(reader, layer) == set(CODES[:6]) - {CODES[2]}


def test_a_photograph_becomes_a_file_and_a_camera_frame() -> None:
    badge = render_badge(CODES[0], rng=np.random.default_rng(1))
    assert badge.jpeg().startswith(b"\xff\xd8")
    assert badge.bgr().shape == (*badge.picture.shape, 3)


def test_a_broken_seal_looks_broken() -> None:
    whole, broken = (
        render_seal(broken=state, rng=np.random.default_rng(1)).picture for state in (False, True)
    )
    middle = slice(200, 280), slice(300, 360)
    assert whole[middle].mean() > 220
    assert whole[middle].mean() - broken[middle].mean() > 20
