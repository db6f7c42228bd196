"""What the shipper does when the platform orders it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from edge import __version__
from edge.core.commands import CommandName, Reply
from edge.flows.backlog import backlog_of
from edge.flows.remote import Handler, Work, at_once
from edge.flows.ship import Shipper
from edge.flows.sync import Sync
from edge.host.clock import SystemClock
from edge.runtime.errand import run_errand
from edge.runtime.ship import Ending
from edge.storage.link import SqliteLink
from edge.storage.station import StationReader

HANDED_ON = Reply(ok=True, code="handed_on")
"""Capture carries it out; its own signed event says that it heard."""


@dataclass(frozen=True, slots=True)
class Shipyard:
    """What orders are carried out with; `doctor` is the program that examines."""

    log: StationReader
    link: SqliteLink
    shipper: Shipper
    sync: Sync
    clock: SystemClock
    ending: Ending
    doctor: tuple[str, ...]

    def handlers(self) -> Mapping[CommandName, Handler]:
        """Every name on the list."""
        return {
            CommandName.PING: at_once(self._ping),
            CommandName.SYNC_NOW: at_once(self._sync),
            CommandName.DOCTOR: self._examine,
            CommandName.RESTART: at_once(self._restart),
            CommandName.ROTATE_KEY: at_once(lambda _: HANDED_ON),
        }

    def _ping(self, _: Mapping[str, Any]) -> Reply:
        backlog = backlog_of(self.log, self.link.marks())
        facts = {
            "version": __version__,
            "recorded": backlog.recorded,
            "waiting": backlog.waiting,
            "photographs_waiting": self.link.blobs_waiting(),
            "time_quality": self.clock.read().quality.value,
        }
        return Reply(ok=True, code="here", data=facts)

    def _sync(self, _: Mapping[str, Any]) -> Reply:
        self.shipper.begin()
        self.sync.begin()
        return Reply(ok=True, code="begun")

    def _examine(self, _: Mapping[str, Any]) -> Work:
        return run_errand(self.doctor)

    def _restart(self, data: Mapping[str, Any]) -> Reply:
        process = data.get("process", "ship")
        if process in {"kiosk", "wall"}:
            return HANDED_ON
        if process != "ship":
            return Reply(
                ok=False, code="no_such_process", data={"known": ["ship", "kiosk", "wall"]}
            )
        self.ending.requested = True
        return Reply(ok=True, code="restarting")
