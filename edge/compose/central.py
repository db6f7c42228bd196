"""The platform's process; what is built is closed in reverse order."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from random import SystemRandom
from typing import TYPE_CHECKING

from edge.central.blobs import BlobInbox
from edge.central.platform import Platform, Tempo
from edge.central.reception import Reception
from edge.central.seed import load_seed
from edge.central.share import EVERY_LAB, Shard, Share
from edge.compose.common import access_of, backoff_of
from edge.core.errors import ConfigError, DecodeError
from edge.core.ids import LabId
from edge.host.clock import SystemClock
from edge.host.journal import StructlogJournal
from edge.host.keys import FileSigner, PinnedFile, PinnedKey, key_id_of, read_pinned
from edge.host.secret_file import read_secret
from edge.mqtt.client import MqttClient
from edge.runtime.central import CentralProcess
from edge.settings import Settings
from edge.storage.blob_parts import BlobParts
from edge.storage.central import CentralReader, SqliteCentral
from edge.storage.central_reports import CentralReports
from edge.storage.evidence import EvidenceFiles
from edge.wire.topics import Station, uplink_filters

if TYPE_CHECKING:
    from edge.storage.central_postgres import PostgresCentral
    from edge.storage.postgres import Database

SESSION_EXPIRY_S = 30 * 24 * 3600
"""The broker keeps what arrives for a platform that is down this long; stations keep it anyway."""


@contextmanager
def central_process(settings: Settings) -> Iterator[CentralProcess]:
    """One consumer of a city: the control key, pinned station keys, the labs of its share."""
    with ExitStack() as stack:
        clock = SystemClock(assume_synced=settings.clock.assume_synced)
        journal = StructlogJournal("central", level=settings.log_level)
        pinned = read_pinned(settings.keys_file)
        signer = FileSigner(settings.control_key, key_id=key_id_of(settings.control_key, pinned))
        share = share_of(settings, pinned)
        store = stack.enter_context(closing(central_store(settings, share)))
        platform = Platform(
            store=store,
            clock=clock,
            ring=PinnedFile(settings.keys_file, clock),
            signer=signer,
            journal=journal,
            tempo=Tempo(
                ack_every_s=settings.central.ack_every_s,
                ack_min_gap_s=settings.central.ack_min_gap_s,
                gap_patience_s=settings.central.gap_alarm_s,
            ),
            share=share,
        )
        if settings.central.seed_dir is not None:
            load_seed(platform, settings.central.seed_dir)
        city = settings.station.city
        name = f"central/{city}" if share.labs is None else f"central/{city}/{share.name}"
        journal.info("central.share", share=share.name, labs=_labs_text(share))
        client = MqttClient(
            access_of(settings, client_id=name, session_expiry_s=SESSION_EXPIRY_S),
            filters=[each for scope in share.scopes(city) for each in uplink_filters(scope)],
        )
        blobs = BlobInbox(
            parts=BlobParts(settings.photographs_dir / "incoming"),
            photographs=EvidenceFiles(settings.photographs_dir),
            clock=clock,
            signer=signer,
            journal=journal,
        )
        yield CentralProcess(
            client=client,
            platform=Reception(platform, blobs),
            backoff=backoff_of(settings),
            clock=clock,
            draw=SystemRandom().random,
            journal=journal,
        )


def share_of(settings: Settings, pinned: Iterable[PinnedKey]) -> Share:
    """The labs of this consumer; raise ConfigError `share_empty` when there is none."""
    central = settings.central
    if central.labs:
        return Share.of_labs(central.labs)
    if central.shard is None:
        return EVERY_LAB
    share = Share.of_shard(Shard.parse(central.shard), _labs_of(pinned, settings.station.city))
    if not share.labs:
        raise ConfigError(
            "share_empty",
            shard=central.shard,
            file=str(settings.keys_file),
            remedy="no lab with a pinned event key falls into this part: use fewer parts",
        )
    return share


def central_store(settings: Settings, share: Share) -> "SqliteCentral | PostgresCentral":
    """The store for writing; raise StorageError or ConfigError with what to do."""
    if settings.central.database is None:
        return SqliteCentral(settings.central_db)
    with _postgres_extra():
        from edge.storage.central_postgres import Claim, PostgresCentral  # noqa: PLC0415 - extra
    return PostgresCentral(database_of(settings), Claim(share.name, share.labs))


def central_reader(settings: Settings) -> CentralReports:
    """The store for reading beside its writers."""
    if settings.central.database is None:
        return CentralReader(settings.central_db)
    with _postgres_extra():
        from edge.storage.central_postgres import PostgresReader  # noqa: PLC0415 - extra
    return PostgresReader(database_of(settings))


def database_of(settings: Settings) -> "Database":
    """Where the database is, with its password; the environment may hold one too."""
    with _postgres_extra():
        from edge.storage.postgres import Database  # noqa: PLC0415 - extra

    file = settings.central.database_password_file
    return Database(settings.central.database or "", read_secret(file) if file else None)


@contextmanager
def _postgres_extra() -> Iterator[None]:
    """A clear word when the extra is absent."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise ConfigError(
            "postgres_extra_absent", remedy='pip install "specimen-edge[postgres]"'
        ) from error


def _labs_of(pinned: Iterable[PinnedKey], city: str) -> Iterator[LabId]:
    """The labs of a city that have a station with a pinned event key."""
    for key in pinned:
        try:
            station = Station.parse(key.owner or "")
        except DecodeError:
            continue
        if key.purpose == "event" and station.city == city:
            yield station.lab


def _labs_text(share: Share) -> str:
    return "*" if share.labs is None else ",".join(share.labs)
