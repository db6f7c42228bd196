"""Questions for the photographs of a person (step 12): one file each, until they are answered.

Beside the station's own store, because that has one writer, the desk, which works meanwhile.
"""

import json
import os
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from edge.core.documents import Document
from edge.core.errors import DecodeError, StorageError
from edge.core.face_answers import ASK, LONGEST
from edge.core.ids import PersonId
from edge.ports import Clock


class FaceAsks:
    """A notebook of open questions, for whoever asks, carries and answers."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock

    def ask(self, corr: str, person: PersonId) -> None:
        """Note a question on the disk; it is open for `LONGEST`. Raises StorageError."""
        until = self._clock.now() + LONGEST
        data = {"person": person, "until": until.isoformat()}
        path = self._folder / f"{corr}.json"
        beside = path.with_suffix(".new")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with beside.open("w", encoding="utf-8") as file:
                json.dump({"corr": corr, "name": ASK, "data": data}, file)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
        except OSError as error:
            why = error.strerror
            raise StorageError("face_ask_unwritable", file=str(path), why=why) from error

    def documents(self, kind: str, *, phases: tuple[str, ...] = ()) -> tuple[Document, ...]:
        """Open questions by name; one that is closed meanwhile, or overdue, is not open."""
        if kind != "ask" or (phases and "open" not in phases):
            return ()
        found = []
        for path in sorted(self._folder.glob("*.json")):
            with suppress(OSError, ValueError, KeyError, TypeError):
                body = path.read_bytes()
                said = json.loads(body)
                until = datetime.fromisoformat(said["data"]["until"])
                if said["name"] == ASK and self._clock.now() < until:
                    found.append(Document(kind, path.stem, "open", body))
        return tuple(found)

    def person_of(self, corr: str) -> PersonId | None:
        """For whose photographs an open question asks; None when there is no such question."""
        for each in self.documents("ask"):
            if each.id == corr:
                with suppress(DecodeError):
                    return PersonId.parse(json.loads(each.body)["data"]["person"])
        return None

    def end(self, corr: str) -> None:
        """It is answered: it is not asked again."""
        for path in self._folder.glob("*.json"):
            if path.stem == corr:
                path.unlink(missing_ok=True)

    def forget_overdue(self) -> None:
        """Remove what is not open any more."""
        still_open = {each.id for each in self.documents("ask")}
        for path in self._folder.glob("*.json"):
            if path.stem not in still_open:
                path.unlink(missing_ok=True)
