"""A platform and a station that trust each other, with a key for sealed photographs."""

from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import cv2
from face_samples import ANN, Picture, portraits_of
from typer.testing import CliRunner, Result

from edge.cli.app import app
from edge.compose.face_answers import make_answer_key, request_photographs
from edge.compose.face_sealing import Asked, photograph_text, seal_letter
from edge.core.ids import KeyId, PersonId
from edge.host.clock import SystemClock
from edge.host.identity import boot_id
from edge.host.keys import FileSigner, PinnedKey, generate_key, write_pinned
from edge.host.seal_keys import seal_to
from edge.settings import Settings, load_settings
from edge.storage.faces import FaceReader, consent_text
from edge.storage.link import LinkReader, SqliteLink
from edge.wire.downlink import FaceAnswer, sign_message
from edge.wire.face_answer import Letter, bound_to, encode_letter
from edge.wire.topics import Station

RUNNER = CliRunner()
STATION = Station.parse("nanchang/lab-1/desk-1")
OTHER = Station.parse("nanchang/lab-2/desk-1")
HOUR = timedelta(hours=1)
NEVER = "face-0123456789abcdef"


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
    key: PinnedKey
    control: PinnedKey

    def pin(self, *more: PinnedKey) -> None:
        """What the platform has pinned besides its own key."""
        write_pinned(self.platform.keys_file, (self.control, *more))

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
            tuple(photograph_text(each) for each in self.photographs()),
        )

    def photographs(self) -> list[Path]:
        files = [self.config.parent / f"{number}.jpg" for number in range(3)]
        for file, picture in zip(files, portraits_of(ANN), strict=True):
            file.write_bytes(coded(picture))
        return files

    def ask(self, person: PersonId = ANN) -> str:
        return request_photographs(self.station, person)

    def sealed(self, letter: Letter, corr: str = "", *, station: Station = STATION) -> bytes:
        return seal_letter(self.platform, letter, Asked(station, corr or self.ask(), HOUR))

    def made(self, letter: Letter, answer: FaceAnswer, *, bound: FaceAnswer | None = None) -> bytes:
        """An answer as a platform could make it that keeps no rule."""
        told = bound_to(bound or answer, ANN)
        sealed = seal_to(self.key.public, encode_letter(letter), bound=told)
        signer = FileSigner(self.platform.control_key, key_id=self.control.key_id)
        message = replace(answer, sealed=sealed)
        return sign_message(message, key_id=signer.key_id, sign=signer.sign)

    def accept(self, data: bytes) -> Result:
        file = self.config.parent / "answer.json"
        file.write_bytes(data)
        return run("accept", file, "--config", self.config)

    def bring(self, *messages: tuple[str, bytes]) -> None:
        """As the shipper does."""
        link = SqliteLink(self.station.link_db, clock=SystemClock(), boot_id=boot_id())
        for tail, payload in messages:
            link.receive(tail, payload)
        link.close()

    def inbox(self) -> list[str]:
        link = LinkReader(self.station.link_db, clock=SystemClock(), boot_id="")
        tails = [tail for _, tail, _ in link.after(0)]
        link.close()
        return tails

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


def sealed_site(folder: Path) -> Site:
    """Keys made and pinned on both sides."""
    config = written(folder, "station", more="from_platform = true\n")
    station = load_settings(config)
    platform = load_settings(written(folder, "platform"))
    control = PinnedKey(KeyId("control-1"), generate_key(platform.control_key), "control")
    write_pinned(station.keys_file, [control])
    made = Site(config, platform, station, make_answer_key(station), control)
    made.pin(made.key)
    return made
