"""Error rates of a face engine on a folder of labelled pictures: `face evaluate`, the bench.

Pairs are compared as the desk does it: a template (as at enrolment) against a probe.
"""

import csv
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from time import process_time
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from edge.core.error_rates import upper_bound
from edge.core.errors import DecodeError
from edge.core.faces import likeness
from edge.devices.face.calibrate import RawFaces
from edge.devices.face.engine import Aligned, FaceEngine
from edge.devices.face.pictures import load_colour
from edge.devices.face.trials import (
    Faces,
    Rates,
    Scores,
    Span,
    averaged,
    averaged_by_distance,
    distances,
    paired,
    rates,
    ratio,
    single,
)
from edge.devices.pixels import Picture

_COLUMNS = {"file", "identity", "group", "kind"}
_PHOTOGRAPHS = 3
LIVE = "live"
TOLERANCE = 0.6
"""`face_recognition`'s own limit of the distance."""
ByDefault = Callable[[Picture], NDArray[np.float64] | None]


class LivenessNetwork(Protocol):
    """Says how alive a face looks."""

    @property
    def threshold(self) -> float:
        """Below it, 0..1, a face counts as an attack."""
        ...

    def score(self, bgr: Picture, aligned: Aligned) -> float:
        """0..1, larger is surer that a person is there."""
        ...


@dataclass(frozen=True, slots=True)
class Equipment:
    """What is measured: an engine at its threshold, and what stands beside it."""

    engine: FaceEngine
    threshold: float
    liveness: LivenessNetwork | None = None
    by_default: ByDefault | None = None


@dataclass(frozen=True, slots=True)
class Labelled:
    """A line of `manifest.csv`; kind: `live`, or the species of an attack."""

    file: Path
    identity: str
    group: str
    kind: str


@dataclass(frozen=True, slots=True)
class AttackRates:
    """One species of attack; shares 0..1.

    accepted: how many match their own person's template, were liveness not asked; apcer: how many
    the liveness check lets pass, None without one; apcer_upper_95: one-sided bound.
    """

    species: str
    attacks: int
    no_face: int
    accepted: float | None
    passed: int | None
    apcer: float | None
    apcer_upper_95: float | None


@dataclass(frozen=True, slots=True)
class DefaultRates:
    """`face_recognition` as it comes, on the same pictures: distance, tolerance 0.6.

    three_photographs: distance to the mean of three. ratio_one, ratio_three: FNMR of the
    engine at FMR 1e-3 as a share of its, on pictures in which both found a face; with intervals.
    """

    no_face: int
    one_photograph: Rates
    three_photographs: Rates
    ratio_one: float | None
    ratio_one_95: Span | None
    ratio_three: float | None
    ratio_three_95: Span | None
    cpu_ms: float


@dataclass(frozen=True, slots=True)
class GroupRates:
    """One group: single photographs, templates of three, attacks, CPU time.

    no_face counts live pictures; bpcer: share of live faces that the liveness check calls an
    attack; cpu_ms: median of find, align and encode; stages_ms: median of each.
    """

    group: str
    pictures: int
    identities: int
    no_face: int
    one_photograph: Rates
    three_photographs: Rates
    attacks: tuple[AttackRates, ...]
    bpcer: float | None
    bpcer_upper_95: float | None
    cpu_ms: float
    stages_ms: dict[str, float]
    beside: DefaultRates | None


@dataclass(frozen=True, slots=True)
class _Face:
    identity: str
    probe: NDArray[np.float64]
    template: NDArray[np.float64]
    alive: float | None
    default: NDArray[np.float64] | None


@dataclass(frozen=True, slots=True)
class _Stages:
    """CPU time of each step, picture by picture."""

    ms: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        begun = process_time()
        yield
        self.ms[stage].append((process_time() - begun) * 1000)

    def medians(self) -> dict[str, float]:
        return {stage: round(median(values), 3) for stage, values in self.ms.items()}


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
    equipment: Equipment,
    *,
    seen: Callable[[], object] = lambda: None,
) -> Iterator[GroupRates]:
    """The rates of each group in the order of the manifest; `seen` is called after a picture."""
    groups: dict[str, list[Labelled]] = defaultdict(list)
    for each in pictures:
        groups[each.group].append(each)
    for group, members in groups.items():
        yield _group(group, members, equipment=equipment, seen=seen)


def raw_faces(
    pictures: Iterable[Labelled], engine: FaceEngine, *, seen: Callable[[], object] = lambda: None
) -> dict[str, RawFaces]:
    """Uncentred descriptions of the live pictures, group by group, for calibration."""
    found: dict[str, list[tuple[str, Scores, Scores]]] = defaultdict(list)
    for each in pictures:
        if each.kind != LIVE:
            continue
        bgr = load_colour(each.file)
        face = engine.find(bgr, faint=True)
        if face is not None:
            aligned = engine.align(bgr, face)
            raws = engine.raws(aligned), engine.raws(aligned, mirrored=True)
            found[each.group].append((each.identity, *raws))
        seen()
    return {
        group: RawFaces(
            np.asarray(np.unique([face[0] for face in faces], return_inverse=True)[1], np.intp),
            np.array([face[1] for face in faces]),
            np.array([face[2] for face in faces]),
        )
        for group, faces in found.items()
    }


