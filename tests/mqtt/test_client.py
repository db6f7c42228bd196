"""The one door to the broker, against a real mosquitto."""

import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TypeVar

import pytest

from edge.core.errors import ConfigError, LinkDown
from edge.mqtt.client import (
    Access,
    Acknowledged,
    Arrived,
    Disconnected,
    Happening,
    MqttClient,
    TlsFiles,
    Version,
    Will,
)
from edge.sim.broker import Mosquitto

HOST = "127.0.0.1"
NOBODY_LISTENS = 16
WAIT_S = 10.0
QUIET_S = 0.3
"""How long nothing must happen before a test says that nothing happens."""
_Kind = TypeVar("_Kind", bound=Happening)


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    made = Mosquitto(tmp_path_factory.mktemp("broker"))
    made.start()
    yield made
    made.stop()


SPOKEN = {"version": Version.V5}


@pytest.fixture(params=Version, autouse=True)
def version(request: pytest.FixtureRequest) -> Version:
    SPOKEN["version"] = request.param
    return SPOKEN["version"]


@pytest.fixture(autouse=True)
def no_thread_stays() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    left = [each for each in threading.enumerate() if each not in before]
    assert left == []


@contextmanager
def client_of(
    broker: Mosquitto,
    name: str = "desk",
    *,
    filters: tuple[str, ...] = (),
    will: Will | None = None,
    session_expiry_s: int = 0,
    connect_timeout_s: float = 5.0,
) -> Iterator[MqttClient]:
    access = Access(
        HOST,
        broker.port,
        name,
        session_expiry_s=session_expiry_s,
        connect_timeout_s=connect_timeout_s,
        version=SPOKEN["version"],
    )
    with closing(MqttClient(access, filters=filters, will=will)) as made:
        yield made


def await_one(client: MqttClient, kind: type[_Kind]) -> _Kind:
    """The next happening, which must be of a kind."""
    happening = client.next(WAIT_S)
    assert isinstance(happening, kind), happening
    return happening


def await_payloads(client: MqttClient, count: int, *, takes: bool = False) -> list[bytes]:
    """Messages in order of arrival, past whatever else happens; a window fills unless taken."""
    found: list[bytes] = []
    while len(found) < count:
        happening = client.next(WAIT_S)
        assert happening is not None, found
        if isinstance(happening, Arrived):
            found.append(happening.payload)
            if takes:
                client.take(happening)
    return found


