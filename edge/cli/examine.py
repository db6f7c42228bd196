"""What `doctor` looks at: each part of the machine is measured and judged by `flows.health`."""

import stat
from collections.abc import Iterator
from pathlib import Path

from edge.core.errors import ConfigError, DecodeError, StorageError
from edge.devices.scanner.places import fault_of
from edge.flows.health import (
    Diagnosis,
    KeyFacts,
    Level,
    StoreFacts,
    broker_health,
    chain_fault,
    clock_health,
    decoder_health,
    diagnose,
    disk_health,
    key_health,
    reader_health,
    reference_health,
    store_health,
)
from edge.flows.rotate import pending_key
from edge.host.clock import SystemClock
from edge.host.disk import look_at_disk
from edge.host.journal import StructlogJournal
from edge.host.keys import PinnedKey, PinnedKeys, key_id_of, read_pinned
from edge.host.reach import TlsFiles, reach
from edge.sections import Broker
from edge.settings import Settings
from edge.storage.registry import SqliteRegistry
from edge.storage.station import StationReader
from edge.wire.reference import SetName
from edge.wire.topics import Station

NEEDED = (SetName.PEOPLE, SetName.GRANTS, SetName.COMMISSIONS, SetName.CONTRACTS)
REFERENCE_HOURS = 24.0
"""Reference data older than this is worth a look (house rule)."""
LOOKED_AT = 1000
"""Events at the end of the chain that doctor recomputes."""


def examine(settings: Settings) -> Iterator[Diagnosis]:
    """Every diagnosis of this machine, in the order of the path."""
    yield diagnose("configuration", "configuration", Level.OK)
    disk = look_at_disk(settings.state_dir)
    yield disk_health(
        str(settings.state_dir),
        exists=disk.exists,
        writable=disk.writable,
        free_bytes=disk.free_bytes,
    )
    yield _store(settings.station_db)
    clock = SystemClock(assume_synced=settings.clock.assume_synced)
    yield clock_health(clock.read().quality)
    yield from _keys(settings)
    yield from _broker(settings.broker)
    yield from _reference(settings, clock)
    yield from _decoders()
    yield from _readers(settings)


def _broker(broker: Broker) -> Iterator[Diagnosis]:
    """Every address, so that a dead node shows while the others carry its stations."""
    files = broker.tls
    tls = TlsFiles(files.ca, files.cert, files.key) if files else None
    for host, port in ((broker.host, broker.port), *broker.other_addresses):
        found = reach(host, port, tls=tls, timeout_s=broker.connect_timeout_s)
        obstacle = found.obstacle and found.obstacle.value
        yield broker_health(f"{host}:{port}", obstacle=obstacle, why=found.why)


def _store(path: Path) -> Diagnosis:
    if not path.exists():
        return store_health("store", None, path=str(path))
    try:
        with StationReader(path) as reader:
            epochs = reader.epochs()
            if not epochs:
                return store_health("store", StoreFacts(str(path)), path=str(path))
            tip = reader.tip_of(epochs[-1])
            last = reader.events(tip.epoch, after=max(0, tip.sequence - LOOKED_AT))
    except (StorageError, DecodeError) as error:
        return store_health("store", StoreFacts(str(path), why=str(error)), path=str(path))
    facts = StoreFacts(str(path), epoch=tip.epoch, sequence=tip.sequence, why=chain_fault(last))
    return store_health("store", facts, path=str(path))


def _reference(settings: Settings, clock: SystemClock) -> tuple[Diagnosis, ...]:
    """The age of each set that receiving needs; nothing to say on the platform's own machine."""
    if settings.control_key.exists() and not settings.event_key.exists():
        return ()
    try:
        ring = PinnedKeys.load(settings.keys_file, clock)
    except ConfigError:
        return ()  # the keys' own diagnosis names it
    reader = SqliteRegistry(
        settings.registry_db,
        ring=ring,
        station=Station.parse(settings.station.name),
        journal=StructlogJournal("doctor", level="error"),
    )
    now = clock.now()
    try:
        ages = {name.value: reader.age_h(name, now) for name in NEEDED}
    except StorageError as error:
        path = str(settings.registry_db)
        return (store_health("registry", StoreFacts(path, why=str(error)), path=path),)
    finally:
        reader.close()
    return reference_health(ages, max_age_h=REFERENCE_HOURS)


def _decoders() -> tuple[Diagnosis, ...]:
    try:
        from edge.devices.qr.discovery import discover_engines  # noqa: PLC0415 - extra, maybe absent
    except ImportError:
        return decoder_health((), {"qr": 'pip install "specimen-edge[camera]"'})
    engines = discover_engines()
    return decoder_health(engines.names, {each.name: each.remedy for each in engines.missing})


def _readers(settings: Settings) -> Iterator[Diagnosis]:
    """Every reader that is configured, by its place."""
    places = [(each.name, each.path) for each in settings.scanners]
    if settings.nfc.path is not None:
        places.append(("nfc", str(settings.nfc.path)))
    for name, place in places:
        fault = fault_of(place)
        yield reader_health(name, place, fault=fault.value if fault else None)


def _keys(settings: Settings) -> Iterator[Diagnosis]:
    path = settings.keys_file
    try:
        pinned = read_pinned(path)
    except ConfigError as error:
        why = error.facts.get("why", error.code)
        yield diagnose("keys.pinned", "pinned.bad", Level.FAIL, path=path, why=why)
        pinned = ()
    else:
        yield _pinned_health(path, pinned)
    is_platform = settings.control_key.exists()
    if is_platform:
        control = _look_at_key(settings.control_key, pinned)
        yield key_health("keys.control", control, station=None)
    if not is_platform or settings.event_key.exists():
        event = _look_at_key(settings.event_key, pinned)
        yield key_health("keys.event", event, station=settings.station.name)
        yield from _pending_rotation(settings.station_db)


def _pending_rotation(path: Path) -> Iterator[Diagnosis]:
    try:
        reader = StationReader.open_if_made(path)
        if reader is None:
            return
        with reader:
            key = pending_key(reader)
    except StorageError:
        return  # the store's own diagnosis names it
    if key is not None:
        yield diagnose("keys.rotation", "key.pending", Level.WARN, key_id=key)


def _pinned_health(path: Path, pinned: tuple[PinnedKey, ...]) -> Diagnosis:
    if not any(key.purpose == "control" for key in pinned):
        return diagnose("keys.pinned", "pinned.no_control", Level.FAIL, path=path)
    return diagnose("keys.pinned", "pinned.ok", Level.OK, count=len(pinned))


def _look_at_key(path: Path, pinned: tuple[PinnedKey, ...]) -> KeyFacts:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        return KeyFacts(str(path), mode=None)
    except OSError as error:
        return KeyFacts(str(path), mode=0, why=error.strerror or error.__class__.__name__)
    try:
        key_id = key_id_of(path, pinned)
    except ConfigError as error:
        not_pinned = error.code == "key_not_pinned"
        return KeyFacts(
            str(path),
            mode=mode,
            key_id=path.name if not_pinned else None,
            why=str(error.facts.get("why", error.code)),
        )
    owner = next(key.owner for key in pinned if key.key_id == key_id)
    return KeyFacts(str(path), mode=mode, key_id=key_id, pinned=True, owner=owner)
