"""The one door to the broker (steps 11 and 12): MQTT over paho, QoS 1, every result a value.

No thread: whoever asks what happened turns paho's wheel. Callbacks only note what they hear, since
paho holds its own lock around them.
"""

import select
import socket
import ssl
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from time import monotonic
from typing import Any, Final

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from edge.core.errors import ConfigError, LinkDown, LinkRejected

QOS: Final = 1
PACKETS_AT_ONCE: Final = 20
"""How many packets are read before the socket is asked again."""
GOODBYE_S: Final = 1.0
"""How long a broker has for hearing a goodbye."""
FAILURE: Final = 0x80
"""Reason codes from here on mean that the broker refused."""
_REJECTED: Final = frozenset({0x84, 0x85, 0x86, 0x87, 0x8A, 0x8C})
"""CONNACK reasons that a human must mend: version, client id, credentials, ban, method."""


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Certificate authority, and the client's certificate with its key."""

    ca: Path
    cert: Path | None = None
    key: Path | None = None


@dataclass(frozen=True, slots=True)
class Will:
    """What the broker says, retained, when this client is gone without a word."""

    topic: str
    payload: bytes


class Version(StrEnum):
    """What the broker speaks; 3.1.1 has no reasons, so a refusal there looks like a success."""

    V5 = "5"
    V311 = "3.1.1"


@dataclass(frozen=True, slots=True)
class Access:
    """How a broker is reached and as whom."""

    host: str
    port: int
    client_id: str
    tls: TlsFiles | None = None
    password: str | None = None
    keepalive_s: int = 30
    connect_timeout_s: float = 10.0
    session_expiry_s: int = 0
    receive_maximum: int = 100
    version: Version = Version.V5
    others: tuple[tuple[str, int], ...] = ()
    """More addresses of the same cluster, tried in turn when one is lost or unwilling."""

    @property
    def addresses(self) -> tuple[tuple[str, int], ...]:
        """Every address as host and port, the preferred one first."""
        return ((self.host, self.port), *self.others)


