"""Enrolment from a platform's answer sealed to the station's own key, and its refusals."""

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from face_samples import ANN, BEN, Picture
from sealed_site import HOUR, NEVER, OTHER, STATION, Site, coded, run, sealed_site, written
from typer.testing import Result

from edge.compose.common import face_asks_of
from edge.core.face_answers import ASK
from edge.core.ids import Digest, KeyId
from edge.host.answer_key import AnswerKey
from edge.host.clock import SystemClock
from edge.host.keys import FileSigner, PinnedKey, generate_key
from edge.host.seal_keys import SEAL
from edge.wire.downlink import Answer, FaceAnswer, sign_message
from edge.wire.face_answer import Letter

pytestmark = pytest.mark.slow


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return sealed_site(tmp_path)


def test_a_person_is_enrolled_by_what_the_platform_sealed(site: Site) -> None:
    told = site.accept(site.sealed(site.letter()))
    assert told.exit_code == 0, told.output
    listed = json.loads(run("list", "--json", "--config", site.config).stdout)
    assert (listed["person"], listed["photographs"]) == (ANN, 3)
    assert listed["recorded_by"] == "p-staff"
    assert listed["agreed"] < listed["expires"]
    assert not face_asks_of(site.station, SystemClock()).documents("ask")


def test_the_inbox_is_told_line_by_line_and_left_empty(site: Site) -> None:
    """Taken, brought twice, foreign and unreadable ones; the desk's own answers stay."""
    good, foreign = (
        site.sealed(site.letter(), corr := site.ask()),
        site.sealed(site.letter(), NEVER),
    )
    site.bring(
        ("ans/commission-1", b"{}"),
        (f"ans/{corr}", good),
        (f"ans/{corr}", good),
        (f"ans/{NEVER}", foreign),
        ("ans/face-torn", b"{"),
    )
    told = run("accept", "--config", site.config)
    assert (told.exit_code, told.stdout[: len(ANN)]) == (1, ANN), told.output
    lines = told.stderr.splitlines()
    assert len(lines) == 2
    assert "face_answer_unasked" in lines[0]
    assert "没有提出过" in lines[0]
    assert "envelope_malformed" in lines[1]
    assert site.inbox() == ["ans/commission-1"]
    again = run("accept", "--config", site.config)
    assert (again.exit_code, again.stderr) == (0, "")
    assert "no answer has come" in again.stdout


def test_used_answers_leave_no_byte_in_the_inbox(site: Site) -> None:
    data = site.sealed(site.letter(), corr := site.ask())
    site.bring((f"ans/{corr}", data))
    assert data[4000:4040] in site.station.link_db.read_bytes()
    assert run("accept", "--config", site.config).exit_code == 0
    for path in site.station.state_dir.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not [at for at in range(0, len(data) - 40, 997) if data[at : at + 40] in content]


def test_an_answer_of_a_program_that_knows_no_such_question_is_none(site: Site) -> None:
    signer = FileSigner(site.platform.control_key, key_id=site.control.key_id)
    now = SystemClock().now()
    told = Answer(STATION.name, corr := site.ask(), ASK, now, {"error": "unknown_question"})
    site.bring((f"ans/{corr}", sign_message(told, key_id=signer.key_id, sign=signer.sign)))
    assert run("accept", "--config", site.config).exit_code == 0


def test_the_key_is_shown_as_the_entry_that_is_pinned(site: Site) -> None:
    shown = json.loads(run("answer-key", "--config", site.config).stdout)
    assert shown == {
        "key_id": site.key.key_id,
        "public": site.key.public,
        "purpose": SEAL,
        "owner": STATION.name,
    }
    assert site.station.face_answer_key.stat().st_mode & 0o077 == 0


def seal(site: Site, *more: str | Path, at: str = "", corr: str = NEVER) -> Result:
    agreed = at or (SystemClock().now() - HOUR).isoformat()
    words = ("--consent-at", agreed, "--consent-by", "p-staff", "--age", "30", "--corr", corr)
    where = ("--out", site.config.parent / "out.json", "--config", site.platform.state_dir)
    config = where[-1].with_suffix(".toml")
    return run("seal", STATION.name, ANN, *more, *words, *where[:-1], config)


