"""The climate of the wall station's room: its sensors, their lines, and what is kept of them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date, timedelta
from pathlib import Path

from edge.core.errors import ConfigError, StorageError
from edge.core.moments import CHINA
from edge.core.rulesets import RuleSet
from edge.core.specimen import Group
from edge.devices.climate.line import line_of
from edge.devices.climate.profile import ClimateProfile, climate_profile
from edge.devices.climate.reader import BusSensor, ClimateReader, Polled
from edge.devices.firmware.place import configs_dir
from edge.flows.climate import ClimateWatch
from edge.flows.curing_maturity import CageWatch
from edge.flows.maturity import Place, matured_on
from edge.flows.record import Recorder
from edge.ports import ClimateRecord, Clock, CommissionList, Journal
from edge.settings import Settings
from edge.storage.climate import SqliteClimate
from edge.storage.climate_reads import ClimateLog
from edge.storage.spool import LedgerEntry, Spool
from edge.wall_sections import Cage, SensorEntry, Wall

KEEP_MINUTES = timedelta(days=90)
"""So long minutes are kept (DOMAIN d5)."""


class RoomClimate:
    """Judges and keeps what the room's sensors say; without sensors there is nothing to do."""

    def __init__(
        self,
        settings: Settings,
        wall: Wall,
        *,
        recorder: Recorder,
        rules: RuleSet,
        clock: Clock,
        journal: Journal,
    ) -> None:
        self._wall = wall
        self._rules = rules
        self._path = settings.climate_db
        self._clock = clock
        self._journal = journal
        self._store: SqliteClimate | None = None
        self._tidied: date | None = None
        self._ledgers = Spool(settings.ledgers_dir, LedgerEntry)
        self.watch: ClimateWatch | None = None
        if not wall.sensors:
            return
        self._profiles = {
            each.profile: climate_profile(each.profile, configs_dir()) for each in wall.sensors
        }
        sensors = tuple(each.value(wall.room, self._profile(each)) for each in wall.sensors)
        self._store = SqliteClimate(settings.climate_db)
        self._ledgers.make()
        for entry, sensor in zip(wall.sensors, sensors, strict=True):
            self._store.know(sensor, profile=entry.profile, since=clock.now())
        self.watch = ClimateWatch(
            sensors,
            store=self._store,
            record=lambda events, at: recorder.record(events, occurred=at, ruleset=rules.ruleset),
            limits=rules.curing.climate,
        )

    @property
    def rings(self) -> bool:
        """Whether an alarm sounds now."""
        return self.watch is not None and self.watch.rings

    def matured(self, group: Group, day: date) -> date | None:
        """When a group reached its degree days by a day; None where no cage is named."""
        cage = self._wall.cage
        if cage is None:
            return None
        with self.record() as record:
            return None if record is None else self._reached(record, cage, group, day)

    @contextmanager
    def record(self) -> Iterator[ClimateRecord | None]:
        """What was measured and written down; None before anything was."""
        if self._store is not None:
            yield self._store
            return
        log = ClimateLog.open_if_made(self._path)
        if log is None:
            yield None
            return
        with log:
            yield log

    def cage_watch(self, commissions: CommissionList) -> CageWatch | None:
        """The cage whose groups' days are stated; None where no project is named."""
        cage = self._wall.cage
        if cage is None or not cage.projects:
            return None
        return CageWatch(
            Place(cage.sensor, cage.place),
            cage.method,
            frozenset(cage.projects),
            commissions,
            self.record,
            frozenset(cage.groups),
        )

    def _reached(self, record: ClimateRecord, cage: Cage, group: Group, day: date) -> date | None:
        curing = self._rules.curing
        return matured_on(
            record,
            Place(cage.sensor, cage.place),
            (group.casting.on, day),
            method=cage.method,
            limits=curing.maturity[curing.edition],
        )

    def take_ledgers(self) -> None:
        """Daily means that others handed over while this process holds the file."""
        if self._store is None:
            return
        for order in self._ledgers.waiting():
            is_new = self._store.import_ledger(order.ledger, at=self._clock.now(), by=None)
            self._journal.info("ledger.imported", days=len(order.ledger.days), new=is_new)
            self._ledgers.drop(order)

    def tidy(self) -> None:
        """Once a day drop the minutes of a season ago; hours and days stay for ever."""
        today = self._clock.now().astimezone(CHINA).date()
        if self._store is None or today == self._tidied:
            return
        self._tidied = today
        try:
            gone = self._store.prune(self._clock.now() - KEEP_MINUTES)
        except StorageError as error:
            self._journal.warning("climate.store", error=str(error))
        else:
            self._journal.info("climate.pruned", readings=gone)

    def close(self) -> None:
        """Close the store."""
        if self._store is not None:
            with suppress(StorageError):
                self._store.close()

    def lines(self, report: Callable[[Polled], None]) -> tuple[ClimateReader, ...]:
        """One reader a port, not yet started; ConfigError for sensors that cannot share a line."""
        ports: dict[Path, list[SensorEntry]] = {}
        for entry in self._wall.sensors:
            ports.setdefault(entry.port, []).append(entry)
        return tuple(
            self._line(port, tuple(entries), report) for port, entries in sorted(ports.items())
        )

    def _line(
        self, port: Path, entries: tuple[SensorEntry, ...], report: Callable[[Polled], None]
    ) -> ClimateReader:
        first = self._profile(entries[0]).line
        buses = []
        for entry in entries:
            profile = self._profile(entry)
            manner = (profile.line.baud, profile.line.parity, profile.line.stop_bits)
            if manner != (first.baud, first.parity, first.stop_bits):
                raise ConfigError("line_disagrees", port=str(port), sensor=entry.name)
            buses.append(BusSensor(entry.name, entry.address or profile.line.address, profile))
        addresses = [each.address for each in buses]
        if len(set(addresses)) != len(addresses):
            raise ConfigError("address_twice", port=str(port), addresses=addresses)
        return ClimateReader(
            line_of(str(port), first, has_echo=any(each.echo for each in entries)),
            tuple(buses),
            report=report,
            clock=self._clock,
            journal=self._journal,
            period_s=self._wall.poll_s,
        )

    def _profile(self, entry: SensorEntry) -> ClimateProfile:
        return self._profiles[entry.profile]
