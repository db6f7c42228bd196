"""The beginning of the command line: long processes are the same verbs, with less in memory."""

import subprocess
import sys

import pytest
import typer
from typer.testing import CliRunner

from edge.cli.app import app
from edge.cli.main import ALONE, only


def names(of: typer.Typer) -> set[str]:
    return {each.callback.__name__ for each in of.registered_commands if each.callback}


@pytest.mark.parametrize("verb", sorted(ALONE))
def test_a_verb_alone_is_the_verb_among_others(verb: str) -> None:
    assert verb in names(app)
    assert names(only(verb)) == {verb}
    alone = CliRunner().invoke(only(verb), [verb, "--help"])
    joined = CliRunner().invoke(app, [verb, "--help"])
    assert (alone.exit_code, alone.output) == (0, joined.output)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "status"), [(("wall", "--help"), 0), (("--help",), 0), (("nonsense",), 2), ((), 2)]
)
def test_every_way_in_leads_to_its_verb(words: tuple[str, ...], status: int) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "edge", *words],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == status
