"""The two customary tables of same-condition specimens, as rows: temperatures, and degree days.

What is not known stays empty and says so; nothing is filled in.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from edge.core.curing.maturity import Forecast, Maturity, MaturityDay, MeanMethod
from edge.wire.climate_csv import tenth

OBSERVED_HOURS = (2, 8, 14, 20)


class TableLanguage(StrEnum):
    """Languages of the tables; the sites' own is Chinese."""

    ZH_CN = "zh_CN"
    EN = "en"


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose tables they are, in words that may be printed."""

    group: str
    place: str
    cast_on: date
    edition: str
    counts_casting_day: bool = False
    band_tenths_cd: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A table ready to be drawn: `shares` are the columns' parts of the width."""

    title: str
    above: tuple[tuple[str, str], ...]
    headings: tuple[str, ...]
    shares: tuple[int, ...]
    rows: tuple[tuple[str, ...], ...]
    below: tuple[str, ...]


_WORDS = {
    TableLanguage.ZH_CN: {
        "temperatures": "同条件养护试件温度记录表（C5-19-1）",
        "degree_days": "结构实体混凝土同条件养护等效龄期计算表（C5-19-2）",
        "group": "试件编号",
        "place": "测温位置",
        "cast_on": "成型日期",
        "edition": "依据",
        "target": "目标",
        "reached": "达到日期",
        "date": "日期",
        "mean": "日平均(℃)",
        "method": "方法",
        "source": "来源",
        "note": "备注",
        "day": "龄期(d)",
        "added": "计入(℃·d)",
        "total": "累计(℃·d)",
        "days": "累计天数",
        "gap": "缺测，未计入",
        "frost": "0℃及以下，不计入",
        "done": "达到目标",
        "not_yet": "尚未达到",
        "over": "超过规定天数",
        "first_day": "首个计入日",
        "casting_day": "成型当日",
        "next_day": "成型次日",
        "band": "累计{total}，习惯范围 {low}～{high} ℃·d：{verdict}。",
        "within": "在内",
        "outside": "不在内",
        "forecast": "预计达到（按最近 7 个实测日的最高、平均、最低推算）：最早 {earliest}，"
        "可能 {likely}，最迟 {latest}。",
        "open": "无法推算",
        "gaps": "缺测 {count} d，未以任何方式补入。",
        "methods": "平均值：mean24 为不少于 20 个整点的平均，obs4 为 2、8、14、20 时平均，"
        "minmax 为最高最低平均，ledger 为导入的台账；整点值为该小时内读数的平均。",
        "signs": "记录：                    复核：                    监理（建设）单位：",
    },
    TableLanguage.EN: {
        "temperatures": "Temperatures of same-condition specimens (C5-19-1)",
        "degree_days": "Equivalent age of same-condition specimens (C5-19-2)",
        "group": "Specimens",
        "place": "Measured at",
        "cast_on": "Cast on",
        "edition": "Rule",
        "target": "Target",
        "reached": "Reached on",
        "date": "Date",
        "mean": "Mean (℃)",
        "method": "Method",
        "source": "Source",
        "note": "Note",
        "day": "Age (d)",
        "added": "Added (℃·d)",
        "total": "Sum (℃·d)",
        "days": "Days",
        "gap": "not measured, not counted",
        "frost": "0 ℃ or below, not counted",
        "done": "target reached",
        "not_yet": "not yet",
        "over": "beyond the days of the rule",
        "first_day": "First day",
        "casting_day": "of casting",
        "next_day": "after casting",
        "band": "Sum {total}, customary range {low} to {high} ℃·d: {verdict}.",
        "within": "within",
        "outside": "outside",
        "forecast": "Expected (by the highest, mean and lowest of the last 7 measured days): "
        "earliest {earliest}, likely {likely}, latest {latest}.",
        "open": "cannot be told",
        "gaps": "{count} d not measured, and not filled in by any means.",
        "methods": "Means: mean24 of at least 20 hours, obs4 of 2, 8, 14 and 20 h, minmax of the "
        "highest and lowest, ledger as imported; the value of an hour is the mean of its readings.",
        "signs": "Recorded:                    Checked:                    Supervision:",
    },
}


