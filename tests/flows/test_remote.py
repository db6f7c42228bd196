"""Orders of the platform at the shipper: genuine, on the list, in time, once, and answered."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from downlinks import DOWNLINK, OTHER, STATION, STRANGER, signed
from memory_doors import QuietJournal, SetClock

from edge.core.commands import CommandName, Reply
from edge.core.errors import LinkDown
from edge.flows.remote import Remote, Work, at_once
from edge.storage.link import SqliteLink
from edge.wire.downlink import Command, Result, decode

ALLOWED = frozenset({CommandName.PING, CommandName.DOCTOR})


@dataclass
class Station:
    """A shipper's ear for commands, over a real ledger."""

    folder: Path
    clock: SetClock = field(default_factory=SetClock)
    journal: QuietJournal = field(default_factory=QuietJournal)
    said: list[tuple[str, Result]] = field(default_factory=list)
    pinged: int = 0
    examined: Reply | None = None
    is_up: bool = True

    def __post_init__(self) -> None:
        self.link = SqliteLink(self.folder / "link.db", clock=self.clock, boot_id="boot")
        self.restart()

    def restart(self) -> None:
        self.remote = Remote(
            downlink=DOWNLINK,
            ledger=self.link,
            handlers={CommandName.PING: at_once(self._ping), CommandName.DOCTOR: self._examine},
            allowed=ALLOWED,
            clock=self.clock,
            journal=self.journal,
        )

    def _ping(self, data: Mapping[str, Any]) -> Reply:
        self.pinged += 1
        return Reply(ok=True, code="here", data=data)

    def _examine(self, _: Mapping[str, Any]) -> Work:
        return lambda: self.examined

    def command(self, name: str = "ping", corr: str = "c-1", **data: str) -> Command:
        now = self.clock.now()
        return Command(STATION.name, corr, name, now, now + timedelta(seconds=30), data)

    def hear(self, command: Command, name: str = "") -> None:
        self.remote.hear(name or command.name, signed(command))

    def publish(self, topic: str, payload: bytes) -> int:
        if not self.is_up:
            raise LinkDown("not_connected")
        self.said.append((topic.removeprefix(f"{STATION.branch}/"), decode(payload, Result)))
        return len(self.said)

    def pump(self) -> list[tuple[str, str]]:
        """What was said: where, and the code."""
        before = len(self.said)
        for _ in range(3):
            self.remote.pump(self.publish)
        return [(topic, result.code) for topic, result in self.said[before:]]


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Station]:
    made = Station(tmp_path)
    yield made
    made.link.close()


def test_a_command_is_carried_out_and_answered(station: Station) -> None:
    station.hear(station.command(colour="red"))
    assert station.pump() == [("res/c-1", "here")]
    (_, result) = station.said[0]
    assert (result.ok, result.name, result.data) == (True, "ping", {"colour": "red"})


def test_one_that_is_heard_again_is_answered_again_and_not_carried_out(station: Station) -> None:
    command = station.command()
    station.hear(command)
    station.pump()
    station.hear(command)
    assert station.pump() == [("res/c-1", "here")]
    station.restart()
    station.clock.move(3600)
    station.hear(command)
    assert station.pump() == [("res/c-1", "here")]
    assert station.pinged == 1


Change = Callable[[Command], Command]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda each: replace(each, name="shell"), "unknown_command"),
        (lambda each: replace(each, name="restart"), "not_allowed"),
        (lambda each: replace(each, expires=each.issued), "expired"),
        (lambda each: replace(each, expires=each.issued - timedelta(days=3)), "expired"),
        (
            lambda each: replace(
                each,
                issued=each.issued + timedelta(minutes=6),
                expires=each.issued + timedelta(minutes=9),
            ),
            "not_yet",
        ),
    ],
)
def test_a_genuine_one_that_is_not_obeyed_is_told_why(
    station: Station, change: Change, code: str
) -> None:
    station.hear(change(station.command()))
    assert station.pump() == [("res/c-1", code)]
    assert station.pinged == 0


def test_what_is_not_genuine_gets_no_answer(station: Station) -> None:
    command = station.command()
    station.remote.hear("ping", signed(command, by=STRANGER))
    station.remote.hear("ping", signed(replace(command, station=OTHER.name)))
    station.remote.hear("ping", b"\xff")
    station.hear(command, name="doctor")
    station.hear(replace(command, corr="a/b"))
    station.hear(replace(command, corr=""))
    assert station.pump() == []
    assert station.pinged == 0
    assert not station.link.knows_command("c-1")
    assert station.journal.noted == ["command.refused"] * 6


def test_long_work_lets_the_next_one_wait(station: Station) -> None:
    station.hear(station.command("doctor", "c-1"))
    station.hear(station.command("ping", "c-2"))
    assert station.pump() == []
    station.hear(station.command("doctor", "c-1"))
    assert station.pump() == []
    station.examined = Reply(ok=True, code="done")
    assert station.pump() == [("res/c-1", "done"), ("res/c-2", "here")]


def test_work_that_a_restart_cut_short_says_so(station: Station) -> None:
    command = station.command("doctor")
    station.hear(command)
    station.pump()
    station.restart()
    station.hear(command)
    assert station.pump() == [("res/c-1", "cut_short")]


def test_an_answer_waits_for_the_connection(station: Station) -> None:
    station.hear(station.command())
    station.is_up = False
    station.remote.pump(station.publish)
    with pytest.raises(LinkDown):
        station.remote.pump(station.publish)
    station.is_up = True
    assert station.pump() == [("res/c-1", "here")]
    assert station.pinged == 1


def test_the_ledger_forgets_the_oldest(station: Station) -> None:
    for number in range(1_010):
        station.link.note_command(f"c-{number}", "ping")
    assert not station.link.knows_command("c-9")
    assert station.link.knows_command("c-10")
