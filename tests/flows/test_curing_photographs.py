"""Photographs at the door: named by the transfer that owes them, and never in its way."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import pytest
import samples
from curing_room import START
from memory_doors import MemoryEvidence, QuietJournal, SetClock
from rules import shipped
from wall_bench import WallBench

from edge.core.codes import Code, Severity
from edge.core.curing.inputs import RoomKind
from edge.core.errors import DeviceGone, StorageFull
from edge.core.evidence import Evidence, EvidenceKind, Still
from edge.core.ids import Digest
from edge.core.rulesets import RuleSet
from edge.flows.blobs import leaving
from edge.flows.curing_photographs import DoorEye


@dataclass
class Camera:
    """Counts its pictures, and has none when `why` says so."""

    why: str = ""
    shots: int = 0

    def shoot(self) -> Still:
        if self.why:
            raise DeviceGone("camera_gone", why=self.why)
        self.shots += 1
        return Still(f"picture {self.shots}".encode(), "image/jpeg", samples.NOW)


class FullDisk(MemoryEvidence):
    """No room for a picture."""

    def put(
        self, content: bytes, *, kind: EvidenceKind, media_type: str, taken_at: datetime
    ) -> Evidence:
        raise StorageFull("disk_full", kind=kind, bytes=len(content), of=media_type, at=taken_at)


@dataclass
class Site:
    """A site's door with a camera."""

    folder: Path
    camera: Camera = field(default_factory=Camera)
    files: MemoryEvidence = field(default_factory=MemoryEvidence)
    placard: bool = False
    rules: RuleSet = field(default_factory=shipped)

    def __post_init__(self) -> None:
        eye = DoorEye(self.camera, self.files, QuietJournal(), self.placard)
        self.bench = WallBench(
            self.folder,
            kind=RoomKind.SITE,
            clock=SetClock(START),
            eye=eye,
            rules=self.rules,
        )

    def named(self) -> list[tuple[str, list[str], str | None]]:
        """Of each transfer its type, the digests it names, and why one is missing."""
        return [
            (kind, [each["sha256"] for each in data["evidence"]], data["photograph_missing"])
            for kind, data in self.bench.log()
            if "photograph_missing" in data
        ]


def go_out(site: Site) -> None:
    """When its age has come."""
    site.bench.wait(28 * 86_400)
    site.bench.begin("out", "", badge="tester-1")
    site.bench.scan("chip:s-1-1")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    yield made
    made.bench.close()


def test_each_block_that_goes_in_is_photographed_once(site: Site) -> None:
    site.bench.begin("in", badge="tester-1")
    site.bench.scan("chip:s-1-1", "chip:s-1-2")
    site.bench.scan("chip:s-1-2", after_s=0.3)
    site.bench.scan("junk")
    assert site.camera.shots == 2
    first, second = list(site.files.names())
    assert {first, second} == {name for _, (name,), _ in site.named()}
    assert [(kind, why) for kind, _, why in site.named()] == [("curing.entered", None)] * 2
    content = [site.files.get(Digest(name)) for _, (name,), _ in site.named()]
    assert content == [b"picture 1", b"picture 2"]


def test_a_new_shelf_needs_no_picture_and_the_way_out_does(site: Site) -> None:
    site.bench.begin("in", badge="tester-1")
    site.bench.scan("chip:s-1-1", "do:move", "shelf:a-1-2-1", "chip:s-1-1")
    assert site.camera.shots == 1
    go_out(site)
    assert site.camera.shots == 2
    assert [len(names) for _, names, _ in site.named()] == [1, 0, 1]


def test_with_a_placard_in_view_the_way_out_has_both_pictures(tmp_path: Path) -> None:
    site = Site(tmp_path, placard=True)
    site.bench.begin("in", badge="tester-1")
    site.bench.scan("chip:s-1-1")
    go_out(site)
    assert [len(names) for _, names, _ in site.named()] == [1, 2]
    left = next(data for kind, data in site.bench.log() if kind == "curing.left")
    assert [each["kind"] for each in left["evidence"]] == ["block", "placard"]
    site.bench.close()


