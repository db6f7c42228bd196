"""Frames of whoever stands at the desk become one verdict: never a match that a gate forbade."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from statistics import median

from edge.core.events import FaceScore
from edge.core.faces import Described, Enrolled, Flaw, Likeness, Vector, average, nearest
from edge.core.ids import PersonId
from edge.core.liveness import Act, Liveness, Means, Proof, Watch

UNCHECKED = Liveness.NOT_CHECKED
_NEARLY = 0.8
"""A face in the middle of an act must come so near to the threshold: nobody may stand in."""


class Hint(StrEnum):
    """What the person should do, one thing at a time."""

    LOOK_HERE = "look_here"
    CLOSER = "closer"
    HOLD_STILL = "hold_still"
    TOO_DARK = "too_dark"
    TOO_BRIGHT = "too_bright"
    ONE_AT_A_TIME = "one_at_a_time"
    TURN_LEFT = "turn_left"
    TURN_RIGHT = "turn_right"
    BLINK = "blink"


class NoAnswer(StrEnum):
    """A frame that the engine did not describe in time."""

    LOST = "lost"


Seen = Described | Flaw | NoAnswer
"""What one frame gave."""

_HINTS = {
    Flaw.NO_FACE: Hint.LOOK_HERE,
    Flaw.TURNED: Hint.LOOK_HERE,
    Flaw.NODDED: Hint.LOOK_HERE,
    Flaw.EYES_CLOSED: Hint.LOOK_HERE,
    Flaw.COVERED: Hint.LOOK_HERE,
    Flaw.ATTACK: Hint.LOOK_HERE,
    Flaw.TOO_SMALL: Hint.CLOSER,
    Flaw.BLURRED: Hint.HOLD_STILL,
    Flaw.TOO_DARK: Hint.TOO_DARK,
    Flaw.TOO_BRIGHT: Hint.TOO_BRIGHT,
    Flaw.SEVERAL_FACES: Hint.ONE_AT_A_TIME,
}
_ASKED = {
    Act.TURN_LEFT: Hint.TURN_LEFT,
    Act.TURN_RIGHT: Hint.TURN_RIGHT,
    Act.BLINK: Hint.BLINK,
}
_ALONE = {Flaw.NO_FACE, Flaw.SEVERAL_FACES}
"""After these whoever is seen next may be somebody else."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What makes a match; threshold and margin on the scale 0..1 of one engine.

    `agree` of the last `window` frames name one person, and the proof of liveness is complete;
    after `patience` faces that could be compared, or `limit_s` seconds, the answer is no.
    """

    threshold: float
    margin: float
    agree: int = 3
    window: int = 5
    patience: int = 15
    limit_s: float = 10.0
    proof: Proof = field(default=Proof())


@dataclass(frozen=True, slots=True)
class Judged:
    """The end of a check: who it is, when somebody was matched, and what leaves the station."""

    person: PersonId | None
    score: FaceScore


@dataclass(frozen=True, slots=True)
class _Look:
    """One frame: the face when it could be compared, and the person when it held every term.

    denied: it looks like an attack, whomever it resembles.
    """

    face: Described | None = None
    like: Likeness | None = None
    accepted: bool = False
    denied: bool = False


Search = Callable[[Vector], Likeness | None]
"""1:N over the people of a check, the nearest and the margin; a quicker way to the same answer."""


@dataclass(frozen=True, slots=True)
class Judging:
    """A check in progress; each frame makes the next one.

    search: how the nearest of `people` is found; by `edge.core.faces.nearest` when None.
    """

    terms: Terms
    engine: str
    people: tuple[Enrolled, ...] = field(repr=False)
    begun_ns: int
    looks: tuple[_Look, ...] = field(default=(), repr=False)
    scores: tuple[float, ...] = field(default=(), repr=False)
    hint: Hint | None = Hint.LOOK_HERE
    ended: Judged | None = None
    seen: Watch | None = None
    search: Search | None = field(default=None, repr=False, compare=False)

    @property
    def watch(self) -> Watch:
        """The liveness check so far."""
        return self.seen or Watch(self.terms.proof)

    def see(self, seen: Seen, at_ns: int) -> "Judging":
        """Take one frame up; after the end nothing changes any more."""
        if self.ended is not None:
            return self
        look = self._look(seen)
        watch = self._watched(seen, look)
        scores = self.scores if look.like is None else (*self.scores, look.like.score)
        window = (*self.looks, look)[-self.terms.window :]
        hint = _hint(seen, watch)
        after = replace(self, looks=window, scores=scores, hint=hint, seen=watch)
        return replace(after, ended=after.verdict(at_ns))

    def wait(self, at_ns: int) -> "Judging":
        """No frame came; the time limit counts all the same."""
        return self if self.ended is not None else replace(self, ended=self._out_of_time(at_ns))

    def verdict(self, at_ns: int) -> Judged | None:
        """What the frames so far come to, None while it is open."""
        return self._attack() or self._match() or self._out_of_time(at_ns)

    def _look(self, seen: Seen) -> _Look:
        if not isinstance(seen, Described):
            return _Look()
        like = self._nearest(seen.vector)
        if self.watch.denies(seen):
            return _Look(seen, like, denied=True)
        return _Look(seen, like, accepted=like is not None and self._holds(like))

    def _nearest(self, vector: Vector) -> Likeness | None:
        return nearest(vector, self.people) if self.search is None else self.search(vector)

    def _watched(self, seen: Seen, look: _Look) -> Watch:
        """An act counts while the same person is seen without a break."""
        if isinstance(seen, Described) and (look.denied or self._is_still(look.like)):
            return self.watch.see(seen)
        if isinstance(seen, Described) or seen in _ALONE:
            return self.watch.lose()
        return self.watch

    def _is_still(self, like: Likeness | None) -> bool:
        if like is None or like.score < _NEARLY * self.terms.threshold:
            return False
        before = {look.like.person for look in self.looks if look.accepted and look.like}
        return not before or before == {like.person}

    def _attack(self) -> Judged | None:
        if self.watch.state is not Liveness.FAILED:
            return None
        return Judged(None, self._score("attack", max(self.scores, default=0.0), None))

    def _holds(self, like: Likeness) -> bool:
        apart = like.margin is None or like.margin >= self.terms.margin
        return like.score >= self.terms.threshold and apart

    def _match(self) -> Judged | None:
        """1:N proposed the same person often enough, nobody else once; then 1:1 decides."""
        accepted = [look for look in self.looks if look.accepted and look.like and look.face]
        named = Counter(look.like.person for look in accepted if look.like)
        if len(named) != 1 or not self.looks[-1].accepted:
            return None
        if any(look.denied for look in self.looks) or not self._is_proven():
            return None
        ((person, count),) = named.items()
        if count < self.terms.agree:
            return None
        probe = average([look.face.vector for look in accepted if look.face])
        return self._decide(person, self._nearest(probe))

    def _decide(self, person: PersonId, like: Likeness | None) -> Judged | None:
        if like is None or like.person != person or not self._holds(like):
            return None
        return Judged(person, self._score("match", like.score, like.margin))

    def _is_proven(self) -> bool:
        """Only a check that passed, or a desk without one, can end as a match."""
        if self.terms.proof.means is Means.NONE:
            return True
        return self.watch.state is Liveness.PASSED

    def _out_of_time(self, at_ns: int) -> Judged | None:
        late = at_ns - self.begun_ns >= self.terms.limit_s * 1e9
        named = sum(score >= self.terms.threshold for score in self.scores)
        acting = self.terms.proof.means is Means.CHALLENGE
        if not late and len(self.scores) - acting * named < self.terms.patience:
            return None
        if len(self.scores) < self.terms.agree:
            return Judged(None, self._score("low_quality", max(self.scores, default=0.0), None))
        if named >= self.terms.agree and self.watch.state is Liveness.UNFINISHED:
            return Judged(None, self._score("unfinished", median(self.scores), None))
        return Judged(None, self._score("no_match", median(self.scores), None))

    def _score(self, verdict: str, score: float, margin: float | None) -> FaceScore:
        return FaceScore(
            verdict=verdict,
            score=round(score, 4),
            threshold=self.terms.threshold,
            margin=None if margin is None else round(margin, 4),
            engine=self.engine,
            liveness=self.watch.state,
            liveness_by=self.terms.proof.name,
            not_covered=self.terms.proof.not_covered,
        )


def _hint(seen: Seen, watch: Watch) -> Hint | None:
    if isinstance(seen, Flaw):
        return _HINTS[seen]
    return None if watch.asked is None else _ASKED[watch.asked]
