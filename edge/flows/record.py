"""Recording (steps 9 and 10): the events of one step are sealed and kept in one transaction."""

from edge.core.curing.state import NO_CHANGE, Book
from edge.core.custody import Custody
from edge.core.documents import Document
from edge.core.envelope import Seal, Sealed, seal
from edge.core.events import Event
from edge.core.ids import DeviceId, KeyId, RuleSetId
from edge.core.moments import Instant
from edge.ports import Clock, Ids, Store
from edge.wire.event_json import draft_event


class Recorder:
    """Seals with the station's key and keeps state and events together, or nothing."""

    def __init__(self, *, store: Store, clock: Clock, ids: Ids, by: Seal, device: DeviceId) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._by = by
        self._device = device

    @property
    def key_id(self) -> KeyId:
        """The key that seals the next event."""
        return self._by.key_id

    def knows(self, kind: str, id_: str) -> bool:
        """Whether a document of this kind was kept."""
        return self._store.document(kind, id_) is not None

    def sign_with(self, by: Seal) -> None:
        """Seal with another key from the next event on."""
        self._by = by

    def record(
        self,
        events: tuple[Event, ...],
        *,
        occurred: Instant,
        ruleset: RuleSetId,
        documents: tuple[Document, ...] = (),
        custody: tuple[Custody, ...] = (),
        book: Book = NO_CHANGE,
    ) -> tuple[Sealed, ...]:
        """Seal and keep; on StorageError nothing is kept and nothing has happened."""
        sealed: list[Sealed] = []
        tip = self._store.tip()
        recorded_at = self._clock.now()
        for event in events:
            draft = draft_event(event, occurred=occurred, ruleset=ruleset, device=self._device)
            sealed.append(
                seal(
                    draft,
                    tip,
                    event_id=self._ids.event_id(recorded_at),
                    recorded_at=recorded_at,
                    by=self._by,
                )
            )
            tip = sealed[-1].tip
        self._store.commit(events=tuple(sealed), documents=documents, custody=custody, book=book)
        return tuple(sealed)
