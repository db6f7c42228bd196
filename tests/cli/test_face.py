import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from face_samples import ANN, BEN, Picture, at_desk, portraits_of
from typer.testing import CliRunner, Result

from edge.cli.app import app
from edge.cli.face_words import _WORDS
from edge.core.faces import Flaw
from edge.flows.enrol import Refusal

RUNNER = CliRunner()


def run(*words: str | Path) -> Result:
    return RUNNER.invoke(app, ["face", *map(str, words)])


def saved(folder: Path, name: str, picture: Picture) -> Path:
    path = folder / f"{name}.png"
    assert cv2.imwrite(str(path), picture)
    return path


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Path]:
    """A station whose threshold holds for drawn faces measured with the shipped mean."""
    config = tmp_path / "edge.toml"
    config.write_text(
        f'state_dir = "{tmp_path}/state"\n'
        "[station]\n"
        'city = "nanchang"\nlab = "lab-1"\ndevice = "desk-1"\n'
        "[face]\nthreshold = 0.9\n",
        encoding="utf-8",
    )
    yield config
    shutil.rmtree(tmp_path / "state", ignore_errors=True)


@pytest.fixture
def photographs(tmp_path: Path) -> list[Path]:
    return [
        saved(tmp_path, f"photo-{number}", picture)
        for number, picture in enumerate(portraits_of(ANN))
    ]


def enrol(site: Path, *photographs: Path, person: str = ANN) -> Result:
    return run("enrol", person, *photographs, "--consent-by", "p-staff", "--config", site)


def test_a_person_is_enrolled_listed_and_withdrawn(site: Path, photographs: list[Path]) -> None:
    told = enrol(site, *photographs)
    assert told.exit_code == 0, told.output
    listed = run("list", "--json", "--config", site)
    entry = json.loads(listed.stdout)
    assert (entry["person"], entry["photographs"], entry["consent"]) == (ANN, 3, "face-1")
    assert entry["recorded_by"] == "p-staff"
    again = enrol(site, *photographs, person=BEN)
    assert again.exit_code == 1
    assert "相似" in again.stderr
    assert run("withdraw", ANN, "--config", site).stdout.strip() == f"{ANN} erased=1"
    assert not run("list", "--config", site).stdout


@pytest.mark.parametrize(
    ("spoil", "word"),
    [
        (lambda _: np.full((480, 640, 3), 120, np.uint8), "no face"),
        (lambda good: np.asarray(cv2.GaussianBlur(good, (0, 0), 8), np.uint8), "blurred"),
        (lambda good: np.hstack([good, at_desk(BEN)]), "more than one"),
        (lambda _: portraits_of(BEN)[0], "not the same person"),
    ],
    ids=["none", "blurred", "several", "other"],
)
def test_a_bad_photograph_is_named_with_one_reason(
    site: Path, photographs: list[Path], spoil: object, word: str
) -> None:
    assert callable(spoil)
    photographs[1] = saved(site.parent, "spoilt", spoil(portraits_of(ANN)[1]))
    told = enrol(site, *photographs)
    assert told.exit_code == 1
    assert told.stderr.startswith(str(photographs[1]))
    assert word in told.stderr
    assert len(told.stderr.strip().splitlines()) == 1
    assert not run("list", "--config", site).stdout


def test_two_photographs_are_too_few(site: Path, photographs: list[Path]) -> None:
    told = enrol(site, *photographs[:2])
    assert told.exit_code == 1
    assert "不足 3 张" in told.stderr


def test_verify_answers_in_json(site: Path, photographs: list[Path]) -> None:
    probe = saved(site.parent, "probe", at_desk(ANN))
    told = run("verify", "--json", probe, "--config", site, "--enrolled", *photographs)
    answer = json.loads(told.stdout)
    assert set(answer) == {
        "verdict", "score", "threshold", "engine", "quality", "liveness", "ms",
    }  # fmt: skip
    assert (answer["verdict"], answer["quality"]) == ("match", "ok")
    assert answer["liveness"] == "not_checked"
    assert told.exit_code == 0


def test_verify_of_nobody_is_low_quality_and_of_another_no_match(
    site: Path, photographs: list[Path]
) -> None:
    empty = saved(site.parent, "empty", np.full((480, 640, 3), 120, np.uint8))
    told = run("verify", "--json", empty, "--enrolled", *photographs)
    answer = json.loads(told.stdout)
    assert (told.exit_code, answer["verdict"]) == (1, "low_quality")
    assert (answer["quality"], answer["score"]) == ("no_face", None)
    other = saved(site.parent, "other", at_desk(BEN))
    told = run("verify", "--json", other, "--config", site, "--enrolled", *photographs)
    assert (told.exit_code, json.loads(told.stdout)["verdict"]) == (1, "no_match")


def test_what_cannot_be_opened_is_named(tmp_path: Path, photographs: list[Path]) -> None:
    torn = tmp_path / "torn.jpg"
    torn.write_bytes(b"\xff\xd8\xff torn")
    told = run("verify", torn, "--enrolled", *photographs)
    assert told.exit_code == 2
    assert "image_unreadable" in told.stderr
    told = run("evaluate", tmp_path)
    assert told.exit_code == 2
    assert "manifest_unreadable" in told.stderr


def test_evaluate_reports_each_group(tmp_path: Path) -> None:
    rows = ["file,identity,group,kind"]
    for person in (ANN, BEN):
        for number, picture in enumerate(portraits_of(person)):
            rows.append(
                f"{saved(tmp_path, f'{person}-{number}', picture).name},{person},drawn,live"
            )
        attack = saved(tmp_path, f"{person}-print", portraits_of(person)[0])
        rows.append(f"{attack.name},{person},drawn,print_attack")
    (tmp_path / "manifest.csv").write_text("\n".join(rows), encoding="utf-8")
    told = run("evaluate", "--json", tmp_path, "--threshold", "0.9")
    assert told.exit_code == 0, told.stderr
    answer = json.loads(told.stdout)
    (group,) = answer["groups"]
    assert (group["group"], group["pictures"], group["identities"]) == ("drawn", 8, 2)
    one = group["one_photograph"]
    assert (one["genuine"], one["impostor"]) == (6, 9)
    assert one["eer"] == 0
    assert one["fnmr_at_fmr_1e3"] is None
    (attack,) = group["attacks"]
    assert (attack["species"], attack["attacks"], attack["accepted"]) == ("print_attack", 2, 1.0)
    assert (attack["apcer"], group["bpcer"], answer["liveness"]) == (None, None, None)
    assert group["cpu_ms"] > 0
    assert set(group["stages_ms"]) == {"find", "align", "encode", "compare", "default"}
    beside = group["beside"]
    assert (beside["no_face"], beside["one_photograph"]["genuine"]) == (0, 6)
    assert beside["one_photograph"]["impostor"] == 9


def test_the_text_of_consent_is_printed() -> None:
    told = run("consent")
    assert "sha256" in told.stdout
    assert "同意书" in told.stdout


def test_every_reason_has_words_in_both_languages() -> None:
    assert set(_WORDS) == {*Flaw, *Refusal}
    assert all(chinese and english for chinese, english in _WORDS.values())
