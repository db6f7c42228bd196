"""Rotation of the event key: announced in one transaction with what recovers it, then settled.

Whatever is cut short ends with exactly one key: the old one until the announcement is stored, the
new one ever after. Before anything is sealed, a starting process settles what was announced.
"""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Protocol

from edge.core.documents import Document
from edge.core.envelope import EVENT_PAYLOAD_TYPE, encode_json, pae
from edge.core.errors import ConfigError, DecodeError, StorageCorrupt, StorageError
from edge.core.events import KeyRotated
from edge.core.ids import EpochId, KeyId, RuleSetId
from edge.core.keys import Succession
from edge.flows.record import Recorder
from edge.ports import Clock, EventKeys, Signer, Store
from edge.wire.rotation import read_succession

KIND, ID = "key", "event"
PENDING, DONE = "pending", "done"


class NewSigner(Signer, Protocol):
    """A private key that was just made."""

    @property
    def public(self) -> str:
        """Base64 of the 32 raw public bytes."""
        ...


class KeyFiles(Protocol):
    """Where the private event key lies, and beside it the one that is to follow."""

    def make(self) -> NewSigner:
        """A new key beside the one in place, durable at return; raise StorageError."""
        ...

    def discard(self) -> None:
        """Remove a key that nobody has heard of; raise StorageError."""
        ...

    def put_in_place(self, public: str) -> None:
        """Replace the key in place by the one that follows, unless that was done before.

        Raises ConfigError `key_lost` when it is in neither place, StorageError.
        """
        ...


class Documents(Protocol):
    """What capture keeps beside its events."""

    def document(self, kind: str, id_: str) -> Document | None:
        """One document."""
        ...


def pending_key(store: Documents) -> str | None:
    """The name of a key that was announced and is not settled yet; `-` when it cannot be read."""
    document = store.document(KIND, ID)
    if document is None or document.phase != PENDING:
        return None
    try:
        return str(KeyId.parse(json.loads(document.body)["key"]))
    except (ValueError, KeyError, TypeError, DecodeError):
        return "-"


@dataclass(frozen=True, slots=True)
class KeyShelf:
    """Everything that a station keeps of its event key."""

    files: KeyFiles
    pins: EventKeys
    store: Store
    station: str

    def settle(self) -> KeyId | None:
        """Pin an announced key and put it in place; its name, None when none was announced.

        Raises ConfigError or StorageError when it cannot be done: nothing may be sealed then.
        """
        document = self.store.document(KIND, ID)
        if document is None or document.phase != PENDING:
            self.files.discard()
            return None
        announced = self._announced(document)
        why = self.pins.succeed(announced)
        if why:
            raise ConfigError("rotation_not_pinned", key=announced.new, why=why)
        self.files.put_in_place(announced.public)
        with suppress(StorageError):  # every step above may be repeated
            self.store.commit(documents=(replace(document, phase=DONE),))
        return announced.new

    def _announced(self, document: Document) -> Succession:
        """The announcement: the document only says where; the pinned key must have sealed it."""
        try:
            place = json.loads(document.body)
            epoch, sequence = EpochId.parse(place["epoch"]), int(place["sequence"])
            (event,) = self.store.events(epoch, after=sequence - 1, limit=1)
            is_genuine = self.pins.signed(
                event.key_id,
                purpose="event",
                message=pae(EVENT_PAYLOAD_TYPE, event.body),
                signature=event.signature,
                at=event.recorded_at,
            )
            if not is_genuine:
                raise StorageCorrupt("rotation_forged", epoch=epoch, sequence=sequence)
            return read_succession(event.body, by=event.key_id, owner=self.station)
        except (ValueError, KeyError, TypeError, DecodeError) as error:
            raise StorageCorrupt("rotation_unreadable", why=type(error).__name__) from error


@dataclass(frozen=True, slots=True)
class Rotation:
    """Carries out the platform's order to change the event key."""

    shelf: KeyShelf
    recorder: Recorder
    clock: Clock
    ruleset: RuleSetId
    seal_with: Callable[[NewSigner], None]
    """Hears from which key on everything is sealed."""

    def rotate(self) -> str:
        """Announce a new key with the old one and seal with it from then on; why not.

        When it was announced and could not be settled, the next start settles it.
        """
        try:
            self.shelf.settle()
            if not self.shelf.pins.counts(self.recorder.key_id, purpose="event"):
                return "key_not_valid"
            self._announce(self.shelf.files.make())
            self.shelf.settle()
        except (ConfigError, StorageError) as error:
            return str(error)
        return ""

    def _announce(self, made: NewSigner) -> None:
        tip = self.shelf.store.tip()
        place = {"epoch": tip.epoch, "sequence": tip.sequence + 1, "key": made.key_id}
        pending = Document(KIND, ID, PENDING, encode_json(place))
        try:
            self.recorder.record(
                (KeyRotated(made.key_id, made.public),),
                occurred=self.clock.read(),
                ruleset=self.ruleset,
                documents=(pending,),
            )
        except StorageError:
            if self.shelf.store.document(KIND, ID) != pending:
                raise
        self.seal_with(made)
