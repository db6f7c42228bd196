"""Readers at a whole desk: what a serial scanner sees drives the delivery like any other door."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest
from local_site import LocalSite, local_site
from waiting import until

from edge.runtime.desk_client import DeskClient
from edge.sim.courier import Arrival, prepare
from edge.sim.pn532.messages import text_message
from edge.sim.pn532.ntag21x import Model, Ntag21x
from edge.sim.pn532.pty import Pn532Port
from edge.sim.receiver import Receiver
from edge.sim.scanner.gm65 import Gm65Module
from edge.sim.scanner.line import SimScanner
from edge.storage.station import StationReader

pytestmark = pytest.mark.slow


@pytest.fixture
def place(tmp_path: Path) -> Iterator[LocalSite]:
    with local_site(tmp_path / "site") as made:
        yield made


@pytest.fixture
def scanner(place: LocalSite, tmp_path: Path) -> Iterator[SimScanner]:
    path = tmp_path / "scanner"
    with Path(place.config).open("a", encoding="utf-8") as file:
        file.write(f'\n[[scanners]]\nname = "desk"\npath = "{path}"\nprofile = "gm65"\n')
    sim = SimScanner(Gm65Module(), path)
    yield sim
    sim.close()


@dataclass
class ScannedDesk:
    """The console of a desk whose codes are held before a scanner instead."""

    desk: DeskClient
    scanner: SimScanner
    pulls: int = 0

    def do(self, verb: str, **arguments: object) -> Mapping[str, Any]:
        if verb != "scan":
            return self.desk.do(verb, **arguments)
        before = self.desk.do("state")
        self.pulls += 1
        if self.pulls % 7 == 0:
            self.scanner.unplug()
            self.scanner.plug()
        self.scanner.show(str(arguments["text"]).encode())
        until(lambda: self._is_answered(before, str(arguments["text"])))
        return self.desk.do("state")

    def _is_answered(self, before: Mapping[str, Any], text: str) -> bool:
        """A module that was just plugged in is shown the code again, as a person does."""
        if self.desk.do("state") != before:
            return True
        self.scanner.show(text.encode())
        return False


class Handheld(Receiver):
    """Every cube with the scanner, then one photograph of each layer."""

    def scan_layers(self, arrival: Arrival) -> Mapping[str, Any]:
        for cube in arrival.cubes:
            self._desk.do("scan", text=cube.text)
        return super().scan_layers(arrival)


@pytest.mark.timeout(120)
def test_a_whole_delivery_goes_through_a_scanner_that_is_pulled_now_and_then(
    place: LocalSite, scanner: SimScanner, tmp_path: Path
) -> None:
    world = place.site.world
    arrival = prepare(world, world.cast.standard, rng=Random(1))
    desk = place.desk()
    desk.start()
    scanner.plug()
    first, second = (world.badges[each.person] for each in world.receivers[:2])
    scanned = ScannedDesk(desk, scanner)
    clerk = Handheld(scanned, badge=first, second_badge=second, photographs=tmp_path)
    visit = clerk.receive(arrival)
    assert (visit.ending, visit.counted) == ("received", len(arrival.cubes))
    assert scanned.pulls > len(arrival.cubes)
    desk.stop()


@pytest.mark.timeout(120)
def test_blocks_are_laid_on_the_tag_reader_and_a_copied_tag_is_refused(
    place: LocalSite, tmp_path: Path
) -> None:
    world = place.site.world
    arrival = prepare(world, world.cast.standard, rng=Random(1))
    link = tmp_path / "nfc"
    with Path(place.config).open("a", encoding="utf-8") as file:
        file.write(f'\n[nfc]\npath = "{link}"\n')
    desk = place.desk()
    with Pn532Port(link, timed=False) as port:
        desk.start()
        first, second = (world.badges[each.person] for each in world.receivers[:2])
        clerk = Receiver(desk, badge=first, second_badge=second, photographs=tmp_path)
        port.tap(tag_of(first, "04a0000000000a"))
        until(lambda: desk.do("state")["phase"] == "ready")
        port.lift()
        clerk.show_papers(arrival)
        clerk.identify(arrival.deliverer)
        for count, cube in enumerate(arrival.cubes[:6], 1):
            port.tap(tag_of(cube.text, cube.uid or ""))
            until(partial(has_counted, desk, count))
            port.lift()
        copied = arrival.cubes[6]
        port.tap(tag_of(copied.text, "04ffffffffffff"))
        until(lambda: "CARRIERS_DISAGREE" in (desk.do("state")["signal"] or {})["codes"])
        assert desk.do("state")["counted"] == 6
        port.lift()
        agreed = desk.do("scan", text=arrival.cubes[0].text)
        assert (agreed["counted"], agreed["signal"]["outcome"]) == (6, "ok")
    desk.stop()
    with StationReader(place.settings.station_db) as log:
        types = [each.type for each in log.events(log.epochs()[0])]
    assert types.count("specimen.specimen.identified.v1") == 6
    assert types.count("specimen.specimen.carrier_read.v1") == 1
    assert types.count("specimen.specimen.scan_refused.v1") == 1


def has_counted(desk: DeskClient, count: int) -> bool:
    return bool(desk.do("state")["counted"] == count)


def tag_of(text: str, uid: str) -> Ntag21x:
    return Ntag21x(bytes.fromhex(uid), model=Model.NTAG216, message=text_message(text))
