"""The change gate opens for change and closes on a still scene."""

import time

import numpy as np
from qr_draw import label

from edge.devices.pixels import Grey
from edge.devices.qr.cascade import QrReader
from edge.devices.qr.gate import ChangeGate

RNG = np.random.default_rng(11)
SCENE = RNG.normal(150, 25, (720, 1280)).clip(0, 255).astype(np.uint8)


def _noisy(scene: Grey) -> Grey:
    return np.asarray((scene + RNG.normal(0, 3, scene.shape)).clip(0, 255), np.uint8)


def test_a_still_scene_closes_the_gate_after_its_open_frames() -> None:
    gate = ChangeGate(open_frames=4)

    seen = [gate.changed(_noisy(SCENE)) for _ in range(10)]

    assert seen == [True] * 4 + [False] * 6


def test_a_label_laid_down_opens_the_gate_again() -> None:
    gate = ChangeGate(open_frames=1)
    with_label = SCENE.copy()
    one = label("V1.SPECIMEN", module_px=4)
    with_label[300 : 300 + one.shape[0], 500 : 500 + one.shape[1]] = one

    assert [gate.changed(frame) for frame in (SCENE, SCENE, with_label, with_label, SCENE)] == [
        True,
        False,
        True,
        False,
        True,
    ]


def test_slow_drift_of_light_opens_the_gate_in_the_end() -> None:
    gate = ChangeGate(open_frames=1)
    gate.changed(SCENE)

    opened = [gate.changed(np.asarray(SCENE // 2 + level, np.uint8)) for level in range(75, 110)]

    assert any(opened[1:])


def test_an_idle_scene_costs_at_most_three_milliseconds_a_frame() -> None:
    gate, reader = ChangeGate(), QrReader()
    frames = [_noisy(SCENE) for _ in range(4)]
    costs = []
    for index in range(300):
        start = time.process_time_ns()
        if gate.changed(frames[index % 4]):
            reader.read_frame(frames[index % 4])
        costs.append(time.process_time_ns() - start)

    assert sum(costs) / len(costs) / 1e6 <= 3.0
