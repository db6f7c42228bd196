"""`specimen-edge face`: enrol people with their consent, and measure the face engine."""

import json
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict
from datetime import timedelta
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Annotated

import typer

from edge.cli.face_answers import accept, answer_key, request, seal
from edge.cli.face_camera import PHOTOGRAPHS, sitting_before
from edge.cli.face_enrolling import enrol_in, gallery_of, terms_of
from edge.cli.face_rates import calibrate, evaluate
from edge.cli.face_set import (
    ConfigOption,
    EngineOption,
    JsonOption,
    ThresholdOption,
    Wish,
    errors_named,
)
from edge.cli.face_status import audit, export_notice, status
from edge.cli.face_words import words
from edge.cli.process import settings_or_exit
from edge.compose.face import enrolling, equipment_of
from edge.core.consent import Consent
from edge.core.errors import ConfigError, DecodeError
from edge.core.face_judging import UNCHECKED
from edge.core.faces import DESK, ENROLMENT, Described, Flaw, average, likeness
from edge.core.ids import PersonId
from edge.core.liveness import Liveness
from edge.devices.face.engines import Eyeing, build
from edge.devices.face.populations import Population
from edge.flows.enrol import Applicant, Refused
from edge.host.clock import SystemClock
from edge.storage.faces import FaceReader, consent_text

face = typer.Typer(no_args_is_help=True, help="Faces of deliverers: enrol, withdraw, measure.")

face.command()(evaluate)
face.command()(calibrate)
face.command()(status)
face.command()(audit)
face.command("export-notice")(export_notice)
face.command("answer-key")(answer_key)
face.command()(request)
face.command()(seal)
face.command()(accept)


