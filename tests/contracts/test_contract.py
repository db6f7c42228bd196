"""The published contract: written from the code, valid, and kept by every event that is sealed."""

import json
import re
import runpy
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from bench import BLOCKS, Bench
from jsonschema import Draft202012Validator
from tapped import STRANGE, known_chips, tap

from edge.core.codes import Code
from edge.core.intake import inputs
from edge.core.intake.state import Choice
from edge.wire.topics import parse_topic

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs"
VECTORS = FOLDER / "vectors"


@cache
def tool() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "tools" / "contract.py"))


@cache
def schema() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        (FOLDER / "schemas" / "events.schema.json").read_text(encoding="utf-8")
    )
    Draft202012Validator.check_schema(found)
    return found


@cache
def validator() -> Draft202012Validator:
    return Draft202012Validator(schema(), format_checker=Draft202012Validator.FORMAT_CHECKER)


def test_the_contract_is_what_the_code_says() -> None:
    for name, text in tool()["contract"]().items():
        assert (FOLDER / name).read_text(encoding="utf-8") == text, "run tools/contract.py"
    written = {
        str(path.relative_to(FOLDER))
        for folder in ("schemas", "vectors")
        for path in (FOLDER / folder).iterdir()
    }
    assert written | {"asyncapi.yaml"} == set(tool()["contract"]())


def test_the_schemas_are_schemas() -> None:
    messages = json.loads((FOLDER / "schemas" / "messages.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(messages)
    assert len(schema()["$defs"]) == len(tool()["EVENTS"])


def whole() -> Bench:
    bench = Bench()
    bench.to_scanning()
    bench.to_the_end()
    return bench


def refused() -> Bench:
    bench = Bench()
    bench.to_scanning()
    bench.scan("forged:x", f"chip:{BLOCKS[0]}")
    bench.touch(inputs.ScanUndone(), inputs.DeliveryEnded(Choice.REFUSE, Code.DAMAGED))
    return bench


def tapped() -> Bench:
    bench = known_chips()
    bench.scan(f"chip:{BLOCKS[0]}")
    tap(bench, f"chip:{BLOCKS[0]}")
    tap(bench, f"chip:{BLOCKS[0]}", uid=STRANGE)
    bench.touch(inputs.DeliveryEnded(Choice.HOLD, Code.SEAL_ABSENT))
    return bench


@pytest.mark.parametrize("make", [whole, refused, tapped])
def test_every_event_keeps_the_contract(make: Any) -> None:
    bench: Bench = make()
    assert len(bench.store.log) > 5
    for event in bench.store.log:
        body = json.loads(event.body)
        validator().validate(body)
        kind = body["type"].removeprefix("specimen.").removesuffix(".v1")
        assert set(body["data"]) == set(schema()["$defs"][kind]["properties"])


@pytest.mark.parametrize(
    "change",
    [
        {"sequence": "1"},
        {"type": "specimen.unknown.v1"},
        {"prev": "x"},
        {"epoch": "E"},
        {"data": {}},
        {"data": None},
        {"time": "yesterday"},
    ],
)
def test_what_breaks_the_contract_is_found(change: dict[str, object]) -> None:
    body = json.loads(whole().store.log[3].body)
    assert validator().is_valid(body)
    assert not validator().is_valid(body | change)


def consumer(lines: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    keys = folder / "keys.json"
    keys.write_bytes((VECTORS / "keys.json").read_bytes())
    return subprocess.run(
        [sys.executable, str(ROOT / "docs" / "consumer.py"), "--keys", str(keys)],
        input="\n".join(lines) + "\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_chain_of_the_vectors_holds(tmp_path: Path) -> None:
    chain = (VECTORS / "chain.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(chain) == 10
    assert consumer(chain, tmp_path).returncode == 0


BROKEN = [
    json.loads(line) for line in (VECTORS / "broken.jsonl").read_text(encoding="utf-8").splitlines()
]


@pytest.mark.parametrize("broken", BROKEN, ids=lambda each: each["fault"].replace(" ", "-"))
def test_each_broken_vector_is_found(broken: dict[str, str], tmp_path: Path) -> None:
    chain = (VECTORS / "chain.jsonl").read_text(encoding="utf-8").splitlines()
    assert consumer([*chain[:4], broken["envelope"], *chain[5:]], tmp_path).returncode == 1


def test_every_reference_of_the_description_leads_somewhere() -> None:
    described = yaml.safe_load((FOLDER / "asyncapi.yaml").read_text(encoding="utf-8"))
    seen = 0
    for reference in _references(described):
        name, _, pointer = reference.partition("#")
        target = described if not name else json.loads((FOLDER / name).read_text(encoding="utf-8"))
        for part in filter(None, pointer.split("/")):
            target = target[part]
        seen += 1
    assert seen > 30
    assert set(described["operations"]) == set(described["channels"])


def test_every_address_of_the_description_is_a_topic_of_ours() -> None:
    described = yaml.safe_load((FOLDER / "asyncapi.yaml").read_text(encoding="utf-8"))
    for channel in described["channels"].values():
        parse_topic(re.sub(r"\{[a-z0-9]+\}", "1", channel["address"]))


def _references(value: object) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if "$ref" in value else []
        return own + [each for below in value.values() for each in _references(below)]
    if isinstance(value, list):
        return [each for below in value for each in _references(below)]
    return []
