"""A provisioned station and platform without a broker: messages are carried by hand."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge.central.platform import Outgoing, Platform, Tempo
from edge.central.seed import load_seed
from edge.flows.sync import Sync
from edge.host.clock import SystemClock
from edge.host.journal import StructlogJournal
from edge.host.keys import FileSigner, PinnedKeys, key_id_of, read_pinned
from edge.runtime.desk_client import DeskClient
from edge.runtime.provision import BrokerAddress, Site, configure, provision
from edge.runtime.supervisor import Child, own_command
from edge.settings import Settings, load_settings
from edge.storage.central import SqliteCentral
from edge.storage.mirror import SqliteMirror
from edge.wire.downlink import Ask, Downlink, StationState, Status, encode
from edge.wire.reference import Row, SetName
from edge.wire.topics import Branch, Topic, answer_topic, ask_topic, parse_topic, status_topic


@dataclass
class LocalSite:
    """Everything on disk; the desk is a process, the platform an engine in this one."""

    site: Site
    settings: Settings
    platform: Platform
    at_end: ExitStack

    @property
    def config(self) -> str:
        """The station's settings file."""
        return str(self.site.station.config)

    def mirror(self) -> None:
        """Bring the platform's reference data into the station's registry."""
        clock = SystemClock(assume_synced=True)
        ring = PinnedKeys.load(self.settings.keys_file, clock)
        journal = StructlogJournal("test", level="error")
        station = self.site.station.name
        mirror = SqliteMirror(self.settings.registry_db)
        try:
            sync = Sync(
                mirror=mirror, clock=clock, downlink=Downlink(ring, station), journal=journal
            )
            asks: list[Ask] = []

            def ask(name: str, version: int, page: int) -> None:
                data = {"set": name, "version": version, "page": page}
                corr = f"page-{len(asks)}"
                asks.append(Ask(corr, "ref-page", data, answer_topic(station, corr)))

            born = encode(Status(StationState.ONLINE))
            self.platform.receive([(status_topic(station), born)])
            self._hand_over(sync, self.platform.tick())
            sync.pump(ask)
            while asks:
                asked = [(ask_topic(station, each.name), encode(each)) for each in asks]
                asks.clear()
                self._hand_over(sync, self.platform.receive(asked))
                sync.pump(ask)
        finally:
            mirror.close()

    def load(self, name: SetName, rows: tuple[Row, ...]) -> None:
        """Rows that the platform has come to know, mirrored at once."""
        self.platform.load_rows(name, rows)
        self.mirror()

    def desk(self, program: tuple[str, ...] | None = None) -> DeskClient:
        """The capture process of the desk; start it, then drive it."""
        command = (
            *(program or own_command()),
            "kiosk",
            "--console",
            "--no-page",
            "--config",
            self.config,
        )
        log = self.site.folder / "logs" / "kiosk.log"
        desk = DeskClient(Child("kiosk", command, log=log, piped=True))
        self.at_end.callback(desk.kill)
        return desk

    @staticmethod
    def _hand_over(sync: Sync, said: tuple[Outgoing, ...]) -> None:
        for message in said:
            match parse_topic(message.topic):
                case Topic(branch=Branch.REFERENCE, tail=(_, "head")):
                    sync.hear_head(message.payload)
                case Topic(branch=Branch.REFERENCE, tail=(name, "page", version, number)):
                    sync.hear_page(name, int(version), int(number), message.payload)
                case _:
                    pass


@contextmanager
def local_site(folder: Path, *, seed: int = 7) -> Iterator[LocalSite]:
    """Provisioned, its reference data mirrored, nothing running."""
    with ExitStack() as stack:
        site = provision(folder, now=SystemClock().now(), seed=seed)
        configure(site, BrokerAddress("127.0.0.1", 1))
        settings, central = load_settings(site.station.config), load_settings(site.platform.config)
        clock = SystemClock(assume_synced=True)
        pinned = read_pinned(central.keys_file)
        store = SqliteCentral(central.central_db)
        stack.callback(store.close)
        platform = Platform(
            store=store,
            clock=clock,
            ring=PinnedKeys(pinned, clock),
            signer=FileSigner(central.control_key, key_id=key_id_of(central.control_key, pinned)),
            journal=StructlogJournal("test", level="error"),
            tempo=Tempo(),
        )
        load_seed(platform, site.reference)
        made = LocalSite(site, settings, platform, stack)
        made.mirror()
        yield made


def lasting(view: Any) -> dict[str, Any]:
    """What of a desk's view must outlive a power cut: all but the last signal and the link."""
    return {key: view[key] for key in view if key not in {"signal", "online", "unsent"}}
