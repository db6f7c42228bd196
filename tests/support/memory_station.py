"""The station's store in memory: the same promises as the real one, but for the disk."""

from edge.core.curing.state import NO_CHANGE, Book, Standing
from edge.core.custody import Custody
from edge.core.documents import Document
from edge.core.envelope import Sealed, Tip
from edge.core.errors import BrokenInvariant, StorageFull
from edge.core.ids import EpochId, SpecimenId
from edge.core.nfc import TagCounter, TagUid

EPOCH = EpochId("01890000-0000-7000-8000-000000000001")


class MemoryStation:
    """Keeps everything of a commit, or nothing when it was told to be full."""

    def __init__(self) -> None:
        self.book: dict[SpecimenId, Standing] = {}
        self.log: list[Sealed] = []
        self.full = False
        self._tip = Tip(EPOCH)
        self._documents: dict[tuple[str, str], Document] = {}
        self._custody: dict[SpecimenId, Custody] = {}
        self._counters: dict[TagUid, int] = {}

    def tip(self) -> Tip:
        return self._tip

    def commit(
        self,
        *,
        events: tuple[Sealed, ...] = (),
        documents: tuple[Document, ...] = (),
        custody: tuple[Custody, ...] = (),
        counters: tuple[TagCounter, ...] = (),
        book: Book = NO_CHANGE,
    ) -> None:
        if self.full:
            raise StorageFull("disk_full")
        tip = self._tip
        for event in events:
            if (event.epoch, event.sequence) != (tip.epoch, tip.sequence + 1):
                raise BrokenInvariant("sequence_broken", sequence=event.sequence)
            tip = event.tip
        self._tip = tip
        self.log.extend(events)
        for document in documents:
            self._documents[document.kind, document.id] = document
        for each in custody:
            self._custody[each.specimen] = each
        for counter in counters:
            self.accept_counter(counter)
        self.book.update({each.specimen: each for each in book.standings})

    def tag_counter(self, uid: TagUid) -> int | None:
        return self._counters.get(uid)

    def accept_counter(self, counter: TagCounter) -> bool:
        if counter.counter <= self._counters.get(counter.uid, -1):
            return False
        self._counters[counter.uid] = counter.counter
        return True

    def document(self, kind: str, id_: str) -> Document | None:
        return self._documents.get((kind, id_))

    def documents(self, kind: str, *, phases: tuple[str, ...] = ()) -> tuple[Document, ...]:
        return tuple(
            document
            for document in self._documents.values()
            if document.kind == kind and (not phases or document.phase in phases)
        )

    def custody(self, specimen: SpecimenId) -> Custody | None:
        return self._custody.get(specimen)

    def events(self, epoch: EpochId, *, after: int = 0, limit: int = 1000) -> tuple[Sealed, ...]:
        found = [each for each in self.log if each.epoch == epoch and each.sequence > after]
        return tuple(found[:limit])

    def epochs(self) -> tuple[EpochId, ...]:
        return (EPOCH,)
