"""A bad line between a client and a broker: a TCP proxy whose faults a test switches on and off.

Faults are of the line, not of the packets: TCP keeps its order, so a loss shows as a stall.
"""

import asyncio
import socket
import struct
import threading
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from types import TracebackType
from typing import Any, Self

HOST = "127.0.0.1"
CHUNK_BYTES = 4096
ONE_WAY_S = 0.3
JITTER_S = 0.025
"""Half of 600 ms ± 50 there and back."""
LOSS = 0.02
RESEND_S = 0.9
"""What a lost segment costs on a line of 600 ms: about one retransmission time-out."""
DRIP_BYTES = 24
DRIP_S = 0.002
CUT_BYTES = (20, 3000)
"""A connection that is to be cut ends after so many bytes, wherever in a packet that is."""
_RESET = struct.pack("ii", 1, 0)


class Fault(StrEnum):
    """What is wrong with the line."""

    NONE = "none"
    REFUSE = "refuse"
    BLACKHOLE = "blackhole"
    HALF_OPEN = "half-open"
    SATELLITE = "satellite"
    DRIP = "drip"
    CUT = "cut"


SILENT = frozenset({Fault.BLACKHOLE, Fault.HALF_OPEN})
"""Bytes vanish, so a connection that lived through it must end with it."""


@dataclass(eq=False)
class _Pair:
    """One client with its connection to the broker."""

    near: asyncio.StreamWriter
    far: asyncio.StreamWriter | None = None
    is_spoiled: bool = False
    left_bytes: int = 0

    def reset(self) -> None:
        """End both sides at once, without a goodbye."""
        for writer in (self.near, self.far):
            if writer is None:
                continue
            link = writer.get_extra_info("socket")
            if link is not None:
                with suppress(OSError):
                    link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            writer.transport.abort()


@dataclass
class _Lane:
    """One direction of a pair, its bytes with the moment at which they may go on."""

    pair: _Pair
    is_down: bool
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    due: float = 0.0
    queue: "asyncio.Queue[tuple[float, bytes]]" = field(
        default_factory=lambda: asyncio.Queue(maxsize=256)
    )


class BadProxy:
    """Listens on a port of its own in a thread of its own; close it at the end."""

    def __init__(self, upstream_port: int, *, seed: int = 0) -> None:
        self.upstream_port = upstream_port
        self.port = 0
        self.cut_bytes = CUT_BYTES
        self._fault = Fault.NONE
        self._rng = Random(seed)
        self._pairs: set[_Pair] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="bad-proxy", daemon=True)
        self._thread.start()
        self._do(self._listen())

    def __enter__(self) -> Self:
        """Use as a context manager."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()

    @property
    def fault(self) -> Fault:
        """What is wrong at present."""
        return self._fault

    def impose(self, fault: Fault) -> None:
        """From now on the line is bad in this way."""
        self._do(self._change(fault))

    def heal(self) -> None:
        """The line is good again; a connection that has lost bytes is reset."""
        self.impose(Fault.NONE)

    def reset(self) -> None:
        """Every present connection ends at once."""
        self._do(self._reset())

    def close(self) -> None:
        """Stop listening, end everything; the port is free again."""
        if self._thread.is_alive():
            self._do(self._close())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(5.0)
            self._loop.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10.0)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._accept, HOST, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _change(self, fault: Fault) -> None:
        before, self._fault = self._fault, fault
        for pair in tuple(self._pairs):
            if fault is Fault.REFUSE or (pair.is_spoiled and fault not in SILENT):
                pair.reset()
            pair.left_bytes = self._rng.randint(*self.cut_bytes)
        if fault is Fault.REFUSE:
            await self._deafen()
        elif before is Fault.REFUSE:
            await self._listen()

    async def _reset(self) -> None:
        for pair in tuple(self._pairs):
            pair.reset()

    async def _deafen(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
            await asyncio.sleep(0)

    async def _close(self) -> None:
        await self._deafen()
        await self._reset()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, near: asyncio.StreamWriter) -> None:
        pair = _Pair(near, left_bytes=self._rng.randint(*self.cut_bytes))
        self._pairs.add(pair)
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
        try:
            await self._join(pair, reader)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            pair.reset()
            self._pairs.discard(pair)
            if task is not None:
                self._tasks.discard(task)

    async def _join(self, pair: _Pair, reader: asyncio.StreamReader) -> None:
        if self._fault is Fault.BLACKHOLE:
            pair.is_spoiled = True
            while await reader.read(CHUNK_BYTES):
                pass
            return
        far_reader, far = await asyncio.open_connection(HOST, self.upstream_port)
        pair.far = far
        up = _Lane(pair, is_down=False, reader=reader, writer=far)
        down = _Lane(pair, is_down=True, reader=far_reader, writer=pair.near)
        lanes = [
            asyncio.ensure_future(work)
            for lane in (up, down)
            for work in (self._take(lane), self._give(lane))
        ]
        try:
            await asyncio.wait(lanes, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in lanes:
                each.cancel()
            await asyncio.gather(*lanes, return_exceptions=True)

    async def _take(self, lane: _Lane) -> None:
        """Read what comes and say when it may go on."""
        while data := await lane.reader.read(CHUNK_BYTES):
            if self._swallows(lane):
                lane.pair.is_spoiled = True
                continue
            now = self._loop.time()
            lane.due = max(lane.due, now + self._delay_s())
            await lane.queue.put((lane.due, data))
        await lane.queue.put((lane.due, b""))
        await asyncio.Event().wait()

    async def _give(self, lane: _Lane) -> None:
        """Hand on what is due; ends the pair when it is cut, or when the other side has ended."""
        while True:
            due, data = await lane.queue.get()
            wait_s = due - self._loop.time()
            if wait_s > 0:
                await asyncio.sleep(wait_s)
            if not data:
                return
            if self._swallows(lane):
                lane.pair.is_spoiled = True
                continue
            if self._fault is Fault.CUT and len(data) >= lane.pair.left_bytes:
                lane.writer.write(data[: lane.pair.left_bytes])
                await lane.writer.drain()
                lane.writer.close()  # not reset: what was sent so far is to be read
                await lane.writer.wait_closed()
                return
            lane.pair.left_bytes -= len(data)
            await self._write(lane.writer, data)

    async def _write(self, writer: asyncio.StreamWriter, data: bytes) -> None:
        if self._fault is not Fault.DRIP:
            writer.write(data)
            await writer.drain()
            return
        for first in range(0, len(data), DRIP_BYTES):
            writer.write(data[first : first + DRIP_BYTES])
            await writer.drain()
            await asyncio.sleep(DRIP_S)

    def _swallows(self, lane: _Lane) -> bool:
        """Half open: what goes up arrives, and no answer comes back."""
        return self._fault is Fault.BLACKHOLE or (self._fault is Fault.HALF_OPEN and lane.is_down)

    def _delay_s(self) -> float:
        if self._fault is not Fault.SATELLITE:
            return 0.0
        stall_s = RESEND_S if self._rng.random() < LOSS else 0.0
        return self._rng.uniform(ONE_WAY_S - JITTER_S, ONE_WAY_S + JITTER_S) + stall_s