def test_sealing_needs_the_pinned_key_of_that_station(site: Site) -> None:
    files = site.photographs()
    assert seal(site, *files).exit_code == 0
    ended = replace(site.key, valid_until=SystemClock().now() - HOUR)
    for pinned in ((), (replace(site.key, owner=OTHER.name),), (ended,)):
        site.pin(*pinned)
        told = seal(site, *files)
        assert (told.exit_code, "seal_key_not_pinned" in told.stderr) == (2, True), told.stderr


def test_sealing_names_what_it_cannot_use(site: Site, tmp_path: Path) -> None:
    files = site.photographs()
    assert "photograph_unreadable" in seal(site, tmp_path / "none.jpg").stderr
    assert "consent_at_without_offset" in seal(site, *files, at="2026-11-01T09:00:00").stderr
    assert "consent_at_malformed" in seal(site, *files, at="yesterday").stderr
    large = tmp_path / "large.jpg"
    large.write_bytes(bytes(400_000))
    told = seal(site, large, large, large)
    assert (told.exit_code, "face_answer_too_large" in told.stderr) == (2, True)
    assert "fewer or smaller" in told.stderr
    low = PinnedKey(KeyId("low-1"), base64.b64encode(bytes(32)).decode(), SEAL, STATION.name)
    site.pin(low)
    assert "seal_key_low_order" in seal(site, *files).stderr


def test_an_answer_is_used_once(site: Site) -> None:
    data = site.sealed(site.letter())
    assert site.accept(data).exit_code == 0
    again = site.accept(data)
    assert (again.exit_code, "face_answer_replayed" in again.stderr) == (1, True)


def test_a_withdrawn_consent_does_not_come_back(site: Site) -> None:
    letter = site.letter()
    assert site.accept(site.sealed(letter)).exit_code == 0
    run("withdraw", ANN, "--config", site.config)
    told = site.accept(site.sealed(letter))
    assert (told.exit_code, "face_consent_outdated" in told.stderr) == (1, True)
    assert site.enrolled() == ()


def text_of(picture: Picture) -> str:
    return base64.b64encode(coded(picture)).decode()


SPOILT: dict[str, tuple[Callable[[Letter], Letter], str]] = {
    "under fourteen": (lambda letter: replace(letter, age_years=13), "十四"),
    "another text": (
        lambda letter: replace(letter, text_sha256=Digest("0" * 64)),
        "face_consent_text_unknown",
    ),
    "no consent": (lambda letter: replace(letter, how=""), "face_consent_missing"),
    "agreed tomorrow": (
        lambda letter: replace(letter, agreed_at=SystemClock().now() + 24 * HOUR),
        "face_consent_not_yet",
    ),
    "agreed last month": (
        lambda letter: replace(letter, agreed_at=SystemClock().now() - 31 * 24 * HOUR),
        "face_consent_too_old",
    ),
    "two photographs": (
        lambda letter: replace(letter, photographs=letter.photographs[:2]),
        "不足",
    ),
    "nobody in it": (
        lambda letter: replace(
            letter,
            photographs=(text_of(np.full((480, 640, 3), 120, np.uint8)),) * 3,
        ),
        "没有人脸",
    ),
    "no picture": (
        lambda letter: replace(letter, photographs=("AAAA",) * 3),
        "image_unreadable",
    ),
}


@pytest.mark.parametrize(("spoil", "word"), SPOILT.values(), ids=SPOILT)
def test_an_answer_is_refused_with_one_reason(
    site: Site, spoil: Callable[[Letter], Letter], word: str
) -> None:
    told = site.accept(site.sealed(spoil(site.letter())))
    assert told.exit_code == 1
    assert word in told.stderr
    assert site.enrolled() == ()


def blank(site: Site, corr: str) -> FaceAnswer:
    now = SystemClock().now()
    return FaceAnswer(STATION.name, corr, now, now + HOUR, site.key.key_id, "")


def unasked(site: Site) -> bytes:
    return site.sealed(site.letter(), NEVER)


