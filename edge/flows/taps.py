"""Tags that are laid on a reader (steps 4 to 7): what they say, and what that is worth."""

from dataclasses import dataclass, replace

from edge.core.carriers import Carrier, ChipCode, NotOurs, Reading, ScannedCode, Trust
from edge.core.commission import Commission
from edge.core.nfc import NfcVerdict, SunState, TagCounter, TagSeen, Tap, TapFacts, judge_tap
from edge.ports import Store, TagKeys


@dataclass(frozen=True, slots=True)
class Tapped:
    """A tap as a reading with its code and its verdict."""

    reading: Reading
    code: ScannedCode
    tap: Tap


class TapReader:
    """Verifies tags; a counter that counts is on the disk before anything is stated about it."""

    def __init__(self, *, keys: TagKeys, store: Store) -> None:
        self._keys = keys
        self._store = store

    def judge(self, tag: TagSeen, read: ScannedCode, commission: Commission | None) -> Tapped:
        """A tag with the code that its payload turned out to be; raise StorageError."""
        sun = self._keys.sun(tag.sun)
        code = _code_of(tag, read, commission)
        signed = {code.uid} if isinstance(code, ChipCode) and code.uid else set()
        facts = TapFacts(
            tapped=tag.uid,
            named=frozenset(signed),
            signature=self._keys.originality(tag.uid, tag.signature),
            sun=sun,
            last_counter=self._store.tag_counter(tag.uid),
        )
        verdict = judge_tap(facts)
        if verdict is NfcVerdict.OK and sun.state is SunState.VALID and sun.counter is not None:
            kept = self._store.accept_counter(TagCounter(tag.uid, sun.counter, tag.at.at))
            verdict = verdict if kept else NfcVerdict.REPLAY
            if kept and isinstance(code, ChipCode):
                code = replace(code, trust=Trust.SIGNED)
        reading = Reading(tag.device, Carrier.NFC, tag.payload or tag.message, tag.at)
        return Tapped(reading, code, Tap(tag.uid, verdict))


def _code_of(tag: TagSeen, read: ScannedCode, commission: Commission | None) -> ScannedCode:
    """The code on the tag; without one, the block that this tag is registered for."""
    if not isinstance(read, NotOurs) or commission is None:
        return read
    for group in commission.groups:
        for block in group.specimens:
            if block.uid == tag.uid:
                return ChipCode(block.specimen, Trust.UNSIGNED, uid=tag.uid)
    return read
