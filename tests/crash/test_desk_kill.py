"""Power cuts at the desk: after every step of every way, and in the middle of steps."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from threading import Event
from typing import Any

import pytest
from local_site import LocalSite, lasting, local_site
from waiting import until

from edge.core.errors import DeviceGone
from edge.core.ids import DeliveryId
from edge.core.intake.state import Phase
from edge.flows.audit import audit
from edge.host.clock import SystemClock
from edge.host.keys import PinnedKeys
from edge.runtime.desk_client import DeskClient
from edge.sim.courier import Mistake, prepare
from edge.sim.receiver import Receiver
from edge.storage.evidence import EvidenceFiles
from edge.storage.station import StationReader
from edge.wire.grammars import issue_form
from edge.wire.reference import Decision, SetName, Word

pytestmark = pytest.mark.slow


@pytest.fixture
def place(tmp_path: Path) -> Iterator[LocalSite]:
    with local_site(tmp_path / "site") as made:
        yield made


@dataclass
class Fragile:
    """A desk that loses power after every command, and is asked whether it still knows."""

    desk: DeskClient
    phases: set[str] = field(default_factory=set)

    def do(self, verb: str, **arguments: object) -> Any:
        seen = self.desk.do(verb, **arguments)
        assert "error" not in seen, seen
        if verb == "state":
            return seen
        self.phases.add(seen["phase"])
        self.desk.kill()
        back = self.desk.start()
        assert lasting(back) == lasting(seen), f"after {verb}"
        return back


def verified(place: LocalSite) -> int:
    """The log of the station holds from its first event to its last; how many there are."""
    ring = PinnedKeys.load(place.settings.keys_file, SystemClock(assume_synced=True))
    with StationReader(place.settings.station_db) as log:
        found = audit(log, ring=ring, evidence=EvidenceFiles(place.settings.evidence_dir))
    assert found.ok, found
    return found.events


def receiver(place: LocalSite, desk: Any, tmp_path: Path) -> Receiver:
    world = place.site.world
    first, second = world.receivers[:2]
    return Receiver(
        desk,
        badge=world.badges[first.person],
        second_badge=world.badges[second.person],
        photographs=tmp_path / "photographs",
    )


def test_a_receipt_outlives_a_power_cut_after_each_of_its_steps(
    place: LocalSite, tmp_path: Path
) -> None:
    world = place.site.world
    arrival = prepare(world, world.cast.small, rng=Random(1))
    fragile = Fragile(place.desk())
    fragile.desk.start()
    clerk = receiver(place, fragile, tmp_path)
    clerk.log_in()
    clerk.show_papers(arrival)
    clerk.identify(arrival.deliverer)
    clerk.scan_layers(arrival)
    clerk.inspect(arrival)
    fragile.do("accept")
    signed = fragile.do("sign", acknowledged=True)
    assert signed["phase"] == "closed"
    assert signed["ending"] == "received"
    decision = Decision(
        DeliveryId(signed["delivery"]), Word.CONFIRMED, SystemClock().now(), reasons=()
    )
    place.load(SetName.DECISIONS, (decision,))
    until(lambda: fragile.desk.do("state")["phase"] == "confirmed")
    confirmed = fragile.desk.do("state")
    fragile.desk.kill()
    assert lasting(fragile.desk.start()) == lasting(confirmed)
    fragile.do("next")
    fragile.do("logout")
    fragile.desk.stop()
    elsewhere = {Phase.IDENTIFY, Phase.CONFIRMED, Phase.HELD, Phase.CANCELLED, Phase.BLIND}
    assert {Phase(each) for each in fragile.phases} == set(Phase) - elsewhere
    verified(place)


DIES_LOOKING = """
import os, signal
import edge.compose.desk as desk
from edge.cli.app import main

class DiesLooking:
    def begin(self, people):
        os.kill(os.getpid(), signal.SIGKILL)

    def end(self):
        pass