@contextmanager
def stopped(broker: Mosquitto) -> Iterator[None]:
    """A broker that is there but says nothing."""
    assert broker.pid is not None
    os.kill(broker.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(broker.pid, signal.SIGCONT)


def test_a_publish_comes_back_acknowledged_and_says_whether_anybody_listens(
    broker: Mosquitto, version: Version
) -> None:
    unheard = NOBODY_LISTENS if version is Version.V5 else 0
    with client_of(broker) as desk, client_of(broker, "platform", filters=("a/+",)) as platform:
        desk.connect()
        token = desk.publish("a/b", b"nobody")
        assert await_one(desk, Acknowledged) == Acknowledged(token, unheard)
        platform.connect()
        token = desk.publish("a/b", b"somebody")
        assert await_one(desk, Acknowledged) == Acknowledged(token, 0)
        message = await_one(platform, Arrived)
        assert (message.topic, message.payload, message.retained) == ("a/b", b"somebody", False)
        platform.take(message)


def test_a_retained_message_waits_for_whoever_connects(broker: Mosquitto) -> None:
    with client_of(broker) as desk, client_of(broker, "platform", filters=("kept/#",)) as platform:
        desk.connect()
        desk.publish("kept/status", b"here", retain=True)
        await_one(desk, Acknowledged)
        platform.connect()
        message = await_one(platform, Arrived)
        assert (message.payload, message.retained) == (b"here", True)


def test_messages_arrive_in_order(broker: Mosquitto) -> None:
    with client_of(broker) as desk, client_of(broker, "platform", filters=("o/+",)) as platform:
        platform.connect()
        desk.connect()
        sent = [b"%d" % number for number in range(60)]
        for each in sent:
            desk.publish("o/1", each)
        for _ in sent:
            await_one(desk, Acknowledged)
        assert await_payloads(platform, 60, takes=True) == sent


def test_what_was_not_taken_comes_again_in_the_same_session(
    broker: Mosquitto, version: Version
) -> None:
    with (
        client_of(broker) as desk,
        client_of(broker, f"keeper-{version}", filters=("s/+",), session_expiry_s=60) as keeper,
    ):
        keeper.connect()
        desk.connect()
        for each in (b"1", b"2", b"3"):
            desk.publish("s/x", each)
        first = await_one(keeper, Arrived)
        keeper.take(first)
        assert await_payloads(keeper, 2) == [b"2", b"3"]
        keeper.close()
        desk.publish("s/x", b"4")
        keeper.connect()
        assert await_payloads(keeper, 3) == [b"2", b"3", b"4"]


def test_without_a_session_nothing_comes_again(broker: Mosquitto) -> None:
    with client_of(broker) as desk, client_of(broker, "guest", filters=("g/+",)) as guest:
        guest.connect()
        desk.connect()
        desk.publish("g/x", b"1")
        await_one(guest, Arrived)
        guest.drop()
        guest.connect()
        desk.publish("g/x", b"2")
        assert await_one(guest, Arrived).payload == b"2"


def test_a_broker_that_goes_and_comes_back(broker: Mosquitto) -> None:
    with client_of(broker, connect_timeout_s=1.0) as desk:
        desk.connect()
        broker.stop()
        await_one(desk, Disconnected)
        assert not desk.is_connected
        with pytest.raises(LinkDown, match="not_connected"):
            desk.publish("a/b", b"lost")
        for _ in range(2):
            with pytest.raises(LinkDown, match="broker_unreachable"):
                desk.connect()
        assert desk.next(QUIET_S) is None
        broker.start()
        desk.connect()
        token = desk.publish("a/b", b"again")
        assert await_one(desk, Acknowledged).token == token


def test_a_broker_that_falls_silent_is_left_at_once(broker: Mosquitto) -> None:
    with client_of(broker, connect_timeout_s=0.5) as desk:
        desk.connect()
        with stopped(broker):
            desk.publish("a/b", b"unheard")
            assert desk.next(QUIET_S) is None
            desk.drop()
            with pytest.raises(LinkDown, match="broker_silent"):
                desk.connect()
            assert not desk.is_connected
            assert desk.next(QUIET_S) is None
        desk.connect()
        assert desk.is_connected


def test_closing_does_not_wait_for_a_silent_broker(broker: Mosquitto) -> None:
    with client_of(broker) as desk:
        desk.connect()
        with stopped(broker):
            for _ in range(20):
                desk.publish("a/b", bytes(1_000_000))
            done = threading.Event()

            def close() -> None:
                desk.close()
                done.set()

            closer = threading.Thread(target=close)
            closer.start()
            is_prompt = done.wait(5)
        closer.join()
        assert is_prompt


def test_a_server_that_accepts_and_says_nothing_is_no_broker(broker: Mosquitto) -> None:
    with socket.create_server((HOST, 0)) as silent:
        access = Access(HOST, silent.getsockname()[1], "desk", connect_timeout_s=0.3)
        with closing(MqttClient(access)) as desk:
            with pytest.raises(LinkDown, match="broker_silent"):
                desk.connect()
            assert desk.next(QUIET_S) is None
    assert broker.pid is not None


def test_a_server_that_hangs_up_is_no_broker() -> None:
    with socket.create_server((HOST, 0)) as rude:
        access = Access(HOST, rude.getsockname()[1], "desk", connect_timeout_s=5)

        def hang_up() -> None:
            rude.accept()[0].close()

        server = threading.Thread(target=hang_up)
        server.start()
        with closing(MqttClient(access)) as desk:
            with pytest.raises(LinkDown):
                desk.connect()
            assert desk.next(QUIET_S) is None
        server.join()


def test_nothing_of_an_earlier_connection_is_heard_on_a_later_one(broker: Mosquitto) -> None:
    with (
        client_of(broker) as desk,
        client_of(broker, "other") as other,
        client_of(broker, "probe", filters=("e/+",)) as probe,
    ):
        other.connect()
        desk.connect()
        probe.connect()
        for number in range(20):
            probe.publish("e/x", b"%d" % number)
        await_payloads(probe, 5)
        probe.drop()
        probe.connect()
        assert probe.next(QUIET_S) is None
        other.publish("e/x", b"fresh")
        assert await_one(probe, Arrived).payload == b"fresh"


@pytest.mark.parametrize(
    ("leave", "is_spoken"), [(MqttClient.drop, True), (MqttClient.close, False)]
)
def test_the_will_is_spoken_for_whoever_goes_without_a_word(
    broker: Mosquitto, leave: Callable[[MqttClient], None], *, is_spoken: bool
) -> None:
    topic = f"will/{leave.__name__}"
    with (
        client_of(broker, "platform", filters=(topic,)) as platform,
        client_of(broker, will=Will(topic, b"gone")) as desk,
    ):
        platform.connect()
        desk.connect()
        leave(desk)
        if is_spoken:
            assert await_one(platform, Arrived).payload == b"gone"
        else:
            assert platform.next(QUIET_S) is None


def test_a_second_client_of_the_same_name_takes_over(broker: Mosquitto) -> None:
    with client_of(broker, "twin") as first, client_of(broker, "twin") as second:
        first.connect()
        second.connect()
        await_one(first, Disconnected)
        assert not first.is_connected
        assert second.is_connected


def test_leaving_twice_and_before_coming_is_nothing(broker: Mosquitto) -> None:
    with client_of(broker) as desk:
        desk.drop()
        desk.close()
        desk.connect()
        desk.close()
        desk.drop()
        assert not desk.is_connected


def test_files_that_are_not_there_are_a_setting_to_mend(tmp_path: Path) -> None:
    tls = TlsFiles(tmp_path / "ca.pem")
    with pytest.raises(ConfigError, match="tls_files"):
        MqttClient(Access(HOST, 1, "desk", tls=tls))


def test_a_dead_address_leaves_the_next_attempt_to_the_next(broker: Mosquitto) -> None:
    with socket.socket() as held:
        held.bind((HOST, 0))  # bound but not listening: refused
        dead = held.getsockname()[1]
        access = Access(
            HOST, dead, "desk", version=SPOKEN["version"], others=((HOST, broker.port),)
        )
        with closing(MqttClient(access)) as desk:
            with pytest.raises(LinkDown):
                desk.connect()
            assert desk.address == (HOST, broker.port)
            desk.connect()
            assert desk.is_connected
            desk.drop()
            assert desk.address == (HOST, dead)
