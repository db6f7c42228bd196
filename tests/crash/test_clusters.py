"""The path past one machine: the same line over clusters of RabbitMQ and NATS, nodes killed."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from random import Random
from threading import Event

import pytest
from cluster_line import ClusterLine, client_of, cluster_line, server_files
from clusters import NODES, BrokerCluster
from nats_site import PROGRAM as NATS
from nats_site import NatsCluster
from rabbitmq_site import PROGRAM as RABBITMQ
from rabbitmq_site import RabbitCluster
from waiting import until

from edge.core.errors import LinkDown, LinkRejected
from edge.host.clock import SystemClock
from edge.mqtt.client import Acknowledged, Arrived, Disconnected, MqttClient, Will
from edge.runtime.provision import Side, Site, provision
from edge.storage.evidence import EvidenceFiles
from edge.wire.reference import SetName
from edge.wire.topics import ack_topic, command_topic, diagnosis_topic

pytestmark = [pytest.mark.soak, pytest.mark.timeout(400)]

EVENTS = 300
MESSAGES = 60
WAIT_S = 20.0
QUIET_S = 1.0
ENGINES = {"rabbitmq": (RabbitCluster, RABBITMQ), "nats": (NatsCluster, NATS)}


@dataclass(frozen=True, slots=True)
class City:
    """A cluster, and the certificates of those who may use it."""

    site: Site
    cluster: BrokerCluster

    def client(
        self,
        side: Side,
        node: int,
        *filters: str,
        will: Will | None = None,
        session_expiry_s: int = 0,
    ) -> MqttClient:
        return client_of(
            self.site,
            side,
            self.cluster.addresses[node],
            filters=filters,
            will=will,
            session_expiry_s=session_expiry_s,
        )


@pytest.fixture(scope="module", params=ENGINES)
def city(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[City]:
    kind, program = ENGINES[request.param]
    if program is None:
        pytest.skip(f"{request.param} is not installed: `make soak` installs it")
    folder = tmp_path_factory.mktemp(request.param)
    site = provision(folder / "site", now=SystemClock().now(), seed=7)
    with kind(folder / "cluster", server_files(site)) as cluster:
        yield City(site, cluster)


@pytest.fixture(scope="module")
def line(city: City) -> Iterator[ClusterLine]:
    """One station and platform for all schedules: the log grows, and what is held is all of it."""
    with cluster_line(city.site, city.cluster, station=0, platform=1) as made:
        until(lambda: made.backlog().confirmed > 0, 60.0)
        yield made


def join(client: MqttClient) -> None:
    """Connect; a cluster whose nodes still elect or close something refuses for a moment."""

    def is_in() -> bool:
        with suppress(LinkDown):
            client.connect()
            return True
        return False

    until(is_in, WAIT_S)


def payloads(client: MqttClient, count: int) -> list[bytes]:
    """Messages in order of arrival, each taken."""
    found: list[bytes] = []
    while len(found) < count:
        happening = client.next(WAIT_S)
        assert happening is not None, found
        if isinstance(happening, Arrived):
            found.append(happening.payload)
            client.take(happening)
    return found


def arrivals(client: MqttClient) -> list[Arrived]:
    """What arrives before nothing does for a while."""
    found: list[Arrived] = []
    while (happening := client.next(QUIET_S)) is not None:
        if isinstance(happening, Arrived):
            found.append(happening)
            client.take(happening)
    return found


def test_messages_cross_the_nodes_in_order(city: City) -> None:
    topic = diagnosis_topic(city.site.wall.name, "order")
    with (
        closing(city.client(city.site.platform, 1, topic)) as platform,
        closing(city.client(city.site.wall, 0)) as door,
    ):
        join(platform)
        join(door)
        sent = [b"%d" % number for number in range(MESSAGES)]
        for each in sent:
            door.publish(topic, each)
        for _ in sent:
            assert isinstance(door.next(WAIT_S), Acknowledged)
        assert payloads(platform, MESSAGES) == sent


def test_what_was_not_taken_comes_again_at_another_node_in_the_same_session(city: City) -> None:
    topic = diagnosis_topic(city.site.wall.name, "again")
    with closing(city.client(city.site.wall, 0)) as door:
        join(door)
        with closing(city.client(city.site.platform, 1, topic, session_expiry_s=600)) as first:
            join(first)
            door.publish(topic, b"kept")
            until(lambda: isinstance(first.next(WAIT_S), Arrived))
            first.drop()
        with closing(city.client(city.site.platform, 2, topic, session_expiry_s=600)) as second:
            join(second)
            assert payloads(second, 1) == [b"kept"]


def test_a_retained_message_is_where_the_engine_keeps_it(city: City) -> None:
    topic = ack_topic(city.site.wall.name)
    with closing(city.client(city.site.platform, 0)) as platform:
        join(platform)
        platform.publish(topic, b"kept", retain=True)
        assert isinstance(platform.next(WAIT_S), Acknowledged)
        for node, is_there in ((0, True), (2, city.cluster.keeps_retained_everywhere)):
            with closing(city.client(city.site.wall, node, topic)) as door:
                join(door)
                expected = [(b"kept", True)] if is_there else []
                assert [(each.payload, each.retained) for each in arrivals(door)] == expected
        platform.publish(topic, b"", retain=True)


def test_whoever_is_gone_without_a_word_has_its_will_spoken(city: City) -> None:
    topic = diagnosis_topic(city.site.wall.name, "will")
    with (
        closing(city.client(city.site.platform, 1, topic)) as platform,
        closing(city.client(city.site.wall, 0, will=Will(topic, b"gone"))) as door,
    ):
        join(platform)
        join(door)
        door.drop()
        assert payloads(platform, 1) == [b"gone"]


def test_a_station_is_confined_to_its_branch(city: City) -> None:
    """Neither engine says why; the message goes nowhere, which the platform's silence tells."""
    topic = diagnosis_topic(city.site.station.name, "foreign")
    with (
        closing(city.client(city.site.platform, 1, topic)) as platform,
        closing(city.client(city.site.wall, 0)) as door,
    ):
        join(platform)
        join(door)
        door.publish(topic, b"not mine")
        assert isinstance(door.next(WAIT_S), Acknowledged | Disconnected)
        assert arrivals(platform) == []
    foreign = command_topic(city.site.station.name, "ping")
    with (
        closing(city.client(city.site.wall, 0, foreign)) as door,
        pytest.raises((LinkRejected, LinkDown)),
    ):
        door.connect()


