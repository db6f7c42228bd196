from dataclasses import replace
from datetime import UTC, datetime

import pytest

from edge.core.envelope import Draft, Seal, Sealed, Tip, digest_of, seal
from edge.core.ids import EpochId, EventId, KeyId, RuleSetId, uuid7
from edge.core.moments import Instant, TimeQuality
from edge.flows import health
from edge.flows.health import Diagnosis, KeyFacts, Level, StoreFacts
from edge.flows.health_words import WORDS

GIB = 1024**3
STATION = "nanchang/lab-1/desk-1"
GOOD_KEY = KeyFacts("/k.pem", mode=0o600, key_id="k1", pinned=True, owner=STATION)


@pytest.mark.parametrize(
    ("exists", "writable", "free_bytes", "level"),
    [
        (True, True, 3 * GIB, Level.OK),
        (True, True, 2 * GIB, Level.OK),
        (True, True, 2 * GIB - 1, Level.WARN),
        (True, True, 256 * 1024**2 - 1, Level.FAIL),
        (True, False, 3 * GIB, Level.FAIL),
        (False, False, 0, Level.FAIL),
    ],
)
def test_disk(exists: bool, writable: bool, free_bytes: int, level: Level) -> None:  # noqa: FBT001 - a table of cases
    found = health.disk_health("/s", exists=exists, writable=writable, free_bytes=free_bytes)
    assert found.level is level
    assert found.ok == (level is Level.OK)


@pytest.mark.parametrize(
    ("quality", "level"),
    [
        (TimeQuality.SYNCED, Level.OK),
        (TimeQuality.HOLDOVER, Level.WARN),
        (TimeQuality.UNTRUSTED, Level.FAIL),
    ],
)
def test_clock(quality: TimeQuality, level: Level) -> None:
    assert health.clock_health(quality).level is level


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        (KeyFacts("/k.pem", mode=None), "missing"),
        (KeyFacts("/k.pem", mode=0o640, key_id="k1"), "chmod 0600 /k.pem"),
        (KeyFacts("/k.pem", mode=0o600, why="no PEM"), "no PEM"),
        (KeyFacts("/k.pem", mode=0o600, key_id="k1"), "not among"),
        (KeyFacts("/k.pem", mode=0o600, key_id="k1", pinned=True, owner="a/b/c"), "a/b/c"),
    ],
)
def test_a_wrong_key_fails_and_says_why(facts: KeyFacts, says: str) -> None:
    found = health.key_health("key.event", facts, station=STATION)
    assert found.level is Level.FAIL
    assert says in found.en + found.remedy_en


def test_a_key_of_this_station_and_a_platform_key_are_well() -> None:
    assert health.key_health("key.event", GOOD_KEY, station=STATION).ok
    assert health.key_health("key.control", GOOD_KEY, station=None).ok


def events(count: int) -> list[Sealed]:
    clock = Instant(datetime(2026, 1, 1, tzinfo=UTC), 0, TimeQuality.SYNCED)
    by = Seal("urn:x", "boot", KeyId("e1"), lambda _message: b"s" * 64)
    tip, made = Tip(EpochId(uuid7(clock.at, bytes(10)))), []
    for number in range(count):
        draft = Draft("device.started", "desk-1", clock, RuleSetId("r-1"), {"n": number})
        made.append(
            seal(
                draft,
                tip,
                event_id=EventId(uuid7(clock.at, bytes([number] * 10))),
                recorded_at=clock.at,
                by=by,
            )
        )
        tip = made[-1].tip
    return made


def test_a_chain_that_holds() -> None:
    assert health.chain_fault(events(5)) == ""
    assert health.chain_fault(events(5)[2:]) == ""
    assert health.chain_fault([]) == ""


def test_a_chain_that_does_not_says_where() -> None:
    whole = events(5)
    changed = replace(whole[2], body=whole[2].body.replace(b'"n":2', b'"n":9'))
    assert health.chain_fault([*whole[:2], changed, *whole[3:]]) == "digest at 3"
    assert health.chain_fault([*whole[:2], *whole[3:]]) == "gap after 2"
    resealed = replace(changed, digest=digest_of(changed.body))
    assert health.chain_fault([*whole[:2], resealed, *whole[3:]]) == "link at 4"


@pytest.mark.parametrize(
    ("obstacle", "level"),
    [(None, Level.OK), ("silent", Level.WARN), ("refused", Level.WARN), ("expired", Level.FAIL)],
)
def test_the_way_to_the_broker(obstacle: str | None, level: Level) -> None:
    assert health.broker_health("b:1", obstacle=obstacle, why="x").level is level


@pytest.mark.parametrize(
    ("facts", "level"),
    [
        (None, Level.WARN),
        (StoreFacts("/s.db", why="chain broken at 7"), Level.FAIL),
        (StoreFacts("/s.db", sequence=7), Level.OK),
    ],
)
def test_store(facts: StoreFacts | None, level: Level) -> None:
    assert health.store_health("store", facts, path="/s.db").level is level


def test_reference_data_ages() -> None:
    ages = {"people": 1.0, "grants": 24.5, "keys": float("inf")}
    levels = [each.level for each in health.reference_health(ages, max_age_h=24)]
    assert levels == [Level.OK, Level.WARN, Level.WARN]


def test_one_missing_decoder_is_a_warning_and_all_missing_a_failure() -> None:
    remedy = {"zbar": "apt install libzbar0"}
    present, gone = health.decoder_health(("zxing-cpp",), remedy)
    assert present.ok
    assert (gone.level, gone.remedy_en) == (Level.WARN, "apt install libzbar0")
    assert [each.level for each in health.decoder_health((), remedy)] == [Level.FAIL]


def test_whatever_is_not_well_has_a_remedy_in_both_languages() -> None:
    diagnoses: list[Diagnosis] = [
        health.diagnose(
            kind,
            kind,
            Level.FAIL,
            **dict.fromkeys(
                ("path", "free", "key_id", "mode", "why", "owner", "count", "address"), "x"
            ),
            **dict.fromkeys(("epoch", "sequence", "name", "age", "names", "remedy", "place"), "x"),
        )
        for kind in WORDS
    ]
    for each in diagnoses:
        well = each.id.endswith(".ok") or each.id in {"configuration", "clock.synced"}
        assert bool(each.remedy_zh) == bool(each.remedy_en) == (not well), each.id
        assert each.zh
        assert each.en
