"""Seeded schedules: device, broker and platform die inside each other's outages, nothing is lost.

A slice of the long run of `make soak`. To replay a seed: tests/crash/soak.py --seeds N.
"""

import os
from pathlib import Path

import pytest
from faults.soak import resumed, seeds_of, soak, summary
from rich.console import Console

SLICE = range(1, 43)
LONG = os.environ.get("SOAK_SEEDS", "1-1000")
HOURS_S = 6 * 3600


@pytest.mark.slow
def test_a_slice_of_schedules_loses_nothing_and_its_peers_lose(tmp_path: Path) -> None:
    verdicts = list(soak(SLICE, tmp_path))
    Console().print(summary(verdicts))
    assert [each.text() for each in verdicts if not each.is_good] == []
    assert len(verdicts) == len(SLICE)
    assert sum(len(each.fired) for each in verdicts) > 10, "hardly anybody died at a statement"
    for name in ("bare", "forgetful"):
        assert sum(each.peers[name].lost for each in verdicts) > 0, "the harness has no teeth"


@pytest.mark.soak
@pytest.mark.timeout(HOURS_S)
def test_a_thousand_schedules_lose_nothing(tmp_path: Path) -> None:
    """`SOAK_RESULTS` names a file that is appended to and resumed from, `SOAK_SEEDS` a range."""
    named = os.environ.get("SOAK_RESULTS")
    results = Path(named) if named else tmp_path / "results.jsonl"
    known = resumed(results)
    seeds = seeds_of(LONG)
    left = [seed for seed in seeds if seed not in {each.seed for each in known}]
    for verdict in soak(left, tmp_path):
        known.append(verdict)
        with results.open("a", encoding="utf-8") as file:
            file.write(verdict.text() + "\n")
    Console().print(summary(known))
    assert [each.text() for each in known if not each.is_good] == []
    assert {each.seed for each in known} >= set(seeds)
