import os
from pathlib import Path

import pytest

from edge.core.ids import CityId
from edge.core.problems import Problem, render_problems
from edge.sections import Language
from edge.settings import SettingsInvalid, explain_settings, load_settings

STATION = {"city": "nanchang", "lab": "lab-1", "device": "desk-1"}

BROKEN = """
keepalive_s = 3
[station]
city = "Nan Chang"
lab = "lab-1"
languag = "en"
[broker]
host = "broker.example"
port = "many"
password = "hunter2"
keepalive_s = 1
allow_plain = "perhaps"
[broker.tls]
cert = "a.pem"
[[qr.grammars]]
name = ""
kind = "z"
pattern = "(["
[clock]
assume_synced = 2
[central]
seed_dir = 5
[keys]
event = ["a"]
[rules]
ruleset = "Nan"
"""


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("EDGE_"):
            monkeypatch.delenv(name)


@pytest.fixture
def refused(tmp_path: Path) -> "Refused":
    return Refused(tmp_path / "edge.toml")


class Refused:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __call__(self, text: str, **overrides: object) -> dict[str, Problem]:
        self.path.write_text(text, encoding="utf-8")
        with pytest.raises(SettingsInvalid) as caught:
            load_settings(self.path, **overrides)
        return {problem.field: problem for problem in caught.value.problems}


def test_defaults_hold_for_a_named_station() -> None:
    settings = load_settings(station=STATION)
    assert settings.station.city == CityId("nanchang")
    assert settings.station.name == "nanchang/lab-1/desk-1"
    assert settings.station.language is Language.ZH_CN
    assert settings.station_db == Path("/var/lib/specimen-edge/station.db")
    assert settings.models_dir == Path("/var/lib/specimen-edge/models")
    assert settings.rules.ruleset == "nanchang-2023"


