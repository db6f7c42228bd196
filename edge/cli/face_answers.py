"""`face answer-key`, `seal` and `accept`: enrolment from the platform's sealed answer."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from edge.cli.face_enrolling import enrol_in, terms_of
from edge.cli.face_set import ConfigOption, errors_named
from edge.cli.face_words import words
from edge.cli.process import settings_or_exit
from edge.compose.face import enrolling, equipment_of
from edge.compose.face_answers import (
    Addressed,
    make_answer_key,
    open_answer,
    photograph_text,
    seal_letter,
    send_answer,
    take_answer,
    waiting_answers,
)
from edge.core.errors import DecodeError
from edge.core.faces import ENROLMENT, Described, Enrolled, Flaw
from edge.core.ids import PersonId
from edge.devices.face.engines import Eyeing, build
from edge.flows.enrol import Applicant, Refused
from edge.settings import Settings
from edge.storage.faces import consent_text
from edge.wire.face_answer import Letter
from edge.wire.topics import Station

_OF_THE_DESK = {
    "envelope_malformed",
    "wrong_kind",
    "face_answer_replayed",
    "face_answer_expired",
}
"""What is passed over in silence when everything that the shipper brought is looked at."""


def answer_key(config: ConfigOption = None) -> None:
    """Show this station's public key for sealed photographs; made on the device when absent.

    The platform seals photographs to it, so that only this station opens them. Needs
    `face.from_platform = true`; the station's status tells the platform the same key.

    Example: specimen-edge face answer-key
    """
    settings = settings_or_exit(config)
    with errors_named():
        key = make_answer_key(settings)
    typer.echo(f"{key.key_id} {key.public}")


def seal(
    station: Annotated[str, typer.Argument(help="{city}/{lab}/{device}")],
    person: Annotated[str, typer.Argument(metavar="PERSON", help="Person id.")],
    photographs: Annotated[list[Path], typer.Argument(metavar="PHOTO...", help="3 to 5 files.")],
    *,
    public: Annotated[str, typer.Option("--to", help="The station's public key.")],
    consent_at: Annotated[datetime, typer.Option(help="When the person agreed, with offset.")],
    consent_by: Annotated[str, typer.Option(help="Who recorded the consent.")],
    age: Annotated[int, typer.Option(min=0, max=130, help="Years; under 14 is refused there.")],
    out: Annotated[Path | None, typer.Option(help="A file instead of the broker.")] = None,
    how: Annotated[str, typer.Option(help="How the person agreed: paper or screen.")] = "paper",
    hours: Annotated[float, typer.Option(min=0, max=168, help="How long it may be used.")] = 24.0,
    config: ConfigOption = None,
) -> None:
    """On the platform's side: seal photographs of a person who agreed to one station's key.

    Signed with the platform's control key. The text of consent is the one that `face consent`
    prints; its digest goes with the photographs.

    Example: specimen-edge face seal nanchang/lab-1/desk-1 p-0007 a.jpg b.jpg c.jpg --to KEY …
    """
    settings = settings_or_exit(config)
    text = consent_text()[0]
    with errors_named():
        to = Addressed(Station.parse(station), public, timedelta(hours=hours))
        letter = Letter(
            PersonId.parse(person),
            text.version,
            text.sha256,
            consent_at.astimezone(),
            how,
            PersonId.parse(consent_by),
            age,
            tuple(photograph_text(each.read_bytes()) for each in photographs),
        )
        corr, answer = seal_letter(settings, letter, to)
        if out is None:
            send_answer(settings, to.station, corr, answer)
        else:
            out.write_bytes(answer)
    typer.echo(corr)


def accept(
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="[FILE]...", help="Instead of what came.")
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Enrol people from the platform's answers, sealed to this station's own key.

    Without a file: everything that the shipper has brought and that was not used yet. Each goes
    through the checks of `face enrol` and is used once; its photographs never reach the disk.
    Exit status: 0 all enrolled; 1 one was refused, with its reason; 2 wrong use.

    Example: specimen-edge face accept
    """
    settings = settings_or_exit(config)
    with errors_named():
        engine = build(enrolling(equipment_of(settings)))
        came = [path.read_bytes() for path in files or ()] or list(waiting_answers(settings))
        told = [_told(settings, engine, data, loud=bool(files)) for data in came]
    if not all(told):
        raise typer.Exit(1)


def _told(settings: Settings, engine: Eyeing, data: bytes, *, loud: bool) -> bool:
    """Say what became of an answer; False when it was refused."""
    try:
        letter, result = _accepted(settings, engine, data)
    except DecodeError as error:
        if not loud and error.code in _OF_THE_DESK:
            return True
        typer.echo(f"specimen-edge: {error}", err=True)
        return False
    if isinstance(result, Refused):
        where = "" if result.photograph is None else f"{result.photograph + 1}: "
        typer.echo(f"{letter.person} {where}{words(result)}", err=True)
        return False
    typer.echo(f"{result.person} {engine.engine_id} photographs={len(letter.photographs)}")
    return True


def _accepted(settings: Settings, engine: Eyeing, data: bytes) -> tuple[Letter, Enrolled | Refused]:
    answer, letter = open_answer(settings, data)
    take_answer(settings, answer, letter, consent_text()[0])
    pictures = letter.pictures()
    look: Callable[[int], Described | Flaw] = partial(_described, engine, pictures)
    terms = terms_of(settings, enrolling(equipment_of(settings)), engine, look)
    applicant = Applicant(letter.consent, len(pictures), letter.age_years)
    return letter, enrol_in(settings, applicant, terms)


def _described(engine: Eyeing, pictures: tuple[bytes, ...], number: int) -> Described | Flaw:
    from edge.devices.face.pictures import picture_of  # noqa: PLC0415 - the extra may be absent

    return engine.describe(picture_of(pictures[number]), ENROLMENT, mirrored=True)
