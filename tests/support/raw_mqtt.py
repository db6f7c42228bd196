"""As much of MQTT 3.1.1 as a fleet in one event loop needs: QoS 1 both ways, no retries."""

import asyncio
import struct
from collections.abc import Callable
from typing import Self

ANSWER_S = 20.0
KEEPALIVE_S = 600
_CONNACK, _PUBLISH, _PUBACK, _SUBACK = 2, 3, 4, 9


class PeerLost(Exception):
    """The broker refused, or hung up."""


class Peer(asyncio.Protocol):
    """One connection; everything that arrives is acknowledged and handed over."""

    def __init__(self) -> None:
        self.on_message: Callable[[str, bytes], object] = lambda _topic, _body: None
        self._buffer = bytearray()
        self._packet_id = 0
        self._waiting: dict[int, asyncio.Future[bytes]] = {}
        self._transport: asyncio.Transport | None = None

    @classmethod
    async def connect(cls, host: str, port: int, name: str, filters: tuple[str, ...]) -> Self:
        """Connect and subscribe; raise OSError, TimeoutError or PeerLost."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(ANSWER_S):
            _, peer = await loop.create_connection(cls, host, port)
            try:
                hello = _text("MQTT") + struct.pack("!BBH", 4, 2, KEEPALIVE_S) + _text(name)
                await peer._ask(0x10, hello, _CONNACK)
                wishes = b"".join(_text(each) + b"\x01" for each in filters)
                await peer._ask(0x82, struct.pack("!H", 1) + wishes, _SUBACK)
            except BaseException:
                peer.close()
                raise
        return peer

    @property
    def is_open(self) -> bool:
        """Whether the connection stands."""
        return self._transport is not None and not self._transport.is_closing()

    def publish(self, topic: str, body: bytes) -> None:
        """Hand one message over."""
        self._packet_id = self._packet_id % 0xFFFF + 1
        self._write(0x32, _text(topic) + struct.pack("!H", self._packet_id) + body)

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, _: Exception | None) -> None:
        for each in self._waiting.values():
            if not each.done():
                each.set_exception(PeerLost())

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (packet := self._next()) is not None:
            self._meet(*packet)

    async def _ask(self, kind: int, body: bytes, answer: int) -> bytes:
        answered: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._waiting[answer] = answered
        self._write(kind, body)
        try:
            return await answered
        finally:
            del self._waiting[answer]

    def _meet(self, head: int, body: bytes) -> None:
        kind = head >> 4
        if kind in self._waiting and self._waiting[kind].done():
            return
        if kind == _CONNACK and body[1]:
            self._waiting[kind].set_exception(PeerLost())
        elif kind in self._waiting:
            self._waiting[kind].set_result(body)
        elif kind == _PUBLISH:
            (size,) = struct.unpack_from("!H", body)
            topic, rest = body[2 : 2 + size].decode(), body[2 + size :]
            if head & 0x06:
                self._write(_PUBACK << 4, rest[:2])
                rest = rest[2:]
            self.on_message(topic, rest)

    def _next(self) -> tuple[int, bytes] | None:
        """The first whole packet: its first byte and what follows its length."""
        size, shift, at = 0, 0, 1
        while at < len(self._buffer):
            byte = self._buffer[at]
            size |= (byte & 0x7F) << shift
            shift, at = shift + 7, at + 1
            if byte < 0x80:
                if len(self._buffer) < at + size:
                    return None
                packet = self._buffer[0], bytes(self._buffer[at : at + size])
                del self._buffer[: at + size]
                return packet
        return None

    def _write(self, head: int, body: bytes) -> None:
        size, length = bytearray(), len(body)
        while True:
            length, digit = length >> 7, length & 0x7F
            size.append(digit | (0x80 if length else 0))
            if not length:
                break
        if self._transport is not None:
            self._transport.write(bytes([head]) + bytes(size) + body)


def _text(value: str) -> bytes:
    data = value.encode()
    return struct.pack("!H", len(data)) + data
