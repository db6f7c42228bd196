"""`specimen-edge face evaluate` and `face calibrate`: how often the engine errs, on whom."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from edge.cli.face_set import (
    ConfigOption,
    EngineName,
    EngineOption,
    JsonOption,
    ThresholdOption,
    Wish,
    errors_named,
)
from edge.compose.face import NETWORKS as LIVENESS
from edge.devices.face.engines import Equipment, build, build_engine
from edge.devices.face.models import BUILT_IN, OPTIONAL, why_absent
from edge.devices.face.populations import Population

FolderArgument = Annotated[Path, typer.Argument(metavar="DIR", help="Pictures and manifest.csv.")]


def evaluate(
    folder: FolderArgument,
    threshold: ThresholdOption = None,
    config: ConfigOption = None,
    engine: EngineOption = None,
    *,
    beside: Annotated[
        bool, typer.Option(help="Measure face_recognition's defaults on the same pictures too.")
    ] = True,
    as_json: JsonOption = False,
) -> None:
    """Measure error rates on labelled pictures: DIR/manifest.csv has file, identity, group, kind.

    A kind is `live` or the species of an attack, such as print_attack. Without --engine the
    optional engine is measured too where its models are (settings, or EDGE_MODELS_DIR). A
    threshold holds for the people it was measured on: run this on your own before you trust it.

    Example: specimen-edge face evaluate --json faces
    """
    with errors_named():
        first = Wish(config, engine, threshold).equipment()
        wanted = [first]
        if engine is None and first.engine == BUILT_IN and _has_optional(first):
            wanted.append(Wish(config, EngineName.OPENVINO).equipment())
        told = [_measured(folder, each, beside=beside and each is first) for each in wanted]
    if as_json:
        typer.echo(json.dumps(told[0] | {"others": told[1:]}))
        return
    for each in told:
        for line in _lines(each):
            typer.echo(line)


def calibrate(
    folder: FolderArgument,
    out: Annotated[Path, typer.Option("--out", help="File to write; name it as face.population.")],
    engine: EngineOption = None,
    config: ConfigOption = None,
) -> None:
    """Make a population of your own people: their mean face, and thresholds for match rates.

    DIR is as for `face evaluate`; 8 people of several pictures each are the least, 50 are good.
    Only the mean of all and the thresholds are written, nobody's face. Templates made with
    another mean are not compared with the new ones: everybody must be enrolled again.

    Example: specimen-edge face calibrate faces --out site.json
    """
    with errors_named():
        equipment = Wish(config, engine).equipment()
        build_engine(equipment)
        from edge.devices.face import calibrate as calibrating  # noqa: PLC0415 - may be absent
        from edge.devices.face.evaluate import raw_faces, read_manifest  # noqa: PLC0415 - as above

        faces = raw_faces(read_manifest(folder), build_engine(equipment))
        found = calibrating.calibrate(faces)
    out.write_text(json.dumps({equipment.engine: found.to_json()}), encoding="utf-8")
    for point in found.points:
        typer.echo(" ".join(f"{key}={value}" for key, value in asdict(point).items()))


def _has_optional(equipment: Equipment) -> bool:
    folder = equipment.models_dir
    return folder is not None and why_absent(folder, OPTIONAL) is None


def _measured(folder: Path, equipment: Equipment, *, beside: bool) -> dict[str, object]:
    """What `--json` prints of one engine."""
    built = build(equipment)
    from edge.devices.face import evaluate as measuring  # noqa: PLC0415 - the extra may be absent

    by_default = getattr(built.engine, "by_default", None) if beside else None
    population = equipment.population
    asked = measuring.Equipment(built.engine, population.threshold, built.network, by_default)
    pictures = measuring.read_manifest(folder)
    head = {
        "engine": built.engine_id,
        "threshold": population.threshold,
        "liveness": None if built.network is None else LIVENESS,
        "liveness_threshold": None if built.network is None else built.network.threshold,
    }
    groups = [asdict(each) for each in measuring.evaluate(pictures, asked)]
    return head | _expected(population) | {"groups": groups}


def _expected(population: Population) -> dict[str, object]:
    point = population.point
    return {"population": population.name, "expected": None if point is None else asdict(point)}


def _lines(told: dict[str, object]) -> Iterable[str]:
    yield _told({key: value for key, value in told.items() if key != "groups"})
    groups = told["groups"]
    for group in groups if isinstance(groups, list) else ():
        nested = {key: value for key, value in group.items() if isinstance(value, dict)}
        yield _told({key: value for key, value in group.items() if key not in {*nested, "attacks"}})
        attacks = group["attacks"]
        for each in attacks if isinstance(attacks, tuple) else ():
            yield f"  {_told(each)}"
        for key, value in nested.items():
            yield f"  {key}: {_told(value)}"


def _told(values: dict[str, object]) -> str:
    return " ".join(f"{key}={_short(value)}" for key, value in values.items())


def _short(value: object) -> str:
    match value:
        case float():
            return f"{value:.5g}"
        case tuple():
            return "..".join(_short(each) for each in value)
        case dict():
            return f"({_told(value)})"
    return str(value)