desk.NoFaceEngine = DiesLooking
main()
"""


def test_a_power_cut_while_the_face_is_looked_at(place: LocalSite, tmp_path: Path) -> None:
    world = place.site.world
    arrival = prepare(world, world.cast.small, rng=Random(1))
    desk = place.desk((sys.executable, "-c", DIES_LOOKING))
    desk.start()
    clerk = receiver(place, desk, tmp_path)
    clerk.log_in()
    with pytest.raises(DeviceGone):
        clerk.show_papers(arrival)
    with StationReader(place.settings.station_db) as log:
        kept = log.document("desk", "desk")
        assert kept is not None
        assert kept.phase == Phase.IDENTIFY
    healthy = place.desk()
    seen = healthy.start()
    assert (seen["phase"], seen["expected"]) == (Phase.ALT_IDENTITY, len(arrival.cubes))
    healthy.stop()
    verified(place)


def to_scanning(clerk: Receiver, place: LocalSite) -> None:
    world = place.site.world
    arrival = prepare(world, world.cast.small, (Mistake.MISSING_CUBE,), rng=Random(2))
    clerk.show_papers(arrival)
    clerk.identify(arrival.deliverer)
    clerk.scan_layers(arrival)


def _unknown_form(clerk: Receiver, place: LocalSite) -> None:
    del clerk, place


@pytest.mark.parametrize(
    ("prepare_desk", "last", "phase"),
    [
        (to_scanning, {"verb": "end", "choice": "hold", "note": "晚些再来"}, Phase.HELD),
        (to_scanning, {"verb": "end", "note": "送错实验室"}, Phase.CANCELLED),
        (_unknown_form, {"verb": "scan", "text": issue_form("nc20269999")}, Phase.BLIND),
    ],
    ids=["held", "cancelled", "blind"],
)
def test_every_other_end_outlives_a_power_cut_too(
    place: LocalSite,
    tmp_path: Path,
    prepare_desk: Callable[[Receiver, LocalSite], None],
    last: dict[str, str],
    phase: Phase,
) -> None:
    desk = place.desk()
    desk.start()
    clerk = receiver(place, desk, tmp_path)
    clerk.log_in()
    prepare_desk(clerk, place)
    fragile = Fragile(desk)
    arguments = dict(last)
    seen = fragile.do(arguments.pop("verb"), **arguments)
    assert seen["phase"] == phase
    desk.stop()
    verified(place)


@pytest.mark.parametrize("seed", range(6))
def test_a_power_cut_in_the_middle_of_a_step_leaves_all_of_it_or_nothing(
    place: LocalSite, tmp_path: Path, seed: int
) -> None:
    """The command is sent and the power goes at a random moment of its work."""
    rng = Random(seed)
    world = place.site.world
    desk = place.desk()
    desk.start()
    clerk = receiver(place, desk, tmp_path)
    clerk.log_in()
    arrival = prepare(world, world.cast.small, rng=Random(3))
    clerk.show_papers(arrival)
    clerk.identify(arrival.deliverer)
    chips = [cube.text for cube in arrival.cubes]
    counted = desk.do("state")["counted"]
    events = 0
    for text in chips:
        desk.send("scan", text=text)
        Event().wait(rng.uniform(0.0, 0.02))
        desk.kill()
        now = verified(place)
        assert now >= events, "an event is gone"
        events = now
        seen = desk.start()
        assert seen["phase"] == "scanning"
        assert seen["counted"] - counted in {0, 1}, "half a step, or more than one"
        counted = seen["counted"]
        again = desk.do("scan", text=text)
        assert again["counted"] == max(counted, seen["counted"]) or again["counted"] == counted + 1
        counted = again["counted"]
    assert counted == len(chips), "a scanned block is gone"
    desk.stop()
    verified(place)


def test_a_dead_desk_is_named(place: LocalSite) -> None:
    desk = place.desk()
    desk.start()
    desk.kill()
    with pytest.raises(DeviceGone):
        desk.do("state")
