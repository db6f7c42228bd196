"""Error rates of the face engine on a folder of labelled pictures: `face evaluate` and the bench.

Pairs are compared as the desk does it: a template (with its mirror image) against a probe.
"""

import csv
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import process_time

import numpy as np
from numpy.typing import NDArray

from edge.core.errors import DecodeError
from edge.core.faces import average
from edge.devices.face.dlib_engine import DlibEngine
from edge.devices.face.pictures import load_colour

Scores = NDArray[np.float64]

_COLUMNS = {"file", "identity", "group", "kind"}
_PHOTOGRAPHS = 3
LIVE, ATTACK = "live", "print_attack"


@dataclass(frozen=True, slots=True)
class Labelled:
    """A line of `manifest.csv`."""

    file: Path
    identity: str
    group: str
    kind: str


@dataclass(frozen=True, slots=True)
class Rates:
    """Shares 0..1 over counted comparisons; None where there are too few to say."""

    genuine: int
    impostor: int
    eer: float | None
    fnmr_at_fmr_1e2: float | None
    fnmr_at_fmr_1e3: float | None
    fmr: float | None
    fnmr: float | None


@dataclass(frozen=True, slots=True)
class GroupRates:
    """One group: single photographs, templates of three, attacks accepted, CPU time.

    attacks_accepted: share of print attacks that match their own person; there is no liveness
    check in the built-in engine. cpu_ms: median of find, align, encode and compare.
    """

    group: str
    pictures: int
    identities: int
    no_face: int
    one_photograph: Rates
    three_photographs: Rates
    attacks: int
    attacks_accepted: float | None
    cpu_ms: float


@dataclass(frozen=True, slots=True)
class _Face:
    identity: str
    kind: str
    probe: tuple[float, ...]
    template: tuple[float, ...]


def read_manifest(folder: Path) -> tuple[Labelled, ...]:
    """The labelled pictures of a folder; DecodeError `manifest_unreadable`."""
    path = folder / "manifest.csv"
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = csv.DictReader(file)
            if not set(rows.fieldnames or ()).issuperset(_COLUMNS):
                raise DecodeError("manifest_unreadable", file=str(path), need=",".join(_COLUMNS))
            return tuple(
                Labelled(folder / row["file"], row["identity"], row["group"], row["kind"])
                for row in rows
            )
    except (OSError, UnicodeDecodeError) as error:
        raise DecodeError("manifest_unreadable", file=str(path), why=str(error)) from error


def evaluate(
    pictures: Iterable[Labelled],
    engine: DlibEngine,
    *,
    threshold: float,
    seen: Callable[[], object] = lambda: None,
) -> Iterator[GroupRates]:
    """The rates of each group in the order of the manifest; `seen` is called after a picture."""
    groups: dict[str, list[Labelled]] = defaultdict(list)
    for each in pictures:
        groups[each.group].append(each)
    for group, members in groups.items():
        yield _group(group, members, engine=engine, threshold=threshold, seen=seen)


def _group(
    group: str,
    members: list[Labelled],
    *,
    engine: DlibEngine,
    threshold: float,
    seen: Callable[[], object],
) -> GroupRates:
    faces: list[_Face] = []
    spent_ms: list[float] = []
    for each in members:
        face, ms = _face(each, engine)
        seen()
        spent_ms.append(ms)
        if face is not None:
            faces.append(face)
    live = [face for face in faces if face.kind == LIVE]
    attacks = _attack_scores(live, [face for face in faces if face.kind == ATTACK])
    return GroupRates(
        group,
        pictures=len(members),
        identities=len({each.identity for each in members}),
        no_face=len(members) - len(faces),
        one_photograph=rates(*_single(live), threshold=threshold),
        three_photographs=rates(*_averaged(live), threshold=threshold),
        attacks=len(attacks),
        attacks_accepted=float((attacks >= threshold).mean()) if len(attacks) else None,
        cpu_ms=round(median(spent_ms), 1),
    )


