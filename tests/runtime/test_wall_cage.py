"""The wall station of a site with a cage: the real process states degree days, each once."""

import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner
from waiting import until
from wall_site import WallSite, wall_site

from edge.cli.app import app
from edge.core.specimen import GroupKind
from edge.storage.station import StationReader

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


def stated(wall: WallSite) -> list[tuple[str, Mapping[str, Any]]]:
    """Every event of degree days."""
    with StationReader(wall.settings.station_db) as log:
        bodies = [json.loads(each.body) for epoch in log.epochs() for each in log.events(epoch)]
    told = [(each["type"].partition("specimen.")[2], each["data"]) for each in bodies]
    return [(kind, data) for kind, data in told if kind.startswith("maturity.")]


def test_degree_days_of_a_cage_are_stated_and_reached_once(tmp_path: Path) -> None:
    cage = 'kind = "site"\n[wall.cage]\nplace = "cage-7"\nprojects = ["{project}"]\n'
    with wall_site(tmp_path) as wall:
        commission = wall.site.world.cast.same_condition
        config = Path(wall.config)
        text = config.read_text(encoding="utf-8")
        config.write_text(text + cage.format(project=commission.project), encoding="utf-8")
        groups = [each for each in commission.groups if each.kind is GroupKind.MATURITY_600]
        write_ledger(tmp_path / "ledger.csv", wall, days=33)
        wall.start()
        until(lambda: [kind for kind, _ in stated(wall)].count("maturity.reached.v1") == 2)
        before = stated(wall)
        assert {data["group"] for _, data in before} >= {each.group for each in groups}
        assert {data["source"] for kind, data in before if "day_closed" in kind} == {"site book"}
        assert wall.child.stop() == 0
        walked = len(wall.journal("maturity.walked"))
        wall.start()
        until(lambda: len(wall.journal("maturity.walked")) > walked)
        assert stated(wall) == before
        assert wall.child.stop() == 0


def write_ledger(path: Path, wall: WallSite, *, days: int) -> None:
    """Twenty degrees on every day since the concrete was cast."""
    cast_on = wall.site.world.cast.same_condition.groups[0].casting.on
    lines = [f"{cast_on + timedelta(days=number)},20.0" for number in range(1, days)]
    path.write_text("date,mean\n" + "\n".join(lines) + "\n", encoding="utf-8")
    words = ["curing", "ledger", str(path), "--place", "cage-7", "--source", "site book"]
    done = CliRunner().invoke(app, [*words, "--config", wall.config])
    assert done.exit_code == 0, done.output
