import json
import re
import tomllib
from pathlib import Path

import jsonschema
import pytest

from edge.core.carriers import Carrier
from edge.core.errors import ConfigError
from edge.devices.firmware.place import configs_dir
from edge.devices.firmware.profile import (
    NfcProfile,
    ScannerProfile,
    profiles,
    read_profile,
    scanner_profile,
    schema_text,
)
from edge.devices.scanner.manner import Style

ROOT = Path(__file__).parents[3] / "firmware_configs"
FILES = sorted((*ROOT.glob("scanners/*.toml"), *ROOT.glob("nfc/*.toml")))
SCHEMAS: dict[str, type[ScannerProfile | NfcProfile]] = {
    "scanner": ScannerProfile,
    "nfc": NfcProfile,
}


@pytest.mark.parametrize("kind", SCHEMAS)
def test_the_schema_that_lies_beside_is_the_one_in_use(kind: str) -> None:
    lying = (ROOT / "schema" / f"{kind}.schema.json").read_text(encoding="utf-8")
    assert lying == schema_text(SCHEMAS[kind])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_file_keeps_its_schema_and_is_read(path: Path) -> None:
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    schema = json.loads(schema_text(SCHEMAS[content["kind"]]))
    jsonschema.validate(json.loads(json.dumps(content)), schema)
    profile = read_profile(path)
    assert profile.name == path.stem
    assert len(profile.title) > 5


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_fact_names_its_source(path: Path) -> None:
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    facts = [*content.get("settings", []), *content.get("quirks", [])]
    assert all(fact["source"] and fact["basis"] for fact in facts)
    assert all(fact["basis"] != "measured" for fact in content.get("settings", []))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_file_starts_with_a_sentence_for_its_reader(path: Path) -> None:
    assert re.match(r"# [A-Z].{30,}", path.read_text(encoding="utf-8").splitlines()[0])


def test_all_the_readers_of_the_plan_are_there() -> None:
    names = {each.name for each in profiles(configs_dir())}
    assert {
        *("gm65", "gm861", "waveshare", "generic-cr", "honeywell-n3680"),
        *("newland-fm430", "zebra-ssi", "uhf-m100", "hid-wedge", "pn532-hsu", "acr122"),
    } <= names


def test_a_profile_says_how_to_deal_with_its_module() -> None:
    profile = scanner_profile("gm65", ROOT)
    manner = profile.manner
    assert manner.bauds == (115200, 9600, 57600)
    assert manner.framing.style is Style.LENGTH
    assert manner.framing.with_aim
    assert {want.key for want in profile.wants} >= {"0003", "000D", "0060"}
    assert profile.default_carrier is Carrier.QR
    assert scanner_profile("uhf-m100", ROOT).default_carrier is Carrier.RF


GOOD = """
schema = 1
kind = "scanner"
name = "good"
title = "A good one"
models = ["x"]
dialect = "gm65"
port = { baud = 9600, probe = [9600] }
framing = { style = "line" }
[[settings]]
key = "0003"
mask = "02"
value = "02"
text = "t"
source = "s"
basis = "general"
"""


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("schema = 1", "schema = 2", "schema"),
        ("baud = 9600", "baud = 9601", "port.baud"),
        ('dialect = "gm65"', 'dialect = "zzz"', "dialect"),
        ('key = "0003"', 'key = "AIMENA"', ""),
        ('mask = "02"', 'mask = "0202"', ""),
        ('mask = "02"', "", ""),
        ('dialect = "gm65"', 'dialect = "generic"', ""),
        ('source = "s"', "", "settings.0.source"),
        ('title = "A good one"', 'title = "A good one"\nextra = 1', "extra"),
    ],
)
def test_a_slip_in_a_file_is_named_with_its_place(
    tmp_path: Path, old: str, new: str, where: str
) -> None:
    path = tmp_path / "good.toml"
    path.write_text(GOOD, encoding="utf-8")
    read_profile(path)
    path.write_text(GOOD.replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigError, match="profile_malformed") as caught:
        read_profile(path)
    assert str(caught.value.facts["where"]).endswith(where)


@pytest.mark.parametrize("content", [b"\xff", b"a = ", None])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "bad.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match="profile_unreadable"):
        read_profile(path)


def test_an_unknown_name_lists_the_known() -> None:
    with pytest.raises(ConfigError, match="profile_unknown") as caught:
        scanner_profile("gm66", ROOT)
    assert "gm65" in str(caught.value)


def test_the_folder_is_the_given_one_or_the_one_that_came_along(tmp_path: Path) -> None:
    assert configs_dir().samefile(ROOT)
    assert configs_dir(ROOT) == ROOT
    with pytest.raises(ConfigError, match="firmware_configs_missing"):
        configs_dir(tmp_path)