def _group(
    group: str, members: list[Labelled], *, equipment: Equipment, seen: Callable[[], object]
) -> GroupRates:
    stages = _Stages()
    faces: dict[str, list[_Face | None]] = defaultdict(list)
    for each in members:
        faces[each.kind].append(_face(each, equipment, stages))
        seen()
    live = [face for face in faces[LIVE] if face is not None]
    stacked = _stacked(live)
    one, three = single(stacked), averaged(stacked, _PHOTOGRAPHS)
    medians = stages.medians()
    called = _called_attacks(live, equipment.liveness)
    return GroupRates(
        group,
        pictures=len(members),
        identities=len({each.identity for each in members}),
        no_face=len(faces[LIVE]) - len(live),
        one_photograph=rates(one, threshold=equipment.threshold),
        three_photographs=rates(three, threshold=equipment.threshold),
        attacks=tuple(
            _attack(kind, told, live=live, equipment=equipment)
            for kind, told in faces.items()
            if kind != LIVE
        ),
        bpcer=None if called is None or not live else called / len(live),
        bpcer_upper_95=None if called is None else upper_bound(called, len(live)),
        cpu_ms=round(sum(medians[stage] for stage in _VERIFICATION if stage in medians), 1),
        stages_ms=medians,
        beside=_beside(live, len(faces[LIVE]), medians) if equipment.by_default else None,
    )


_VERIFICATION = ("find", "align", "encode")


def _face(each: Labelled, equipment: Equipment, stages: _Stages) -> _Face | None:
    engine, bgr = equipment.engine, load_colour(each.file)
    with stages.timed("find"):
        found = engine.find(bgr, faint=True)
    if found is None:
        return None
    with stages.timed("align"):
        aligned = engine.align(bgr, found)
    with stages.timed("encode"):
        probe = engine.encode(aligned)
    with stages.timed("compare"):
        likeness(probe, probe)
    alive, default = None, None
    if equipment.liveness is not None:
        with stages.timed("liveness"):
            alive = equipment.liveness.score(bgr, aligned)
    if equipment.by_default is not None and each.kind == LIVE:
        with stages.timed("default"):
            default = equipment.by_default(bgr)
    template = engine.encode(aligned, mirrored=True)
    return _Face(each.identity, np.array(probe), np.array(template), alive, default)


def _stacked(live: list[_Face]) -> Faces:
    _, people = np.unique([face.identity for face in live], return_inverse=True)
    return Faces(
        np.asarray(people, np.intp),
        np.array([face.probe for face in live]).reshape(len(live), -1),
        np.array([face.template for face in live]).reshape(len(live), -1),
    )


def _called_attacks(live: list[_Face], liveness: LivenessNetwork | None) -> int | None:
    if liveness is None:
        return None
    return sum(face.alive is not None and face.alive < liveness.threshold for face in live)


def _attack(
    species: str, told: list[_Face | None], *, live: list[_Face], equipment: Equipment
) -> AttackRates:
    attacks = [face for face in told if face is not None]
    scores = _attack_scores(live, attacks)
    passed = None
    if equipment.liveness is not None:
        limit = equipment.liveness.threshold
        passed = sum(face.alive is not None and face.alive >= limit for face in attacks)
    return AttackRates(
        species,
        attacks=len(told),
        no_face=len(told) - len(attacks),
        accepted=float((scores >= equipment.threshold).mean()) if len(scores) else None,
        passed=passed,
        apcer=None if passed is None else passed / len(told),
        apcer_upper_95=None if passed is None else upper_bound(passed, len(told)),
    )


def _attack_scores(live: list[_Face], attacks: list[_Face]) -> Scores:
    """Each attack against the template of the first three live pictures of its person."""
    templates: dict[str, list[NDArray[np.float64]]] = defaultdict(list)
    for face in live:
        templates[face.identity].append(face.template)
    scores = []
    for each in attacks:
        own = templates.get(each.identity)
        if own:
            together = np.sum(own[:_PHOTOGRAPHS], axis=0)
            scores.append(float(together @ each.probe / np.linalg.norm(together)))
    return np.array(scores)


def _beside(live: list[_Face], pictures: int, medians: dict[str, float]) -> DefaultRates:
    both = [face for face in live if face.default is not None]
    stacked = _stacked(both)
    vectors = np.array([face.default for face in both]).reshape(len(both), -1)
    one = paired(-distances(vectors, vectors), stacked.people)
    three = averaged_by_distance(vectors, stacked.people, _PHOTOGRAPHS)
    by_one = ratio(single(stacked), one)
    by_three = ratio(averaged(stacked, _PHOTOGRAPHS), three)
    return DefaultRates(
        no_face=pictures - len(both),
        one_photograph=rates(one, threshold=-TOLERANCE),
        three_photographs=rates(three, threshold=-TOLERANCE),
        ratio_one=None if by_one is None else by_one[0],
        ratio_one_95=None if by_one is None else by_one[1],
        ratio_three=None if by_three is None else by_three[0],
        ratio_three_95=None if by_three is None else by_three[1],
        cpu_ms=medians.get("default", 0.0),
    )
