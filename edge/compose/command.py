"""The platform's way to order something of a station."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from secrets import token_hex

from edge.compose.common import access_of
from edge.core.commands import CommandName
from edge.core.errors import LinkDown
from edge.host.clock import SystemClock
from edge.host.keys import FileSigner, key_id_of, read_pinned
from edge.mqtt.client import Arrived, Disconnected, MqttClient
from edge.settings import Settings
from edge.wire.downlink import Command, Result, decode, sign_message
from edge.wire.topics import Station, command_topic, result_topic

POLL_S = 0.2


@dataclass(frozen=True, slots=True)
class Order:
    """What is ordered of whom, and how long the answer may take, in seconds."""

    station: Station
    name: CommandName
    data: Mapping[str, str]
    wait_s: float


def send_order(settings: Settings, order: Order) -> Result:
    """Sign, send and wait; raise LinkDown `no_result` when no answer comes in time."""
    clock = SystemClock(assume_synced=settings.clock.assume_synced)
    pinned = read_pinned(settings.keys_file)
    signer = FileSigner(settings.control_key, key_id=key_id_of(settings.control_key, pinned))
    corr = f"c-{token_hex(8)}"
    issued = clock.now()
    command = Command(
        order.station.name,
        corr,
        order.name.value,
        issued,
        issued + timedelta(seconds=order.wait_s),
        dict(order.data),
    )
    client = MqttClient(
        access_of(settings, client_id=f"command/{corr}"),
        filters=(result_topic(order.station, corr),),
    )
    try:
        client.connect()
        payload = sign_message(command, key_id=signer.key_id, sign=signer.sign)
        client.publish(command_topic(order.station, order.name.value), payload)
        return _await(client, corr, until_ns=clock.mono_ns() + int(order.wait_s * 1e9), clock=clock)
    finally:
        client.close()


def _await(client: MqttClient, corr: str, *, until_ns: int, clock: SystemClock) -> Result:
    while clock.mono_ns() < until_ns:
        match client.next(POLL_S):
            case Arrived() as message:
                client.take(message)
                result = decode(message.payload, Result)
                if result.corr == corr:
                    return result
            case Disconnected(why=why):
                raise LinkDown("link_lost", why=why)
            case _:
                continue
    raise LinkDown("no_result", remedy="the station is away, or does not know this platform's key")