def _face(each: Labelled, engine: DlibEngine) -> tuple[_Face | None, float]:
    picture = load_colour(each.file)
    begun = process_time()
    aligned = engine.align(picture)
    probe = None if aligned is None else engine.encode(aligned.face)
    ms = (process_time() - begun) * 1000
    if aligned is None or probe is None:
        return None, ms
    template = average([probe, engine.encode(aligned.mirrored())])
    return _Face(each.identity, each.kind, probe, template), ms


def _single(live: list[_Face]) -> tuple[Scores, Scores]:
    """Every pair once: the earlier picture as the template of one photograph."""
    scores = _matrix([face.template for face in live], [face.probe for face in live])
    names = np.array([face.identity for face in live])
    same = names[:, None] == names[None, :]
    once = np.triu(np.ones(scores.shape, bool), 1)
    return scores[same & once], scores[~same & once]


def _averaged(live: list[_Face]) -> tuple[Scores, Scores]:
    """Templates of three neighbouring photographs against all other pictures."""
    names = np.array([face.identity for face in live])
    probes = [face.probe for face in live]
    genuine: list[Scores] = [np.zeros(0)]
    impostor: list[Scores] = [np.zeros(0)]
    for name in dict.fromkeys(names.tolist()):
        places = np.flatnonzero(names == name)
        if len(places) <= _PHOTOGRAPHS:
            continue
        for turn in range(len(places)):
            chosen = np.roll(places, -turn)[:_PHOTOGRAPHS]
            template = average([live[place].template for place in chosen])
            scores = _matrix([template], probes)[0]
            mine = names == name
            impostor.append(scores[~mine])
            mine[chosen] = False
            genuine.append(scores[mine])
    return np.concatenate(genuine), np.concatenate(impostor)


def _attack_scores(live: list[_Face], attacks: list[_Face]) -> Scores:
    """Each attack against the template of the first three live pictures of its person."""
    templates: dict[str, list[tuple[float, ...]]] = defaultdict(list)
    for face in live:
        templates[face.identity].append(face.template)
    scores = [
        float(np.dot(average(templates[each.identity][:_PHOTOGRAPHS]), each.probe))
        for each in attacks
        if each.identity in templates
    ]
    return np.array(scores)


def _matrix(templates: list[tuple[float, ...]], probes: list[tuple[float, ...]]) -> Scores:
    if not templates:
        return np.zeros((0, 0))
    return np.asarray(np.array(templates) @ np.array(probes).T, np.float64)


def rates(genuine: Scores, impostor: Scores, *, threshold: float) -> Rates:
    """Error rates of two heaps of scores, larger is surer."""
    if not len(genuine) or not len(impostor):
        return Rates(len(genuine), len(impostor), *(None,) * 5)
    return Rates(
        len(genuine),
        len(impostor),
        eer=_eer(genuine, impostor),
        fnmr_at_fmr_1e2=_fnmr_at(genuine, impostor, 1e-2),
        fnmr_at_fmr_1e3=_fnmr_at(genuine, impostor, 1e-3),
        fmr=float((impostor >= threshold).mean()),
        fnmr=float((genuine < threshold).mean()),
    )


def _fnmr_at(genuine: Scores, impostor: Scores, fmr: float) -> float | None:
    """None when there are too few impostor pairs to hold that rate."""
    if len(impostor) * fmr < 1:
        return None
    return float((genuine < np.quantile(impostor, 1 - fmr)).mean())


def _eer(genuine: Scores, impostor: Scores) -> float:
    steps = np.sort(np.concatenate([genuine, impostor]))
    misses = np.searchsorted(np.sort(genuine), steps, side="left") / len(genuine)
    passes = 1 - np.searchsorted(np.sort(impostor), steps, side="left") / len(impostor)
    nearest = int(np.argmin(np.abs(misses - passes)))
    return float((misses[nearest] + passes[nearest]) / 2)
