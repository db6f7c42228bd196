import cv2
import face_samples
import numpy as np
import pytest
from face_samples import ANN, BEN, at_desk, engine, enrolled

from edge.core.faces import ANY_FACE, DESK, ENROLMENT, Described, Flaw, likeness, nearest
from edge.devices.face.populations import Population, engine_id_of, shipped_population


def described(picture: face_samples.Picture) -> Described:
    told = engine().describe(picture, ANY_FACE)
    assert isinstance(told, Described), told
    return told


@pytest.mark.parametrize("size", [(640, 480), (1280, 720)])
def test_a_known_face_is_nearest_to_its_own_template(size: tuple[int, int]) -> None:
    for person, other in ((ANN, BEN), (BEN, ANN)):
        found = nearest(
            described(at_desk(person, size=size)).vector, [enrolled(person), enrolled(other)]
        )
        assert found is not None
        assert found.person == person
        assert found.score > face_samples.rendered().threshold


def test_a_stranger_is_near_to_nobody() -> None:
    found = nearest(described(at_desk(None)).vector, [enrolled(ANN), enrolled(BEN)])
    assert found is not None
    assert found.score < face_samples.rendered().threshold


def test_the_same_picture_gives_the_same_vector_of_length_one() -> None:
    one, other = described(at_desk(ANN)), described(at_desk(ANN).copy())
    assert one.vector == other.vector
    assert likeness(one.vector, one.vector) == pytest.approx(1)


def test_the_mirror_image_of_a_template_is_the_template() -> None:
    picture = at_desk(ANN)
    told = engine().describe(picture, ANY_FACE, mirrored=True)
    turned = engine().describe(np.ascontiguousarray(picture[:, ::-1]), ANY_FACE, mirrored=True)
    assert isinstance(told, Described)
    assert isinstance(turned, Described)
    assert likeness(told.vector, turned.vector) > 0.97


def test_an_empty_room_has_no_face() -> None:
    assert engine().describe(np.full((480, 640, 3), 90, np.uint8), DESK) is Flaw.NO_FACE


def test_two_faces_are_one_too_many() -> None:
    both = np.hstack([at_desk(ANN), at_desk(BEN)])
    assert engine().describe(both, DESK) is Flaw.SEVERAL_FACES


def test_a_small_face_beside_matters_for_a_template_only() -> None:
    wide = np.hstack([at_desk(ANN, size=(960, 720)), np.full((720, 320, 3), 120, np.uint8)])
    wide[200:440, 960:1280] = cv2.resize(at_desk(BEN), (320, 240))
    assert isinstance(engine().describe(wide, DESK), Described)
    assert engine().describe(wide, ENROLMENT) is Flaw.SEVERAL_FACES


def test_a_face_far_away_is_too_small() -> None:
    small = np.full((480, 640, 3), 120, np.uint8)
    small[120:360, 160:480] = cv2.resize(at_desk(ANN), (320, 240), interpolation=cv2.INTER_AREA)
    assert engine().describe(small, DESK) is Flaw.TOO_SMALL


def test_a_blurred_face_does_not_count() -> None:
    blurred = np.asarray(cv2.GaussianBlur(at_desk(ANN), (0, 0), 9), np.uint8)
    assert engine().describe(blurred, DESK) is Flaw.BLURRED


@pytest.mark.parametrize(("factor", "flaw"), [(0.15, Flaw.TOO_DARK), (3.0, Flaw.TOO_BRIGHT)])
def test_light_is_judged_on_the_face(factor: float, flaw: Flaw) -> None:
    lit = np.clip(at_desk(ANN).astype(float) * factor + (factor > 1) * 90, 0, 255)
    assert engine().describe(lit.astype(np.uint8), DESK) in {flaw, Flaw.NO_FACE}


def test_an_engine_is_named_by_models_alignment_and_centring() -> None:
    shipped = engine_id_of(shipped_population())
    assert shipped != engine_id_of(face_samples.rendered()) == engine().engine_id
    assert engine_id_of(Population("any", 0.9, 0.1)).endswith("uncentred")
    moved = Population("east-asian", 0.56, 0.05, mean=(0.1,) * 128)
    assert engine_id_of(moved) != shipped
