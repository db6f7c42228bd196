"""Changing the event key, cut short at every step: exactly one key goes on."""

from contextlib import suppress
from pathlib import Path

import pytest
from rotating import (
    CutError,
    Files,
    Knife,
    is_sound,
    provisioned,
    rotate,
    run,
    start,
    steps_of,
)
from signed_log import KEY

from edge.core.errors import StorageFull

pytestmark = pytest.mark.slow


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return provisioned(tmp_path)


CUTS = range(1, 13)
"""Before and after: discard, make, announce, pin, put in place, say so."""
ANNOUNCED = 5
"""Passes of the knife before the announcement is committed."""


@pytest.mark.parametrize("cut", CUTS)
def test_a_kill_at_every_point_ends_with_one_key(files: Files, cut: int) -> None:
    knife = Knife(0)
    with suppress(CutError):
        run(files, start, lambda _: setattr(knife, "at", knife.steps + cut), rotate, knife=knife)
    assert is_sound(files, announced=cut > ANNOUNCED)
    run(files, rotate, start)
    assert files.flaw() is None
    assert files.sealed_by()[-1] != KEY


def test_the_knife_meets_every_step(files: Files) -> None:
    run(files, start)
    alone = steps_of(files)
    assert steps_of(files, rotate) - alone == len(CUTS)


@pytest.mark.parametrize("second", range(1, 9))
@pytest.mark.parametrize("cut", CUTS[ANNOUNCED:])
def test_a_kill_while_a_start_settles_is_settled_by_the_next(
    files: Files, cut: int, second: int
) -> None:
    knife = Knife(0)
    with suppress(CutError):
        run(files, start, lambda _: setattr(knife, "at", knife.steps + cut), rotate, knife=knife)
    with suppress(CutError):
        run(files, start, knife=Knife(second))
    assert is_sound(files, announced=True)


@pytest.mark.parametrize("cut", CUTS)
def test_trouble_at_every_point_leaves_one_key_to_seal_with(files: Files, cut: int) -> None:
    """The process goes on: what it seals next is whole once the next start has settled."""
    knife = Knife(0, error=lambda: StorageFull("disk_full"))
    run(
        files,
        start,
        lambda _: setattr(knife, "at", knife.steps + cut),
        rotate,
        start,
        knife=knife,
    )
    run(files, start)
    assert files.flaw() is None
    assert len(files.public_keys()) == 1
