from collections.abc import Iterator
from contextlib import contextmanager
from queue import Empty, Queue
from threading import Event

import pytest
from face_samples import ANN, BEN, Picture, at_desk, enrolled, rendered
from heard_journal import HeardJournal
from waiting import until

from edge.core.errors import DeviceGone
from edge.core.events import FaceScore
from edge.core.face_judging import Hint, Judged, Terms
from edge.core.faces import Enrolled
from edge.core.ids import OrgId, PersonId
from edge.core.lockout import Lockout
from edge.core.people import OrgKind, Person
from edge.devices.face.engines import Equipment
from edge.devices.face.looker import FaceLooker, Looking
from edge.devices.face.process import FaceWorker, WorkerState
from edge.host.clock import SystemClock

ANSWER_S = 60.0


def person(id_: PersonId) -> Person:
    return Person(id_, "某*", OrgId("org-1"), OrgKind.CONTRACTOR, ())


class Scene:
    """What the camera sees now; every look is a new frame."""

    def __init__(self) -> None:
        self.shows: list[Picture] = []
        self.number = 0
        self.gone = False

    def next_frame(self, after: int, timeout_s: float) -> tuple[int, Picture] | None:
        assert after <= self.number
        if self.gone:
            raise DeviceGone("camera_absent")
        if not self.shows:
            Event().wait(min(timeout_s, 0.01))
            return None
        self.number += 1
        return self.number, self.shows[self.number % len(self.shows)]


class Desk:
    """Everything around a looker."""

    def __init__(
        self, limit_s: float = 20.0, *, audit: bool = False, lockout: Lockout | None = None
    ) -> None:
        self.scene = Scene()
        self.journal = HeardJournal()
        self.answers: Queue[tuple[PersonId | None, FaceScore | None]] = Queue()
        self.hints: list[Hint | None] = []
        self.gallery = {ANN: enrolled(ANN), BEN: enrolled(BEN)}
        self.worker = FaceWorker(Equipment(rendered()), journal=self.journal, deadline_s=20)
        self.crops: list[tuple[bytes, Judged]] = []
        looking = Looking(
            self.scene.next_frame,
            self.templates,
            lambda person, score: self.answers.put((person, score)),
            self.hints.append,
            (lambda crop, judged: self.crops.append((crop, judged))) if audit else None,
        )
        population = rendered()
        self.looker = FaceLooker(
            self.worker,
            looking,
            terms=Terms(population.threshold, population.margin, patience=6, limit_s=limit_s),
            clock=SystemClock(),
            journal=self.journal,
            lockout=lockout,
        )

    def templates(self, people: tuple[PersonId, ...], engine: str) -> tuple[Enrolled, ...]:
        assert engine == self.worker.engine_id
        return tuple(self.gallery[each] for each in people if each in self.gallery)

    def answer(self) -> tuple[PersonId | None, FaceScore | None]:
        return self.answers.get(timeout=ANSWER_S)


@contextmanager
def running(
    limit_s: float = 20.0, *, audit: bool = False, lockout: Lockout | None = None
) -> Iterator[Desk]:
    desk = Desk(limit_s, audit=audit, lockout=lockout)
    desk.looker.start()
    until(lambda: desk.looker.state is not WorkerState.STARTING, ANSWER_S)
    yield desk
    desk.looker.close()
    assert desk.looker.state is WorkerState.CLOSED


@pytest.fixture
def desk() -> Iterator[Desk]:
    with running() as desk:
        yield desk


def test_the_person_at_the_desk_is_matched(desk: Desk) -> None:
    desk.scene.shows = [at_desk(BEN, seed=seed) for seed in (1, 2, 3)]
    assert desk.looker.begin((person(ANN), person(BEN)))
    who, score = desk.answer()
    assert who == BEN
    assert score is not None
    assert (score.verdict, score.liveness) == ("match", "not_checked")
    assert score.score >= score.threshold
    assert score.margin is not None
    assert desk.hints[-1] is None


def test_a_stranger_is_no_match(desk: Desk) -> None:
    desk.scene.shows = [at_desk(None, seed=seed) for seed in (1, 2, 3)]
    assert desk.looker.begin((person(ANN), person(BEN)))
    who, score = desk.answer()
    assert who is None
    assert score is not None
    assert score.verdict == "no_match"


def test_only_the_people_asked_for_are_recognised(desk: Desk) -> None:
    desk.scene.shows = [at_desk(BEN, seed=seed) for seed in (1, 2, 3)]
    assert desk.looker.begin((person(ANN),))
    assert desk.answer()[0] is None


def test_nobody_enrolled_means_no_check(desk: Desk) -> None:
    assert not desk.looker.begin((person(PersonId("p-nobody")),))
    assert not desk.looker.begin(())


def test_an_ended_check_gives_no_answer_and_the_next_one_does(desk: Desk) -> None:
    assert desk.looker.begin((person(ANN),))
    until(lambda: desk.hints)
    desk.looker.end()
    desk.scene.shows = [at_desk(ANN, seed=seed) for seed in (1, 2, 3)]
    with pytest.raises(Empty):
        desk.answers.get(timeout=0.5)
    assert desk.scene.number == 0
    assert desk.looker.begin((person(ANN),))
    assert desk.answer()[0] == ANN


def test_a_camera_that_is_gone_ends_as_low_quality() -> None:
    with running(limit_s=0.5) as desk:
        desk.scene.gone = True
        assert desk.looker.begin((person(ANN),))
        who, score = desk.answer()
        assert who is None
        assert score is not None
        assert score.verdict == "low_quality"
        assert desk.journal.named("face.camera_lost")


def test_closing_while_looking_is_quick(desk: Desk) -> None:
    assert desk.looker.begin((person(ANN),))
    desk.looker.close()
    assert desk.answers.empty()
    assert not desk.looker.begin((person(ANN),))


def test_no_line_of_the_journal_names_a_person_or_a_vector(desk: Desk) -> None:
    desk.scene.shows = [at_desk(ANN, seed=seed) for seed in (1, 2, 3)]
    desk.looker.begin((person(ANN),))
    desk.answer()
    told = str(desk.journal.lines)
    assert "check.judged" in told
    assert ANN not in told
    assert not any(f"{value:.4f}" in told for value in enrolled(ANN).vector if abs(value) > 0.01)


def test_a_face_that_fails_again_and_again_rests_and_nobody_else_is_told_more() -> None:
    with running(lockout=Lockout(after=2, pause_s=600)) as desk:
        desk.scene.shows = [at_desk(None, seed=seed) for seed in (1, 2, 3)]
        for _ in range(2):
            assert desk.looker.begin((person(ANN),))
            assert desk.answer()[0] is None
        assert not desk.looker.begin((person(ANN),))
        assert desk.journal.named("check.locked_out")


def test_pictures_of_checks_are_kept_only_where_asked_for(desk: Desk) -> None:
    desk.scene.shows = [at_desk(ANN, seed=seed) for seed in (1, 2, 3)]
    assert desk.looker.begin((person(ANN),))
    desk.answer()
    assert desk.crops == []
    with running(audit=True) as auditing:
        auditing.scene.shows = desk.scene.shows
        assert auditing.looker.begin((person(ANN),))
        auditing.answer()
        ((crop, judged),) = auditing.crops
        assert crop.startswith(b"\xff\xd8\xff")
        assert judged.score.verdict == "match"