@dataclass(frozen=True, slots=True)
class Disconnected:
    """The connection is gone; `why` in words for the log."""

    why: str


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The broker's word on a publish: `reason` ≥ 0x80 is a refusal, 16 means nobody listens."""

    token: int
    reason: int


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message; it counts as taken when `MqttClient.take` says so."""

    topic: str
    payload: bytes
    retained: bool
    receipt: int


Happening = Disconnected | Acknowledged | Arrived


class MqttClient:
    """One connection after another; what was handed over before a break is the caller's again."""

    def __init__(
        self, access: Access, *, filters: Iterable[str] = (), will: Will | None = None
    ) -> None:
        self._access = access
        self._filters = tuple(filters)
        self._will = will
        self._context = _context_of(access.tls) if access.tls else None
        self._happenings: deque[Happening] = deque()
        self._client: Client | None = None
        self._address = 0

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of the present connection, or of the next one."""
        addresses = self._access.addresses
        return addresses[self._address % len(addresses)]

    @property
    def is_connected(self) -> bool:
        """Whether a connection stands, as far as anybody knows."""
        return self._client is not None

    def connect(self) -> None:
        """Connect and subscribe; raise LinkDown, or LinkRejected when waiting cannot help.

        A connection that could not be made or did not hold leaves the next address to the next.
        """
        self.drop()
        attempt = _Attempt()
        self._client = self._new_client(attempt)
        try:
            self._open(self._client)
            self._await(lambda: attempt.answer is not None)
            attempt.judge()
            self._subscribe(self._client, attempt)
        except BaseException:
            self.drop()
            raise

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> int:
        """Hand over one QoS 1 message; its token comes back Acknowledged. Raises LinkDown."""
        if self._client is None:
            raise LinkDown("not_connected")
        info = self._client.publish(topic, payload, qos=QOS, retain=retain)
        if info.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise LinkDown("not_connected", rc=int(info.rc))
        return info.mid

    def take(self, message: Arrived) -> None:
        """Acknowledge a message, once everything that follows from it is on the disk."""
        if self._client is not None and message.receipt:
            self._client.ack(message.receipt, QOS)

    def next(self, timeout_s: float) -> Happening | None:
        """What happened on the present connection, oldest first; None when nothing did in time."""
        if not self._happenings:
            self._wait(lambda: bool(self._happenings), timeout_s)
        if not self._happenings:
            return None
        happening = self._happenings.popleft()
        if isinstance(happening, Disconnected):
            self.drop()
        return happening

    def drop(self) -> None:
        """Hang up without a goodbye, so that the will is spoken."""
        client, self._client = self._client, None
        if client is not None:
            self._address += 1
            _hang_up(client)
        self._happenings.clear()

    def close(self) -> None:
        """Say goodbye, so that the will is not spoken; do not wait long for a silent broker."""
        client = self._client
        if client is not None:
            client.disconnect()
            self._wait(lambda: client.socket() is None, GOODBYE_S)
            self.drop()

    def _wait(self, is_over: Callable[[], bool], timeout_s: float) -> None:
        """Let bytes in and out until it is over or the time is."""
        end_s, left_s = monotonic() + timeout_s, timeout_s
        while not is_over() and left_s >= 0:
            self._turn(left_s)
            left_s = end_s - monotonic()

    def _turn(self, timeout_s: float) -> None:
        """One look at the socket, no longer than this; without one the time just passes."""
        client = self._client
        link: Any = client.socket() if client else None
        if client is None or link is None:
            select.select([], [], [], timeout_s)
            return
        has_more = isinstance(link, ssl.SSLSocket) and link.pending() > 0
        writers = [link] if client.want_write() else []
        readable, writable, _ = select.select([link], writers, [], 0 if has_more else timeout_s)
        if writable:
            client.loop_write()
        if readable or has_more:
            self._read(client)
        client.loop_misc()

    def _read(self, client: Client) -> None:
        for _ in range(PACKETS_AT_ONCE):
            known = len(self._happenings)
            client.loop_read()
            if len(self._happenings) == known:
                return

    def _open(self, client: Client) -> None:
        access = self._access
        wishes: dict[str, Any] = {}
        if access.version is Version.V5:
            wishes["clean_start"] = access.session_expiry_s == 0
            wishes["properties"] = _connect_properties(access)
        try:
            client.connect(*self.address, keepalive=access.keepalive_s, **wishes)
        except ssl.SSLError as error:
            raise LinkRejected("broker_tls", why=str(error)) from error
        except (OSError, ValueError) as error:
            raise LinkDown("broker_unreachable", why=str(error)) from error

    def _await(self, is_over: Callable[[], bool]) -> None:
        """The broker's word while connecting; raise LinkDown `broker_silent`."""
        self._wait(is_over, self._access.connect_timeout_s)
        if not is_over():
            raise LinkDown("broker_silent")

    def _subscribe(self, client: Client, attempt: "_Attempt") -> None:
        if not self._filters:
            return
        is_v5 = self._access.version is Version.V5
        options: Any = SubscribeOptions(qos=QOS) if is_v5 else QOS
        result, _ = client.subscribe([(each, options) for each in self._filters])
        if result != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise LinkDown("subscribe_failed", rc=int(result))
        self._await(lambda: bool(attempt.reasons) or attempt.has_ended)
        if attempt.has_ended:
            raise LinkDown("broker_hung_up")
        answers = zip(self._filters, attempt.reasons, strict=False)
        refused = [name for name, reason in answers if reason >= FAILURE]
        if refused:
            raise LinkRejected("subscribe_refused", filters=",".join(refused))

    def _new_client(self, attempt: "_Attempt") -> Client:
        access = self._access
        is_v5 = access.version is Version.V5
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=access.client_id,
            clean_session=None if is_v5 else access.session_expiry_s == 0,
            protocol=MQTTProtocolVersion.MQTTv5 if is_v5 else MQTTProtocolVersion.MQTTv311,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        client.connect_timeout = access.connect_timeout_s
        if self._context is not None:
            client.tls_set_context(self._context)
        if access.password is not None:
            client.username_pw_set(access.client_id, access.password)
        if self._will is not None:
            client.will_set(self._will.topic, self._will.payload, qos=QOS, retain=True)
        note = self._happenings.append

        def on_socket_open(_: Client, __: Any, link: Any) -> None:
            # Nagle's wait for the other side's delayed acknowledgement holds small packets 40 ms.
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def on_connect(_: Client, __: Any, ___: Any, reason: Any, ____: Any) -> None:
            attempt.answer = (reason.value, str(reason))

        def on_subscribe(_: Client, __: Any, ___: int, reasons: Any, ____: Any) -> None:
            attempt.reasons = [each.value for each in reasons]

        def on_disconnect(_: Client, __: Any, ___: Any, reason: Any, ____: Any) -> None:
            attempt.answer = attempt.answer or (FAILURE, str(reason))
            attempt.has_ended = True
            note(Disconnected(str(reason)))

        def on_publish(_: Client, __: Any, token: int, reason: Any, ___: Any) -> None:
            note(Acknowledged(token, reason.value))

        def on_message(_: Client, __: Any, message: MQTTMessage) -> None:
            receipt = message.mid if message.qos else 0
            note(Arrived(message.topic, bytes(message.payload), message.retain, receipt))

        client.on_socket_open = on_socket_open
        client.on_connect = on_connect
        client.on_subscribe = on_subscribe
        client.on_disconnect = on_disconnect
        client.on_publish = on_publish
        client.on_message = on_message
        return client


@dataclass(slots=True)
class _Attempt:
    """What the broker answers while a connection is being made, and whether it is over."""

    answer: tuple[int, str] | None = None
    reasons: list[int] = field(default_factory=list)
    has_ended: bool = False

    def judge(self) -> None:
        """Raise what the answer to a greeting means, if it is no welcome."""
        reason, why = self.answer or (FAILURE, "")
        if reason in _REJECTED:
            raise LinkRejected("broker_rejects", reason=reason, why=why)
        if reason >= FAILURE:
            raise LinkDown("broker_unwilling", reason=reason, why=why)


def _connect_properties(access: Access) -> Properties:
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call] # paho's gap
    properties.SessionExpiryInterval = access.session_expiry_s
    properties.ReceiveMaximum = access.receive_maximum
    return properties


def _context_of(tls: TlsFiles) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=str(tls.ca))
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if tls.cert is not None:
            context.load_cert_chain(tls.cert, tls.key)
    except OSError as error:
        raise ConfigError(
            "tls_files", ca=str(tls.ca), cert=str(tls.cert), why=str(error)
        ) from error
    return context


def _hang_up(client: Client) -> None:
    """Close the socket; bytes that were not sent are lost, as their sender expects."""
    link = client.socket()
    if isinstance(link, socket.socket):
        with suppress(OSError):
            link.shutdown(socket.SHUT_RDWR)
        link.close()
