"""Looks at the deliverer: newest frames go to the worker, its answers to the judging.

The face port of the desk (step 4); one thread owns the worker.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import Condition, Thread

from edge.core.errors import DeviceError
from edge.core.events import FaceScore
from edge.core.face_judging import Hint, Judged, Judging, NoAnswer, Seen, Terms
from edge.core.faces import DESK, Box, Described, Enrolled
from edge.core.ids import PersonId
from edge.core.liveness import Act, Means
from edge.core.lockout import Lockout
from edge.core.people import Person
from edge.devices.face.crowd import Crowd
from edge.devices.face.pictures import crop_jpeg
from edge.devices.face.process import FaceWorker, WorkerState
from edge.devices.pixels import Picture
from edge.ports import Clock, Journal

_FRAME_WAIT_S = 0.25
_STOP_S = 5.0
_QUIET_ENDS = {"low_quality"}
"""Verdicts that say nothing about who stood there: they do not count towards a lockout."""


@dataclass(frozen=True, slots=True)
class Looking:
    """What a looker is joined to; every call but `templates` comes from its own thread.

    next_frame: the newest frame after a number, None when none comes in time; templates: of these
    people and this engine id, only those that may be used now; tell: the answer, once a check;
    audit: the last face of a check as JPEG and its verdict, only where the operator asked for it.
    """

    next_frame: Callable[[int, float], tuple[int, Picture] | None]
    templates: Callable[[tuple[PersonId, ...], str], tuple[Enrolled, ...]]
    tell: Callable[[PersonId | None, FaceScore | None], None]
    hint: Callable[[Hint | None], None]
    audit: Callable[[bytes, Judged], None] | None = None


class FaceLooker:
    """The face port over a worker process; `begin` never waits."""

    def __init__(
        self,
        worker: FaceWorker,
        looking: Looking,
        *,
        terms: Terms,
        clock: Clock,
        journal: Journal,
        lockout: Lockout | None = None,
    ) -> None:
        self._worker = worker
        self._looking = looking
        self._terms = terms
        self._clock = clock
        self._journal = journal
        self._lockout = lockout or Lockout()
        self._gauges_eyes = worker.gauges_eyes
        self._changed = Condition()
        self._check = 0
        self._people: tuple[Enrolled, ...] = ()
        self._closing = False
        self._frame = 0
        self._shown: tuple[Picture, Box] | None = None
        self._thread = Thread(target=self._work, name="face-looker", daemon=True)

    @property
    def state(self) -> WorkerState:
        """What the engine is doing."""
        return self._worker.state

    def start(self) -> None:
        """Load the engine; the desk need not wait for it."""
        self._thread.start()

    def close(self) -> None:
        """Stop looking and end the worker, within 5 s."""
        with self._changed:
            self._closing, self._people = True, ()
            self._check += 1
            self._changed.notify_all()
        self._worker.stop()
        if self._thread.is_alive():
            self._thread.join(_STOP_S)
        self._worker.close()

    def begin(self, people: tuple[Person, ...]) -> bool:
        """Start looking for these people only; False without an engine or a template of theirs."""
        if self._worker.state in {WorkerState.ABSENT, WorkerState.CLOSED}:
            self._wake()
            return False
        if self._lockout.is_locked(self._clock.mono_ns()):
            return False
        wanted = tuple(each.person for each in people)
        enrolled = self._looking.templates(wanted, self._worker.engine_id)
        if not enrolled:
            return False
        with self._changed:
            self._check += 1
            self._people = enrolled
            self._changed.notify_all()
        return True

    def end(self) -> None:
        """Stop looking; an answer on its way is dropped."""
        with self._changed:
            self._check += 1
            self._people = ()

    def _wake(self) -> None:
        """An engine that fell may work again at the next delivery."""
        with self._changed:
            self._changed.notify_all()

    def _work(self) -> None:
        self._worker.settle()
        while not self._closing:
            with self._changed:
                if not self._people:
                    self._changed.wait()
                check, people = self._check, self._people
            if people:
                self._run(check, people)
            elif not self._closing:
                self._worker.settle()

    def _run(self, check: int, people: tuple[Enrolled, ...]) -> None:
        terms = replace(self._terms, proof=replace(self._terms.proof, acts=self._drawn()))
        judging = Judging(
            terms,
            self._worker.engine_id,
            people,
            self._clock.mono_ns(),
            search=Crowd(people).nearest,
        )
        hinted: Hint | None = None
        while self._is_current(check):
            if judging.hint is not hinted:
                hinted = judging.hint
                self._looking.hint(hinted)
            judging = self._look(judging)
            if self._worker.state is WorkerState.ABSENT:
                self._finish(check, None)
            elif judging.ended is not None:
                self._finish(check, judging.ended)

    def _drawn(self) -> tuple[Act, ...]:
        """What this person is asked to do: a turn to one side and a blink, in a random order."""
        if self._terms.proof.means is not Means.CHALLENGE:
            return ()
        chance = secrets.SystemRandom()
        sides = chance.sample((Act.TURN_LEFT, Act.TURN_RIGHT), 2)
        return tuple(chance.sample((sides[0], Act.BLINK if self._gauges_eyes else sides[1]), 2))

    def _look(self, judging: Judging) -> Judging:
        frame = self._next_frame()
        if frame is None:
            return judging.wait(self._clock.mono_ns())
        self._frame, picture = frame
        seen: Seen = self._worker.describe(picture, DESK) or NoAnswer.LOST
        if self._looking.audit is not None and isinstance(seen, Described):
            self._shown = picture, seen.measures.box
        return judging.see(seen, self._clock.mono_ns())

    def _next_frame(self) -> tuple[int, Picture] | None:
        try:
            return self._looking.next_frame(self._frame, _FRAME_WAIT_S)
        except DeviceError as error:
            self._journal.warning("face.camera_lost", why=error.code)
            with self._changed:
                self._changed.wait(_FRAME_WAIT_S)
            return None

    def _is_current(self, check: int) -> bool:
        with self._changed:
            return self._check == check

    def _finish(self, check: int, judged: Judged | None) -> None:
        """Tell the answer unless the check was ended meanwhile; the people are let go first."""
        with self._changed:
            if self._check != check:
                return
            self._check += 1
            self._people = ()
        self._looking.hint(None)
        if judged is None:
            self._looking.tell(None, None)
            return
        verdict, liveness = judged.score.verdict, judged.score.liveness
        self._journal.info(
            "check.judged", verdict=verdict, liveness=liveness, engine=judged.score.engine
        )
        self._count(judged)
        self._audit(judged)
        self._looking.tell(judged.person, judged.score)

    def _count(self, judged: Judged) -> None:
        """Failures in a row lock the engine; nobody is locked out: the face-free path stays."""
        if judged.score.verdict in _QUIET_ENDS:
            return
        if judged.person is not None:
            self._lockout = self._lockout.passed()
            return
        now_ns = self._clock.mono_ns()
        self._lockout = self._lockout.failed(now_ns)
        if self._lockout.is_locked(now_ns):
            self._journal.warning("check.locked_out", pause_s=self._lockout.pause_s)

    def _audit(self, judged: Judged) -> None:
        shown, self._shown = self._shown, None
        if self._looking.audit is not None and shown is not None:
            self._looking.audit(crop_jpeg(*shown), judged)
