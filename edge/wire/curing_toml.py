"""The part of a rule set that curing rooms keep to, from its TOML table."""

from edge.core.curing.limits import ClimateLimits, CuringLimits, DoorLimits, Edition, MaturityLimits
from edge.wire.toml_table import Table


def curing_limits(table: Table) -> CuringLimits:
    """All values of `[curing]`; DecodeError names the key that is unknown, missing or unfit."""
    climate, maturity = table.table("climate"), table.table("maturity")
    limits = CuringLimits(
        door=DoorLimits(
            idle_close_s=table.number("idle_close_s"),
            group_wait_minutes=table.number("group_wait_minutes"),
            two_party_alarm_minutes=table.number("two_party_alarm_minutes"),
        ),
        climate=_climate(climate),
        spacing_mm=table.whole("spacing_mm"),
        edition=table.sourced_member("maturity_edition", Edition),
        maturity={each: _maturity(maturity.table(each.value), each) for each in Edition},
    )
    for each in (climate, maturity, table):
        each.end()
    return limits


def _climate(table: Table) -> ClimateLimits:
    return ClimateLimits(
        temperature_centi_c=_centi(table, "temperature_c"),
        temperature_tolerance_centi_c=_centi(table, "temperature_tolerance_c"),
        humidity_centi_pct=_centi(table, "humidity_pct"),
        temperature_hysteresis_centi_c=_centi(table, "temperature_hysteresis_c"),
        humidity_hysteresis_centi_pct=_centi(table, "humidity_hysteresis_pct"),
        pending_minutes=table.number("pending_minutes"),
        clearing_minutes=table.number("clearing_minutes"),
        door_grace_minutes=table.number("door_grace_minutes"),
        escalate_minutes=table.number("escalate_minutes"),
        missed_polls=table.whole("missed_polls"),
        frozen_hours=table.number("frozen_hours"),
        frozen_step_centi=_centi(table, "frozen_step"),
        jump_centi_c_per_minute=_centi(table, "jump_c_per_minute"),
    )


def _maturity(table: Table, edition: Edition) -> MaturityLimits:
    most = table.number_or_off("most_days")
    limits = MaturityLimits(
        edition=edition,
        target_tenths_cd=_whole(table, "target_cd", 10),
        band_tenths_cd=(_whole(table, "band_low_cd", 10), _whole(table, "band_high_cd", 10)),
        least_days=table.whole("least_days"),
        most_days=None if most is None else int(most),
        counts_casting_day=table.switch("counts_casting_day"),
    )
    table.end()
    return limits


def _centi(table: Table, key: str) -> int:
    return _whole(table, key, 100)


def _whole(table: Table, key: str, parts: int) -> int:
    """A number in whole parts of one; finer than that is refused."""
    value = table.number(key) * parts
    if abs(value - round(value)) > 1e-6:  # noqa: PLR2004 - what binary fractions lose
        raise table.unfit(key, f"must be a whole number of 1/{parts}")
    return round(value)
