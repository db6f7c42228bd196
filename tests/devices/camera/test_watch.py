"""A blank or frozen picture is told from a living one."""

import numpy as np
from live_scene import grain, noisy

from edge.devices.camera.feed import Why
from edge.devices.camera.watch import Watch

SECOND = 1_000_000_000
TENTH = SECOND // 10
SCENE = grain()


def test_a_living_picture_stays_live() -> None:
    watch = Watch(recorded=False)

    assert {watch.judge(noisy(SCENE), turn * TENTH) for turn in range(80)} == {Why.LIVE}


def test_equal_pictures_freeze_after_five_seconds_and_thaw_at_once() -> None:
    watch = Watch(recorded=False)

    told = [watch.judge(SCENE, turn * TENTH) for turn in range(60)]

    assert told == [Why.LIVE] * 50 + [Why.FROZEN] * 10
    assert watch.judge(SCENE, 60 * SECOND) is Why.FROZEN
    assert watch.judge(noisy(SCENE), 61 * SECOND) is Why.LIVE


def test_a_recording_never_freezes() -> None:
    watch = Watch(recorded=True)

    assert {watch.judge(SCENE, turn * TENTH) for turn in range(80)} == {Why.LIVE}


def test_a_gap_is_not_a_freeze() -> None:
    watch = Watch(recorded=False)

    assert [watch.judge(SCENE, turn * 4 * SECOND) for turn in range(4)] == [Why.LIVE] * 4


def test_one_colour_is_blank_after_two_seconds() -> None:
    watch = Watch(recorded=True)
    green = np.full((90, 160, 3), (0, 135, 0), np.uint8)

    told = [watch.judge(green, turn * TENTH) for turn in range(25)]

    assert told == [Why.LIVE] * 20 + [Why.BLANK] * 5
    assert watch.judge(SCENE, 3 * SECOND) is Why.LIVE
