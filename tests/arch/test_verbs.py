import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from edge.cli.app import app

ROOT = Path(__file__).parents[2]
ARCHITECTURE_LINES = 150


def walk(group: typer.Typer, path: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    for info in group.registered_commands:
        assert info.callback is not None
        verb = info.name or info.callback.__name__.replace("_", "-")
        yield " ".join((*path, verb)), info.help or info.callback.__doc__ or ""
    for below in group.registered_groups:
        assert below.typer_instance is not None
        own = below.name or below.typer_instance.info.name
        yield from walk(below.typer_instance, (*path, own) if isinstance(own, str) else path)


VERBS = dict(walk(app))


def test_there_are_verbs() -> None:
    assert "config" in VERBS


@pytest.mark.parametrize("verb", VERBS)
def test_the_help_of_every_verb_has_an_example(verb: str) -> None:
    assert re.search(rf"specimen-edge {verb}\b", VERBS[verb]), VERBS[verb]


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("document", ["README.md", "ARCHITECTURE.md"])
def test_every_verb_stands_in_the_documents(document: str, verb: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    first = verb.split(" ", maxsplit=1)[0]
    assert re.search(rf"`(specimen-edge )?({verb}|{first})\b", text), f"{document} lacks `{verb}`"


def test_architecture_stays_short() -> None:
    lines = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= ARCHITECTURE_LINES
