"""The console door of a headless desk: a line of JSON in is a touch or a scan, a line out is state.

It is how the desk is driven where no screen is attached: by scripts, by the demo and by tests.
"""

import json
import sys
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

Command = Mapping[str, object]


class Eye(Protocol):
    """Reads a picture file: its codes and the picture itself."""

    def look(self, path: Path) -> tuple[tuple[bytes, ...], bytes, str]:
        """Payloads, content and media type; raise DecodeError when it is no picture."""
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


class Console:
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
        }

    @property
    def verbs(self) -> tuple[str, ...]:
        """Every command this console knows."""
        return (*PLAIN, *self._verbs)

    def obey(self, line: str) -> None:
        """One command; raise DecodeError `command_malformed` and change nothing when it is none."""
        try:
            command = json.loads(line)
            verb = command["do"]
            if verb in PLAIN:
                self._intake.touch(PLAIN[verb]())
            else:
                self._verbs[verb](command)
        except (ValueError, KeyError, TypeError) as error:
            why = f"{type(error).__name__}: {error}"
            raise DecodeError(
                "command_malformed", why=why[:200], known=",".join(self.verbs)
            ) from error

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
        self._intake.touch(inputs.ReceiptSigned(acknowledged=bool(command["acknowledged"])))

    def _end(self, command: Command) -> None:
        choice, reason = command.get("choice"), command.get("reason")
        self._intake.touch(
            inputs.DeliveryEnded(
                choice=Choice(str(choice)) if choice else None,
                reason=Code(str(reason)) if reason else None,
                note=str(command.get("note", ""))[:200],
            )
        )

    def _resume(self, command: Command) -> None:
        self._intake.resume_parked(DeliveryId.parse(_text(command, "delivery")))

    def _photo(self, command: Command) -> Photo | None:
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


def say(answer: Mapping[str, object]) -> None:
    """One line of JSON on standard output, at once."""
    sys.stdout.write(json.dumps(answer, ensure_ascii=False, separators=(",", ":")) + "\n")
    sys.stdout.flush()
