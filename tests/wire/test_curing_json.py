"""What a curing room states and remembers, as JSON and back; its limits as TOML."""

import json
from dataclasses import fields
from datetime import UTC, date, datetime
from importlib.resources import files
from typing import Any, get_args

import pytest
import samples
from curing_room import KEEPER, SECOND, CuringRoom
from rules import shipped

from edge.core.curing.events import CuringEvent
from edge.core.curing.inputs import RoomKind
from edge.core.curing.limits import Edition
from edge.core.curing.state import Door, Mode
from edge.core.errors import DecodeError
from edge.core.ids import DeviceId, RuleSetId
from edge.wire.convert import converter
from edge.wire.event_json import draft_event
from edge.wire.ruleset_toml import parse_ruleset

KINDS: tuple[type[Any], ...] = get_args(CuringEvent)
AT = datetime(2026, 6, 1, tzinfo=UTC)
VALUES: dict[str, object] = {
    "transaction": "t-1",
    "specimen": "s-1-1",
    "group": "group-1",
    "room": "room-1",
    "sensor": "th-1",
    "keeper": "keeper-1",
    "tester": "tester-1",
    "witness": "witness-1",
    "from_room": "room-2",
    "acknowledged_by": "keeper-1",
    "reasons": ("OVERDUE",),
    "evidence": (),
    "facts": (("due", "x"),),
    "specimens": ("s-1-1",),
    "missing": ("s-1-2",),
    "unexpected": (),
    "misplaced": (),
    "outstanding": ("s-1-3",),
    "temperature_centi_c": (1900, 2000, 2100),
    "humidity_centi_pct": None,
    "on": date(2026, 6, 1),
}
INSTANTS = {"since", "until", "opened_at"}
SWITCHES = {"implicit", "alarm", "over_days", "counted"}


def made(kind: type[Any]) -> Any:
    """An event of a kind, filled by the names of its fields."""
    data: dict[str, Any] = {}
    for each in fields(kind):
        if each.name in VALUES:
            data[each.name] = VALUES[each.name]
        elif each.name in INSTANTS:
            data[each.name] = AT
        elif each.name in SWITCHES:
            data[each.name] = True
        else:
            data[each.name] = "text" if each.type in (str, "str", str | None) else 7
    return kind(**data)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.TYPE)
def test_every_event_survives_its_json(kind: type[Any]) -> None:
    event = made(kind)
    draft = draft_event(
        event, occurred=samples.instant(), ruleset=RuleSetId("r-1"), device=DeviceId("wall-1")
    )
    back = converter.structure(json.loads(json.dumps(draft.data)), kind)

    assert back == event
    assert draft.type == kind.TYPE
    assert draft.subject in {"s-1-1", "group-1", "t-1", "th-1"}


def test_every_type_is_named_once() -> None:
    names = [kind.TYPE for kind in KINDS]

    assert len(names) == len(set(names))
    assert {
        *("curing.entered", "curing.left", "curing.moved", "curing.audited"),
        *("curing.two_party_pending", "curing.two_party_completed", "curing.two_party_expired"),
        *("environment.sampled", "environment.excursion_started", "environment.excursion_ended"),
        *("environment.unsure", "sensor.faulted", "sensor.restored"),
        *("maturity.day_closed", "maturity.gap_filled", "maturity.reached"),
        *("due.opened", "due.closing", "due.overdue", "specimen.out_for_test"),
    } <= set(names)


def test_a_busy_door_survives_its_snapshot() -> None:
    """What a power cut interrupts comes back as it was."""
    room = CuringRoom()
    room.begin(Mode.IN)
    room.scan("s-1-1")
    room.badge(SECOND)
    room.mode(Mode.AUDIT)
    room.shelf()
    room.scan("s-1-1")
    room.scan("s-2-1")
    site = CuringRoom(kind=RoomKind.SITE)
    site.begin(Mode.IN, person=samples.TESTER)
    site.scan("s-1-1")
    site.wait(60)
    for door in (room.door, site.door):
        text = json.dumps(converter.unstructure(door))
        assert converter.structure(json.loads(text), Door) == door
    assert room.door.of(KEEPER.person) is not None
    assert site.door.pendings


@pytest.mark.parametrize("name", ["nanchang-2023", "hubei-2022"])
def test_a_shipped_set_says_what_a_curing_room_must_keep(name: str) -> None:
    curing = shipped(name).curing

    assert (curing.climate.temperature_centi_c, curing.climate.humidity_centi_pct) == (2000, 9500)
    assert curing.climate.temperature_tolerance_centi_c == 200
    assert 10 <= curing.spacing_mm <= 20
    assert curing.edition is Edition.Y2015
    assert set(curing.maturity) == set(Edition)
    old, new = curing.maturity[Edition.Y2002], curing.maturity[Edition.Y2015]
    assert (old.target_tenths_cd, old.least_days, old.most_days) == (6000, 14, 60)
    assert (new.least_days, new.most_days, new.band_tenths_cd) == (14, None, (5600, 6400))
    assert curing.door.two_party_alarm_minutes < shipped(name).two_signature_minutes


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("idle_close_s = { value = 60", "idle_close_s = { value = 0", "curing.idle_close_s"),
        ("spacing_mm =", "spacing_cm =", "curing.spacing_mm"),
        (
            "frozen_step = { value = 0.1",
            "frozen_step = { value = 0.125",
            "curing.climate.frozen_step",
        ),
        (
            "[curing.maturity.2002]\ntarget_cd = { value = 600",
            "[curing.maturity.2002]\ntarget_cd = { value = 600.05",
            "curing.maturity.2002.target_cd",
        ),
        (
            'maturity_edition = { value = "2015"',
            'maturity_edition = { value = "2020"',
            "curing.maturity_edition",
        ),
        ("[curing.maturity.2015]", "[curing.maturity.2016]", "curing.maturity.2015"),
        ("missed_polls =", "extra = 1\nmissed_polls =", "curing.climate.extra"),
    ],
)
def test_what_is_wrong_with_the_limits_is_named(old: str, new: str, key: str) -> None:
    text = (files("edge.rulesets") / "nanchang-2023.toml").read_text(encoding="utf-8")
    assert old in text
    with pytest.raises(DecodeError) as caught:
        parse_ruleset(text.replace(old, new, 1))
    assert caught.value.facts["key"] == key
