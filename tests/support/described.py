"""Messages judged by the published contract: `docs/asyncapi.yaml` and its schemas."""

import json
import re
from base64 import b64decode
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

DOCS = Path(__file__).parents[2] / "docs"


class Description:
    """The contract as a reader has it: nothing of the product's code is asked."""

    def __init__(self) -> None:
        described = yaml.safe_load((DOCS / "asyncapi.yaml").read_text(encoding="utf-8"))
        self._messages = described["components"]["messages"]
        self._channels = {
            re.compile(re.sub(r"\{\w+\}", "[^/]+", channel["address"])): (name, channel)
            for name, channel in described["channels"].items()
        }
        self._registry: Registry[Any] = Registry().with_resources(
            (f"schemas/{path.name}", Resource.from_contents(json.loads(path.read_bytes())))
            for path in (DOCS / "schemas").iterdir()
        )

    def judge(self, topic: str, payload: bytes) -> str:
        """The channel of a message that keeps the contract; ValidationError or AssertionError."""
        found = [each for address, each in self._channels.items() if address.fullmatch(topic)]
        assert found, topic
        name, channel = min(found, key=lambda each: each[1]["address"].count("{"))
        (reference,) = (each["$ref"] for each in channel["messages"].values())
        self._judge(self._messages[reference.rpartition("/")[2]], payload)
        return str(name)

    def _judge(self, message: dict[str, Any], payload: bytes) -> None:
        schema = message["payload"]
        if schema.get("format") == "binary":
            return
        if message.get("contentType") == "application/x-ndjson":
            assert all(isinstance(json.loads(line), dict) for line in payload.splitlines())
            return
        said = json.loads(payload)
        self._validator(json.dumps(schema)).validate(said)
        inner = schema.get("properties", {}).get("payload", {}).get("contentSchema")
        if inner is not None:
            body = json.loads(b64decode(said["payload"], validate=True))
            self._validator(json.dumps(inner)).validate(body)

    @cache  # noqa: B019 - lives as long as a test
    def _validator(self, schema: str) -> Draft202012Validator:
        return Draft202012Validator(
            json.loads(schema),
            registry=self._registry,
            format_checker=Draft202012Validator.FORMAT_CHECKER,
        )
