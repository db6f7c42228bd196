"""Is a person there, or a picture of one (step 4): what each frame says, and what it comes to.

A cue that denies overrides every score; a check that did not end never counts as passed.
"""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from statistics import median

from edge.core.faces import Described


class Means(StrEnum):
    """How liveness is checked at this desk."""

    NONE = "none"
    NETWORK = "network"
    CHALLENGE = "challenge"


class Liveness(StrEnum):
    """What a check says of it; only `passed` was ever checked to its end."""

    NOT_CHECKED = "not_checked"
    UNFINISHED = "unfinished"
    PASSED = "passed"
    FAILED = "failed"


class Act(StrEnum):
    """What a person is asked to do; the sides are the person's own."""

    TURN_LEFT = "turn_left"
    TURN_RIGHT = "turn_right"
    BLINK = "blink"


NOT_COVERED: dict[Means, tuple[str, ...]] = {
    Means.NONE: ("print", "screen", "video", "mask"),
    Means.NETWORK: ("video", "mask"),
    Means.CHALLENGE: ("video", "mask"),
}
"""Attacks against which a means was not measured, or cannot help: said in every event."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What this desk asks for: the means, its name in events, the limit of the network 0..1.

    acts: of the challenge, in the order drawn; denials: frames that look like an attack until the
    check ends as one.
    """

    means: Means = Means.NONE
    name: str = ""
    limit: float = 0.0
    acts: tuple[Act, ...] = ()
    denials: int = 3

    @property
    def not_covered(self) -> tuple[str, ...]:
        """Attacks about which this proof says nothing."""
        return NOT_COVERED[self.means]


_TURN_FROM, _TURN_TO = 0.12, 0.18
"""Nose beside the middle of the eyes, in eye distances: a head that faces the desk stays within
the first, a flat picture turned about any axis never reaches the second (0.03 measured)."""
_SHUT, _OPEN = 0.6, 0.8
"""Openness of the eyes as a share of the person's own median: 0.2 as a fixed limit would call the
eyes of a quarter of East Asian people shut."""
_FEWEST_FRAMES = 4
_MOST_FRAMES = 60


@dataclass(frozen=True, slots=True)
class Watch:
    """A liveness check in progress; each face that may be the person makes the next one."""

    proof: Proof
    looks: int = 0
    denied: int = 0
    done: int = 0
    begun: bool = False
    openness: tuple[float, ...] = field(default=(), repr=False)

    def see(self, face: Described) -> "Watch":
        """Take one face up. A denial of the network counts against every means."""
        looks = self.looks + 1
        if self.denies(face):
            return replace(self, looks=looks, denied=self.denied + 1, done=0, begun=False)
        acted = self._acted(face) if self.proof.means is Means.CHALLENGE else self
        return replace(acted, looks=looks)

    def lose(self) -> "Watch":
        """Somebody else, or nobody: what was shown so far proves nothing any more."""
        return replace(self, done=0, begun=False, openness=())

    def denies(self, face: Described) -> bool:
        """Whether a face looks like an attack; a face without an answer is not known to live."""
        if self.proof.means is Means.NETWORK:
            return face.alive is None or face.alive < self.proof.limit
        return face.alive is not None and face.alive < self.proof.limit

    @property
    def asked(self) -> Act | None:
        """What the person should do now."""
        acts = self.proof.acts if self.proof.means is Means.CHALLENGE else ()
        return acts[self.done] if self.done < len(acts) else None

    @property
    def state(self) -> Liveness:
        """What the frames so far come to."""
        if self.proof.means is Means.NONE:
            return Liveness.NOT_CHECKED
        if self.denied >= self.proof.denials:
            return Liveness.FAILED
        if self.proof.means is Means.NETWORK:
            return Liveness.PASSED if self.looks > self.denied else Liveness.UNFINISHED
        finished = bool(self.proof.acts) and self.done == len(self.proof.acts)
        return Liveness.PASSED if finished else Liveness.UNFINISHED

    def _acted(self, face: Described) -> "Watch":
        act = self.asked
        after = self
        if face.measures.openness is not None:
            after = replace(self, openness=(*self.openness, face.measures.openness)[-_MOST_FRAMES:])
        if act is None:
            return after
        ready, reached = self._reads(act, face)
        if not self.begun:
            return replace(after, begun=ready)
        return replace(after, done=self.done + 1, begun=False) if reached else after

    def _reads(self, act: Act, face: Described) -> tuple[bool, bool]:
        """Whether a face shows where an act begins, and where it ends."""
        if act is Act.BLINK:
            return self._blinks(face.measures.openness)
        turn = face.measures.turn if act is Act.TURN_LEFT else -face.measures.turn
        return abs(turn) <= _TURN_FROM, turn >= _TURN_TO

    def _blinks(self, now: float | None) -> tuple[bool, bool]:
        """Eyes that shut, then open again, beside the person's own median."""
        if now is None or len(self.openness) < _FEWEST_FRAMES:
            return False, False
        usual = median(self.openness)
        return now <= _SHUT * usual, now >= _OPEN * usual
