"""The real broker, with the access list that an operator installs."""

import os
import queue
import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from edge.core.errors import ConfigError, DeviceGone
from edge.host.certificates import Authority, CertificateFiles
from edge.host.clock import SystemClock
from edge.sim.broker import HOST, BrokerTls, Mosquitto, find_mosquitto

LIMIT_S = 10.0
CONNACK = b"\x20"
SUCCESS, NOBODY_LISTENS, NOT_AUTHORISED = 0, 16, 135
OWN, OTHER = "nanchang/lab-1/desk-1", "nanchang/lab-2/desk-1"
SHIPPED = files("edge.mqtt") / "broker"

UPLINK = (
    *("ev/delivery-received", "status", "blob/0a/3", "res/0b", "ask/decision"),
    *("diag/queue", "diag/camera/0/gain"),
)
DOWNLINK = (
    *("ack", "replay", "blob-ack/0a", "cmd/light", "ans/0b"),
    *("ref/people/head", "ref/people/page/7/0"),
)


class Peer:
    """An MQTT v5 client of the tests: every answer of the broker is taken from a queue."""

    def __init__(self, port: int, context: ssl.SSLContext | None, name: str) -> None:
        self._port = port
        self._answers: queue.SimpleQueue[list[int]] = queue.SimpleQueue()
        self._messages: queue.SimpleQueue[tuple[str, bytes]] = queue.SimpleQueue()
        self.client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=name,
            protocol=MQTTProtocolVersion.MQTTv5,
            reconnect_on_failure=False,
        )
        if context is not None:
            self.client.tls_set_context(context)
        answer = self._answers.put

        def on_connect(_: Client, __: Any, ___: Any, reason: Any, ____: Any) -> None:
            answer([reason.value])

        def on_publish(_: Client, __: Any, ___: int, reason: Any, ____: Any) -> None:
            answer([reason.value])

        def on_subscribe(_: Client, __: Any, ___: int, reasons: Any, ____: Any) -> None:
            answer([each.value for each in reasons])

        def on_message(_: Client, __: Any, message: MQTTMessage) -> None:
            self._messages.put((message.topic, bytes(message.payload)))

        self.client.on_connect = on_connect
        self.client.on_publish = on_publish
        self.client.on_subscribe = on_subscribe
        self.client.on_message = on_message

    def connect(self, *, session_s: int = 0) -> int:
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call] # paho's gap
        properties.SessionExpiryInterval = session_s
        self.client.connect(HOST, self._port, clean_start=session_s == 0, properties=properties)
        self.client.loop_start()
        return self._answers.get(timeout=LIMIT_S)[0]

    def publish(self, topic: str, payload: bytes = b"x", *, retain: bool = False) -> int:
        self.client.publish(topic, payload, qos=1, retain=retain)
        return self._answers.get(timeout=LIMIT_S)[0]

    def subscribe(self, *filters: str) -> list[int]:
        self.client.subscribe([(each, SubscribeOptions(qos=1)) for each in filters])
        return self._answers.get(timeout=LIMIT_S)

    def hears(self) -> tuple[str, bytes]:
        return self._messages.get(timeout=LIMIT_S)

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


class Town:
    """A broker with certificates, and peers that are closed at the end."""

    def __init__(self, broker: Mosquitto, authority: Authority, stack: ExitStack) -> None:
        self.broker = broker
        self.ca = authority.cert
        self._stack = stack
        self._files = {
            name: authority.issue_client(name.replace("/", "-"), name=name)
            for name in (OWN, OTHER, "platform")
        }

    def context(self, files_: CertificateFiles | None) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(self.ca))
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        if files_ is not None:
            context.load_cert_chain(files_.cert, files_.key)
        return context

    def peer(self, user: str, *, client_id: str = "") -> Peer:
        context = self.context(self._files[user])
        peer = Peer(self.broker.port, context, client_id or user)
        self._stack.callback(peer.close)
        return peer

    def connected(self, user: str, **options: Any) -> Peer:
        peer = self.peer(user, **options)
        assert peer.connect() == SUCCESS
        return peer


