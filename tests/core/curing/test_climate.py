"""Verdicts within the sensor's uncertainty, faults that are no excursions, and the alarm."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from rules import shipped

from edge.core.curing import alarm as alarms
from edge.core.curing.alarm import Alarm, AlarmState, Change
from edge.core.curing.climate import (
    Accuracy,
    Fault,
    InSpec,
    Quantity,
    Sample,
    Sensor,
    Verdict,
    Watch,
    judge_humidity,
    judge_sample,
    judge_temperature,
    observe,
)
from edge.core.ids import PersonId, RoomId, SensorId

LIMITS = shipped().curing.climate
START = datetime(2026, 6, 1, tzinfo=UTC)
SENSOR = Sensor(
    SensorId("th-1"), RoomId("room-1"), Accuracy(50), Accuracy(300), calibrated_on=date(2026, 5, 1)
)


def sample(minutes: float = 0, temperature: int = 2000, humidity: int | None = 9900) -> Sample:
    return Sample(START + timedelta(minutes=minutes), temperature, humidity)


@pytest.mark.parametrize(
    ("centi_c", "uncertainty", "expected"),
    [
        (2150, 50, InSpec.IN),
        (2151, 50, InSpec.UNSURE),
        (2250, 50, InSpec.UNSURE),
        (2251, 50, InSpec.OUT),
        (1850, 50, InSpec.IN),
        (1849, 50, InSpec.UNSURE),
        (1749, 50, InSpec.OUT),
        (2200, 0, InSpec.IN),
        (2201, 0, InSpec.OUT),
        (2000, 201, InSpec.UNSURE),
    ],
)
def test_a_temperature_is_in_only_when_surely_so(
    centi_c: int, uncertainty: int, expected: InSpec
) -> None:
    assert judge_temperature(centi_c, uncertainty, LIMITS) is expected


@pytest.mark.parametrize(
    ("centi_pct", "expected"),
    [
        (9800, InSpec.IN),
        (9799, InSpec.UNSURE),
        (9200, InSpec.UNSURE),
        (9199, InSpec.OUT),
    ],
)
def test_three_percent_uncertainty_needs_98_and_fails_below_92(
    centi_pct: int, expected: InSpec
) -> None:
    assert judge_humidity(centi_pct, 300, LIMITS) is expected


@pytest.mark.parametrize(
    ("calibrated_on", "temperature", "expected"),
    [
        (date(2026, 5, 1), 2000, InSpec.IN),
        (date(2025, 5, 1), 2000, InSpec.UNSURE),
        (None, 2000, InSpec.UNSURE),
        (None, 2300, InSpec.OUT),
        (date(2027, 1, 1), 2000, InSpec.UNSURE),
    ],
)
def test_without_a_valid_calibration_nothing_conforms(
    calibrated_on: date | None, temperature: int, expected: InSpec
) -> None:
    sensor = replace(SENSOR, calibrated_on=calibrated_on)

    assert judge_sample(sample(temperature=temperature), sensor, LIMITS).worst is expected


def test_uncertainty_grows_with_the_age_of_the_calibration() -> None:
    accuracy = Accuracy(30, drift_centi_per_year=10, calibration_centi=15)

    assert [accuracy.uncertainty(days) for days in (0, 1, 365, 366)] == [45, 46, 55, 56]


def test_the_worse_quantity_decides_and_a_tank_has_one() -> None:
    assert Verdict(InSpec.IN, InSpec.OUT).worst is InSpec.OUT
    assert Verdict(InSpec.UNSURE, InSpec.IN).worst is InSpec.UNSURE
    tank = replace(SENSOR, humidity=None)
    assert judge_sample(sample(humidity=None), tank, LIMITS) == Verdict(InSpec.IN, None)


@pytest.mark.parametrize(
    ("polled", "fault"),
    [
        (sample(1, humidity=10_001), Fault.IMPOSSIBLE),
        (sample(1, humidity=-1), Fault.IMPOSSIBLE),
        (sample(1, temperature=8_001), Fault.IMPOSSIBLE),
        (sample(1, temperature=-4_001), Fault.IMPOSSIBLE),
        (sample(1, temperature=2_501), Fault.JUMP),
        (sample(1, temperature=1_499), Fault.JUMP),
        (sample(1, temperature=2_500), None),
        (sample(3, temperature=3_500), None),
    ],
)
def test_values_that_no_room_has_are_the_sensors(polled: Sample, fault: Fault | None) -> None:
    watch = observe(Watch(), sample(), START, SENSOR, LIMITS).watch
    poll = observe(watch, polled, polled.at, SENSOR, LIMITS)

    assert poll.began is fault
    assert (poll.sample is None) == (fault is not None)


def test_three_missed_polls_are_a_fault_and_one_answer_ends_it() -> None:
    watch = Watch()
    began = []
    for minute in range(4):
        poll = observe(watch, None, START + timedelta(minutes=minute), SENSOR, LIMITS)
        watch = poll.watch
        began.append(poll.began)
    poll = observe(watch, sample(4), sample(4).at, SENSOR, LIMITS)

    assert began == [None, None, Fault.SILENT, None]
    assert (poll.ended, poll.watch.fault, poll.watch.misses) == (Fault.SILENT, None, 0)


@pytest.mark.parametrize(("last", "fault"), [(2009, Fault.FROZEN), (2010, None)])
def test_six_hours_without_a_change_of_a_tenth_are_a_fault(last: int, fault: Fault | None) -> None:
    watch = Watch()
    for minute in range(360):
        watch = observe(watch, sample(minute), sample(minute).at, SENSOR, LIMITS).watch
        assert watch.fault is None
    poll = observe(watch, sample(360, last), sample(360).at, SENSOR, LIMITS)
    assert poll.began is fault
    moved = observe(poll.watch, sample(361, 2030), sample(361).at, SENSOR, LIMITS)
    assert moved.watch.fault is None


def test_a_saturated_room_whose_temperature_moves_is_not_frozen() -> None:
    watch = Watch()
    for minute in range(0, 900, 10):
        polled = sample(minute, 2000 + minute % 50, 10_000)
        watch = observe(watch, polled, polled.at, SENSOR, LIMITS).watch

    assert watch.fault is None


def ring(
    values: list[tuple[float, int]], alarm: Alarm | None = None
) -> tuple[Alarm, list[tuple[float, Change]]]:
    """Temperatures by minute through the alarm; what was told, and when."""
    alarm, told = alarm or Alarm(), []
    for minute, value in values:
        polled = sample(minute, value)
        verdict = judge_sample(polled, SENSOR, LIMITS).temperature
        side = alarms.side_of(Quantity.TEMPERATURE, polled, verdict, SENSOR, LIMITS)
        assert side is not None
        alarm, change = alarms.step(alarm, side, LIMITS)
        if change:
            told.append((minute, change))
    return alarm, told


def steady(since: int, until: int, value: int) -> list[tuple[float, int]]:
    return [(minute, value) for minute in range(since, until)]


def test_ten_minutes_out_ring_and_fifteen_back_end_it() -> None:
    alarm, told = ring([*steady(0, 20, 2300), (20, 2350), *steady(21, 40, 2000)])

    assert told == [(10, Change.STARTED), (36, Change.ENDED)]
    assert alarm.state is AlarmState.OK


def test_a_short_excursion_never_rings() -> None:
    alarm, told = ring([*steady(0, 10, 2300), *steady(10, 30, 2000), *steady(30, 39, 2300)])

    assert told == []
    assert alarm.state is AlarmState.PENDING


def test_hysteresis_holds_what_hovers_at_the_limit() -> None:
    """Out above 22.5 (2 + 0.5), back at 22.2 or below."""
    alarm, told = ring([*steady(0, 12, 2260), *steady(12, 60, 2221)])
    assert (alarm.state, told) == (AlarmState.ALARM, [(10, Change.STARTED), (40, Change.ESCALATED)])
    alarm, told = ring(steady(60, 80, 2220), alarm)
    assert told == [(75, Change.ENDED)]


def test_the_worst_value_is_kept() -> None:
    alarm, _ = ring([*steady(0, 11, 2300), (11, 2700), (12, 2300)])

    assert (alarm.worst_centi, alarm.since) == (2700, START)


def test_unacknowledged_for_thirty_minutes_escalates_once() -> None:
    alarm, told = ring(steady(0, 120, 2300))
    assert told == [(10, Change.STARTED), (40, Change.ESCALATED)]

    alarm, _ = ring(steady(0, 12, 2300))
    seen = alarms.acknowledge(alarm, PersonId("keeper-1"))
    alarm, told = ring(steady(12, 120, 2300), seen)
    assert (alarm.state, told) == (AlarmState.ACKNOWLEDGED, [])


def test_out_again_while_clearing_is_the_same_excursion() -> None:
    alarm, told = ring([*steady(0, 12, 2300), *steady(12, 20, 2000), *steady(20, 22, 2300)])
    assert (alarm.state, alarm.since, told) == (AlarmState.ALARM, START, [(10, Change.STARTED)])

    alarm, _ = ring([*steady(0, 12, 2300), *steady(12, 20, 2000)])
    seen = alarms.acknowledge(alarm, PersonId("keeper-1"))
    assert seen.state is AlarmState.CLEARING
    alarm, _ = ring(steady(20, 22, 2300), seen)
    assert alarm.state is AlarmState.ACKNOWLEDGED


def test_after_the_door_was_opened_five_minutes_do_not_count() -> None:
    alarm = alarms.open_door(Alarm(), START, LIMITS)
    _, told = ring(steady(0, 20, 2300), alarm)

    assert told == [(15, Change.STARTED)]


def test_unsure_alone_never_rings() -> None:
    assert ring(steady(0, 200, 2240))[1] == []


def test_humidity_falls_out_below_and_a_tank_has_no_such_alarm() -> None:
    alarm, told = Alarm(), []
    for minute in range(40):
        polled = sample(minute, humidity=9190 if minute < 15 else 9300)
        verdict = judge_sample(polled, SENSOR, LIMITS).humidity
        assert verdict is not None
        side = alarms.side_of(Quantity.HUMIDITY, polled, verdict, SENSOR, LIMITS)
        assert side is not None
        alarm, change = alarms.step(alarm, side, LIMITS)
        told += [(minute, change)] if change else []

    assert told == [(10, Change.STARTED), (30, Change.ENDED)]
    dry = sample(humidity=None)
    assert alarms.side_of(Quantity.HUMIDITY, dry, InSpec.OUT, SENSOR, LIMITS) is None
