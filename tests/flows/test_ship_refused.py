"""What the broker refuses stops the line: nothing is skipped, and it is said."""

from dataclasses import replace

from shipping_line import NOT_AUTHORIZED, PACE, Line


def test_a_refusal_stops_the_line_and_skips_nothing() -> None:
    line = Line(events=6, pace=replace(PACE, patience_s=600))
    line.pump()
    line.puback()
    line.hear(1)
    assert line.pump() == [2, 3, 4, 5]
    line.shipper.acknowledged(line.broker.owed.pop(0), NOT_AUTHORIZED)
    assert line.shipper.note == f"refused:{NOT_AUTHORIZED}"
    late = list(line.broker.owed)
    line.clock.move(29)
    assert (line.pump(), line.shipper.is_stalled()) == ([], False)
    line.clock.move(1)
    assert line.pump() == [2]
    for token in late:
        line.shipper.acknowledged(token, NOT_AUTHORIZED)
    assert line.shipper.note == f"refused:{NOT_AUTHORIZED}"
    line.puback()
    assert line.shipper.note == ""
    assert line.run() == [3, 4, 5, 6]


def test_a_refusal_outlives_its_connection_until_the_broker_takes_an_event() -> None:
    line = Line(events=2)
    line.pump()
    line.puback(NOT_AUTHORIZED)
    line.shipper.begin()
    assert (line.shipper.note, line.pump()) == (f"refused:{NOT_AUTHORIZED}", [])
    line.clock.move(30)
    assert line.pump() == [1]
    line.puback()
    assert line.shipper.note == ""
    assert line.pump() == [2]
