"""Time, memory and error rates of the face engine beside face_recognition's default pipeline.

The default: HOG on the whole picture doubled, 5 points, one encoding, Euclidean distance 0.6. Both
see each picture in turn within one run, and CPU time counts, so a busy machine troubles them alike.
Run: .venv/bin/python tests/bench/bench_face.py [--identities N]
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median, quantiles

import cv2
import dlib
import numpy as np
import psutil
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from qr_score import shared_dir

from edge.core.faces import DESK, Described, likeness
from edge.devices.camera.frame import Picture
from edge.devices.face.dlib_engine import DlibEngine
from edge.devices.face.evaluate import LIVE, Equipment, Labelled, evaluate, read_manifest
from edge.devices.face.models import find_models
from edge.devices.face.pictures import load_colour
from edge.devices.face.populations import shipped_population
from edge.devices.face.trials import Rates

TOLERANCE = 0.6
TIMED = 60
Encode = Callable[[Picture], Sequence[float] | None]


class DefaultPipeline:
    """What `face_recognition` does when it is told nothing."""

    def __init__(self, *, whole: bool = False) -> None:
        """`whole` loads the 68-point model too, as importing the library does."""
        paths = find_models()
        self._detect = dlib.get_frontal_face_detector()
        self._points = dlib.shape_predictor(str(paths.points))
        self._network = dlib.face_recognition_model_v1(str(paths.network))
        if whole:
            many = paths.points.with_name("shape_predictor_68_face_landmarks.dat")
            self._many = dlib.shape_predictor(str(many))

    def encode(self, bgr: Picture) -> Sequence[float] | None:
        """The largest face as 128 numbers."""
        rgb = np.ascontiguousarray(bgr[:, :, ::-1])
        boxes = self._detect(rgb, 1)
        if not len(boxes):
            return None
        box = max(boxes, key=lambda each: each.width())
        return list(self._network.compute_face_descriptor(rgb, self._points(rgb, box), 1))


def main() -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--identities", type=int, default=None, help="of each group")
    parser.add_argument("--memory", choices=("ours", "default"), help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    folder = shared_dir() / "data" / "faces"
    if not (folder / "manifest.csv").is_file():
        raise SystemExit(f"no faces in {folder}: set EDGE_SHARED_DIR")
    pictures = read_manifest(folder)
    if wanted.memory:
        print(memory_mb(wanted.memory, pictures))  # noqa: T201 - read by the process that asked
        return
    cv2.setNumThreads(1)
    chosen = some(pictures, wanted.identities)
    engine = DlibEngine(find_models(), shipped_population())
    console = Console(width=120)
    console.print(cost_table(engine, [each for each in pictures if each.group == "nuaa"]))
    console.print(rate_table(engine, chosen))


def some(pictures: Sequence[Labelled], identities: int | None) -> list[Labelled]:
    """The first so many people of each group."""
    seen: dict[str, list[str]] = {}
    kept = []
    for each in pictures:
        names = seen.setdefault(each.group, [])
        if each.identity not in names:
            names.append(each.identity)
        if identities is None or names.index(each.identity) < identities:
            kept.append(each)
    return kept


def cost_table(engine: DlibEngine, pictures: Sequence[Labelled]) -> Table:
    """CPU time of one verification of 640 x 480, and memory after one."""
    default = DefaultPipeline()
    live = [each for each in pictures if each.kind == LIVE][:TIMED]
    frames = [load_colour(each.file) for each in live]
    known = engine.describe(frames[0], DESK, mirrored=True)
    base = default.encode(frames[0])
    if not isinstance(known, Described) or base is None:
        raise SystemExit("the first webcam picture has no face")
    template = known.vector

    def ours(bgr: Picture) -> None:
        told = engine.describe(bgr, DESK)
        if isinstance(told, Described):
            likeness(told.vector, template)

    def theirs(bgr: Picture) -> None:
        vector = default.encode(bgr)
        if vector is not None:
            float(np.linalg.norm(np.array(vector) - np.array(base)))

    spent: dict[str, list[float]] = {"ours": [], "default": []}
    for frame in frames:
        for name, run in (("ours", ours), ("default", theirs)):
            begun = time.process_time()
            run(frame)
            spent[name].append((time.process_time() - begun) * 1000)
    table = Table(title=f"One verification of 640 x 480, {len(frames)} pictures")
    for column in ("pipeline", "CPU ms median", "95 %", "RSS MB"):
        table.add_column(column, justify="right")
    for name, values in spent.items():
        command = [sys.executable, __file__, "--memory", name]
        memory = subprocess.run(command, check=True, capture_output=True, text=True)
        high = quantiles(values, n=20)[-1]
        table.add_row(name, f"{median(values):.0f}", f"{high:.0f}", memory.stdout.strip())
    return table


def memory_mb(pipeline: str, pictures: Sequence[Labelled]) -> int:
    """Resident memory of a fresh process after one verification."""
    picture = load_colour(next(each.file for each in pictures if each.group == "nuaa"))
    if pipeline == "ours":
        DlibEngine(find_models(), shipped_population()).describe(picture)
    else:
        DefaultPipeline(whole=True).encode(picture)
    return round(psutil.Process().memory_info().rss / 1e6)


def rate_table(engine: DlibEngine, pictures: Sequence[Labelled]) -> Table:
    """Error rates of each group, in percent."""
    threshold = shipped_population().threshold
    table = Table(title=f"Error rates, %; ours at {threshold}, the default at {TOLERANCE}")
    for column in (
        "group", "pipeline", "genuine", "impostor", "EER", "FNMR@1e-2", "FNMR@1e-3", "FMR", "FNMR",
    ):  # fmt: skip
        table.add_column(column, justify="right")
    equipment = Equipment(engine, threshold, by_default=engine.by_default)
    for group in evaluate(pictures, equipment):
        table.add_row(group.group, "ours, 1 photo", *cells(group.one_photograph))
        table.add_row("", "ours, 3 photos", *cells(group.three_photographs))
        if group.beside is not None:
            table.add_row("", "default, 1 photo", *cells(group.beside.one_photograph))
            table.add_row("", "default, 3 photos", *cells(group.beside.three_photographs))
        for attack in group.attacks:
            if attack.accepted is not None:
                share = f"{100 * attack.accepted:.1f}"
                table.add_row("", f"{attack.species} matched: {share} of {attack.attacks}")
    return table


def cells(found: Rates) -> tuple[str, ...]:
    """One line of the table."""
    shares = (found.eer, found.fnmr_at_fmr_1e2, found.fnmr_at_fmr_1e3, found.fmr, found.fnmr)
    shown = ("-" if share is None else f"{100 * share:.2f}" for share in shares)
    return (str(found.genuine), str(found.impostor), *shown)


if __name__ == "__main__":
    main()
