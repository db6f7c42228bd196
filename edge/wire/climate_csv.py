"""A room's climate in the form that laboratories file: a few fixed times of each day."""

import csv
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from edge.core.curing.record import Heard, LoggedReading
from edge.core.moments import CHINA, local_midnight

HEADINGS: Final = ("日期", "时间", "温度(℃)", "相对湿度(%)", "判定", "备注")
_WORDS: Final = {
    Heard.IN: "合格",
    Heard.UNSURE: "不能判定",
    Heard.OUT: "超限",
    Heard.FAULT: "传感器故障",
}
NOTHING: Final = "无读数"
CUSTOMARY_TIMES: Final = (time(7), time(14), time(21))


@dataclass(frozen=True, slots=True)
class CustomaryLine:
    """One fixed time of a day, and the reading nearest to it; None where there was none."""

    due: datetime
    reading: LoggedReading | None


def customary_lines(
    since: date,
    until: date,
    nearest: Callable[[datetime], LoggedReading | None],
    *,
    times: Iterable[time] = CUSTOMARY_TIMES,
) -> tuple[CustomaryLine, ...]:
    """The fixed local times of each day, both ends included; nothing is filled in between."""
    wanted = tuple(sorted(times))
    lines = []
    for number in range((until - since).days + 1):
        midnight = local_midnight(since + timedelta(days=number))
        for each in wanted:
            due = midnight + timedelta(hours=each.hour, minutes=each.minute)
            lines.append(CustomaryLine(due, nearest(due)))
    return tuple(lines)


def climate_csv(lines: Iterable[CustomaryLine]) -> str:
    """The sheet as CSV with its heading; values to a tenth, as the books ask for."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(HEADINGS)
    for line in lines:
        due, reading = line.due.astimezone(CHINA), line.reading
        when = (due.date().isoformat(), due.strftime("%H:%M"))
        if reading is None:
            writer.writerow((*when, "", "", "", NOTHING))
            continue
        believed = reading.heard is not Heard.FAULT
        at = reading.at.astimezone(CHINA).strftime("%H:%M")
        writer.writerow(
            (
                *when,
                tenth(reading.temperature_centi_c) if believed else "",
                tenth(reading.humidity_centi_pct) if believed else "",
                _WORDS[reading.heard],
                f"{reading.sensor} {at}",
            )
        )
    return out.getvalue()


def tenth(centi: int | None) -> str:
    """Hundredths as a decimal to a tenth, half-even; empty for none."""
    if centi is None:
        return ""
    tenths, rest = divmod(abs(centi), 10)
    half = 5
    tenths += rest > half or (rest == half and tenths % 2 == 1)
    sign = "-" if centi < 0 and tenths else ""
    return f"{sign}{tenths // 10}.{tenths % 10}"
