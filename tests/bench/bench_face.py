"""Time, memory and error rates of the face engines beside face_recognition's default pipeline.

The default: HOG on the whole picture doubled, 5 points, one encoding, Euclidean distance 0.6. All
see each picture in turn within one run, and CPU time counts, so a busy machine troubles them alike.
Held-out rates: mean face and threshold come from one half of the people, rates from the other, over
several splits; the spread of the splits stands beside. The default is dlib's own models, called as
the library calls them.
Run: .venv/bin/python tests/bench/bench_face.py [--people N] [--splits N]
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median, quantiles

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from heard_journal import HeardJournal
from qr_score import shared_dir

from edge.core.error_rates import upper_bound
from edge.core.faces import Described, Enrolled, average, likeness
from edge.core.ids import PersonId
from edge.core.liveness import Means
from edge.devices.face.calibrate import RawFaces, centring_from
from edge.devices.face.crowd import Crowd
from edge.devices.face.dlib_engine import DlibEngine
from edge.devices.face.engines import Equipment, Eyeing, build
from edge.devices.face.evaluate import LIVE, Labelled, read_manifest
from edge.devices.face.models import BUILT_IN, OPTIONAL, why_absent
from edge.devices.face.pictures import load_colour
from edge.devices.face.populations import shipped_population
from edge.devices.face.process import FaceWorker, WorkerState
from edge.devices.face.trials import (
    Trials,
    averaged,
    averaged_by_distance,
    distances,
    fnmr_at,
    paired,
    single,
)
from edge.devices.pixels import Picture

TIMED = 60
SHIPPED_FOR = ("lfw_east_asian", "nuaa")
"""Groups of the shipped population; on others it shows what a wrong population costs."""
CROWD = 1000
_SEED = 7


@dataclass
class Seen:
    """One group as an engine, and as the default, describes it."""

    people: list[str] = field(default_factory=list)
    probes: list[NDArray[np.float64]] = field(default_factory=list)
    templates: list[NDArray[np.float64]] = field(default_factory=list)
    defaults: list[NDArray[np.float64]] = field(default_factory=list)
    alive: dict[str, list[float]] = field(default_factory=dict)
    no_face: int = 0


def main() -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=None, help="of each group")
    parser.add_argument("--splits", type=int, default=10)
    wanted = parser.parse_args()
    folder = shared_dir() / "data" / "faces"
    if not (folder / "manifest.csv").is_file():
        raise SystemExit(f"no faces in {folder}: set EDGE_SHARED_DIR")
    cv2.setNumThreads(1)
    chosen = some(read_manifest(folder), wanted.people)
    equipments = tuple(available())
    console = Console(width=130)
    webcam = [each for each in chosen if each.group == "nuaa" and each.kind == LIVE][:TIMED]
    console.print(cost_table(equipments, [load_colour(each.file) for each in webcam]))
    for equipment in equipments:
        groups = describe_all(build(equipment), chosen)
        console.print(held_out_table(equipment, groups, splits=wanted.splits))
        console.print(attack_table(equipment, groups))


def available() -> Iterator[Equipment]:
    """The built-in engine, and the optional one where its extra and its models are."""
    folder = shared_dir() / "models"
    models = folder if folder.is_dir() else None
    for engine in (BUILT_IN, OPTIONAL):
        if why_absent(models, engine) is None:
            population = shipped_population(engine=engine)
            yield Equipment(population, models, engine=engine, means=Means.NETWORK)


def some(pictures: Sequence[Labelled], people: int | None) -> list[Labelled]:
    """The first so many people of each group."""
    seen: dict[str, list[str]] = {}
    kept = []
    for each in pictures:
        names = seen.setdefault(each.group, [])
        if each.identity not in names:
            names.append(each.identity)
        if people is None or names.index(each.identity) < people:
            kept.append(each)
    return kept


def cost_table(equipments: Sequence[Equipment], frames: Sequence[Picture]) -> Table:
    """CPU time of one verification of 640 x 480 with its liveness, and the worker's memory."""
    table = Table(title=f"One verification of 640 x 480, {len(frames)} pictures, one core")
    for column in ("pipeline", "CPU ms median", "95 %", "worker MB, challenge", f"1:{CROWD} ms"):
        table.add_column(column, justify="right")
    for equipment in equipments:
        eyeing = build(equipment)
        first = eyeing.describe(frames[0])
        if not isinstance(first, Described):
            raise SystemExit("the first webcam picture has no face")
        template = first.vector

        def verify(bgr: Picture, by: Eyeing = eyeing, known: Sequence[float] = template) -> None:
            told = by.describe(bgr)
            if isinstance(told, Described):
                likeness(told.vector, tuple(known))

        high, middle = timed(verify, frames)
        memory = f"{worker_mb(equipment, frames):.0f}"
        alone = replace(equipment, means=Means.CHALLENGE, eyes=True)
        if equipment.engine == BUILT_IN:
            alone = replace(alone, models_dir=None)
        memory += f" / {worker_mb(alone, frames):.0f}"
        search = f"{search_ms(len(template)):.2f}"
        table.add_row(equipment.engine, f"{middle:.0f}", f"{high:.0f}", memory, search)
    default = build(equipments[0]).engine
    if isinstance(default, DlibEngine):
        high, middle = timed(default.by_default, frames)
        table.add_row("face_recognition's default", f"{middle:.0f}", f"{high:.0f}", "", "")
    return table


