"""The station's event key: what was announced is settled before anything is sealed."""

from edge.compose.common import station_of
from edge.flows.rotate import KeyShelf
from edge.host.event_key import EventKeyFiles
from edge.host.keys import FileSigner, PinnedFile, key_id_of, read_pinned
from edge.ports import Journal, Signer, Store
from edge.settings import Settings


def key_shelf(settings: Settings, *, store: Store, ring: PinnedFile) -> KeyShelf:
    """The event key's files, pins and announcements."""
    files = EventKeyFiles(settings.event_key, pinned=settings.keys_file)
    return KeyShelf(files, ring, store, station_of(settings).name)


def settled_signer(settings: Settings, shelf: KeyShelf, *, journal: Journal) -> Signer:
    """The key that seals from now on; raise ConfigError or StorageError when there is none."""
    settled = shelf.settle()
    if settled is not None:
        journal.warning("key.rotation_settled", key=settled)
    key_id = key_id_of(settings.event_key, read_pinned(settings.keys_file))
    return FileSigner(settings.event_key, key_id=key_id)
