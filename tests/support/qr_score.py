"""Scores readers on the development pictures; shared by the tests and the benchmark."""

import csv
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.devices.qr.engine import CodeRead, Quad
from edge.devices.qr.sightings import centre, contains
from edge.wire.payload import payload_text

# The source's text says "photograph" where every decoder reads "photography".
_MISLABELLED = frozenset({"a9db74eeaddd.png"})
_CHARSETS = ("utf-8", "gb18030", "shift_jis", "latin-1")


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture with its truth; `count` 0 is a negative."""

    path: Path
    count: int
    texts: tuple[str, ...]
    payload: bytes
    quads: tuple[Quad, ...]

    @property
    def name(self) -> str:
        return f"{self.path.parent.name}/{self.path.name}"


@dataclass(frozen=True, slots=True)
class Told:
    """What a reader says of one code: its bytes with their place, and its text."""

    read: CodeRead
    text: str | None


@dataclass(frozen=True, slots=True)
class Score:
    """Codes found in one picture, texts that are wrong, reads where no code is."""

    found: int
    wrong: tuple[str, ...] = ()
    false: int = 0


def shared_dir() -> Path:
    """The folder of measuring data: EDGE_SHARED_DIR, else `shared` beside the checkout."""
    beside = Path(__file__).resolve().parents[3] / "shared"
    return Path(os.environ.get("EDGE_SHARED_DIR", str(beside)))


def load_pictures(folder: Path) -> tuple[Picture, ...]:
    """QR pictures and negatives of the manifest; Micro QR and rMQR are out of scope."""
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as rows:
        return tuple(
            _picture(folder, row)
            for row in csv.DictReader(rows)
            if row["symbology"] in {"QRCode", "none"}
        )


def score(picture: Picture, told: Sequence[Told]) -> Score:
    """By labelled place where corners are known, else by text or bytes."""
    if not picture.count:
        return Score(0, false=len(told))
    wrong = tuple(f"{picture.name}: {one.text!r}" for one in told if _is_wrong(picture, one))
    if picture.quads:
        middles = [centre(one.read.quad) for one in told]
        hit = sum(any(contains(quad, middle) for middle in middles) for quad in picture.quads)
        return Score(hit, wrong)
    return Score(int(any(_matches(picture, one) for one in told)), wrong)


def tell(reads: Sequence[CodeRead]) -> tuple[Told, ...]:
    """Reads with the text of the product's own rule."""
    return tuple(Told(read, payload_text(read.payload)) for read in reads)


def _picture(folder: Path, row: dict[str, str]) -> Picture:
    listed = row["expected_text"].startswith('["')
    texts = json.loads(row["expected_text"]) if listed else [row["expected_text"]]
    corners = json.loads(row["corners"]) if row["corners"] else []
    return Picture(
        path=folder / row["file"],
        count=int(row["n_codes"]),
        texts=tuple(_normal(text) for text in texts if text),
        payload=bytes.fromhex(row["expected_hex"]),
        quads=tuple(_quad(flat) for flat in corners),
    )


def _quad(flat: Sequence[float]) -> Quad:
    a, b, c, d = zip(flat[::2], flat[1::2], strict=True)
    return a, b, c, d


def _normal(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").strip("\n")


def _matches(picture: Picture, told: Told) -> bool:
    if picture.payload and told.read.payload == picture.payload:
        return True
    spelled = (_decoded(told.read.payload, charset) for charset in _CHARSETS)
    return any(text in picture.texts for text in spelled)


def _decoded(payload: bytes, charset: str) -> str | None:
    try:
        return _normal(payload.decode(charset))
    except UnicodeDecodeError:
        return None


def _is_wrong(picture: Picture, told: Told) -> bool:
    """A text other than the known ones, where the texts of all codes are known."""
    if told.text is None or len(picture.texts) < picture.count:
        return False
    return _normal(told.text) not in picture.texts and picture.path.name not in _MISLABELLED
