"""Three consumers on one PostgreSQL, killed in mid flow: nothing is lost, nothing is doubled."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from random import Random

import pytest
from fleet_site import FleetSite, database_of, delivery
from postgres_site import Cluster
from postgres_site import postgres as postgres  # noqa: PLC0414 - a fixture of this file
from waiting import until

from edge.central.share import Shard, Share
from edge.runtime.supervisor import Child
from edge.sim.broker import Mosquitto
from edge.storage.central_postgres import PostgresReader
from edge.storage.postgres import Database

pytestmark = pytest.mark.slow

LABS = 7
SHARDS = 3
ROUNDS = 60


@pytest.fixture
def city(tmp_path: Path) -> Iterator[FleetSite]:
    broker = Mosquitto(tmp_path / "broker")
    broker.start()
    site = FleetSite(tmp_path, broker.port, LABS)
    yield site
    site.close()
    broker.stop()


@pytest.fixture
def database(postgres: Cluster) -> Database:
    return database_of(postgres)


@pytest.fixture
def consumers(city: FleetSite, database: Database) -> Iterator[list[Child]]:
    with ExitStack() as stack:
        made = [
            city.consumer(f"central-{number}", database, f'shard = "{number}/{SHARDS}"')
            for number in range(1, SHARDS + 1)
        ]
        for child in made:
            child.start()
            stack.callback(child.stop)
        yield made


def turn(city: FleetSite) -> bool:
    """Every station once; whether everything that was recorded is confirmed."""
    for station in city.stations:
        station.turn()
    return all(station.waiting == 0 for station in city.stations)


def revived(consumers: list[Child]) -> bool:
    """As systemd does: whoever ended is started again."""
    for child in consumers:
        if child.pid is None:
            child.start()
    return True


def flows(city: FleetSite, recorded: int) -> bool:
    """Every station once; whether the first has something confirmed."""
    return turn(city) or city.stations[0].waiting < recorded


def record(city: FleetSite, number: int) -> None:
    """An event at every desk, now and then a delivery of a specimen that all labs claim to have."""
    for station in city.stations:
        chain = station.chain
        chain.append("device.started", "desk-1", {"version": f"0.{number}"})
        if number % 10 == 0:
            name = f"d-{station.station.lab}-{number}"
            tuple(delivery(chain, name, (f"s-{number}", f"s-{number}-{station.station.lab}")))


def check(city: FleetSite, database: Database) -> None:
    with PostgresReader(database) as reader:
        for station in city.stations:
            held = list(reader.digests(station.station))
            recorded = {(each.sequence, each.digest) for each in station.chain.sealed}
            assert {(sequence, digest) for _, sequence, digest in held} == recorded, "lost"
            assert len(held) == len(recorded), "doubled"
        counts = reader.counts()
        assert (counts.duplicates_stored, counts.quarantined) == (0, 0)
        assert reader.alarms() == ()
        decisions = [json.loads(line) for line in reader.lines("decisions")]
    deliveries = LABS * len(range(0, ROUNDS, 10))
    assert len(decisions) == deliveries, "each delivery has one word"
    free = [each for each in decisions if "RECEIVED_ELSEWHERE" not in each["reasons"]]
    assert len(free) == len(range(0, ROUNDS, 10)), "each specimen was received by one lab only"


def test_every_shard_has_a_lab(city: FleetSite) -> None:
    shares = [Share.of_shard(Shard(number, SHARDS), city.labs) for number in range(1, SHARDS + 1)]
    assert all(share.labs for share in shares)
    assert sorted(lab for share in shares for lab in share.labs or ()) == sorted(city.labs)


@pytest.mark.parametrize(
    "seed", [0, 1, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(2, 30))]
)
def test_consumers_die_in_mid_flow(
    city: FleetSite, database: Database, consumers: list[Child], seed: int
) -> None:
    rng = Random(seed)
    kills = 0
    for number in range(ROUNDS):
        record(city, number)
        turn(city)
        if number % 6 == 3:
            victim = rng.choice(consumers)
            if victim.pid is None:
                victim.start()
            else:
                assert any(not each.shipper.is_free for each in city.stations), "not in mid flow"
                victim.kill()
                kills += 1
    assert kills >= 3
    until(lambda: revived(consumers) and turn(city), 120.0)
    check(city, database)


def test_the_database_dies_in_mid_flow(
    city: FleetSite, database: Database, consumers: list[Child], postgres: Cluster
) -> None:
    until(lambda: all("link.up" in child.last_words() for child in consumers))
    for number in range(ROUNDS):
        record(city, number)
        turn(city)
        if number in {20, 40}:
            until(partial(flows, city, number))
            postgres.kill()
        if number in {25, 45}:
            postgres.start()
    until(lambda: turn(city), 60.0)
    assert all(child.pid for child in consumers), "a consumer outlives its database"
    assert all("central.store_back" in child.last_words(1000) for child in consumers)
    check(city, database)


def test_a_second_consumer_of_the_same_labs_is_refused_by_name(
    city: FleetSite, database: Database, consumers: list[Child]
) -> None:
    until(lambda: "link.up" in consumers[0].last_words())
    second = city.consumer("central-too-many", database, 'shard = "1/3"')
    with second:
        until(lambda: second.exit_status is not None)
    assert second.exit_status == 1
    assert "labs_taken" in second.last_words()
    assert f"process {consumers[0].pid}" in second.last_words()
    whole = city.consumer("central-whole", database, "")
    with whole:
        until(lambda: whole.exit_status is not None)
    assert "labs_taken" in whole.last_words()
    assert consumers[0].pid is not None