@contextmanager
def _running(broker: Mosquitto) -> Iterator[Mosquitto]:
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    authority = Authority(tmp_path / "certificates", now=SystemClock().now())
    server = authority.issue_server("broker", hosts=("localhost", HOST))
    with ExitStack() as stack:
        acl = stack.enter_context(as_file(SHIPPED / "acl"))
        tls = BrokerTls(authority.cert, server.cert, server.key, acl)
        broker = stack.enter_context(_running(Mosquitto(tmp_path / "broker", tls=tls)))
        yield Town(broker, authority, stack)


def test_a_station_writes_its_uplink_and_the_platform_reads_it(town: Town) -> None:
    station, platform = town.connected(OWN), town.connected("platform")
    filters = ("ev/+", "status", "blob/+/+", "res/+", "ask/+", "diag/#")
    platform.subscribe(*(f"specimen/v1/+/+/+/{each}" for each in filters))
    for below in UPLINK:
        topic = f"specimen/v1/{OWN}/{below}"
        assert station.publish(topic, below.encode()) == SUCCESS
        assert platform.hears() == (topic, below.encode())


def test_the_platform_writes_the_downlink_and_the_station_reads_it(town: Town) -> None:
    station, platform = town.connected(OWN), town.connected("platform")
    filters = ("ack", "replay", "blob-ack/+", "cmd/+", "ans/+", "ref/+/head", "ref/+/page/+/+")
    station.subscribe(*(f"specimen/v1/{OWN}/{each}" for each in filters))
    for below in DOWNLINK:
        topic = f"specimen/v1/{OWN}/{below}"
        assert platform.publish(topic, below.encode()) == SUCCESS
        assert station.hears() == (topic, below.encode())


@pytest.mark.parametrize(
    ("user", "topic"),
    [
        *((OWN, f"specimen/v1/{OTHER}/{below}") for below in UPLINK),
        *((OWN, f"specimen/v1/{OWN}/{below}") for below in DOWNLINK),
        (OWN, f"specimen/v1/{OWN}"),
        (OWN, f"specimen/v1/{OWN}/ev/a/b"),
        (OWN, "specimen/v1/nanchang/lab-1/ev/x"),
        (OWN, "elsewhere"),
        ("platform", f"specimen/v1/{OWN}/ev/delivery-received"),
        ("platform", f"specimen/v1/{OWN}/status"),
    ],
)
def test_what_nobody_may_write_is_refused_with_135(town: Town, user: str, topic: str) -> None:
    peer = town.connected(user)
    assert peer.publish(topic) == NOT_AUTHORISED


def test_after_a_refusal_a_new_connection_may_write(town: Town) -> None:
    """Mosquitto 2.0.11 answers 135 and then hangs up; a later one may stay."""
    assert town.connected(OWN).publish(f"specimen/v1/{OTHER}/status") == NOT_AUTHORISED
    assert town.connected(OWN).publish(f"specimen/v1/{OWN}/status") == NOBODY_LISTENS


def test_a_station_hears_nothing_of_others_whatever_it_subscribes_to(town: Town) -> None:
    station, platform = town.connected(OWN), town.connected("platform")
    other = town.connected(OTHER)
    station.subscribe("#", f"specimen/v1/{OTHER}/ack", "specimen/v1/+/+/+/ev/+", "$SYS/#")
    platform.publish(f"specimen/v1/{OTHER}/ack", retain=True)
    platform.publish(f"specimen/v1/{OTHER}/cmd/light")
    other.publish(f"specimen/v1/{OTHER}/ev/delivery-received")
    other.publish(f"specimen/v1/{OTHER}/status", retain=True)
    last = f"specimen/v1/{OWN}/ack"
    platform.publish(last, b"own")
    assert station.hears() == (last, b"own")


