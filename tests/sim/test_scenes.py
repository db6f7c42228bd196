"""Scenes of the simulated camera: the product's own reader reads them, live as well as still."""

from dataclasses import replace
from random import Random

import cv2
import numpy as np
import pytest
from sim_city import city

from edge.core.errors import ConfigError
from edge.core.intake.state import SealState
from edge.devices.pixels import Grey
from edge.devices.qr.cascade import QrReader
from edge.devices.qr.gate import ChangeGate
from edge.sim.courier import Arrival, Mistake, prepare
from edge.sim.face_look import draw_look
from edge.sim.scenes import (
    SIZE,
    Bgr,
    Scene,
    badge_in_view,
    block_close_up,
    copy_code,
    empty_desk,
    face_at_desk,
    forms_on_desk,
    hide,
    layer_on_trolley,
    seal_in_view,
)
from edge.sim.world import World

PERIOD = 30


@pytest.fixture(scope="module")
def world() -> World:
    return city()


@pytest.fixture(scope="module")
def arrival(world: World) -> Arrival:
    return prepare(world, world.cast.standard, rng=Random(1))


@pytest.fixture(scope="module")
def reader() -> QrReader:
    return QrReader()


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def grey(frame: Bgr) -> Grey:
    return np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY), np.uint8)


def as_streamed(frame: Bgr) -> Grey:
    _, coded = cv2.imencode(".jpg", frame, (cv2.IMWRITE_JPEG_QUALITY, 90))
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE), np.uint8)


def read(reader: QrReader, scene: Scene, number: int = 0) -> set[str]:
    reads = reader.read_frame(as_streamed(scene.frame(number)))
    return {code.payload.decode() for code in reads}


@pytest.mark.parametrize("layer", [0, 1, 2])
@pytest.mark.parametrize("seed", [1, 2])
def test_every_frame_of_a_layer_shows_all_its_cubes(
    world: World, reader: QrReader, layer: int, seed: int
) -> None:
    arrival = prepare(world, world.cast.standard, rng=Random(seed))
    cubes = {cube.text for cube in arrival.layers[layer]}
    scene = layer_on_trolley(arrival, layer)
    for number in range(PERIOD):
        assert read(reader, scene, number) == cubes


def test_every_frame_of_the_forms_shows_both(arrival: Arrival, reader: QrReader) -> None:
    scene = forms_on_desk(arrival)
    for number in range(PERIOD):
        assert read(reader, scene, number) == {arrival.form, arrival.witness_form}


def test_badges_and_commands_are_read(world: World, reader: QrReader) -> None:
    for text in (*list(world.badges.values())[:4], *world.commands.values()):
        assert read(reader, badge_in_view(text, rng())) == {text}


def test_a_cube_is_read_from_near(arrival: Arrival, reader: QrReader) -> None:
    cube = arrival.cubes[3]
    whole, broken = (
        block_close_up(replace(cube, damaged=damaged), rng()) for damaged in (False, True)
    )
    assert read(reader, whole) == read(reader, broken) == {cube.text}
    assert not np.array_equal(whole.still, broken.still)


def test_what_carries_no_code_shows_none(reader: QrReader) -> None:
    look = draw_look(Random(3))
    for scene in (
        empty_desk(rng()),
        face_at_desk(look, rng()),
        seal_in_view(SealState.INTACT, rng()),
        seal_in_view(SealState.BROKEN, rng()),
    ):
        assert read(reader, scene) == set()


def test_an_unreadable_chip_is_not_read(world: World, reader: QrReader) -> None:
    rng = Random(5)
    arrival = prepare(world, world.cast.standard, (Mistake.UNREADABLE_CHIP,), rng=rng)
    for layer, cubes in enumerate(arrival.layers):
        readable = {cube.text for cube in cubes if cube.readable}
        assert read(reader, layer_on_trolley(arrival, layer)) == readable


@pytest.mark.parametrize("cube", [1, 7, 12])
def test_a_hidden_cube_is_the_only_one_not_read(
    arrival: Arrival, reader: QrReader, cube: int
) -> None:
    scene = layer_on_trolley(arrival, 0)
    others = {each.text for turn, each in enumerate(arrival.layers[0], start=1) if turn != cube}
    assert read(reader, hide(scene, cube)) == others
    assert len(read(reader, scene)) == 12


def test_a_copied_code_stands_twice_in_the_picture(arrival: Arrival, reader: QrReader) -> None:
    scene = copy_code(layer_on_trolley(arrival, 0), 2, 9)
    reads = reader.read_frame(grey(scene.frame(0)))
    texts = [code.payload.decode() for code in reads]
    cubes = arrival.layers[0]
    assert texts.count(cubes[1].text) == 2
    assert cubes[8].text not in texts
    assert len(texts) == 12


@pytest.mark.parametrize("cube", [0, 13, -1])
def test_a_cube_that_is_not_there_cannot_be_hidden(arrival: Arrival, cube: int) -> None:
    scene = layer_on_trolley(arrival, 0)
    with pytest.raises(ConfigError, match="scene_cube_unknown"):
        hide(scene, cube)
    with pytest.raises(ConfigError, match="scene_cube_unknown"):
        copy_code(scene, 1, cube)


def test_frames_come_back_and_differ(arrival: Arrival) -> None:
    first, again = (layer_on_trolley(arrival, 0) for _ in range(2))
    assert first.frame(0).shape == (SIZE[1], SIZE[0], 3)
    for number in range(5):
        assert np.array_equal(first.frame(number), again.frame(number))
        assert not np.array_equal(first.frame(number), first.frame(number + 1))


def test_the_change_gate_sees_the_hand_and_rests_between(arrival: Arrival) -> None:
    gate = ChangeGate(open_frames=1)
    scene = layer_on_trolley(arrival, 0)
    opened = [gate.changed(grey(scene.frame(number))) for number in range(2 * PERIOD)]
    assert any(opened[PERIOD : PERIOD + 10])
    assert not any(opened[15:PERIOD])


def test_a_frame_is_cheap_enough_for_ten_a_second(
    arrival: Arrival, capsys: pytest.CaptureFixture[str]
) -> None:
    scene = layer_on_trolley(arrival, 0)
    scene.frame(0)
    start = cv2.getTickCount()
    for number in range(50):
        scene.frame(number)
    frame_ms = (cv2.getTickCount() - start) / cv2.getTickFrequency() * 1000 / 50
    with capsys.disabled():
        print(f"\n{frame_ms:.2f} ms a frame of 1280 x 720")  # noqa: T201 - the measured number
    assert frame_ms < 50
