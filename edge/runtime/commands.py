"""Commands of the desk: what a console or a page sends, as calls of the intake flow."""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Protocol

from edge.core.carriers import Carrier, Reading
from edge.core.codes import Code
from edge.core.errors import DecodeError
from edge.core.ids import DeliveryId, GroupId, PersonId, SpecimenId
from edge.core.intake import inputs
from edge.core.intake.state import Choice, SealState
from edge.core.moments import Instant
from edge.core.people import Role
from edge.flows.intake import Intake, Photo
from edge.wire.strokes import draw_strokes

Command = Mapping[str, object]


class Eye(Protocol):
    """Reads picture files, and takes pictures where a camera is there."""

    def look(self, path: Path) -> tuple[tuple[bytes, ...], bytes, str]:
        """Payloads, content and media type; raise DecodeError when it is no picture."""
        ...

    def shoot(self) -> tuple[bytes, str]:
        """What the camera sees now: content and media type; raise DeviceGone without a camera."""
        ...


PLAIN: Mapping[str, Callable[[], inputs.Input]] = {
    "confirm_forms": inputs.FormsConfirmed,
    "alternative": inputs.AlternativeChosen,
    "undo": inputs.ScanUndone,
    "finish_scan": inputs.ScanFinished,
    "resume_scan": inputs.ScanResumed,
    "finish_inspection": inputs.InspectionFinished,
    "accept": inputs.ReconcileAccepted,
    "next": inputs.NextCourier,
    "park": inputs.Parked,
    "logout": inputs.LoggedOut,
}
"""Touches without an argument."""


class Commands:
    """Translates commands into calls of the intake flow."""

    def __init__(self, intake: Intake, *, eye: Eye, read_clock: Callable[[], Instant]) -> None:
        self._intake = intake
        self._eye = eye
        self._read_clock = read_clock
        self._verbs: Mapping[str, Callable[[Command], None]] = {
            "state": lambda _: None,
            "scan": self._scan,
            "picture": self._picture,
            "signatures": self._signatures,
            "document": self._document,
            "defect": self._defect,
            "seal": self._seal,
            "choose": self._choose,
            "override": self._override,
            "sign": self._sign,
            "end": self._end,
            "resume": self._resume,
            "pin": self._pin,
            "shoot": self._shoot,
        }

    @property
    def verbs(self) -> tuple[str, ...]:
        """Every command this console knows."""
        return (*PLAIN, *self._verbs)

    def obey(self, command: Command) -> None:
        """One command; raise DecodeError `command_malformed` and change nothing when it is none."""
        try:
            verb = _text(command, "do")
            if verb in PLAIN:
                self._intake.touch(PLAIN[verb]())
            else:
                self._verbs[verb](command)
        except (ValueError, KeyError, TypeError) as error:
            # What somebody typed may be a person's number: only the kind of error is told.
            why = type(error).__name__
            raise DecodeError("command_malformed", why=why, known=",".join(self.verbs)) from error

    def _scan(self, command: Command) -> None:
        payload = _text(command, "text").encode()
        carrier = Carrier(_text(command, "carrier", "qr"))
        self._intake.read(self._reading(payload, carrier, "console"))

    def _picture(self, command: Command) -> None:
        """A picture: a layer or a sheet, kept as evidence, each of its codes a reading."""
        payloads, content, media_type = self._eye.look(Path(_text(command, "file")))
        photo = Photo(content, media_type, self._now())
        if _text(command, "of", "layer") == "layer":
            kept = self._intake.photograph_layer(photo)
        else:
            kept = self._intake.photograph_form(photo)
        for payload in payloads:
            self._intake.read(self._reading(payload, Carrier.QR, "camera"), (kept,))

    def _signatures(self, command: Command) -> None:
        roles = command["roles"]
        if not isinstance(roles, list):
            raise TypeError("roles is a list")
        self._intake.touch(inputs.SignaturesSeen(tuple(Role(role) for role in roles)))

    def _document(self, command: Command) -> None:
        person = command.get("person")
        self._intake.see_document(PersonId.parse(str(person)) if person else None)

    def _defect(self, command: Command) -> None:
        specimen = SpecimenId.parse(_text(command, "specimen"))
        self._intake.mark_defect(specimen, _text(command, "defect"), self._photo(command))

    def _seal(self, command: Command) -> None:
        self._intake.judge_seal(SealState(_text(command, "state")), self._photo(command))

    def _choose(self, command: Command) -> None:
        group = GroupId.parse(_text(command, "group"))
        self._intake.touch(inputs.GroupChosen(group, Choice(_text(command, "choice"))))

    def _override(self, command: Command) -> None:
        self._intake.propose_override(
            Code(_text(command, "code")), _text(command, "subject"), _text(command, "reason")
        )

    def _sign(self, command: Command) -> None:
        strokes = command.get("strokes")
        drawn = draw_strokes(strokes) if strokes else None
        self._intake.sign(acknowledged=bool(command["acknowledged"]), drawn=drawn)

    def _end(self, command: Command) -> None:
        choice, reason = command.get("choice"), command.get("reason")
        self._intake.touch(
            inputs.DeliveryEnded(
                choice=Choice(str(choice)) if choice else None,
                reason=Code(str(reason)) if reason else None,
                note=str(command.get("note", ""))[:200],
            )
        )

    def _shoot(self, command: Command) -> None:
        """A photograph of the layer in view, as evidence."""
        del command
        self._intake.photograph_layer(self._taken())

    def _pin(self, command: Command) -> None:
        self._intake.enter_pin(PersonId.parse(_text(command, "person")), _text(command, "pin"))

    def _resume(self, command: Command) -> None:
        self._intake.resume_parked(DeliveryId.parse(_text(command, "delivery")))

    def _taken(self) -> Photo:
        content, media_type = self._eye.shoot()
        return Photo(content, media_type, self._now())

    def _photo(self, command: Command) -> Photo | None:
        if command.get("shoot"):
            return self._taken()
        name = command.get("file")
        if not name:
            return None
        _, content, media_type = self._eye.look(Path(str(name)))
        return Photo(content, media_type, self._now())

    def _reading(self, payload: bytes, carrier: Carrier, device: str) -> Reading:
        return Reading(device, carrier, payload, self._read_clock())

    def _now(self) -> datetime:
        return self._read_clock().at


def _text(command: Command, name: str, default: str | None = None) -> str:
    value = command.get(name, default)
    if not isinstance(value, str):
        raise TypeError(f"{name} is a text")
    return value