def test_reference_pages_commands_and_photographs_pass(line: ClusterLine) -> None:
    def mirrored() -> set[str]:
        with closing(sqlite3.connect(line.station.registry_db)) as registry:
            return {name for (name,) in registry.execute("SELECT name FROM heads")}

    until(lambda: mirrored() == {each.value for each in SetName}, 60.0)
    done = line.order("ping")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["code"] == "here"
    content = Random(3).randbytes(300_000)
    name = line.photograph(content)
    arrived = EvidenceFiles(line.platform.photographs_dir)
    until(lambda: arrived.holds(name), 90.0)
    assert arrived.get(name) == content


def test_a_platform_that_forgot_gets_everything_again(line: ClusterLine) -> None:
    line.drain()
    line.central.stop()
    for path in line.platform.central_db.parent.glob(f"{line.platform.central_db.name}*"):
        path.unlink()
    line.central.start()
    until(lambda: line.platform.central_db.exists() and line.is_whole(), 90.0)


@pytest.mark.parametrize("victim", range(NODES), ids=("of the station", "of the platform", "other"))
@pytest.mark.parametrize("seed", range(2))
def test_nothing_is_lost_or_doubled_when_a_node_dies_in_mid_publish(
    line: ClusterLine, victim: int, seed: int
) -> None:
    rng = Random(10 * victim + seed)
    line.settle()
    dies_at = rng.randrange(EVENTS // 4, EVENTS // 2)
    with ExitStack() as stack:
        for number in range(EVENTS):
            line.record(number)
            Event().wait(rng.uniform(0.0, 0.01))
            if number == dies_at:
                line.cluster.kill(victim)
                stack.callback(line.cluster.start, victim)
        line.drain()
    line.record(EVENTS)
    line.drain()
    assert line.assert_whole() > EVENTS
