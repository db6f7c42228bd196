"""Photographs at the platform: parts come in any order, the whole is kept by its digest.

Nothing is said to be stored before it was verified and is on the disk; until then the station is
told which parts are wanted, so that a broken line, or a platform that forgot, costs parts only.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

from edge.core.envelope import digest_of
from edge.core.errors import DecodeError
from edge.core.evidence import Evidence, EvidenceKind
from edge.core.ids import Digest
from edge.ports import Clock, Journal, Signer
from edge.wire.blob import BlobHead, decode_head, part_size
from edge.wire.downlink import BlobAck, sign_message
from edge.wire.topics import Station, Topic, blob_ack_topic


class Parts(Protocol):
    """Parts of photographs that are not whole yet; they may be lost, then they come again."""

    def head(self, station: str, sha256: Digest) -> BlobHead | None:
        """What was announced."""
        ...

    def announce(self, station: str, sha256: Digest, head: BlobHead) -> None:
        """Begin, or begin anew when something else was announced before."""
        ...

    def put(self, station: str, sha256: Digest, number: int, body: bytes) -> None:
        """Keep a part."""
        ...

    def missing(self, station: str, sha256: Digest) -> tuple[int, ...]:
        """Parts that are not here."""
        ...

    def whole(self, station: str, sha256: Digest) -> bytes:
        """All parts together."""
        ...

    def drop(self, station: str, sha256: Digest) -> None:
        """Forget its parts."""
        ...


class Photographs(Protocol):
    """Whole photographs by their digest."""

    def put(
        self, content: bytes, *, kind: EvidenceKind, media_type: str, taken_at: datetime
    ) -> Evidence:
        """Keep a file durably, once; raise StorageError."""
        ...

    def holds(self, sha256: Digest) -> bool:
        """Whether the file is there."""
        ...


class BlobInbox:
    """Takes parts in and answers with what is wanted."""

    def __init__(
        self,
        *,
        parts: Parts,
        photographs: Photographs,
        clock: Clock,
        signer: Signer,
        journal: Journal,
    ) -> None:
        self._parts = parts
        self._photographs = photographs
        self._clock = clock
        self._signer = signer
        self._journal = journal

    def take(self, topic: Topic, payload: bytes) -> Iterator[tuple[str, bytes]]:
        """One message below `blob`: the topics and messages that answer it; raise StorageError."""
        station, name, part = topic.station, *topic.tail
        try:
            sha256 = Digest.parse(name)
            if self._photographs.holds(sha256):
                answer = BlobAck(station.name, sha256, stored=True) if part == "0" else None
            elif part == "0":
                answer = self._announced(station, sha256, payload)
            else:
                answer = self._arrived(station, sha256, part, payload)
        except DecodeError as error:
            self._journal.warning("blob.refused", station=station.name, error=str(error))
            return
        if answer:
            signed = sign_message(answer, key_id=self._signer.key_id, sign=self._signer.sign)
            yield blob_ack_topic(station, sha256), signed

    def _announced(self, station: Station, sha256: Digest, payload: bytes) -> BlobAck:
        head = decode_head(payload)
        if self._parts.head(station.name, sha256) != head:
            self._parts.announce(station.name, sha256, head)
        return self._finish(station, sha256, head) or self._wanted(station, sha256)

    def _arrived(
        self, station: Station, sha256: Digest, part: str, payload: bytes
    ) -> BlobAck | None:
        """A part; one that was not announced, or has another size, is dropped: it comes again."""
        head = self._parts.head(station.name, sha256)
        number = int(part) if part.isdecimal() else 0
        if head is None or len(payload) != part_size(head, number) or not payload:
            raise DecodeError("blob_part_unexpected", part=part[:8], size_bytes=len(payload))
        self._parts.put(station.name, sha256, number, payload)
        return self._finish(station, sha256, head)

    def _finish(self, station: Station, sha256: Digest, head: BlobHead) -> BlobAck | None:
        """The whole once it is there: kept, or begun anew when it is not what it is called."""
        if self._parts.missing(station.name, sha256):
            return None
        content = self._parts.whole(station.name, sha256)
        if digest_of(content) != sha256:
            self._journal.warning("blob.other_bytes", station=station.name, sha256=sha256)
            self._parts.announce(station.name, sha256, head)
            return self._wanted(station, sha256)
        self._photographs.put(
            content, kind=head.kind, media_type=head.media_type, taken_at=self._clock.now()
        )
        self._parts.drop(station.name, sha256)
        return BlobAck(station.name, sha256, stored=True)

    def _wanted(self, station: Station, sha256: Digest) -> BlobAck:
        wanted = self._parts.missing(station.name, sha256)
        return BlobAck(station.name, sha256, stored=False, wanted=wanted)
