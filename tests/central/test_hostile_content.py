"""Whatever a station signs or asks, the platform takes it in: nothing stops the line behind it."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fleet_site import FleetSite, database_of, delivery, engine, said
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from postgres_site import Cluster
from postgres_site import postgres as postgres  # noqa: PLC0414 - a fixture of this file

from edge.central.platform import Platform
from edge.core.envelope import EVENT_PAYLOAD_TYPE, sign_envelope
from edge.storage.central import SqliteCentral
from edge.storage.central_postgres import PostgresCentral
from edge.wire.topics import ask_topic, status_topic

TEXTS = st.one_of(
    st.text(max_size=40),
    st.sampled_from(["\0", "\ud800", "x" * 5000, "", "試", "' OR 1=1 --", "%s", "?", "{keys}"]),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
FIELDS = st.sampled_from(
    ["id", "source", "type", "subject", "time", "recordedtime", "epoch", "sequence", "prev", "data"]
)
DATA_FIELDS = st.sampled_from(
    ["delivery", "groups", "deliverer", "project", "specimens", "group", "verdict", "specimen"]
)


@dataclass
class Sides:
    """One city on both stores."""

    site: FleetSite
    platforms: tuple[Platform, ...]

    def receive(self, topic: str, payload: bytes) -> None:
        for platform in self.platforms:
            platform.receive([(topic, payload)])

    def signed(self, change: dict[str, Any], data: dict[str, Any]) -> tuple[str, bytes]:
        """A closing event with something else in it, signed by its station."""
        station = self.site.stations[0]
        chain = station.chain
        name = f"d-{len(chain.sealed)}"
        *before, event = delivery(chain, name, (f"s-{name}",))
        for topic, payload in said(station, *before):
            self.receive(topic, payload)
        parsed = json.loads(event.body)
        body = json.dumps(parsed | {"data": parsed["data"] | data} | change).encode()
        ((topic, _),) = said(station, event)
        return topic, sign_envelope(
            EVENT_PAYLOAD_TYPE, body, key_id=event.key_id, sign=chain._by.sign
        )


@pytest.fixture(scope="module")
def sides(tmp_path_factory: pytest.TempPathFactory, postgres: Cluster) -> Iterator[Sides]:
    folder: Path = tmp_path_factory.mktemp("hostile")
    with ExitStack() as stack:
        site = FleetSite(folder, port=1, labs=1)
        file = stack.enter_context(closing(SqliteCentral(folder / "central.db")))
        server = stack.enter_context(closing(PostgresCentral(database_of(postgres))))
        yield Sides(site, (engine(site, file), engine(site, server)))


many = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@many
@given(
    change=st.dictionaries(FIELDS, JSON, max_size=2),
    data=st.dictionaries(DATA_FIELDS, JSON, max_size=3),
)
@example(change={}, data={"project": "a\0b"})
@example(change={}, data={"deliverer": "\ud800"})
@example(change={"time": "9999-12-31T23:59:59+00:00"}, data={})
@example(change={"time": "2026-01-01"}, data={})
@example(change={"subject": "x" * 5000}, data={})
def test_no_signed_event_stops_the_line(
    sides: Sides, change: dict[str, Any], data: dict[str, Any]
) -> None:
    sides.receive(*sides.signed(change, data))


@many
@given(
    data=st.dictionaries(TEXTS | st.just("form"), JSON, max_size=3),
    name=st.sampled_from(["commission", "ref-page", "x"]),
)
def test_no_question_stops_the_line(sides: Sides, data: dict[str, Any], name: str) -> None:
    station = sides.site.stations[0].station
    body = {"corr": "c-1", "name": name, "data": data, "reply_to": ""}
    sides.receive(ask_topic(station, name), json.dumps(body).encode())


@many
@given(payload=st.binary(max_size=200) | JSON.map(lambda each: json.dumps(each).encode()))
def test_no_bytes_stop_the_line(sides: Sides, payload: bytes) -> None:
    station = sides.site.stations[0].station
    for topic in (status_topic(station), ask_topic(station, "commission")):
        sides.receive(topic, payload)
    sides.receive(f"{station.branch}/ev/delivery-received", payload)
