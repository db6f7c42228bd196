"""Serial scanners, the NFC reader, lamp and buzzer of a station, from its settings."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from edge.core.carriers import Carrier, Reading
from edge.core.errors import ConfigError
from edge.core.nfc import TagEvent, TagSeen
from edge.devices.scanner.door import WantedScanner, scanner_door
from edge.devices.scanner.reader import Scanner
from edge.devices.signals import Panel, Signals
from edge.host.journal import StructlogJournal
from edge.host.tag_keys import FileTagKeys
from edge.ports import Clock
from edge.runtime.signalling import READY
from edge.settings import Settings

if TYPE_CHECKING:
    from edge.devices.nfc.reader import NfcReader


def scanner_doors(
    settings: Settings,
    *,
    report: Callable[[Reading], object],
    clock: Clock,
    journal: StructlogJournal,
) -> tuple[Scanner, ...]:
    """Every serial reader that is configured, not yet started."""
    return tuple(
        scanner_door(
            WantedScanner(
                each.name,
                each.path,
                each.profile,
                Carrier(each.carrier) if each.carrier else None,
                each.mend,
            ),
            report=lambda reading: _drop(report(reading)),
            clock=clock,
            journal=journal,
        )
        for each in settings.scanners
    )


def tag_keys_of(settings: Settings) -> FileTagKeys:
    """The keys that tags are verified with; raise ConfigError `tag_keys_…`."""
    return FileTagKeys.load(settings.nfc.key_file) if settings.nfc.key_file else FileTagKeys()


def nfc_doors(
    settings: Settings,
    *,
    report: Callable[[TagSeen], object],
    keys: FileTagKeys,
    clock: Clock,
    journal: StructlogJournal,
) -> tuple["NfcReader", ...]:
    """The tag reader when one is configured; ConfigError when its library is absent."""
    path = settings.nfc.path
    if path is None:
        return ()
    try:
        from edge.devices.nfc.reader import NfcReader, ReaderWishes  # noqa: PLC0415 - an extra may be absent
    except ModuleNotFoundError as error:
        raise ConfigError("nfc_extra_absent", remedy='pip install "specimen-edge[nfc]"') from error

    def hear(event: TagEvent) -> None:
        if isinstance(event, TagSeen):
            report(event)

    wishes = ReaderWishes(
        path, "nfc", settings.nfc.baud_cap, reset=_reset_line(settings.nfc.reset_pin)
    )
    reader = NfcReader(
        wishes, report=hear, read_clock=clock.read, journal=journal, password_of=keys.password
    )
    return (reader,)


def signals_of(
    settings: Settings, scanners: tuple[Scanner, ...], journal: StructlogJournal
) -> Signals | None:
    """Lamp, buzzer and the scanners' own beepers; None where there is nothing to signal with."""
    if not settings.signals.enabled and not scanners:
        return None
    signals = Signals(
        _panel(settings) if settings.signals.enabled else None,
        rest=READY,
        tell=lambda _: None,
        journal=journal,
        beeps=tuple(each.beep for each in scanners),
    )
    signals.muted = settings.signals.muted
    return signals


def _reset_line(pin: int | None) -> Callable[[], None] | None:
    """Pulls the chip's RSTPD_N low for a moment."""
    if pin is None:
        return None
    try:
        from edge.devices.reset_pin import pull_low  # noqa: PLC0415 - an extra may be absent
    except ModuleNotFoundError as error:
        raise ConfigError(
            "gpio_extra_absent", remedy='pip install "specimen-edge[gpio]"'
        ) from error
    return lambda: pull_low(pin)


def _panel(settings: Settings) -> Callable[[], Panel]:
    """Opens the pins; ConfigError when the library for them is absent."""
    try:
        from edge.devices.panel import GpioPanel, Pins  # noqa: PLC0415 - an extra may be absent
    except ModuleNotFoundError as error:
        raise ConfigError(
            "gpio_extra_absent", remedy='pip install "specimen-edge[gpio]"'
        ) from error
    wanted = settings.signals
    pins = Pins(wanted.red, wanted.green, wanted.blue, wanted.buzzer, wanted.active_high)
    return lambda: GpioPanel(pins)


def _drop(_: object) -> None:
    """A door does not wait for what became of its reading."""
