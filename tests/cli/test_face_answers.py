"""Enrolment from a platform's answer sealed to the station's own key, and its refusals."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest
from face_samples import ANN, Picture, portraits_of
from typer.testing import CliRunner, Result

from edge.cli.app import app
from edge.compose.face_answers import (
    Addressed,
    make_answer_key,
    photograph_text,
    seal_letter,
    stated_key,
)
from edge.core.ids import Digest, KeyId, PersonId
from edge.host.answer_key import AnswerKey, seal_to
from edge.host.clock import SystemClock
from edge.host.identity import boot_id
from edge.host.keys import FileSigner, PinnedKey, generate_key, write_pinned
from edge.settings import Settings, load_settings
from edge.storage.faces import FaceReader, consent_text
from edge.storage.link import SqliteLink
from edge.wire.downlink import FaceAnswer, sign_message
from edge.wire.face_answer import Letter, bound_to, encode_letter
from edge.wire.topics import Station

RUNNER = CliRunner()
pytestmark = pytest.mark.slow
STATION = Station.parse("nanchang/lab-1/desk-1")
OTHER = Station.parse("nanchang/lab-2/desk-1")
HOUR = timedelta(hours=1)


def run(*words: str | Path) -> Result:
    return RUNNER.invoke(app, ["face", *map(str, words)])


def coded(picture: Picture) -> bytes:
    done, content = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 90])
    assert done
    return content.tobytes()


@dataclass(frozen=True)
class Site:
    """A platform and a station that trust each other."""

    config: Path
    platform: Settings
    station: Settings
    key: AnswerKey

    def letter(self) -> Letter:
        text = consent_text()[0]
        return Letter(
            ANN,
            text.version,
            text.sha256,
            SystemClock().now() - HOUR,
            "paper",
            PersonId("p-staff"),
            30,
            tuple(photograph_text(coded(each)) for each in portraits_of(ANN)),
        )

    def sealed(self, letter: Letter, *, station: Station = STATION, public: str = "") -> bytes:
        to = Addressed(station, public or self.key.public, HOUR)
        return seal_letter(self.platform, letter, to)[1]

    def accept(self, data: bytes) -> Result:
        file = self.config.parent / "answer.json"
        file.write_bytes(data)
        return run("accept", file, "--config", self.config)

    def enrolled(self) -> tuple[str, ...]:
        reader = FaceReader(self.station.faces_db, self.station.face_key)
        return tuple(each.person for each in reader.enrolments())


def written(folder: Path, name: str, *, more: str = "") -> Path:
    path = folder / f"{name}.toml"
    path.write_text(
        f'state_dir = "{folder}/{name}"\n[station]\n'
        f'city = "nanchang"\nlab = "lab-1"\ndevice = "desk-1"\n[face]\nthreshold = 0.9\n{more}',
        encoding="utf-8",
    )
    return path


@pytest.fixture
def site(tmp_path: Path) -> Site:
    config = written(tmp_path, "station", more="from_platform = true\n")
    station = load_settings(config)
    platform = load_settings(written(tmp_path, "platform"))
    public = generate_key(platform.control_key)
    for side in (station, platform):
        write_pinned(side.keys_file, [PinnedKey(KeyId("control-1"), public, "control")])
    return Site(config, platform, station, make_answer_key(station))


def test_a_person_is_enrolled_by_what_the_platform_sealed(site: Site) -> None:
    told = site.accept(site.sealed(site.letter()))
    assert told.exit_code == 0, told.output
    listed = json.loads(run("list", "--json", "--config", site.config).stdout)
    assert (listed["person"], listed["photographs"]) == (ANN, 3)
    assert listed["recorded_by"] == "p-staff"
    assert listed["agreed"] < listed["expires"]


def test_what_the_shipper_brought_is_taken_once(site: Site) -> None:
    """The verbs of both sides, and the inbox between them; a second look takes nothing again."""
    folder = site.config.parent
    files = [folder / f"{number}.jpg" for number in range(3)]
    for file, picture in zip(files, portraits_of(ANN), strict=True):
        file.write_bytes(coded(picture))
    answer, at = folder / "sealed.json", (SystemClock().now() - HOUR).isoformat()
    words = ("--to", site.key.public, "--consent-at", at[:19], "--consent-by", "p-staff")
    where = ("--age", "30", "--out", answer, "--config", folder / "platform.toml")
    told = run("seal", STATION.name, ANN, *files, *words, *where)
    assert told.exit_code == 0, told.output
    clock = SystemClock()
    link = SqliteLink(site.station.link_db, clock=clock, boot_id=boot_id())
    link.receive("ans/commission-1", b"{}")
    link.receive(f"ans/{told.stdout.strip()}", answer.read_bytes())
    link.close()
    first = run("accept", "--config", site.config)
    assert first.stdout.startswith(f"{ANN} "), first.output
    again = run("accept", "--config", site.config)
    assert (again.exit_code, again.stdout) == (0, "")


def test_no_photograph_and_no_name_lies_on_the_disk(site: Site, tmp_path: Path) -> None:
    letter = site.letter()
    assert site.accept(site.sealed(letter)).exit_code == 0
    needles = [each[:32] for each in letter.pictures()]
    needles += [each[200:240].encode() for each in letter.photographs]
    assert len(needles) == 6
    for path in (each for each in tmp_path.rglob("*") if each.is_file()):
        content = path.read_bytes()
        assert not [each for each in needles if each in content], path.name
    assert not any(letter.person.encode() in each for each in (site.sealed(letter),))


def test_the_status_states_the_public_key_where_it_is_wanted(site: Site) -> None:
    assert stated_key(site.station) == {"key": site.key.key_id, "public": site.key.public}
    assert stated_key(site.platform) == {}
    shown = run("answer-key", "--config", site.config).stdout.split()
    assert shown == [site.key.key_id, site.key.public]
    assert site.station.face_answer_key.stat().st_mode & 0o077 == 0


def test_an_answer_is_used_once(site: Site) -> None:
    data = site.sealed(site.letter())
    assert site.accept(data).exit_code == 0
    again = site.accept(data)
    assert (again.exit_code, "face_answer_replayed" in again.stderr) == (1, True)


def test_a_withdrawn_consent_does_not_come_back(site: Site) -> None:
    letter = site.letter()
    assert site.accept(site.sealed(letter)).exit_code == 0
    run("withdraw", ANN, "--config", site.config)
    told = site.accept(site.sealed(letter))
    assert (told.exit_code, "face_consent_outdated" in told.stderr) == (1, True)
    assert site.enrolled() == ()


SPOILT: dict[str, tuple[Callable[[Letter], Letter], str]] = {
    "under fourteen": (lambda letter: replace(letter, age_years=13), "十四"),
    "another text": (
        lambda letter: replace(letter, text_sha256=Digest("0" * 64)),
        "face_consent_text_unknown",
    ),
    "no consent": (lambda letter: replace(letter, how=""), "face_consent_missing"),
    "agreed tomorrow": (
        lambda letter: replace(letter, agreed_at=SystemClock().now() + 24 * HOUR),
        "face_consent_not_yet",
    ),
    "two photographs": (
        lambda letter: replace(letter, photographs=letter.photographs[:2]),
        "不足",
    ),
    "nobody in it": (
        lambda letter: replace(
            letter,
            photographs=(photograph_text(coded(np.full((480, 640, 3), 120, np.uint8))),) * 3,
        ),
        "没有人脸",
    ),
    "no picture": (
        lambda letter: replace(letter, photographs=("AAAA",) * 3),
        "image_unreadable",
    ),
}


@pytest.mark.parametrize(("spoil", "word"), SPOILT.values(), ids=SPOILT)
def test_an_answer_is_refused_with_one_reason(
    site: Site, spoil: Callable[[Letter], Letter], word: str
) -> None:
    told = site.accept(site.sealed(spoil(site.letter())))
    assert told.exit_code == 1
    assert word in told.stderr
    assert site.enrolled() == ()


def test_a_seal_to_another_key_is_refused(site: Site, tmp_path: Path) -> None:
    other = AnswerKey.made(tmp_path / "other.pem")
    told = site.accept(site.sealed(site.letter(), public=other.public))
    assert "face_seal_of_another_key" in told.stderr
    assert "wrong_station" in site.accept(site.sealed(site.letter(), station=OTHER)).stderr


@pytest.mark.parametrize("which", ["seal", "name", "signature", "expired"])
def test_a_forged_answer_is_refused(site: Site, tmp_path: Path, which: str) -> None:
    """The seal is bound to its message: moved under another name or time it does not open."""
    now = SystemClock().now()
    begun = now - 2 * HOUR if which == "expired" else now
    blank = FaceAnswer(STATION.name, "face-1", begun, begun + HOUR, site.key.key_id, "")
    bound = bound_to(replace(blank, corr="face-2") if which == "name" else blank)
    sealed = seal_to(site.key.public, encode_letter(site.letter()), bound=bound)
    if which == "seal":
        sealed = sealed[:-8] + ("A" if sealed[-8] != "A" else "B") + sealed[-7:]
    path = site.platform.control_key
    if which == "signature":
        path = tmp_path / "stranger.pem"
        generate_key(path)
    signer = FileSigner(path, key_id=KeyId("control-1"))
    data = sign_message(replace(blank, sealed=sealed), key_id=signer.key_id, sign=signer.sign)
    told = site.accept(data)
    wanted = {
        "seal": "face_seal_broken",
        "name": "face_seal_broken",
        "signature": "signature_bad",
        "expired": "face_answer_expired",
    }
    assert (told.exit_code, wanted[which] in told.stderr) == (1, True), told.stderr
    assert site.enrolled() == ()


def test_where_it_is_not_configured_nothing_is_opened(site: Site, tmp_path: Path) -> None:
    data = site.sealed(site.letter())
    plain = written(tmp_path, "station")
    file = tmp_path / "answer.json"
    file.write_bytes(data)
    for words in (("accept", file), ("answer-key",)):
        told = run(*words, "--config", plain)
        assert told.exit_code != 0
        assert "face_answers_off" in told.stderr
