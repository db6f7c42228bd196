"""Every bit of a sealed answer counts; what is used leaves the disk; questions end."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from face_samples import ANN, BEN
from hypothesis import given
from hypothesis import strategies as st
from sealed_site import HOUR, STATION, Site, sealed_site

from edge.compose.face_answers import open_answer, take_answer
from edge.compose.face_sealing import Asked, seal_letter
from edge.core.errors import DecodeError
from edge.core.ids import PersonId
from edge.host.clock import SystemClock
from edge.storage.faces import consent_text
from edge.wire.face_answer import Letter


@dataclass(frozen=True)
class Sent:
    """An answer on its way, and what is in it."""

    site: Site
    letter: Letter
    data: bytes


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Sent:
    site = sealed_site(tmp_path_factory.mktemp("sealed"))
    letter = small_letter(ANN)
    data = seal_letter(site.platform, letter, Asked(STATION, site.ask(), HOUR))
    return Sent(site, letter, data)


def small_letter(person: PersonId) -> Letter:
    text = consent_text()[0]
    agreed = SystemClock().now() - HOUR
    staff = PersonId("p-staff")
    return Letter(person, text.version, text.sha256, agreed, "paper", staff, 30, ("AAAA",) * 3)


def test_the_answer_opens_as_it_was_sealed(sent: Sent) -> None:
    assert open_answer(sent.site.station, sent.data)[1] == sent.letter


@given(data=st.data())
def test_every_bit_of_the_envelope_counts(sent: Sent, data: st.DataObject) -> None:
    bit = data.draw(st.integers(0, len(sent.data) * 8 - 1))
    spoilt = bytearray(sent.data)
    spoilt[bit // 8] ^= 1 << bit % 8
    with pytest.raises(DecodeError):
        open_answer(sent.site.station, bytes(spoilt))


def test_an_answer_is_taken_once_by_whoever_is_first(tmp_path: Path) -> None:
    site = sealed_site(tmp_path)
    data = seal_letter(site.platform, small_letter(BEN), Asked(STATION, site.ask(BEN), HOUR))
    (answer, letter), second = open_answer(site.station, data), open_answer(site.station, data)
    take_answer(site.station, answer, letter, consent_text()[0])
    with pytest.raises(DecodeError, match="face_answer_replayed"):
        take_answer(site.station, *second, consent_text()[0])
    with pytest.raises(DecodeError, match="face_answer_replayed"):
        open_answer(site.station, data)