def test_an_own_uplink_is_not_heard_back(town: Town) -> None:
    station, platform = town.connected(OWN), town.connected("platform")
    station.subscribe(f"specimen/v1/{OWN}/#")
    station.publish(f"specimen/v1/{OWN}/ev/delivery-received")
    platform.publish(f"specimen/v1/{OWN}/ack", b"own")
    assert station.hears() == (f"specimen/v1/{OWN}/ack", b"own")


def test_a_will_speaks_on_the_own_branch(town: Town) -> None:
    platform, station = town.connected("platform"), town.peer(OWN)
    topic = f"specimen/v1/{OWN}/status"
    platform.subscribe("specimen/v1/+/+/+/status")
    station.client.will_set(topic, b"gone", qos=1, retain=True)
    assert station.connect() == SUCCESS
    _cut(station)
    assert platform.hears() == (topic, b"gone")


def test_a_will_does_not_speak_for_another_station(town: Town) -> None:
    platform, station = town.connected("platform"), town.peer(OWN)
    other = town.connected(OTHER)
    platform.subscribe("specimen/v1/+/+/+/status")
    station.client.will_set(f"specimen/v1/{OTHER}/status", b"gone", qos=1, retain=True)
    station.connect()
    _cut(station)
    town.connected(OWN)  # by taking the session over, the broker has done with the will
    other.publish(f"specimen/v1/{OTHER}/status", b"here")
    assert platform.hears() == (f"specimen/v1/{OTHER}/status", b"here")


def test_the_client_id_does_not_widen_what_a_station_may(town: Town) -> None:
    peer = town.connected(OWN, client_id=OTHER)
    assert peer.publish(f"specimen/v1/{OTHER}/ev/delivery-received") == NOT_AUTHORISED


def test_without_a_certificate_nobody_gets_in(town: Town) -> None:
    with pytest.raises(ssl.SSLError, match="certificate required"):
        _greet(town.broker.port, town.context(None))


def test_a_certificate_of_another_authority_does_not_get_in(town: Town, tmp_path: Path) -> None:
    foreign = Authority(tmp_path / "foreign", now=SystemClock().now())
    with pytest.raises(ssl.SSLError, match=r"unknown ca|decrypt error"):
        _greet(town.broker.port, town.context(foreign.issue_client("station", name=OWN)))


def test_a_client_refuses_a_broker_of_another_authority(town: Town, tmp_path: Path) -> None:
    foreign = Authority(tmp_path / "foreign", now=SystemClock().now())
    context = ssl.create_default_context(cafile=str(foreign.cert))
    with pytest.raises(ssl.SSLCertVerificationError):
        _greet(town.broker.port, context)


def test_a_plain_connection_does_not_get_in(town: Town, tmp_path: Path) -> None:
    with _running(Mosquitto(tmp_path / "open")) as open_broker:
        assert _first_word(open_broker.port) == CONNACK
    assert _first_word(town.broker.port) != CONNACK


def test_a_restart_keeps_the_port_and_what_is_retained(tmp_path: Path) -> None:
    broker = Mosquitto(tmp_path / "a folder")
    with _running(broker):
        port, pid = broker.port, broker.pid
        first = Peer(port, None, "first")
        assert first.connect() == SUCCESS
        assert first.publish("any/topic", b"kept", retain=True) == NOBODY_LISTENS
        first.close()
        broker.restart()
        assert broker.port == port
        assert broker.pid not in {None, pid}
        second = Peer(port, None, "second")
        assert second.connect() == SUCCESS
        second.subscribe("any/#")
        assert second.hears() == ("any/topic", b"kept")
        second.close()


def test_a_killed_broker_is_gone_and_comes_back(tmp_path: Path) -> None:
    broker = Mosquitto(tmp_path)
    with _running(broker):
        port = broker.port
        broker.kill()
        assert broker.pid is None
        with pytest.raises(OSError, match="refused"), socket.create_connection((HOST, port)):
            pass
        broker.start()
        assert broker.port == port
    assert broker.pid is None
    broker.stop()