def timed(run: Callable[[Picture], object], frames: Sequence[Picture]) -> tuple[float, float]:
    """95 % and median CPU time, ms."""
    spent = []
    for frame in frames:
        begun = time.process_time()
        run(frame)
        spent.append((time.process_time() - begun) * 1000)
    return quantiles(spent, n=20)[-1], median(spent)


def worker_mb(equipment: Equipment, frames: Sequence[Picture]) -> float:
    """The most that the worker ever has resident, a full-size look in vain included; 10^6 bytes."""
    worker = FaceWorker(equipment, journal=HeardJournal(), deadline_s=30)
    try:
        if worker.settle(60) is not WorkerState.READY or worker.pid is None:
            raise SystemExit(str(worker.problem))
        for frame in (*frames, np.full((720, 1280, 3), 120, np.uint8), *frames[:5]):
            worker.describe(frame)
        status = Path(f"/proc/{worker.pid}/status").read_text(encoding="utf-8")
        peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
        return int(peak.split()[1]) * 1024 / 1e6
    finally:
        worker.close()


def search_ms(size: int) -> float:
    """One 1:N search over a thousand made-up people."""
    chance = np.random.default_rng(_SEED)
    vectors = [average([tuple(row)]) for row in chance.normal(size=(CROWD, size)).tolist()]
    named = [Enrolled(PersonId(f"p-{at}"), each) for at, each in enumerate(vectors)]
    crowd = Crowd(named)
    begun = time.process_time()
    for vector in vectors[:200]:
        crowd.nearest(vector)
    return (time.process_time() - begun) * 1000 / 200


def describe_all(eyeing: Eyeing, pictures: Sequence[Labelled]) -> dict[str, Seen]:
    """Raw descriptions by group; attacks only by how alive they look."""
    groups: dict[str, Seen] = {}
    default = build(Equipment(shipped_population())).engine
    for each in pictures:
        seen = groups.setdefault(each.group, Seen())
        bgr = load_colour(each.file)
        found = eyeing.engine.find(bgr, faint=True)
        if found is None:
            seen.no_face += each.kind == LIVE
            continue
        aligned = eyeing.engine.align(bgr, found)
        if eyeing.network is not None:
            seen.alive.setdefault(each.kind, []).append(eyeing.network.score(bgr, aligned))
        plain = default.by_default(bgr) if isinstance(default, DlibEngine) else None
        if each.kind == LIVE and plain is not None:
            seen.people.append(each.identity)
            seen.probes.append(eyeing.engine.raws(aligned))
            seen.templates.append(eyeing.engine.raws(aligned, mirrored=True))
            seen.defaults.append(plain)
    return groups


