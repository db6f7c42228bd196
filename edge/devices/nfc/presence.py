"""Which tags lie on a reader: each is new once, and gone after two empty looks."""

from dataclasses import dataclass, field

from edge.core.nfc import TagUid

MISSES = 2
"""Empty looks until a tag has left."""
OVERSHADOWED_S = 1.0
"""A tag that another one hides is kept for this long: two tags in the field take turns."""
OUTAGE_S = 2.0
"""Tags are remembered over a shorter break of the reader, so that none is told twice."""
MADE_UP = TagUid("08000000")
"""Stands for any UID that is drawn anew at each power-up."""
_SHORT_UID = 8


def is_made_up(uid: TagUid) -> bool:
    """Whether a tag, or a telephone, draws this UID at each power-up (ISO/IEC 14443-3: 08..)."""
    return len(uid) == _SHORT_UID and uid.startswith("08")


@dataclass(slots=True)
class _Lying:
    last_s: float
    misses: int = 0


@dataclass(slots=True)
class Presence:
    """The tags that were told and are not known to have left; times are monotonic seconds."""

    _lying: dict[TagUid, _Lying] = field(default_factory=dict)
    _since_s: float = 0.0

    def known_as(self, uid: TagUid) -> TagUid:
        """The UID under which this tag lies here: one that makes it up anew keeps its first."""
        if not is_made_up(uid):
            return uid
        return next((each for each in self._lying if is_made_up(each)), uid)

    def holds(self, uid: TagUid) -> bool:
        """Whether this tag was told already."""
        return uid in self._lying

    def told(self, uid: TagUid, now_s: float) -> None:
        """A new tag was read and told."""
        self._lying[uid] = _Lying(now_s)

    def seen(self, uid: TagUid, now_s: float) -> tuple[TagUid, ...]:
        """A look that found this tag; the answer: tags that have left."""
        self._since_s = now_s
        if uid in self._lying:
            self._lying[uid] = _Lying(now_s)
        hidden = [
            each
            for each, lying in self._lying.items()
            if each != uid and now_s - lying.last_s > OVERSHADOWED_S
        ]
        return self._forget(hidden)

    def missed(self, now_s: float) -> tuple[TagUid, ...]:
        """A look that found nothing; the answer: tags that have left."""
        self._since_s = now_s
        for lying in self._lying.values():
            lying.misses += 1
        return self._forget([uid for uid, lying in self._lying.items() if lying.misses >= MISSES])

    def resumed(self, now_s: float) -> tuple[TagUid, ...]:
        """The reader works again; after a long break every tag counts as having left."""
        if now_s - self._since_s <= OUTAGE_S:
            return ()
        return self._forget(list(self._lying))

    def _forget(self, uids: list[TagUid]) -> tuple[TagUid, ...]:
        for uid in uids:
            del self._lying[uid]
        return tuple(uids)
