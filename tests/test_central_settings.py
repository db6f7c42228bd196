"""The platform's settings: a database without a password in sight, and labs without doubt."""

from pathlib import Path

import pytest

from edge.compose.central import database_of, share_of
from edge.core.errors import ConfigError
from edge.core.ids import KeyId
from edge.core.problems import render_problems
from edge.host.keys import PinnedKey
from edge.settings import SettingsInvalid, explain_settings, load_settings

STATION = {"city": "nanchang", "lab": "platform", "device": "central"}
SECRET = "hush-hush"  # noqa: S105 - of no system
PINNED = tuple(
    PinnedKey(KeyId(f"k-{number}"), "", purpose, owner)
    for number, (purpose, owner) in enumerate(
        [
            ("event", "nanchang/lab-1/desk-1"),
            ("event", "nanchang/lab-2/desk-1"),
            ("event", "nanchang/lab-2/desk-2"),
            ("event", "jiujiang/lab-7/desk-1"),
            ("control", None),
            ("chip", "nanchang/lab-9/desk-1"),
        ]
    )
)


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://user:{SECRET}@host/name",
        f"postgresql://host/name?user=u&password={SECRET}",
        f"mysql://user@{SECRET}/name",
        f"{SECRET}",
        f"postgresql://[{SECRET}/name",
    ],
)
def test_a_password_in_the_settings_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(SettingsInvalid) as caught:
        load_settings(station=STATION, central={"database": url})
    (problem,) = caught.value.problems
    assert problem.field == "central.database"
    told = render_problems((problem,)) + str(caught.value)
    assert "database_password_file" in told
    assert SECRET not in told


@pytest.mark.parametrize("shard", ["0/3", "4/3", "1", "a/b", ""])
def test_what_is_no_part_of_a_city_is_named(shard: str) -> None:
    with pytest.raises(SettingsInvalid) as caught:
        load_settings(station=STATION, central={"shard": shard})
    (problem,) = caught.value.problems
    assert (problem.field, problem.value) == ("central.shard", shard)
    assert "1/3" in problem.remedy_en


def test_labs_and_a_part_exclude_each_other() -> None:
    with pytest.raises(SettingsInvalid) as caught:
        load_settings(station=STATION, central={"labs": ["lab-1"], "shard": "1/3"})
    (problem,) = caught.value.problems
    assert problem.field == "central.shard"
    assert "labs" in problem.en


def test_the_read_api_stays_on_this_machine() -> None:
    with pytest.raises(SettingsInvalid) as caught:
        load_settings(station=STATION, central={"api": {"host": "0.0.0.0"}})  # noqa: S104 - refused
    (problem,) = caught.value.problems
    assert problem.field == "central.api.allow_plain"
    knowingly = {"host": "10.0.0.1", "allow_plain": True}
    assert load_settings(station=STATION, central={"api": knowingly}).central.api.allow_plain


def test_labs_are_shown_as_they_are_written() -> None:
    shown = {
        each.field: each.value
        for each in explain_settings(station=STATION, central={"labs": ["lab-1", "lab-2"]})
    }
    assert shown["central.labs"] == "['lab-1', 'lab-2']"


def test_the_password_comes_from_a_file_of_its_owner(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    central = {"database": "postgresql://u@h/d", "database_password_file": str(file)}
    settings = load_settings(station=STATION, central=central)
    with pytest.raises(ConfigError, match="secret_unreadable"):
        database_of(settings)
    file.write_text(f"{SECRET}\n", encoding="utf-8")
    file.chmod(0o644)
    with pytest.raises(ConfigError, match="secret_readable_by_others"):
        database_of(settings)
    file.chmod(0o600)
    database = database_of(settings)
    assert database.password == SECRET
    assert SECRET not in repr(database)
    assert database.name == "h:5432/d"


def test_a_part_of_a_city_is_made_of_labs_with_pinned_keys() -> None:
    parts = [
        share_of(load_settings(station=STATION, central={"shard": f"{number}/3"}), PINNED)
        for number in (1, 2)
    ]
    assert sorted(lab for share in parts for lab in share.labs or ()) == ["lab-1", "lab-2"]


def test_a_part_without_a_lab_is_said() -> None:
    settings = load_settings(station=STATION, central={"shard": "3/3"})
    with pytest.raises(ConfigError, match="share_empty"):
        share_of(settings, PINNED)


def test_without_a_word_a_consumer_takes_every_lab() -> None:
    assert share_of(load_settings(station=STATION), PINNED).labs is None
