"""A day with faces, then numbers and names where they do not belong: nothing of a person leaks.

Planted: the templates of everybody enrolled, in every form in which a number may be written down,
an identity number, a telephone number and a name. Only the store of faces may hold a template.
"""

import json
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.compose.face import RENDERED
from edge.core.consent import Enrolment
from edge.core.faces import Enrolled, likeness
from edge.devices.face.dlib_engine import DlibEngine
from edge.devices.face.models import find_models
from edge.devices.face.populations import Population
from edge.host.clock import SystemClock
from edge.sim.faces import face_space
from edge.storage.db import open_if_made
from edge.storage.faces import MIGRATIONS, FaceReader

pytestmark = pytest.mark.slow

EDGE = (sys.executable, "-m", "edge")
IDENTITY, TELEPHONE, NAME = "360102199001011237", "13970912345", "欧阳不留名"
PLANTED = (
    {"do": "scan", "text": IDENTITY},
    {"do": "scan", "text": f"姓名:{NAME} 身份证:{IDENTITY} 电话:{TELEPHONE}"},
    {"do": "scan", "text": f"https://example.cn/id?no={IDENTITY}"},
    {"do": "document", "person": IDENTITY},
    {"do": IDENTITY},
)
KEEPERS = ("faces.db", "face.key")
"""The store of faces, with its log and its lock, and its key."""
LOOKS = (
    ("log", "export"),
    ("log", "verify", "--json"),
    ("outbox", "status", "--json"),
    ("registry", "status", "--json"),
    ("face", "status", "--json"),
    ("config",),
)


class Day:
    """A day of the demonstration and what was said of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = folder / "station" / "edge.toml"
        self.said: dict[str, bytes] = {}

    def run(self, name: str, *words: str, given: str = "") -> None:
        done = subprocess.run(
            [*EDGE, *words], input=given.encode(), capture_output=True, check=False, timeout=170
        )
        self.said[f"{name} stdout"], self.said[f"{name} stderr"] = done.stdout, done.stderr

    def reader(self) -> FaceReader:
        station = self.config.parent
        return FaceReader(station / "faces.db", station / "keys" / "face.key")

    def enrolments(self) -> tuple[Enrolment, ...]:
        return self.reader().enrolments()

    def templates(self) -> tuple[Enrolled, ...]:
        reader = self.reader()
        entries = reader.enrolments()
        people = tuple(each.person for each in entries)
        now = SystemClock().now()
        return reader.templates(people, engine=entries[0].engine, now=now)

    def places(self) -> Iterator[tuple[str, bytes]]:
        """Every file but the store of faces, and everything that was printed."""
        for path in sorted(self.folder.rglob("*")):
            if path.is_file() and not path.name.startswith(KEEPERS):
                yield str(path.relative_to(self.folder)), path.read_bytes()
        yield from self.said.items()


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Day:
    folder = tmp_path_factory.mktemp("a day of faces")
    day = Day(folder)
    day.run("demo", "demo", "--once", "--json", "--dir", str(folder))
    lines = "\n".join(json.dumps(each, ensure_ascii=False) for each in PLANTED)
    door = ("kiosk", "--console", "--no-page", "--config", str(day.config))
    day.run("kiosk", *door, given=f"{lines}\nno json {IDENTITY}\n")
    for words in LOOKS:
        day.run(" ".join(words), *words, "--config", str(day.config))
    return day


def forms_of(template: Enrolled) -> Iterator[bytes]:
    """How a template may have been written down: packed, or as text of some length."""
    head = template.vector[:4]
    for code in (">4f", "<4f", ">4d", "<4d"):
        yield struct.pack(code, *head)
    for digits in (4, 5, 6):
        yield ", ".join(f"{value:.{digits}f}" for value in head[:2]).encode()
    for value in head:
        yield repr(value).encode()


def test_the_day_had_faces(day: Day) -> None:
    """The needles are real: the store holds templates, and events speak of matches."""
    assert len(day.templates()) >= 3
    assert b"deliverer.verified" in day.said["log export stdout"] or any(
        b"deliverer.verified" in content for _, content in day.places()
    )
    assert IDENTITY not in day.said["demo stdout"].decode()
    assert day.said["kiosk stdout"].count(b"\n") == len(PLANTED) + 2


def test_no_template_lies_anywhere_but_in_the_store_of_faces(day: Day) -> None:
    needles = {form for template in day.templates() for form in forms_of(template)}
    found = [place for place, content in day.places() for form in needles if form in content]
    assert found == []


def test_a_template_is_found_where_there_is_one(day: Day) -> None:
    """The search can fail: a template in a file of the station is seen."""
    template = day.templates()[0]
    written = json.dumps(template.vector).encode()
    assert any(form in written for form in forms_of(template))
    packed = struct.pack(f"<{len(template.vector)}d", *template.vector)
    assert any(form in packed for form in forms_of(template))


def test_the_store_of_faces_itself_holds_only_sealed_templates(day: Day) -> None:
    station = day.config.parent
    needles = {form for template in day.templates() for form in forms_of(template)}
    for path in station.glob("faces.db*"):
        content = path.read_bytes()
        assert not any(form in content for form in needles), path.name
    db = open_if_made(station / "faces.db", migrations=MIGRATIONS)
    assert db is not None
    with closing(db):
        assert db.execute("SELECT count(*) FROM crops").fetchone() == (0,)


@pytest.mark.parametrize("needle", [IDENTITY, TELEPHONE, NAME])
def test_no_identity_is_kept_or_said(day: Day, needle: str) -> None:
    forms = [needle.encode(code) for code in ("utf-8", "utf-16-le", "gb18030")]
    forms.append(json.dumps(needle).strip('"').encode())
    found = [place for place, content in day.places() for form in forms if form in content]
    assert found == []


def test_no_photograph_shows_a_face(day: Day) -> None:
    """Evidence is of blocks, seals and forms; a label that passes for a face is nobody's."""
    templates = day.templates()
    space = face_space()
    engine = DlibEngine(find_models(), Population(RENDERED, 0.5, 0.0, mean=space.mean))
    assert {engine.engine_id} == {each.engine for each in day.enrolments()}
    seen = 0
    for place, content in day.places():
        if content[:3] != b"\xff\xd8\xff":
            continue
        decoded = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
        picture = np.asarray(decoded, np.uint8)
        found = engine.find(picture)
        if found is not None:
            face = engine.encode(engine.align(picture, found))
            assert max(likeness(face, each.vector) for each in templates) < 1.0 - space.threshold, (
                place
            )
        seen += 1
    assert seen > 0
