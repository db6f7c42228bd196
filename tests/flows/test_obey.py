"""Orders of the platform at the desk: each is stated once in the log, and carried out once."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from bench import Bench
from downlinks import DOWNLINK, OTHER, STATION, STRANGER, signed
from memory_doors import QuietJournal, StackedInbox
from rules import shipped

from edge.core.commands import CommandName
from edge.core.errors import StorageError
from edge.flows.obey import Obeying, Orders
from edge.wire.downlink import Command


class Ear:
    """A desk with an inbox of commands."""

    def __init__(self) -> None:
        self.bench = Bench()
        self.inbox = StackedInbox()
        self.journal = QuietJournal()
        self.done: list[Mapping[str, Any]] = []
        self.obstacle = ""
        self.restart()

    def restart(self) -> None:
        orders = Orders(
            frozenset({CommandName.RESTART, CommandName.PING}),
            {CommandName.RESTART: self._do},
            shipped().ruleset,
        )
        self.obeying = Obeying(
            orders,
            inbox=self.inbox,
            recorder=self.bench.recorder,
            downlink=DOWNLINK,
            clock=self.bench.clock,
            journal=self.journal,
        )

    def _do(self, data: Mapping[str, Any]) -> str:
        self.done.append(data)
        return self.obstacle

    def command(self, name: str = "restart", corr: str = "c-1") -> Command:
        now = self.bench.clock.now()
        until = now + timedelta(seconds=30)
        return Command(STATION.name, corr, name, now, until, {"process": "kiosk"})

    def stated(self) -> list[tuple[str, str, bool, str]]:
        heard = self.bench.told("command.heard")
        return [(each["corr"], each["name"], each["obeyed"], each["why"]) for each in heard]


def test_a_command_is_stated_and_carried_out_once() -> None:
    ear = Ear()
    ear.inbox.put("cmd/restart", signed(ear.command()))
    assert ear.obeying.hear()
    assert not ear.obeying.hear()
    ear.inbox.put("cmd/restart", signed(ear.command()))
    assert not ear.obeying.hear()
    ear.restart()
    assert not ear.obeying.hear()
    assert ear.stated() == [("c-1", "restart", True, "")]
    assert ear.done == [{"process": "kiosk"}]


def test_one_for_the_shipper_is_stated_only() -> None:
    ear = Ear()
    ear.inbox.put("cmd/ping", signed(ear.command("ping")))
    assert ear.obeying.hear()
    assert ear.stated() == [("c-1", "ping", True, "")]
    assert ear.done == []


@pytest.mark.parametrize(
    ("name", "after_s", "why"),
    [
        ("doctor", 0, "not_allowed"),
        ("shell", 0, "unknown_command"),
        ("restart", 31, "expired"),
        ("restart", -3600, "not_yet"),
    ],
)
def test_one_that_is_refused_is_stated_with_its_reason(name: str, after_s: int, why: str) -> None:
    ear = Ear()
    ear.inbox.put(f"cmd/{name}", signed(ear.command(name)))
    ear.bench.clock.move(after_s)
    assert ear.obeying.hear()
    assert ear.stated() == [("c-1", name, False, why)]
    assert ear.done == []


def test_what_is_not_genuine_or_no_command_is_passed_over() -> None:
    ear = Ear()
    ear.inbox.put("cmd/restart", signed(ear.command(), by=STRANGER))
    ear.inbox.put("cmd/restart", signed(replace(ear.command(), station=OTHER.name)))
    ear.inbox.put("cmd/ping", signed(ear.command()))
    ear.inbox.put("ans/c-1", signed(ear.command()))
    assert not ear.obeying.hear()
    assert ear.stated() == []


def test_a_store_in_trouble_is_noted_once_and_tried_again() -> None:
    ear = Ear()
    ear.inbox.put("cmd/restart", signed(ear.command()))
    ear.inbox.trouble = StorageError("disk_full")
    assert not ear.obeying.hear()
    assert not ear.obeying.hear()
    assert ear.journal.noted == ["obey.store"]
    ear.inbox.trouble = None
    assert ear.obeying.hear()
    assert ear.done


def test_a_deed_that_fails_is_noted() -> None:
    ear = Ear()
    ear.obstacle = "busy"
    ear.inbox.put("cmd/restart", signed(ear.command()))
    assert ear.obeying.hear()
    assert ear.journal.noted == ["command.not_done"]
