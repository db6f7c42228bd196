"""A platform that only counts: what a station reaches when the platform has a machine of its own.

It acknowledges by signed watermarks what came in order, and neither verifies nor stores; its work
for an event is a tenth of a consumer's, so that a bench on one machine measures the station.
"""

import asyncio
import base64
import re
from hashlib import sha256
from threading import Event

from raw_mqtt import Peer, PeerLost

from edge.core.ids import Digest, EpochId
from edge.host.clock import SystemClock
from edge.host.keys import FileSigner, key_id_of, read_pinned
from edge.settings import Settings
from edge.wire.downlink import Ack, Mark, sign_message
from edge.wire.topics import Station, ack_topic, parse_topic

EVERY = 100
"""Events between two acknowledgements; what is behind the last one waits `SOON_S`."""
SOON_S = 0.02
_PAYLOAD = re.compile(rb'"payload":"([^"]+)"')
_EPOCH = re.compile(rb'"epoch":"([^"]+)"')
_SEQUENCE = re.compile(rb'"sequence":"(\d+)"')


class CountingPlatform:
    """The watermarks of one station."""

    def __init__(self, settings: Settings) -> None:
        key = settings.control_key
        self._signer = FileSigner(key, key_id=key_id_of(key, read_pinned(settings.keys_file)))
        self._clock = SystemClock(assume_synced=True)
        self._upto: dict[EpochId, int] = {}
        self._last: dict[EpochId, bytes] = {}
        self._station: Station | None = None
        self._waiting = 0
        self._peer: Peer | None = None

    async def serve(self, host: str, port: int, stop: Event) -> None:
        """Count until told to stop; a broker that goes away is awaited."""
        while not stop.is_set():
            try:
                self._peer = await Peer.connect(host, port, "counter", ("specimen/v1/+/+/+/ev/+",))
            except (OSError, TimeoutError, PeerLost):
                await asyncio.sleep(SOON_S)
                continue
            self._peer.on_message = self._count
            while not stop.is_set() and self._peer.is_open:
                await asyncio.sleep(SOON_S)
                self._acknowledge()

    def _count(self, topic: str, envelope: bytes) -> None:
        found = _PAYLOAD.search(envelope)
        assert found is not None
        body = base64.b64decode(found[1])
        epoch, sequence = _EPOCH.search(body), _SEQUENCE.search(body)
        assert epoch is not None
        assert sequence is not None
        chain = EpochId(epoch[1].decode())
        if int(sequence[1]) != self._upto.get(chain, 0) + 1:
            return
        self._upto[chain] = int(sequence[1])
        self._last[chain] = body
        self._station = self._station or parse_topic(topic).station
        self._waiting += 1
        if self._waiting >= EVERY:
            self._acknowledge()

    def _acknowledge(self) -> None:
        if not self._waiting or self._station is None or self._peer is None:
            return
        self._waiting = 0
        marks = {
            epoch: Mark(upto, Digest(sha256(self._last[epoch]).hexdigest()))
            for epoch, upto in self._upto.items()
        }
        ack = Ack(self._station.name, "counting", self._clock.now(), marks)
        signed = sign_message(ack, key_id=self._signer.key_id, sign=self._signer.sign)
        self._peer.publish(ack_topic(self._station), signed)
