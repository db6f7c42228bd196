"""Photographs from the platform: asked, sealed, carried and used by processes over a broker."""

import base64
import json
import struct
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from face_samples import ANN, portraits_of
from sealed_site import coded
from waiting import until

from edge.core.envelope import Seal
from edge.core.ids import DeviceId, RuleSetId
from edge.flows.epoch import EpochOpener
from edge.host.clock import SystemClock
from edge.host.identity import SystemIds, boot_id
from edge.host.keys import FileSigner, PinnedKey, key_id_of, read_pinned, write_pinned
from edge.runtime.provision import BrokerAddress, Side, Site, configure, provision
from edge.runtime.supervisor import Child, own_command
from edge.settings import load_settings
from edge.sim.broker import Mosquitto
from edge.storage.faces import FaceReader
from edge.storage.link import LinkReader
from edge.storage.station import SqliteStation
from edge.wire.convert import structure

pytestmark = pytest.mark.slow
RULES = RuleSetId("nanchang-2023")
NAME = "欧阳试样"
"""An invented name, in the names of the platform's files alone."""
AT_NEEDLE = 48
"""Bytes that are looked for: long enough to be found nowhere by chance."""


@dataclass(frozen=True)
class Line:
    """A station whose desk holds its store, its shipper, a broker and a platform."""

    site: Site

    def face(self, side: Side, *words: str | Path) -> subprocess.CompletedProcess[str]:
        command = own_command("face", *map(str, words), "--config", str(side.config))
        return subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)

    def at_station(self, *words: str | Path) -> str:
        done = self.face(self.site.station, *words)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def pin(self, entry: str) -> None:
        """What an installer does with the line that the station shows."""
        path = load_settings(self.site.platform.config).keys_file
        key = structure(json.loads(entry), PinnedKey)
        write_pinned(path, (*read_pinned(path), key))

    def seal(self, person: str, files: list[Path]) -> subprocess.CompletedProcess[str]:
        agreed = (SystemClock().now() - timedelta(hours=1)).isoformat()
        consent = ("--consent-at", agreed, "--consent-by", "p-staff", "--age", "30")
        station = self.site.station.name.name
        return self.face(self.site.platform, "seal", station, person, *files, *consent)

    def inbox(self) -> list[tuple[str, bytes]]:
        path = load_settings(self.site.station.config).link_db
        with closing(LinkReader(path, clock=SystemClock(), boot_id="")) as link:
            return [(tail, payload) for _, tail, payload in link.after(0)]


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    clock = SystemClock(assume_synced=True)
    site = provision(tmp_path / "site", now=clock.now(), seed=7)
    with ExitStack() as stack:
        broker = Mosquitto(tmp_path / "broker", tls=site.broker_tls)
        broker.start()
        stack.callback(broker.stop)
        face = {"face": {"from_platform": True, "threshold": 0.9}}
        configure(site, BrokerAddress("localhost", broker.port), station=face)
        stack.callback(_opened(site, clock).close)
        for name, side in (("ship", site.station), ("central", site.platform)):
            log = side.folder / "logs" / f"{name}.log"
            child = Child(name, own_command(name, "--config", str(side.config)), log=log)
            child.start()
            stack.callback(child.stop)
        yield Line(site)


def _opened(site: Site, clock: SystemClock) -> SqliteStation:
    """The station's store in the hands of its desk."""
    settings = load_settings(site.station.config)
    key_id = key_id_of(settings.event_key, read_pinned(settings.keys_file))
    signer = FileSigner(settings.event_key, key_id=key_id)
    by = Seal(site.station.name.urn, boot_id(), key_id, signer.sign)
    device = DeviceId(site.station.name.device)
    store = SqliteStation(settings.station_db)
    EpochOpener(clock=clock, ids=SystemIds(), by=by, device=device, ruleset=RULES).open(store)
    return store


def needles(files: list[Path], carried: bytes, template: tuple[float, ...]) -> dict[str, bytes]:
    """Everything that may lie nowhere at the station, in the forms in which it could."""
    found = {"name": NAME.encode(), "name in JSON": json.dumps(NAME)[1:-1].encode()}
    draw = Random(7)
    for file, picture in zip(files, portraits_of(ANN), strict=True):
        for what, content in (("file", file.read_bytes()), ("pixels", picture.tobytes())):
            at = 3 * draw.randrange(200, len(content) // 3 - AT_NEEDLE)
            piece = content[at : at + AT_NEEDLE]
            found |= {
                f"{file.name} {what}": piece,
                f"{file.name} {what} b64": base64.b64encode(piece),
            }
    for at in range(1000, len(carried) - AT_NEEDLE, 20_000):
        found[f"sealed bytes at {at}"] = carried[at : at + AT_NEEDLE]
    for form in ("<6f", ">6f", "<6d", ">6d"):
        found[f"template {form}"] = struct.pack(form, *template[:6])
    found["template in JSON"] = json.dumps(template[:3])[1:-1].encode()
    return found


@pytest.mark.timeout(120)
def test_a_person_is_enrolled_from_afar_and_nothing_of_the_person_stays(
    line: Line, tmp_path: Path
) -> None:
    files = [tmp_path / f"{NAME}-{number}.jpg" for number in range(3)]
    for file, picture in zip(files, portraits_of(ANN), strict=True):
        file.write_bytes(coded(picture))
    shown = line.at_station("answer-key")
    corr = line.at_station("request", ANN)
    line.pin(shown)
    sent = line.seal(ANN, files)
    assert (sent.returncode, sent.stdout.strip()) == (0, corr), sent.stderr
    until(line.inbox)
    ((tail, carried),) = line.inbox()
    assert tail == f"ans/{corr}"

    told = line.at_station("accept")
    assert told.startswith(f"{ANN} "), told
    settings = load_settings(line.site.station.config)
    reader = FaceReader(settings.faces_db, settings.face_key)
    (entry,) = reader.enrolments()
    (kept,) = reader.templates((ANN,), engine=entry.engine, now=SystemClock().now())

    wanted = needles(files, carried, kept.vector)
    searched = {each.name: each for each in settings.state_dir.rglob("*") if each.is_file()}
    assert {"link.db", "link.db-wal", "station.db", "faces.db", "ship.log"} <= searched.keys()
    for path in searched.values():
        content = path.read_bytes()
        assert [what for what, needle in wanted.items() if needle in content] == [], path.name
    assert ANN.encode() in searched["faces.db"].read_bytes(), "the search finds what is there"
