"""`face answer-key`, `request`, `seal`, `accept`: enrolment from a platform's sealed answer."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Annotated

import typer

from edge.cli.face_enrolling import enrol_in, terms_of
from edge.cli.face_set import ConfigOption, errors_named
from edge.cli.face_words import answer_words, words
from edge.cli.process import settings_or_exit
from edge.compose.face import enrolling, equipment_of
from edge.compose.face_answers import (
    erase_answers,
    make_answer_key,
    open_answer,
    request_photographs,
    take_answer,
    waiting_answers,
)
from edge.compose.face_sealing import (
    Asked,
    await_question,
    photograph_text,
    seal_letter,
    send_answer,
)
from edge.core.errors import ConfigError, DecodeError
from edge.core.faces import ENROLMENT, Described, Enrolled, Flaw
from edge.core.ids import PersonId
from edge.devices.face.engines import Eyeing, build
from edge.flows.enrol import Applicant, Refused
from edge.settings import Settings
from edge.storage.faces import consent_text
from edge.wire.convert import converter
from edge.wire.face_answer import Letter
from edge.wire.topics import Station


def answer_key(config: ConfigOption = None) -> None:
    """Show this station's public key for sealed photographs; made on the device when absent.

    The line is an entry for `keys` in the platform's keys.json: whoever installs the station
    brings it there, as with the event key. Needs `face.from_platform = true`.

    Example: specimen-edge face answer-key
    """
    settings = settings_or_exit(config)
    with errors_named():
        key = make_answer_key(settings)
    entry = {name: value for name, value in converter.unstructure(key).items() if value is not None}
    typer.echo(json.dumps(entry))


def request(
    person: Annotated[str, typer.Argument(metavar="PERSON", help="Person id.")],
    config: ConfigOption = None,
) -> None:
    """Ask the platform for the photographs of a person; the shipper carries the question.

    It stays open until an answer is used, at most seven days. Prints its name.

    Example: specimen-edge face request p-0007
    """
    settings = settings_or_exit(config)
    with errors_named():
        corr = request_photographs(settings, PersonId.parse(person))
    typer.echo(corr)


def seal(
    station: Annotated[str, typer.Argument(help="{city}/{lab}/{device}")],
    person: Annotated[str, typer.Argument(metavar="PERSON", help="Person id.")],
    photographs: Annotated[list[Path], typer.Argument(metavar="PHOTO...", help="3 to 5 files.")],
    *,
    consent_at: Annotated[str, typer.Option(help="When the person agreed: RFC 3339, offset.")],
    consent_by: Annotated[str, typer.Option(help="Who recorded the consent.")],
    age: Annotated[int, typer.Option(min=0, max=130, help="Years; under 14 is refused there.")],
    corr: Annotated[str, typer.Option(help="The question, instead of waiting for it.")] = "",
    wait: Annotated[float, typer.Option(min=0, help="Seconds to wait for the question.")] = 15.0,
    out: Annotated[Path | None, typer.Option(help="A file instead of the broker.")] = None,
    how: Annotated[str, typer.Option(help="How the person agreed: paper or screen.")] = "paper",
    hours: Annotated[float, typer.Option(min=0, max=168, help="How long it may be used.")] = 24.0,
    config: ConfigOption = None,
) -> None:
    """On the platform's side: answer a station's question with sealed photographs of a person.

    Sealed to the station's key that is pinned here, signed with the platform's control key. The
    text of consent is the one that `face consent` prints; its digest goes with the photographs.

    Example: specimen-edge face seal nanchang/lab-1/desk-1 p-0007 a.jpg b.jpg c.jpg --age 30 …
    """
    settings = settings_or_exit(config)
    text = consent_text()[0]
    with errors_named():
        to, who = Station.parse(station), PersonId.parse(person)
        letter = Letter(
            who,
            text.version,
            text.sha256,
            _with_offset(consent_at),
            how,
            PersonId.parse(consent_by),
            age,
            tuple(photograph_text(each) for each in photographs),
        )
        question = corr or await_question(settings, to, who, wait)
        asked = Asked(to, question, timedelta(hours=hours))
        answer = seal_letter(settings, letter, asked)
        if out is None:
            send_answer(settings, asked, answer)
        else:
            out.write_bytes(answer)
    typer.echo(question)


def _with_offset(text: str) -> datetime:
    """A moment; ConfigError `consent_at_malformed` or `consent_at_without_offset`."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise ConfigError("consent_at_malformed", given=text) from error
    if at.tzinfo is None:
        raise ConfigError("consent_at_without_offset", given=text, remedy=f"{text}+08:00")
    return at


def accept(
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="[FILE]...", help="Instead of what came.")
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Enrol people from the platform's answers, sealed to this station's own key.

    Without a file: everything that the shipper has brought. Each goes through the checks of
    `face enrol`, is used once and then erased; its photographs never reach the disk.
    Exit status: 0 all enrolled, or nothing there; 1 one was refused, with its reason; 2 wrong use.

    Example: specimen-edge face accept
    """
    settings = settings_or_exit(config)
    with errors_named():
        engine = cache(lambda: build(enrolling(equipment_of(settings))))
        if files:
            told = [_told(settings, engine, _content(path)) for path in files]
        else:
            told = list(_all_told(settings, engine))
    if not told:
        typer.echo("没有待处理的答复 / no answer has come")
    if not all(told):
        raise typer.Exit(1)


def _all_told(settings: Settings, engine: Callable[[], Eyeing]) -> Iterator[bool]:
    """What became of each answer in the inbox, which it leaves at once."""
    erase_answers(settings, ())
    for tail, came in waiting_answers(settings).items():
        for data in came:
            yield _told(settings, engine, data)
        erase_answers(settings, (tail,))


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError("answer_unreadable", file=str(path), why=error.strerror) from error


def _told(settings: Settings, engine: Callable[[], Eyeing], data: bytes) -> bool:
    """Say what became of an answer; False when it was refused."""
    try:
        letter, result = _accepted(settings, engine, data)
    except DecodeError as error:
        typer.echo(f"specimen-edge: {answer_words(error)}", err=True)
        return False
    if isinstance(result, Refused):
        where = "" if result.photograph is None else f"{result.photograph + 1}: "
        typer.echo(f"{letter.person} {where}{words(result)}", err=True)
        return False
    typer.echo(f"{result.person} {engine().engine_id} photographs={len(letter.photographs)}")
    return True


def _accepted(
    settings: Settings, build_engine: Callable[[], Eyeing], data: bytes
) -> tuple[Letter, Enrolled | Refused]:
    answer, letter = open_answer(settings, data)
    pictures, engine = letter.pictures(), build_engine()
    take_answer(settings, answer, letter, consent_text()[0])
    look: Callable[[int], Described | Flaw] = partial(_described, engine, pictures)
    terms = terms_of(settings, enrolling(equipment_of(settings)), engine, look)
    applicant = Applicant(letter.consent, len(pictures), letter.age_years)
    return letter, enrol_in(settings, applicant, terms)


def _described(engine: Eyeing, pictures: tuple[bytes, ...], number: int) -> Described | Flaw:
    from edge.devices.face.pictures import picture_of  # noqa: PLC0415 - the extra may be absent

    return engine.describe(picture_of(pictures[number]), ENROLMENT, mirrored=True)
