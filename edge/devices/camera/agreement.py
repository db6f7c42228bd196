"""When a payload of the live picture is believed: one read is not enough, unless it proves itself.

Two agreeing frames, two agreeing engines in one frame, or a payload that carries its own proof.
A different payload at the same place breaks a run of agreeing frames, so misreads that alternate
are never believed.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

from edge.devices.qr.engine import CodeRead, Quad
from edge.devices.qr.sightings import centre, contains

FORGET_NS = 2_000_000_000
FORGET_HARD_NS = 10_000_000_000
"""For codes that only a view of the cascade reads: views come round once in 24 frames."""
_AT_REST_NS = 700_000_000


class How(StrEnum):
    """Why a payload was believed."""

    SIGNED = "signed"
    TWO_FRAMES = "two_frames"
    TWO_ENGINES = "two_engines"


class Sight(StrEnum):
    """How far a code in view has come."""

    SEEN = "seen"
    ACCEPTED = "accepted"


@dataclass(frozen=True, slots=True)
class LiveRead:
    """One read of one engine in one frame; `plain` when the picture needed no view."""

    read: CodeRead
    plain: bool


@dataclass(frozen=True, slots=True)
class Outline:
    """A code in view for the preview, in pixels of its frame."""

    quad: Quad
    state: Sight


@dataclass(frozen=True, slots=True)
class Agreed:
    """A payload that is believed as of this frame."""

    payload: bytes
    quad: Quad
    engine: str
    how: How


@dataclass(slots=True)
class _Track:
    """One payload while it is in view; `run` counts agreeing frames."""

    quad: Quad
    proven: bool
    seen_ns: int
    run: int = 0
    plain: bool = False
    accepted: bool = False

    def is_forgotten(self, now_ns: int) -> bool:
        keep_ns = FORGET_NS if self.plain and self.accepted else FORGET_HARD_NS
        return now_ns - self.seen_ns > keep_ns


@dataclass(slots=True)
class _Seen:
    """What one frame says about one payload."""

    quad: Quad
    engines: dict[str, None]
    plain: bool


class Agreement:
    """Follows the codes of the live picture; frames come in the order of `now_ns`."""

    def __init__(self, proves: Callable[[bytes], bool]) -> None:
        self._proves = proves
        self._tracks: dict[bytes, _Track] = {}
        self._looked_ns = 0

    def look(self, reads: Iterable[LiveRead], now_ns: int) -> tuple[Agreed, ...]:
        """Take one frame's reads up; what is believed now and was not before."""
        now_ns = self._looked_ns = max(now_ns, self._looked_ns)
        self._forget(now_ns)
        frame = _by_payload(reads)
        doubted = _doubted(frame)
        agreed = (
            self._follow(payload, seen, now_ns, in_doubt=payload in doubted)
            for payload, seen in frame.items()
        )
        return tuple(each for each in agreed if each is not None)

    def rest(self, now_ns: int) -> None:
        """A frame that did not change: what was in view a moment ago still is."""
        for track in self._tracks.values():
            if self._looked_ns - track.seen_ns <= _AT_REST_NS:
                track.seen_ns = max(now_ns, track.seen_ns)
        self._looked_ns = max(now_ns, self._looked_ns)
        self._forget(self._looked_ns)

    def clear(self) -> None:
        """Forget everything in view."""
        self._tracks.clear()

    def outlines(self) -> tuple[Outline, ...]:
        """Everything in view; what was read once fades with the codes that are gone."""
        return tuple(
            Outline(track.quad, Sight.ACCEPTED if track.accepted else Sight.SEEN)
            for track in self._tracks.values()
            if self._looked_ns - track.seen_ns <= FORGET_NS or track.accepted
        )

    def _forget(self, now_ns: int) -> None:
        gone = [each for each, track in self._tracks.items() if track.is_forgotten(now_ns)]
        for payload in gone:
            del self._tracks[payload]

    def _follow(self, payload: bytes, seen: _Seen, now_ns: int, *, in_doubt: bool) -> Agreed | None:
        track = self._tracks.get(payload)
        if track is None:
            track = _Track(seen.quad, self._proves(payload), now_ns)
            self._tracks[payload] = track
        if self._is_contested(payload, track, seen.quad):
            track.run = 0
        track.quad, track.seen_ns = seen.quad, now_ns
        track.plain = track.plain or seen.plain
        track.run = 0 if in_doubt else track.run + 1
        how = _reason(track, seen, in_doubt=in_doubt)
        if track.accepted or how is None:
            return None
        track.accepted = True
        return Agreed(payload, seen.quad, next(iter(seen.engines)), how)

    def _is_contested(self, payload: bytes, track: _Track, now_at: Quad) -> bool:
        """Whether something else was read since, where this one was or where it is now."""
        return any(
            rival.seen_ns > track.seen_ns
            and (_same_place(rival.quad, track.quad) or _same_place(rival.quad, now_at))
            for other, rival in self._tracks.items()
            if other != payload
        )


def _reason(track: _Track, seen: _Seen, *, in_doubt: bool) -> How | None:
    if track.proven:
        return How.SIGNED
    if in_doubt:
        return None
    if len(seen.engines) > 1:
        return How.TWO_ENGINES
    return How.TWO_FRAMES if track.run > 1 else None


def _by_payload(reads: Iterable[LiveRead]) -> dict[bytes, _Seen]:
    frame: dict[bytes, _Seen] = {}
    for each in reads:
        read = each.read
        seen = frame.setdefault(read.payload, _Seen(read.quad, {}, plain=False))
        seen.engines.setdefault(read.engine)
        seen.plain = seen.plain or each.plain
    return frame


def _doubted(frame: dict[bytes, _Seen]) -> frozenset[bytes]:
    """Payloads that share their place with another one of the same frame."""
    return frozenset(
        payload
        for (one, first), (other, second) in combinations(frame.items(), 2)
        if _same_place(first.quad, second.quad)
        for payload in (one, other)
    )


def _same_place(one: Quad, other: Quad) -> bool:
    """Both lie on each other's middle: a stray quad across the picture breaks nothing inside it."""
    return contains(one, centre(other)) and contains(other, centre(one))
