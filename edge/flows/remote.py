"""Orders of the platform (step 12): signed, once, in time, on the list, and always answered.

A command that is heard again is not carried out again: its result is said again.
"""

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from edge.core.commands import CommandName, Reply, why_not
from edge.core.errors import DecodeError
from edge.ports import Clock, Journal
from edge.wire.downlink import Command, Downlink, Result, encode
from edge.wire.topics import result_topic

Publish = Callable[[str, bytes], int]
Work = Callable[[], Reply | None]
"""Work that has begun: its reply once there is one."""
Handler = Callable[[Mapping[str, Any]], Work]
"""Begins what a command orders, with its data."""


class Ledger(Protocol):
    """Which commands were heard, and what became of them."""

    def note_command(self, corr: str, name: str) -> None:
        """A command is carried out from now on."""
        ...

    def knows_command(self, corr: str) -> bool:
        """Whether it was heard before."""
        ...

    def keep_result(self, corr: str, result: bytes) -> None:
        """What became of a command."""
        ...

    def result_of(self, corr: str) -> bytes | None:
        """What became of it; None while it is carried out, or when that was cut short."""
        ...


class Remote:
    """Obeys the platform, one command after the other."""

    def __init__(
        self,
        *,
        downlink: Downlink,
        ledger: Ledger,
        handlers: Mapping[CommandName, Handler],
        allowed: frozenset[str],
        clock: Clock,
        journal: Journal,
    ) -> None:
        self._downlink = downlink
        self._ledger = ledger
        self._handlers = handlers
        self._allowed = allowed
        self._clock = clock
        self._journal = journal
        self._waiting: deque[Command] = deque()
        self._running: tuple[Command, Work] | None = None
        self._results: deque[tuple[str, bytes]] = deque()

    def hear(self, name: str, payload: bytes) -> None:
        """A message on the topic of a command; what is not genuine gets no answer."""
        try:
            command = self._downlink.open(payload, Command)
        except DecodeError as error:
            self._journal.warning("command.refused", command=name[:40], error=str(error))
            return
        if command.name != name or not _is_level(command.corr):
            self._journal.warning("command.refused", command=name[:40], error="other topic")
            return
        if self._ledger.knows_command(command.corr):
            self._say_again(command)
            return
        self._ledger.note_command(command.corr, command.name)
        why = why_not(
            command.name,
            allowed=self._allowed,
            issued=command.issued,
            expires=command.expires,
            now=self._clock.now(),
        )
        self._journal.info("command.heard", command=command.name, corr=command.corr, why=why)
        if why:
            self._settle(command, Reply(ok=False, code=why))
        else:
            self._waiting.append(command)

    def pump(self, publish: Publish) -> None:
        """Carry on with what was ordered, and say what became of it. Raises LinkDown."""
        while self._results:
            corr, result = self._results[0]
            publish(result_topic(self._downlink.station, corr), result)
            self._results.popleft()
        if self._running is None and self._waiting:
            command = self._waiting.popleft()
            self._running = command, self._handlers[CommandName(command.name)](command.data)
        if self._running is not None:
            command, work = self._running
            reply = work()
            if reply is not None:
                self._running = None
                self._settle(command, reply)

    def _settle(self, command: Command, reply: Reply) -> None:
        now = self._clock.now()
        result = encode(
            Result(command.corr, command.name, reply.ok, reply.code, now, dict(reply.data))
        )
        self._ledger.keep_result(command.corr, result)
        self._results.append((command.corr, result))
        self._journal.info("command.done", command=command.name, corr=command.corr, code=reply.code)

    def _say_again(self, command: Command) -> None:
        """The result that is known; a command that a restart cut short says so."""
        known = self._ledger.result_of(command.corr)
        is_under_way = command in self._waiting or (
            self._running is not None and self._running[0] == command
        )
        if known is not None:
            self._results.append((command.corr, known))
        elif not is_under_way:
            self._settle(command, Reply(ok=False, code="cut_short"))


def at_once(reply: Callable[[Mapping[str, Any]], Reply]) -> Handler:
    """A handler whose work is done as soon as it is asked for."""

    def begin(data: Mapping[str, Any]) -> Work:
        answer = reply(data)
        return lambda: answer

    return begin


def _is_level(corr: str) -> bool:
    return 0 < len(corr) <= 64 and all(c.isascii() and (c.isalnum() or c == "-") for c in corr)  # noqa: PLR2004 - a topic level