def overdue(site: Site) -> bytes:
    """Asked eight days ago."""
    corr = site.ask()
    path = site.station.state_dir / "face-asks" / f"{corr}.json"
    question = json.loads(path.read_bytes())
    question["data"]["until"] = (SystemClock().now() - HOUR).isoformat()
    path.write_text(json.dumps(question), encoding="utf-8")
    return site.sealed(site.letter(), corr)


def of_another(site: Site) -> bytes:
    return site.made(replace(site.letter(), person=BEN), blank(site, site.ask()))


def bound_to_another(site: Site) -> bytes:
    return site.sealed(replace(site.letter(), person=BEN))


def moved(site: Site) -> bytes:
    """The seal of one question under the name of another."""
    answer = blank(site, site.ask())
    return site.made(site.letter(), answer, bound=replace(answer, corr=site.ask()))


def prolonged(site: Site) -> bytes:
    answer = blank(site, site.ask())
    later = replace(answer, expires=answer.expires + HOUR)
    return site.made(site.letter(), later, bound=answer)


def timed(begun: float, hours: float) -> Callable[[Site], bytes]:
    def made(site: Site) -> bytes:
        answer = blank(site, site.ask())
        issued = answer.issued + begun * HOUR
        told = replace(answer, issued=issued, expires=issued + hours * HOUR)
        return site.made(site.letter(), told)

    return made


def of_another_key(site: Site) -> bytes:
    public = AnswerKey.made(site.config.parent / "other.pem")
    site.pin(replace(site.key, key_id=public.key_id, public=public.public))
    return site.sealed(site.letter())


def elsewhere(site: Site) -> bytes:
    site.pin(replace(site.key, owner=OTHER.name))
    return site.sealed(site.letter(), station=OTHER)


def forged(site: Site) -> bytes:
    path = site.config.parent / "stranger.pem"
    generate_key(path)
    signer = FileSigner(path, key_id=site.control.key_id)
    return sign_message(blank(site, site.ask()), key_id=signer.key_id, sign=signer.sign)


REFUSED: dict[str, tuple[Callable[[Site], bytes], str]] = {
    "never asked": (unasked, "face_answer_unasked"),
    "asked too long ago": (overdue, "face_answer_unasked"),
    "another person in the letter": (of_another, "face_answer_of_another"),
    "sealed for another person": (bound_to_another, "face_seal_broken"),
    "under another name": (moved, "face_seal_broken"),
    "with more time": (prolonged, "face_seal_broken"),
    "expired": (timed(-2, 1), "face_answer_expired"),
    "of tomorrow": (timed(24, 1), "face_answer_not_yet"),
    "for a month": (timed(0, 24 * 30), "face_answer_lasts_too_long"),
    "to another key": (of_another_key, "face_seal_of_another_key"),
    "to another station": (elsewhere, "wrong_station"),
    "signed by a stranger": (forged, "signature_bad"),
    "no envelope": (lambda _: b"{}", "envelope_malformed"),
}


@pytest.mark.parametrize(("make", "code"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_an_answer_to_us_is_refused_by_name(
    site: Site, make: Callable[[Site], bytes], code: str
) -> None:
    told = site.accept(make(site))
    assert (told.exit_code, code in told.stderr) == (1, True), told.output
    assert len(told.stderr.splitlines()) == 1
    assert site.enrolled() == ()


def test_where_it_is_not_configured_nothing_is_opened(site: Site, tmp_path: Path) -> None:
    data = site.sealed(site.letter())
    plain = written(tmp_path, "station")
    file = tmp_path / "answer.json"
    file.write_bytes(data)
    for words in (("accept", file), ("accept",), ("answer-key",), ("request", ANN)):
        told = run(*words, "--config", plain)
        assert told.exit_code != 0
        assert "face_answers_off" in told.stderr


def test_an_engine_that_is_not_there_uses_nothing_up(site: Site, tmp_path: Path) -> None:
    data = site.sealed(site.letter(), corr := site.ask())
    site.bring((f"ans/{corr}", data))
    more = 'from_platform = true\nengine = "openvino"\n'
    without = run("accept", "--config", written(tmp_path, "station", more=more))
    assert (without.exit_code, site.inbox()) == (2, [f"ans/{corr}"]), without.output
    written(tmp_path, "station", more="from_platform = true\n")
    assert run("accept", "--config", site.config).exit_code == 0
