"""Alarms of the platform: which still stand."""

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Final

from edge.core.ids import EpochId
from edge.core.platform import Alarm

GAP: Final = "gap"
"""Code of a hole that lasted; `epoch`, `first` and `last` say where."""


class AlarmState(StrEnum):
    """Whether a person must still look."""

    OPEN = "open"
    FILLED = "filled"


def judge_alarms(
    alarms: Iterable[Alarm], upto: Callable[[str], Mapping[EpochId, int]]
) -> tuple[tuple[AlarmState, Alarm], ...]:
    """Each alarm with its state: a gap is filled once the watermark has passed it.

    `upto` tells a station's watermarks. Everything else stays open: only a person can close it.
    """
    return tuple((_state(each, upto), each) for each in alarms)


def _state(alarm: Alarm, upto: Callable[[str], Mapping[EpochId, int]]) -> AlarmState:
    if alarm.code != GAP:
        return AlarmState.OPEN
    reached = upto(alarm.station).get(EpochId(alarm.facts["epoch"]), 0)
    return AlarmState.FILLED if reached >= int(alarm.facts["last"]) else AlarmState.OPEN
