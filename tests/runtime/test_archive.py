"""A desk with events of years ago: what the platform has is forgotten while nothing waits."""

from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from local_site import LocalSite, local_site
from memory_doors import CountingIds, SetClock
from waiting import until

from edge.core.envelope import Seal
from edge.core.events import DeviceStarted
from edge.core.ids import EpochId, RuleSetId
from edge.flows.audit import audit
from edge.flows.epoch import EpochOpener
from edge.flows.record import Recorder
from edge.host.clock import SystemClock
from edge.host.identity import boot_id
from edge.host.keys import FileSigner, PinnedFile, key_id_of, read_pinned
from edge.storage.link import SqliteLink
from edge.storage.station import SqliteStation, StationReader
from edge.wire.topics import Branch, event_topic, parse_topic

pytestmark = pytest.mark.slow
OLD = 600
YEARS = timedelta(days=800)


def fill(site: LocalSite) -> EpochId:
    """Events of long ago, as this station would have sealed them then."""
    settings, clock = site.settings, SetClock(SystemClock().now() - YEARS)
    signer = FileSigner(
        settings.event_key, key_id=key_id_of(settings.event_key, read_pinned(settings.keys_file))
    )
    seal = Seal(site.site.station.name.urn, "boot-0", signer.key_id, signer.sign)
    ids, device, rules = CountingIds(), settings.station.device, RuleSetId("nanchang-2023")
    with closing(SqliteStation(settings.station_db)) as store:
        EpochOpener(clock=clock, ids=ids, by=seal, device=device, ruleset=rules).open(store)
        recorder = Recorder(store=store, clock=clock, ids=ids, by=seal, device=device)
        started = (DeviceStarted("0.1"),) * (OLD - 1)
        recorder.record(started, occurred=clock.read(), ruleset=rules)
        return store.tip().epoch


def confirm(site: LocalSite, epoch: EpochId) -> None:
    """The platform takes everything in; its signed word lies where the shipper puts it."""
    with StationReader(site.settings.station_db) as store:
        events = store.events(epoch, limit=OLD)
    station = site.site.station.name
    sent = [(event_topic(station, each.type), each.envelope) for each in events]
    said = (*site.platform.receive(sent), *site.platform.tick())
    ack = [each.payload for each in said if parse_topic(each.topic).branch is Branch.ACK][-1]
    link = SqliteLink(site.settings.link_db, clock=SystemClock(), boot_id=boot_id())
    link.keep_newest(Branch.ACK.value, ack)
    link.close()


def test_a_running_desk_forgets_what_is_old_and_confirmed(tmp_path: Path) -> None:
    with local_site(tmp_path) as site:
        epoch = fill(site)
        confirm(site, epoch)
        site.desk().start()
        with StationReader(site.settings.station_db) as store:
            until(lambda: store.oldest(epoch) == OLD + 1, 30)
            assert store.pruned() is not None
            assert audit(store, ring=PinnedFile(site.settings.keys_file, SystemClock())).ok