def held_out_table(equipment: Equipment, groups: dict[str, Seen], *, splits: int) -> Table:
    """FNMR of people whose half did not make the mean, beside the default on the same pairs."""
    title = f"{equipment.engine}: people held out, %, mean of {splits} x 2 halves (least..most)"
    table = Table(title=title)
    for column in (
        "group", "photos", "genuine", "impostor", "FNMR@1e-2", "FNMR@1e-3", "default @1e-3",
        "ratio", "shipped FMR", "shipped FNMR",
    ):  # fmt: skip
        table.add_column(column, justify="right")
    for group, seen in groups.items():
        if len(set(seen.people)) < 2:
            continue
        for photographs in (1, 3):
            others = {name: raw_of(each) for name, each in groups.items() if name in SHIPPED_FOR}
            others.pop(group, None)
            halves = list(compared(seen, photographs, splits, others=others))
            table.add_row(group, str(photographs), *_row(halves, equipment.population.threshold))
    return table


def raw_of(seen: Seen) -> RawFaces:
    """A group as calibration wants it."""
    _, people = np.unique(seen.people, return_inverse=True)
    return RawFaces(np.asarray(people, np.intp), np.array(seen.probes), np.array(seen.templates))


def compared(
    seen: Seen, photographs: int, splits: int, *, others: dict[str, RawFaces]
) -> Iterator[tuple[Trials, Trials]]:
    """Ours and the default's comparisons among the held-out half of each split.

    The mean is made as the shipped one is: of the half not held out and of the other groups.
    """
    raws = raw_of(seen)
    people = raws.people
    defaults = np.array(seen.defaults)
    chance = np.random.default_rng(_SEED)
    for _ in range(splits):
        half = np.isin(people, chance.permutation(np.unique(people))[: people.max() // 2 + 1])
        for held in (half, ~half):
            mine = {"half": raws.of(~held)} if len(others) < len(SHIPPED_FOR) else {}
            faces = raws.of(held).centred(centring_from((others | mine).values()))
            plain = defaults[held]
            if photographs == 1:
                yield single(faces), paired(-distances(plain, plain), faces.people)
            else:
                by_distance = averaged_by_distance(plain, faces.people, photographs)
                yield averaged(faces, photographs), by_distance


def _row(halves: Sequence[tuple[Trials, Trials]], threshold: float) -> tuple[str, ...]:
    ours = [each for each, _ in halves]
    at_1e2 = [fnmr_at(each.genuine, each.impostor, 1e-2) for each in ours]
    at_1e3 = [fnmr_at(each.genuine, each.impostor, 1e-3) for each in ours]
    theirs = [fnmr_at(each.genuine, each.impostor, 1e-3) for _, each in halves]
    mine, other = _mean(at_1e3), _mean(theirs)
    return (
        f"{np.mean([len(each.genuine) for each in ours]):.0f}",
        f"{np.mean([len(each.impostor) for each in ours]):.0f}",
        _shown(at_1e2),
        _shown(at_1e3),
        _shown(theirs),
        f"{mine / other:.2f}" if mine is not None and other else "-",
        _shown([_share(each.impostor >= threshold) for each in ours]),
        _shown([_share(each.genuine < threshold) for each in ours]),
    )


def attack_table(equipment: Equipment, groups: dict[str, Seen]) -> Table:
    """APCER of each species with its bound, and BPCER, at the one shipped limit."""
    table = Table(title=f"{equipment.engine}: attacks")
    for column in ("group", "kind", "pictures", "wrong", "share %", "95 % bound", "scores"):
        table.add_column(column, justify="right")
    network = build(equipment).network
    for group, seen in groups.items() if network is not None else ():
        for kind, scores in seen.alive.items():
            limit = network.threshold if network is not None else 0.0
            wrong = sum((score < limit) if kind == LIVE else (score >= limit) for score in scores)
            bound = upper_bound(wrong, len(scores)) or 0.0
            shares = (f"{100 * wrong / len(scores):.2f}", f"{100 * bound:.2f}")
            spread = f"{min(scores):.3f}..{max(scores):.3f}"
            table.add_row(group, kind, str(len(scores)), str(wrong), *shares, spread)
    return table


def _share(chosen: NDArray[np.bool_]) -> float | None:
    return float(chosen.mean()) if len(chosen) else None


def _mean(shares: Sequence[float | None]) -> float | None:
    known = [share for share in shares if share is not None]
    return float(np.mean(known)) if known else None


def _shown(shares: Sequence[float | None]) -> str:
    known = [100 * share for share in shares if share is not None]
    if not known:
        return "-"
    return f"{np.mean(known):.2f} ({min(known):.1f}..{max(known):.1f})"


if __name__ == "__main__":
    main()