def test_later_sources_win(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "edge.toml"
    config.write_text(
        '[station]\ncity = "a"\nlab = "b"\ndevice = "c"\n[broker]\nport = 1\nkeepalive_s = 11\n',
        encoding="utf-8",
    )
    monkeypatch.setenv("EDGE_BROKER__PORT", "2")
    monkeypatch.setenv("EDGE_STATION__CITY", "e")
    monkeypatch.setenv("EDGE_MODELS_DIR", str(tmp_path))
    settings = load_settings(config, station={"city": "o"}, state_dir=tmp_path / "state")
    assert settings.station.name == "o/b/c"
    assert (settings.broker.port, settings.broker.keepalive_s) == (2, 11)
    assert settings.models_dir == tmp_path
    assert settings.evidence_dir == tmp_path / "state" / "evidence"


def test_each_value_names_its_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "edge.toml"
    config.write_text("[broker]\nport = 1\n", encoding="utf-8")
    monkeypatch.setenv("EDGE_BROKER__KEEPALIVE_S", "9")
    origins = {each.field: each for each in explain_settings(config, station=STATION)}
    assert (origins["broker.port"].value, origins["broker.port"].source) == ("1", str(config))
    assert origins["broker.keepalive_s"].source == "EDGE_BROKER__KEEPALIVE_S"
    assert origins["station.city"].source == "override"
    assert origins["broker.host"].source == "default"


def test_every_problem_of_a_broken_file_is_named_at_once(
    refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDGE_BROKR__HOST", "x")
    monkeypatch.setenv("EDGE_LOG_LEVEL", "loud")
    problems = refused(BROKEN)
    assert set(problems) == {
        "EDGE_BROKR__HOST",
        "log_level",
        "keepalive_s",
        "station.city",
        "station.device",
        "station.languag",
        "broker.port",
        "broker.password",
        "broker.keepalive_s",
        "broker.allow_plain",
        "broker.tls.ca",
        "broker.tls.key",
        "qr.grammars.0.kind",
        "qr.grammars.0.name",
        "qr.grammars.0.pattern",
        "central.seed_dir",
        "keys.event",
        "rules.ruleset",
        "clock.assume_synced",
    }
    for problem in problems.values():
        texts = (problem.zh, problem.en, problem.remedy_zh, problem.remedy_en)
        assert all(text and "{" not in text.replace("{8}", "") for text in texts), problem


@pytest.mark.parametrize(
    ("written", "nearest"),
    [
        ("[broker]\nprt = 1", "broker.port"),
        ("[station]\nlabname = 'x'", "station.lab_name"),
        ("[broker.tls]\nca_file = 'x'", "broker.tls.ca"),
        ("statedir = '/x'", "state_dir"),
        ("keepalive_s = 20", "broker.keepalive_s"),
        ("[[qr.grammars]]\npat = 'x'", "qr.grammars"),
    ],
)
def test_an_unknown_key_names_the_nearest(refused: Refused, written: str, nearest: str) -> None:
    unknown = [each for each in refused(written).values() if each.en.startswith("is no setting")]
    assert len(unknown) == 1
    assert nearest in unknown[0].remedy_en
    assert nearest in unknown[0].remedy_zh


def test_a_secret_in_the_file_is_refused_and_never_shown(refused: Refused) -> None:
    problems = refused("[broker]\npassword = 'hunter2'\nclient_secret = 'hunter2'", station=STATION)
    assert "hunter2" not in render_problems(tuple(problems.values()))
    assert "broker.password_file" in problems["broker.password"].remedy_en
    assert "0600" in problems["broker.client_secret"].remedy_zh


@pytest.mark.parametrize(
    ("text", "kind_en"),
    [
        ("[station\ncity = 1", "not TOML"),
        ('[broker]\nport = "a\n', "not TOML"),
    ],
)
def test_a_file_that_is_no_toml_names_line_and_column(
    refused: Refused, text: str, kind_en: str
) -> None:
    problem = refused(text, station=STATION)["--config"]
    assert kind_en in problem.en
    assert "line" in problem.en


def test_a_file_that_is_not_there_is_a_problem_only_when_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid) as caught:
        load_settings(tmp_path / "none.toml", station=STATION)
    assert [each.field for each in caught.value.problems] == ["--config"]


def test_the_link_is_plain_only_on_this_machine_or_knowingly() -> None:
    with pytest.raises(SettingsInvalid) as caught:
        load_settings(station=STATION, broker={"host": "192.0.2.1"})
    assert [each.field for each in caught.value.problems] == ["broker.allow_plain"]
    load_settings(station=STATION, broker={"host": "192.0.2.1", "allow_plain": True})
    load_settings(station=STATION, broker={"host": "192.0.2.1", "tls": {"ca": "/ca.pem"}})
    load_settings(station=STATION, broker={"host": "::1"})


def test_grammars_come_from_the_environment_as_json(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("EDGE_QR__GRAMMARS", '[{"name": "maker", "pattern": "(?P<id>[0-9]{8})"}]')
    assert load_settings(station=STATION).qr.grammars[0].name == "maker"
    monkeypatch.setenv("EDGE_QR__GRAMMARS", "[{")
    with pytest.raises(SettingsInvalid) as caught:
        load_settings(station=STATION)
    assert "JSON" in caught.value.problems[0].en


def test_grammars_are_ours_and_then_those_of_the_file() -> None:
    entry = {"name": "maker", "pattern": "(?P<id>[0-9]{8})(?P<check>[0-9])", "check": "mod11_10"}
    settings = load_settings(station=STATION, qr={"grammars": [entry]})
    assert [each.name for each in settings.grammars] == ["own-forms", "maker"]
    with pytest.raises(SettingsInvalid) as caught:
        load_settings(station=STATION, qr={"grammars": [entry | {"pattern": "(?P<id>[0-9]+)"}]})
    assert [each.field for each in caught.value.problems] == ["qr.grammars.0.check"]


def test_two_grammars_of_one_name_are_refused() -> None:
    entry = {"name": "maker", "pattern": "(?P<id>[0-9]{8})"}
    with pytest.raises(SettingsInvalid) as caught:
        load_settings(station=STATION, qr={"grammars": [entry, entry]})
    assert [each.field for each in caught.value.problems] == ["qr.grammars"]


def test_the_nfc_reader_has_a_section() -> None:
    wanted = {"path": "/dev/serial/by-path/pci-0:1.0-port0", "baud_cap": 115_200, "reset_pin": 24}
    nfc = load_settings(station=STATION, nfc=wanted).nfc
    assert (str(nfc.path), nfc.baud_cap, nfc.reset_pin) == tuple(wanted.values())
    assert load_settings(station=STATION).nfc.path is None
    for wrong in ({"path": "/dev/tty; reboot"}, {"path": "ttyUSB0"}, {"baud_cap": 57_600}):
        with pytest.raises(SettingsInvalid) as caught:
            load_settings(station=STATION, nfc=wanted | wrong)
        assert [each.field for each in caught.value.problems] == [f"nfc.{next(iter(wrong))}"]


def test_scanners_and_signals_have_sections() -> None:
    entry = {"name": "left", "path": "/dev/specimen-desk-left", "profile": "gm65"}
    settings = load_settings(station=STATION, scanners=[entry], signals={"enabled": True})
    (scanner,) = settings.scanners
    assert (scanner.name, scanner.profile, scanner.carrier, scanner.mend) == (
        *("left", "gm65", None),
        True,
    )
    assert settings.signals.enabled
    for wrong, field in (
        ([entry, entry], "scanners"),
        ([entry | {"carrier": "nfc"}], "scanners.0.carrier"),
    ):
        with pytest.raises(SettingsInvalid) as caught:
            load_settings(station=STATION, scanners=wrong)
        assert [each.field for each in caught.value.problems] == [field]


@pytest.mark.parametrize(
    "text", ["broker", "broker:", ":1883", "broker:99999", "a@broker:1", "b:1/x"]
)
def test_what_is_no_address_of_a_cluster_is_named(refused: Refused, text: str) -> None:
    (problem,) = refused("", station=STATION, broker={"others": [text]}).values()
    assert problem.field.startswith("broker.others")
    assert "host:port" in str(problem)


def test_other_addresses_of_a_cluster_must_be_encrypted_too() -> None:
    with pytest.raises(SettingsInvalid) as caught:
        load_settings(station=STATION, broker={"others": ["broker-2.example:8883"]})
    assert [each.field for each in caught.value.problems] == ["broker.allow_plain"]
    local = load_settings(station=STATION, broker={"others": ["[::1]:1884", "localhost:1885"]})
    assert local.broker.other_addresses == (("::1", 1884), ("localhost", 1885))
