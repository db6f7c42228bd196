"""Brings a module into its wanted state: read, write what differs, read back, save once."""

from dataclasses import dataclass

from edge.devices.firmware.banks import Bank, bank_of
from edge.devices.firmware.plan import Change, Plan, Want, plan
from edge.devices.firmware.profile import ScannerProfile
from edge.devices.scanner.link import Link
from edge.devices.scanner.manner import Framing
from edge.ports import Journal


@dataclass(frozen=True, slots=True)
class Applied:
    """What was done: `kept` was confirmed by reading back, `refused` was not."""

    kept: tuple[Change, ...] = ()
    refused: tuple[Change, ...] = ()
    unread: tuple[Want, ...] = ()
    baud_before: int = 0
    baud: int = 0
    saved: bool = False
    save_refused: bool = False

    @property
    def is_changed(self) -> bool:
        """Whether anything of the module is different now."""
        return bool(self.kept) or self.baud != self.baud_before

    @property
    def is_done(self) -> bool:
        """Whether the module is as wanted, as far as it must be, and will stay so."""
        missing = (*self.unread, *(each.want for each in self.refused))
        return all(want.optional for want in missing) and not self.save_refused


def check(bank: Bank, wants: tuple[Want, ...]) -> Plan:
    """What differs; nothing is written."""
    return plan(wants, {want.key: bank.read(want.key, len(want.value)) for want in wants})


def apply(bank: Bank, wants: tuple[Want, ...], *, line: Link, baud: int) -> Applied:
    """Write what differs; the speed goes last, so that a slip leaves the module where it was.

    Nothing is saved when nothing was kept: flash wears.
    """
    todo = check(bank, wants)
    before = line.baud
    kept: list[Change] = []
    refused: list[Change] = []
    for change in todo.changes:
        done, is_kept = _write(bank, change)
        (kept if is_kept else refused).append(done)
    bank.set_baud(baud)
    saved = bank.save() if kept or line.baud != before else False
    return Applied(
        tuple(kept),
        tuple(refused),
        todo.unread,
        baud_before=before,
        baud=line.baud,
        saved=saved,
        save_refused=not saved and bool(kept or line.baud != before),
    )


def _write(bank: Bank, change: Change) -> tuple[Change, bool]:
    """What was written, and whether it reads back; the bits of others are taken as they are now."""
    want = change.want
    found = bank.read(want.key, len(change.target))
    if found is None:
        return change, False
    now = Change(want, found, want.merged(found))
    bank.write(want.key, now.target)
    return now, bank.read(want.key, len(now.target)) == now.target


class Mender:
    """Looks at a module each time its reader meets it, and with `writes` sets it as wanted."""

    def __init__(
        self, profile: ScannerProfile, *, name: str, journal: Journal, writes: bool = True
    ) -> None:
        self._profile = profile
        self._name = name
        self._journal = journal
        self._writes = writes

    def __call__(self, link: Link) -> Framing:
        """The framing that the module then has, as it says itself."""
        wanted = self._profile.code_framing
        bank = bank_of(self._profile.dialect, link)
        if bank is None:
            return wanted
        if self._writes:
            done = apply(bank, self._profile.wants, line=link, baud=self._profile.port.baud)
            self._tell_done(done)
        else:
            self._tell_left(check(bank, self._profile.wants))
        return bank.framing(wanted)

    def _tell_done(self, done: Applied) -> None:
        if done.is_changed:
            keys = _keys(tuple(each.want for each in done.kept))
            self._journal.info("scanner.set", name=self._name, keys=keys, baud=done.baud)
        if not done.is_done:
            missing = (*done.unread, *(each.want for each in done.refused))
            self._journal.warning(
                "scanner.settings_refused",
                name=self._name,
                keys=_keys(missing),
                save_refused=done.save_refused,
            )

    def _tell_left(self, left: Plan) -> None:
        if not left.is_done:
            wants = (*left.unread, *(each.want for each in left.changes))
            self._journal.warning("scanner.differs", name=self._name, keys=_keys(wants))


def _keys(wants: tuple[Want, ...]) -> str:
    """The keys that must be as wanted, or all when none must."""
    must = tuple(want.key for want in wants if not want.optional)
    return " ".join(must or (want.key for want in wants))
