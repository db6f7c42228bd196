"""The platform's process; what is built is closed in reverse order."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from random import SystemRandom

from edge.central.platform import Platform, Tempo
from edge.central.seed import load_seed
from edge.compose.common import access_of, backoff_of
from edge.host.clock import SystemClock
from edge.host.journal import StructlogJournal
from edge.host.keys import FileSigner, PinnedKeys, key_id_of, read_pinned
from edge.mqtt.client import MqttClient
from edge.runtime.central import CentralProcess
from edge.settings import Settings
from edge.storage.central import SqliteCentral
from edge.wire.topics import uplink_filters

SESSION_EXPIRY_S = 30 * 24 * 3600
"""The broker keeps what arrives for a platform that is down this long; stations keep it anyway."""


@contextmanager
def central_process(settings: Settings) -> Iterator[CentralProcess]:
    """The platform of one city: the control key, pinned station keys, its own store."""
    with ExitStack() as stack:
        clock = SystemClock(assume_synced=settings.clock.assume_synced)
        journal = StructlogJournal("central", level=settings.log_level)
        pinned = read_pinned(settings.keys_file)
        signer = FileSigner(settings.control_key, key_id=key_id_of(settings.control_key, pinned))
        store = SqliteCentral(settings.central_db)
        stack.callback(store.close)
        platform = Platform(
            store=store,
            clock=clock,
            ring=PinnedKeys(pinned, clock),
            signer=signer,
            journal=journal,
            tempo=Tempo(
                ack_every_s=settings.central.ack_every_s,
                ack_min_gap_s=settings.central.ack_min_gap_s,
            ),
        )
        if settings.central.seed_dir is not None:
            load_seed(platform, settings.central.seed_dir)
        city = settings.station.city
        client = MqttClient(
            access_of(settings, client_id=f"central/{city}", session_expiry_s=SESSION_EXPIRY_S),
            filters=uplink_filters(f"{city}/+/+"),
        )
        yield CentralProcess(
            client=client,
            platform=platform,
            backoff=backoff_of(settings),
            clock=clock,
            draw=SystemRandom().random,
            journal=journal,
        )
