"""`specimen-edge face evaluate` and `face calibrate`: how often the engine errs, on whom."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from edge.cli.face_set import ConfigOption, JsonOption, ThresholdOption, errors_named
from edge.cli.process import settings_or_exit
from edge.devices.face.models import BUILT_IN, find_models
from edge.devices.face.populations import Population, shipped_population

FolderArgument = Annotated[Path, typer.Argument(metavar="DIR", help="Pictures and manifest.csv.")]


def evaluate(
    folder: FolderArgument,
    threshold: ThresholdOption = None,
    config: ConfigOption = None,
    *,
    beside: Annotated[
        bool, typer.Option(help="Measure face_recognition's defaults on the same pictures too.")
    ] = True,
    as_json: JsonOption = False,
) -> None:
    """Measure error rates on labelled pictures: DIR/manifest.csv has file, identity, group, kind.

    A kind is `live` or the species of an attack, such as print_attack. A threshold holds for the
    people it was measured on: run this on your own before you trust it.

    Example: specimen-edge face evaluate --json faces
    """
    settings = None if config is None else settings_or_exit(config)
    override = threshold or (settings.face.threshold if settings else None)
    with errors_named():
        population = shipped_population().at(override)
        models = find_models(settings.models_dir if settings else None)
        from edge.devices.face import evaluate as measuring  # noqa: PLC0415 - the extra may be absent
        from edge.devices.face.dlib_engine import (  # noqa: PLC0415 - the extra may be absent
            DlibEngine,
        )

        engine = DlibEngine(models, population)
        equipment = measuring.Equipment(
            engine, population.threshold, by_default=engine.by_default if beside else None
        )
        pictures = measuring.read_manifest(folder)
        groups = [asdict(each) for each in measuring.evaluate(pictures, equipment)]
    head = {"engine": engine.engine_id, "threshold": population.threshold, "liveness": None}
    if as_json:
        typer.echo(json.dumps(head | _expected(population) | {"groups": groups}))
        return
    for line in _lines(head | _expected(population), groups):
        typer.echo(line)


def calibrate(
    folder: FolderArgument,
    out: Annotated[Path, typer.Option("--out", help="File to write; name it as face.population.")],
    name: Annotated[str, typer.Option(help="Which engine.")] = BUILT_IN,
    config: ConfigOption = None,
) -> None:
    """Make a population of your own people: their mean face, and thresholds for match rates.

    DIR is as for `face evaluate`; 8 people of several pictures each are the least, 50 are good.
    Only the mean of all and the thresholds are written, nobody's face.

    Example: specimen-edge face calibrate faces --out site.json
    """
    settings = None if config is None else settings_or_exit(config)
    with errors_named():
        models = find_models(settings.models_dir if settings else None)
        from edge.devices.face.calibrate import (  # noqa: PLC0415 - the extra may be absent
            calibrate as calibrated,
        )
        from edge.devices.face.dlib_engine import (  # noqa: PLC0415 - the extra may be absent
            DlibEngine,
        )
        from edge.devices.face.evaluate import (  # noqa: PLC0415 - the extra may be absent
            raw_faces,
            read_manifest,
        )

        engine = DlibEngine(models, shipped_population())
        found = calibrated(raw_faces(read_manifest(folder), engine))
    out.write_text(json.dumps({name: found.to_json()}), encoding="utf-8")
    for point in found.points:
        typer.echo(" ".join(f"{key}={value}" for key, value in asdict(point).items()))


def _expected(population: Population) -> dict[str, object]:
    point = population.point
    return {"population": population.name, "expected": None if point is None else asdict(point)}


def _lines(head: dict[str, object], groups: Iterable[dict[str, object]]) -> Iterable[str]:
    yield _told(head)
    for group in groups:
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
