import json
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import samples
from typer.testing import CliRunner, Result

from edge.cli.app import app
from edge.cli.face_notice import LANGUAGES, sheet_of
from edge.core.consent import Consent
from edge.core.errors import ConfigError
from edge.core.face_facts import FILING_PEOPLE, ExpectedRates, FaceFacts
from edge.core.faces import Enrolled
from edge.core.ids import PersonId
from edge.core.liveness import Means
from edge.devices.face.populations import engine_id_of, shipped_population
from edge.host.clock import SystemClock
from edge.host.pdf import FONTS, SheetSection, write_sheet
from edge.storage.faces import FaceGallery, FaceKey, consent_text

RUNNER = CliRunner()
ANN, STAFF = PersonId("p-ann"), PersonId("p-staff")
FACTS = FaceFacts(
    station="nanchang/lab-1/desk-1",
    at=samples.NOW,
    enabled=True,
    engine="engine-1",
    population="east-asian",
    threshold=0.585,
    expected=ExpectedRates(1e-3, 0.0005, 0.23, 0.0009, 0.07),
    means=Means.CHALLENGE,
    people=50,
    other_engines=0,
    renew=1,
    withdrawn=2,
    valid_days=365,
    audit_days=None,
    consent_version="face-1",
    consent_sha256="0" * 64,
    lockout_after=5,
    lockout_s=300,
)


def run(*words: str | Path) -> Result:
    return RUNNER.invoke(app, ["face", *map(str, words)])


@pytest.fixture
def site(tmp_path: Path) -> Path:
    config = tmp_path / "edge.toml"
    config.write_text(
        f'state_dir = "{tmp_path}/state"\n'
        '[station]\ncity = "nanchang"\nlab = "lab-1"\ndevice = "desk-1"\n',
        encoding="utf-8",
    )
    return config


def enrolled_by(site: Path, engine: str, *, days: int = 300) -> None:
    state, now = site.parent / "state", SystemClock().now()
    text, _ = consent_text()
    key = FaceKey.made(state / "keys" / "face.key")
    with closing(FaceGallery(state / "faces.db", key)) as gallery:
        gallery.agree(Consent(ANN, text, now, "paper", STAFF))
        until = now + timedelta(days=days)
        gallery.keep(Enrolled(ANN, (1.0, 0.0)), engine=engine, photographs=3, at=now, until=until)


def test_the_status_counts_and_never_names(site: Path) -> None:
    enrolled_by(site, engine_id_of(shipped_population()), days=10)
    told = run("status", "--json", "--config", site)
    assert told.exit_code == 0, told.output
    facts = json.loads(told.stdout)
    assert (facts["people"], facts["other_engines"], facts["renew"]) == (1, 0, 1)
    assert (facts["filing_threshold"], facts["filing_due"]) == (FILING_PEOPLE, False)
    assert 0 < facts["expected"]["fmr_three"] <= 0.001
    assert ANN not in told.stdout


def test_people_of_another_engine_are_told_beforehand(site: Path) -> None:
    enrolled_by(site, "engine-of-yesterday")
    told = run("status", "--config", site)
    assert told.exit_code == 1
    assert "须重新登记" in told.stderr
    assert "1" in told.stderr


def test_an_engine_whose_models_are_missing_is_a_named_error(site: Path) -> None:
    told = run("status", "--to", "openvino", "--config", site)
    assert told.exit_code == 2
    assert "face_model_absent" in told.stderr


def test_a_withdrawal_is_proven(site: Path) -> None:
    enrolled_by(site, "engine-1")
    assert run("withdraw", ANN, "--config", site).exit_code == 0
    (proof,) = run("list", "--erased", "--json", "--config", site).stdout.splitlines()
    told = json.loads(proof)
    assert (told["person"], told["engine"], told["reason"]) == (ANN, "engine-1", "withdrawn")
    assert len(told["sealed_sha256"]) == 64


@pytest.mark.skipif(not any(font.is_file() for font in FONTS), reason="no Noto Sans CJK here")
@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_the_fact_sheet_is_a_page(site: Path, language: str) -> None:
    out = site.parent / "notice.pdf"
    told = run("export-notice", "--out", out, "--language", language, "--config", site)
    assert told.exit_code == 0, told.output
    content = out.read_bytes()
    assert content.startswith(b"%PDF-")
    assert content.count(b"/Type /Page\n") == 1


@pytest.mark.parametrize("language", ["zh_CN", "en"])
@pytest.mark.parametrize(
    "facts",
    [
        FACTS,
        replace(FACTS, expected=None, audit_days=7, means=Means.NONE, people=FILING_PEOPLE),
        replace(FACTS, means=Means.NETWORK, other_engines=3),
    ],
)
def test_the_sheet_says_what_is_set(language: str, facts: FaceFacts) -> None:
    words = LANGUAGES[language]
    _, sections, _ = sheet_of(facts, language)
    rows = {label: value for section in sections for label, value in section.rows}
    assert rows[words["uncovered"]].split(", ") == [words[each] for each in facts.not_covered]
    assert ("7" in rows[words["crops"]]) is (facts.audit_days == 7)
    assert str(FILING_PEOPLE) in rows[words["filing"]]
    assert (words["three"] in rows) is (facts.expected is not None)
    assert rows[words["people"]] == str(facts.people)


def test_both_languages_have_the_same_words() -> None:
    assert set(LANGUAGES["zh_CN"]) == set(LANGUAGES["en"])


def test_a_stranger_is_named_the_more_people_there_are() -> None:
    named = FACTS.strangers_named
    assert named == pytest.approx(1 - (1 - 0.0009) ** 50)
    assert replace(FACTS, expected=None).strangers_named is None


def test_a_font_that_is_nowhere_is_a_named_error(tmp_path: Path) -> None:
    section = SheetSection("a", (("b", "c"),))
    with pytest.raises(ConfigError, match="pdf_font_absent"):
        write_sheet(tmp_path / "x.pdf", "t", [section], foot="", fonts=[tmp_path / "none.ttc"])
