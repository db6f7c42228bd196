"""What the platform orders of capture itself: every command is stated, some are carried out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from edge.core.commands import CommandName, why_not
from edge.core.documents import Document
from edge.core.errors import DecodeError, StorageError
from edge.core.events import CommandHeard
from edge.core.ids import RuleSetId
from edge.flows.record import Recorder
from edge.ports import Clock, Inbox, Journal
from edge.wire.downlink import Command, Downlink

KIND, DONE = "command", "done"
Deed = Callable[[Mapping[str, Any]], str]
"""Carries out an order; why it could not, empty when it did."""


@dataclass(frozen=True, slots=True)
class Orders:
    """What is obeyed: the names on the list, and what carries each out."""

    allowed: frozenset[str]
    deeds: Mapping[CommandName, Deed]
    ruleset: RuleSetId


class Obeying:
    """Reads the commands that the shipper brought down; each is stated once, then carried out."""

    def __init__(
        self,
        orders: Orders,
        *,
        inbox: Inbox,
        recorder: Recorder,
        downlink: Downlink,
        clock: Clock,
        journal: Journal,
    ) -> None:
        self._orders = orders
        self._inbox = inbox
        self._recorder = recorder
        self._downlink = downlink
        self._clock = clock
        self._journal = journal
        self._position = 0
        self._obstacle = ""

    def hear(self) -> bool:
        """Take in everything new; whether something was stated.

        A store that cannot be read or written is noted once and tried again.
        """
        try:
            heard = self._hear_news()
        except StorageError as error:
            if str(error) != self._obstacle:
                self._journal.warning("obey.store", error=str(error))
            self._obstacle = str(error)
            return False
        self._obstacle = ""
        return heard

    def _hear_news(self) -> bool:
        heard = False
        for position, tail, payload in self._inbox.after(self._position):
            if tail.startswith("cmd/"):
                heard = self._meet(tail.removeprefix("cmd/"), payload) or heard
            self._position = position
        return heard

    def _meet(self, name: str, payload: bytes) -> bool:
        try:
            command = self._downlink.open(payload, Command)
        except DecodeError:
            return False  # the shipper has noted it
        if command.name != name or self._recorder.knows(KIND, command.corr):
            return False
        why = why_not(
            command.name,
            allowed=self._orders.allowed,
            issued=command.issued,
            expires=command.expires,
            now=self._clock.now(),
        )
        self._recorder.record(
            (CommandHeard(command.corr, command.name[:40], not why, why),),
            occurred=self._clock.read(),
            ruleset=self._orders.ruleset,
            documents=(Document(KIND, command.corr, DONE, payload),),
        )
        deed = self._orders.deeds.get(CommandName(command.name)) if not why else None
        if deed is not None:
            obstacle = deed(command.data)
            if obstacle:
                self._journal.warning("command.not_done", command=command.name, why=obstacle)
        return True
