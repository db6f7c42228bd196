import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.core.codes import Code, Severity
from edge.core.errors import DecodeError
from edge.core.ids import PersonId
from edge.core.moments import CHINA, Casting
from edge.wire.convert import converter, structure


@dataclass(frozen=True, slots=True)
class Everything:
    person: PersonId
    maybe: PersonId | None
    code: Code
    severity: Severity
    at: datetime
    on: date
    span: timedelta
    casting: Casting | None
    many: tuple[Casting, ...]
    facts: tuple[tuple[str, str], ...]
    by_age: Mapping[int, timedelta]
    by_code: Mapping[Code, Severity]
    some: frozenset[Code]
    loose: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    number: float | None = None
    on_off: bool = False


IDS = st.from_regex(r"[a-z0-9](?:[a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True).map(PersonId)
MOMENTS = st.datetimes(
    timezones=st.sampled_from([UTC, CHINA]),
)
SPANS = st.integers(min_value=0, max_value=10**7).map(lambda s: timedelta(seconds=s))
CASTINGS = st.builds(Casting, on=st.dates(), at=st.none() | MOMENTS)
VALUES = st.builds(
    Everything,
    person=IDS,
    maybe=st.none() | IDS,
    code=st.sampled_from(Code),
    severity=st.sampled_from(Severity),
    at=MOMENTS,
    on=st.dates(),
    span=SPANS,
    casting=st.none() | CASTINGS,
    many=st.lists(CASTINGS, max_size=3).map(tuple),
    facts=st.lists(st.tuples(st.text(max_size=5), st.text(max_size=5)), max_size=3).map(tuple),
    by_age=st.dictionaries(st.integers(1, 600), SPANS, max_size=3),
    by_code=st.dictionaries(st.sampled_from(Code), st.sampled_from(Severity), max_size=3),
    some=st.frozensets(st.sampled_from(Code), max_size=3),
    loose=st.dictionaries(
        st.text(max_size=4), st.none() | st.booleans() | st.integers(), max_size=3
    ),
    number=st.none() | st.floats(allow_nan=False, allow_infinity=False),
    on_off=st.booleans(),
)


@given(value=VALUES)
def test_every_kind_of_field_survives_json(value: Everything) -> None:
    text = json.dumps(converter.unstructure(value), allow_nan=False)
    assert structure(json.loads(text), Everything) == value


CASTING = {"on": "2026-10-26", "at": "2026-10-26T02:00:00+00:00"}


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        7,
        "text",
        {},
        CASTING | {"more": 1},
        CASTING | {"on": "yesterday"},
        CASTING | {"on": 7},
        CASTING | {"at": "2026-10-26T02:00:00"},
        CASTING | {"at": 5},
    ],
)
def test_a_value_of_another_shape_is_refused(value: object) -> None:
    with pytest.raises(DecodeError) as caught:
        structure(value, Casting)
    assert caught.value.code == "value_malformed"


@dataclass(frozen=True, slots=True)
class Plain:
    text: str = ""
    on_off: bool = False
    whole: int = 0
    span: timedelta = timedelta()


@pytest.mark.parametrize(
    "value",
    [
        {"text": 5},
        {"on_off": "false"},
        {"on_off": 0},
        {"whole": 1.5},
        {"whole": True},
        {"whole": "seven"},
        {"span": 1e300},
    ],
    ids=str,
)
def test_a_scalar_is_never_bent_into_shape(value: object) -> None:
    with pytest.raises(DecodeError):
        structure(value, Plain)