@pytest.mark.parametrize("why", ["late", "restarting", "absent", "frozen", "blank"])
def test_a_camera_without_a_picture_loses_no_transfer(site: Site, why: str) -> None:
    site.camera.why = why
    site.bench.begin("in", badge="tester-1")
    site.bench.scan("chip:s-1-1")
    assert site.bench.heard() == ("warn", ("EVIDENCE_INCOMPLETE",))
    signal = site.bench.last.signal
    assert signal is not None
    assert ("why", why) in signal.facts
    assert site.named() == [("curing.entered", [], why)]
    assert site.bench.log()[-1][1]["reasons"] == ["EVIDENCE_INCOMPLETE"]
    assert site.bench.store.open_stays() == {"s-1-1": ["room-1"]}


@pytest.mark.parametrize(("why", "moved"), [("", ["curing.entered"]), ("late", [])])
def test_a_city_may_hold_what_was_not_photographed(
    tmp_path: Path, why: str, moved: list[str]
) -> None:
    severities = dict(shipped().severities) | {Code.EVIDENCE_INCOMPLETE: Severity.HOLD}
    rules = replace(shipped(), severities=severities)
    site = Site(tmp_path, camera=Camera(why), rules=rules)
    site.bench.begin("in", badge="tester-1")
    site.bench.scan("chip:s-1-1")
    assert [kind for kind, _, _ in site.named()] == moved
    assert site.bench.heard()[0] == ("ok" if moved else "hold")
    assert site.bench.types()[-1] == (moved or ["curing.scan_refused"])[0]
    site.bench.close()


def test_what_is_refused_for_more_is_not_photographed(site: Site) -> None:
    site.bench.begin("out", "", badge="tester-1")
    site.bench.scan("chip:s-1-1")
    assert site.bench.heard()[0] == "hold"
    assert site.camera.shots == 0


def test_a_disk_without_room_for_the_picture_loses_no_transfer(tmp_path: Path) -> None:
    site = Site(tmp_path, files=FullDisk())
    site.bench.begin("in", badge="tester-1")
    site.bench.scan("chip:s-1-1")
    assert site.named() == [("curing.entered", [], "disk_full")]
    site.bench.close()


def test_a_laboratory_owes_none_and_its_camera_is_left_alone(tmp_path: Path) -> None:
    camera = Camera()
    eye = DoorEye(camera, MemoryEvidence(), QuietJournal())
    bench = WallBench(tmp_path, clock=SetClock(START), eye=eye)
    bench.begin("in")
    bench.scan("chip:s-1-1")
    assert (camera.shots, bench.heard()) == (0, ("ok", ()))
    assert bench.log()[-1][1]["photograph_missing"] is None
    bench.close()


def test_a_door_without_a_camera_owes_none(tmp_path: Path) -> None:
    bench = WallBench(tmp_path, kind=RoomKind.SITE, clock=SetClock(START))
    bench.begin("in", badge="tester-1")
    bench.scan("chip:s-1-1")
    assert bench.heard() == ("ok", ())
    bench.close()


def test_what_a_transfer_names_goes_to_the_platform(site: Site) -> None:
    site.bench.begin("in", badge="tester-1")
    site.bench.scan("chip:s-1-1")
    epoch = site.bench.store.epochs()[-1]
    (name,) = site.files.names()
    sent = [each for event in site.bench.store.events(epoch) for each in leaving(event)]
    assert [(each.sha256, each.kind) for each in sent] == [(Digest(name), EvidenceKind.BLOCK)]


def test_peer_defect_a_photograph_without_hash_time_and_place(site: Site) -> None:
    """A peer kept four addresses of pictures; here content, size, instant and place are sealed."""
    site.bench.begin("in", badge="tester-1")
    site.bench.scan("chip:s-1-1")
    data = next(data for kind, data in site.bench.log() if kind == "curing.entered")
    (photograph,) = data["evidence"]
    content = site.files.get(Digest(photograph["sha256"]))
    assert content is not None
    assert photograph["sha256"] == sha256(content).hexdigest()
    assert photograph["size_bytes"] == len(content)
    assert datetime.fromisoformat(photograph["taken_at"]) == samples.NOW
    assert data["place"] == "room-1/a/1/1/1"