@face.command("enrol")
def enrol_person(
    person: Annotated[str, typer.Argument(metavar="PERSON", help="Person id.")],
    photographs: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[PHOTO]...", help="3 to 5 files, or their folder."),
    ] = None,
    *,
    camera: Annotated[
        bool, typer.Option("--camera", help="Five photographs by the station's camera.")
    ] = False,
    consent_by: Annotated[
        str, typer.Option("--consent-by", help="Staff member who recorded the consent.")
    ],
    how: Annotated[str, typer.Option(help="How the person agreed: paper or screen.")] = "paper",
    age: Annotated[
        int | None, typer.Option(min=0, max=130, help="Years; under 14 is refused. Not stored.")
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Enrol a person who agreed, from 3 to 5 photographs; the photographs are not kept.

    With --camera the person sits before the station's camera, while the desk is not running: it
    says what to do until five photographs count. The text of consent is printed by `face consent`.
    Exit status: 0 enrolled; 1 refused, with one reason; 2 wrong use.

    Example: specimen-edge face enrol p-0007 a.jpg b.jpg c.jpg --consent-by p-0001
    """
    settings = settings_or_exit(config)
    with errors_named():
        equipment = enrolling(equipment_of(settings))
        engine = build(equipment)
        pictures = _pictures(photographs or [])
        if camera == bool(pictures):
            raise ConfigError("face_photographs_or_camera", photographs=len(pictures))
        agreed = Consent(
            PersonId.parse(person),
            consent_text()[0],
            SystemClock().now(),
            how,
            PersonId.parse(consent_by),
        )
        with ExitStack() as open_things:
            count = len(pictures)
            look: Callable[[int], Described | Flaw] = partial(_described, engine, pictures)
            if camera:
                sitting = open_things.enter_context(sitting_before(settings, engine))
                count, look = PHOTOGRAPHS, sitting.photograph
            terms = terms_of(settings, equipment, engine, look)
            result = enrol_in(settings, Applicant(agreed, count, age), terms)
    if isinstance(result, Refused):
        place = result.photograph
        where = "" if place is None or camera else f"{pictures[place]}: "
        typer.echo(f"{where}{words(result)}", err=True)
        raise typer.Exit(1)
    typer.echo(f"{result.person} {engine.engine_id} photographs={count}")


@face.command()
def consent() -> None:
    """Print the text of consent that people must read before they are enrolled.

    Example: specimen-edge face consent
    """
    text, content = consent_text()
    typer.echo(f"{content}\nsha256 {text.sha256}")


@face.command()
def withdraw(
    person: Annotated[str, typer.Argument(metavar="PERSON", help="Person id.")],
    config: ConfigOption = None,
) -> None:
    """Erase every template of a person at once; the record of the consent stays as proof.

    What was erased is proven by the digest of its sealed bytes: `face list --erased` shows it.

    Example: specimen-edge face withdraw p-0007
    """
    settings = settings_or_exit(config)
    with errors_named(), gallery_of(settings) as gallery:
        gone = gallery.withdraw(PersonId.parse(person), SystemClock().now())
    typer.echo(f"{person} erased={gone}")


@face.command("list")
def list_people(
    config: ConfigOption = None,
    as_json: JsonOption = False,
    *,
    erased: Annotated[bool, typer.Option("--erased", help="Proofs of erasures instead.")] = False,
) -> None:
    """Show who is enrolled, by which engine, until when, and who recorded the consent.

    `renew` asks for new photographs: faces age, and a template ends by itself.

    Example: specimen-edge face list --json
    """
    settings = settings_or_exit(config)
    with errors_named():
        reader = FaceReader(settings.faces_db, settings.face_key)
        entries = reader.enrolments()
        proofs = reader.erasures() if erased else ()
    for proof in proofs:
        gone = asdict(proof) | {"at": proof.at.isoformat()}
        line = " ".join(f"{key}={value}" for key, value in gone.items())
        typer.echo(json.dumps(gone) if as_json else line)
    soon = SystemClock().now() + timedelta(days=settings.face.remind_days)
    for entry in () if erased else entries:
        told: dict[str, object] = {
            "person": entry.person,
            "engine": entry.engine,
            "photographs": entry.photographs,
            "made": entry.made_at.isoformat(),
            "expires": entry.expires_at.isoformat(),
            "renew": entry.expires_at <= soon,
            "consent": entry.consent.text.version,
            "agreed": entry.consent.at.isoformat(),
            "recorded_by": entry.consent.recorded_by,
        }
        line = " ".join(f"{key}={value}" for key, value in told.items())
        typer.echo(json.dumps(told) if as_json else line)


@face.command()
def verify(
    probe: Annotated[Path, typer.Argument(metavar="PROBE", help="A picture of somebody.")],
    enrolled: Annotated[
        list[Path], typer.Option("--enrolled", help="Photographs of one person; repeat, or list.")
    ],
    more: Annotated[list[Path] | None, typer.Argument(metavar="[FILE]...")] = None,
    threshold: ThresholdOption = None,
    config: ConfigOption = None,
    *,
    engine: EngineOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say whether a picture shows the person of some photographs; nothing is stored.

    Verdict: match, no_match, low_quality or attack. Liveness is not_checked unless the networks
    against prints lie in the model directory; one picture cannot pass a challenge. Exit status:
    0 match; 1 not; 2 wrong use, or a photograph without a face.

    Example: specimen-edge face verify --json probe.jpg --enrolled a.jpg b.jpg c.jpg
    """
    with errors_named():
        equipment = Wish(config, engine, threshold).equipment()
        built = build(equipment)
        template = average([_template(built, each) for each in (*enrolled, *(more or ()))])
        told = _verified(built, equipment.population, probe, template)
    shown = " ".join(f"{key}={value}" for key, value in told.items())
    typer.echo(json.dumps(told) if as_json else shown)
    if told["verdict"] != "match":
        raise typer.Exit(1)


def _described(engine: Eyeing, files: tuple[Path, ...], number: int) -> Described | Flaw:
    from edge.devices.face.pictures import load_colour  # noqa: PLC0415 - the extra may be absent

    return engine.describe(load_colour(files[number]), ENROLMENT, mirrored=True)


def _pictures(told: list[Path]) -> tuple[Path, ...]:
    """The files named, or all pictures of the one folder named."""
    if len(told) != 1 or not told[0].is_dir():
        return tuple(told)
    return tuple(path for path in sorted(told[0].iterdir()) if path.suffix.lower() in _PICTURES)


_PICTURES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp"})


def _template(engine: Eyeing, file: Path) -> tuple[float, ...]:
    from edge.devices.face.pictures import load_colour  # noqa: PLC0415 - the extra may be absent

    told = engine.describe(load_colour(file), DESK, mirrored=True)
    if isinstance(told, Flaw):
        raise DecodeError("photograph_unusable", file=str(file), flaw=told)
    return told.vector


def _verified(
    engine: Eyeing, population: Population, probe: Path, template: tuple[float, ...]
) -> dict[str, object]:
    from edge.devices.face.pictures import load_colour  # noqa: PLC0415 - the extra may be absent

    picture = load_colour(probe)
    begun = perf_counter()
    told = engine.describe(picture, DESK)
    score = None if isinstance(told, Flaw) else likeness(told.vector, template)
    ms = (perf_counter() - begun) * 1000
    liveness = UNCHECKED
    if engine.network is not None and not isinstance(told, Flaw):
        alive = told.alive is not None and told.alive >= engine.network.threshold
        liveness = Liveness.PASSED if alive else Liveness.FAILED
    verdict = "no_match"
    if score is None:
        verdict = "low_quality"
    elif liveness is Liveness.FAILED:
        verdict = "attack"
    elif score >= population.threshold:
        verdict = "match"
    return {
        "verdict": verdict,
        "score": None if score is None else round(score, 4),
        "threshold": population.threshold,
        "engine": engine.engine_id,
        "quality": str(told) if isinstance(told, Flaw) else "ok",
        "liveness": liveness,
        "ms": round(ms, 1),
    }