def test_starting_twice_leaves_one_process(tmp_path: Path) -> None:
    with _running(Mosquitto(tmp_path)) as broker:
        pid = broker.pid
        broker.start()
        assert broker.pid == pid


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with _running(Mosquitto(tmp_path / "one")) as one:
        two = Mosquitto(tmp_path / "two", port=one.port)
        with pytest.raises(DeviceGone, match="Address already in use"):
            two.start()
        assert two.pid is None
        assert one.pid is not None


def test_a_broken_configuration_is_told_in_the_brokers_words(tmp_path: Path) -> None:
    none = tmp_path / "none.pem"
    broker = Mosquitto(tmp_path, tls=BrokerTls(none, none, none, none))
    with pytest.raises(DeviceGone, match=r"none\.pem"):
        broker.start()
    assert broker.pid is None


def test_an_absent_mosquitto_names_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(ConfigError, match="apt-get install mosquitto"):
        find_mosquitto(folders=())


def test_mosquitto_is_found_beside_an_ordinary_users_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert Path(find_mosquitto()).name == "mosquitto"


def test_the_broker_of_the_tests_is_set_as_the_shipped_one(tmp_path: Path) -> None:
    tls = BrokerTls(*(tmp_path / name for name in ("ca", "cert", "key", "acl")))
    own = dict(_pairs("\n".join(Mosquitto(tmp_path, tls=tls).lines())))
    shipped = dict(_pairs((SHIPPED / "mosquitto.conf").read_text(encoding="utf-8")))
    places = {"listener", "cafile", "certfile", "keyfile", "acl_file"}
    only_shipped = {"persistent_client_expiration"}
    assert shipped.keys() - own.keys() == only_shipped
    for name in shipped.keys() - places - only_shipped:
        assert own[name] == shipped[name], name


def test_the_shipped_configuration_starts_beside_debians_own(town: Town, tmp_path: Path) -> None:
    """Debian's file sets where things are kept and includes what an operator adds."""
    town.broker.stop()
    shipped = (SHIPPED / "mosquitto.conf").read_text(encoding="utf-8")
    places = {
        "listener 8883": f"listener {town.broker.port} {HOST}",
        "/etc/mosquitto/certs": str(tmp_path / "certificates"),
        "/etc/mosquitto/specimen-edge.acl": str(SHIPPED / "acl"),
    }
    for place, here in places.items():
        assert place in shipped
        shipped = shipped.replace(place, here)
    added = tmp_path / "conf.d"
    added.mkdir()
    (added / "specimen-edge.conf").write_text(shipped, encoding="utf-8")
    debian = ["persistence true", f"persistence_location {tmp_path}/", f"include_dir {added}"]
    town.broker.start(lines=[*debian, "log_dest stderr", *_as_root()])
    assert town.connected(OWN).publish(f"specimen/v1/{OTHER}/status") == NOT_AUTHORISED


def _as_root() -> list[str]:
    return ["user root"] if os.geteuid() == 0 else []


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name, _, value = line.partition(" ")
            yield name, value


def _greet(port: int, context: ssl.SSLContext) -> None:
    """Shake hands; TLS 1.3 tells what the broker thinks of us with the first byte read."""
    with (
        socket.create_connection((HOST, port), timeout=LIMIT_S) as link,
        context.wrap_socket(link, server_hostname=HOST) as secured,
    ):
        secured.recv(1)


def _first_word(port: int) -> bytes:
    """The first byte of the answer to a plain CONNECT; nothing when the broker hangs up."""
    connect = bytes.fromhex("100e 00044d515454 05 02 003c 00 0001 70")
    with socket.create_connection((HOST, port), timeout=LIMIT_S) as link:
        link.sendall(connect)
        try:
            return link.recv(1)
        except ConnectionResetError:
            return b""


def _cut(peer: Peer) -> None:
    """Break the connection as a pulled cable would: no goodbye."""
    link = peer.client.socket()
    if isinstance(link, socket.socket):
        link.shutdown(socket.SHUT_RDWR)
    peer.client.loop_stop()