def temperature_table(
    subject: Subject,
    maturity: Maturity,
    hours_centi_c: Mapping[date, Mapping[int, int]],
    language: TableLanguage = TableLanguage.ZH_CN,
) -> Table:
    """C5-19-1: each day with the four customary hours, its mean, and where that comes from."""
    words = _WORDS[language]
    hours = tuple(f"{hour:02d}:00" for hour in OBSERVED_HOURS)
    rows = tuple(
        (
            line.on.isoformat(),
            *(tenth(hours_centi_c.get(line.on, {}).get(hour)) for hour in OBSERVED_HOURS),
            tenths(line.mean.tenths_c) if line.mean else "",
            line.mean.method.value if line.mean else "",
            line.mean.source if line.mean else "",
            "" if line.mean else words["gap"],
        )
        for line in maturity.lines
    )
    return Table(
        title=words["temperatures"],
        above=_above(subject, words),
        headings=(
            *(words["date"], *hours, words["mean"]),
            *(words["method"], words["source"], words["note"]),
        ),
        shares=(13, 8, 8, 8, 8, 11, 10, 16, 18),
        rows=rows,
        below=(*_gaps(maturity, words), words["methods"], words["signs"]),
    )


def degree_day_table(
    subject: Subject,
    maturity: Maturity,
    language: TableLanguage = TableLanguage.ZH_CN,
    *,
    expected: Forecast | None = None,
) -> Table:
    """C5-19-2: each day's part, the running sum and the counted days; what is left as a range."""
    words = _WORDS[language]
    first = subject.cast_on
    rows = tuple(
        (
            str((line.on - first).days),
            line.on.isoformat(),
            tenths(line.mean.tenths_c) if line.mean else "",
            tenths(line.added_tenths_cd) if line.mean else "",
            tenths(line.total_tenths_cd),
            str(line.days),
            line.mean.source if line.mean else "",
            _note(line, maturity, words),
        )
        for line in maturity.lines
    )
    reached = maturity.reached_on.isoformat() if maturity.reached_on else words["not_yet"]
    if maturity.is_over_days:
        reached = f"{reached} ({words['over']})"
    return Table(
        title=words["degree_days"],
        above=(
            *_above(subject, words),
            (words["target"], f"{tenths(maturity.target_tenths_cd)} ℃·d"),
            (words["reached"], reached),
            (
                words["first_day"],
                words["casting_day" if subject.counts_casting_day else "next_day"],
            ),
        ),
        headings=(
            *(words["day"], words["date"], words["mean"], words["added"]),
            *(words["total"], words["days"], words["source"], words["note"]),
        ),
        shares=(8, 13, 12, 13, 13, 9, 15, 17),
        rows=rows,
        below=(
            *_gaps(maturity, words),
            *_band(subject, maturity, words),
            *_expected(expected, words),
            words["signs"],
        ),
    )


def needs_hours(maturity: Maturity) -> tuple[date, ...]:
    """The days whose hours are to be shown: those that a sensor measured."""
    return tuple(
        line.on
        for line in maturity.lines
        if line.mean is not None and line.mean.method is not MeanMethod.LEDGER
    )


def tenths(value: int) -> str:
    """Whole tenths as a decimal."""
    sign = "-" if value < 0 else ""
    return f"{sign}{abs(value) // 10}.{abs(value) % 10}"


def _above(subject: Subject, words: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return (
        (words["group"], subject.group),
        (words["place"], subject.place),
        (words["cast_on"], subject.cast_on.isoformat()),
        (words["edition"], f"GB 50204-{subject.edition}"),
    )


def _gaps(maturity: Maturity, words: Mapping[str, str]) -> tuple[str, ...]:
    return (words["gaps"].format(count=len(maturity.gaps)),) if maturity.gaps else ()


def _band(subject: Subject, maturity: Maturity, words: Mapping[str, str]) -> tuple[str, ...]:
    """Where the sum lies in the range that practice takes for 600 ℃·d; only where there is one."""
    if subject.band_tenths_cd is None or maturity.reached_on is None:
        return ()
    low, high = subject.band_tenths_cd
    total = maturity.total_tenths_cd
    verdict = words["within" if low <= total <= high else "outside"]
    facts = {"total": tenths(total), "low": tenths(low), "high": tenths(high)}
    return (words["band"].format(**facts, verdict=verdict),)


def _expected(expected: Forecast | None, words: Mapping[str, str]) -> tuple[str, ...]:
    if expected is None:
        return ()
    days = {"earliest": expected.earliest, "likely": expected.likely, "latest": expected.latest}
    told = {name: on.isoformat() if on else words["open"] for name, on in days.items()}
    return (words["forecast"].format(**told),)


def _note(line: MaturityDay, maturity: Maturity, words: Mapping[str, str]) -> str:
    if line.mean is None:
        return words["gap"]
    if line.on == maturity.reached_on:
        return words["done"]
    return "" if line.is_counted else words["frost"]
