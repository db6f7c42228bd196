"""`specimen-edge central alarms`, on both stores."""

import json
from contextlib import closing
from pathlib import Path

import pytest
from fleet_site import FleetSite, database_of, engine, said
from postgres_site import Cluster
from postgres_site import postgres as postgres  # noqa: PLC0414 - a fixture of this file
from typer.testing import CliRunner

from edge.central.share import EVERY_LAB
from edge.cli.app import app
from edge.compose.central import central_store
from edge.core.alarms import GAP
from edge.core.envelope import Sealed
from edge.settings import load_settings


class Place:
    """A store with one station, and the settings that lead to it."""

    def __init__(self, folder: Path, lines: str) -> None:
        self.site = FleetSite(folder, port=1, labs=1)
        (self.station,) = self.site.stations
        self.config = folder / "edge.toml"
        self.config.write_text(
            f'state_dir = "{folder}"\n[station]\ncity = "nanchang"\nlab = "platform"\n'
            f'device = "central"\n[central]\n{lines}\n',
            encoding="utf-8",
        )

    def receive(self, *events: Sealed, patience_s: float = 0.0) -> list[str]:
        """What the journal notes while a platform takes in and looks at its gaps."""
        with closing(central_store(load_settings(self.config), EVERY_LAB)) as store:
            platform = engine(self.site, store, gap_patience_s=patience_s)
            platform.receive(said(self.station, *events))
            platform.tick()
            journal = platform._journal
            assert hasattr(journal, "noted")
            return list(journal.noted)

    def append(self, count: int) -> list[Sealed]:
        return [
            self.station.chain.append("device.started", "desk-1", {"n": number})
            for number in range(count)
        ]

    def alarms(self, *options: str) -> tuple[int, list[dict[str, object]]]:
        command = ["central", "alarms", "--json", "--config", str(self.config), *options]
        done = CliRunner().invoke(app, command)
        return done.exit_code, [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "sqlite":
        return Place(tmp_path, "")
    cluster: Cluster = request.getfixturevalue("postgres")
    database = database_of(cluster)
    secret = tmp_path / "secret"
    secret.write_text(str(database.password), encoding="utf-8")
    secret.chmod(0o600)
    return Place(tmp_path, f'database = "{database.url}"\ndatabase_password_file = "{secret}"')


def test_all_is_well(place: Place) -> None:
    place.receive(*place.append(3))
    assert place.alarms() == (0, [])


def test_a_lasting_gap_is_raised_once_and_closes_when_it_is_filled(place: Place) -> None:
    one, two, three, four = place.append(4)
    assert "alarm" in place.receive(one, four)
    assert "alarm" not in place.receive(four), "said before, by a process that ended"
    status, (alarm,) = place.alarms()
    assert status == 1
    assert (alarm["alarm"], alarm["state"]) == (GAP, "open")
    assert alarm["facts"] == {"epoch": place.station.chain.epoch, "first": "2", "last": "3"}
    assert alarm["station"] == place.station.station.name
    place.receive(two, three)
    status, (alarm,) = place.alarms()
    assert (status, alarm["state"]) == (0, "filled")
    assert place.alarms("--open") == (0, [])


def test_the_gap_of_a_station_that_went_silent_is_raised_by_the_next_process(place: Place) -> None:
    one, _, three = place.append(3)
    assert "alarm" not in place.receive(one, three, patience_s=60.0)
    assert "alarm" in place.receive()
    (alarm,) = place.alarms()[1]
    assert (alarm["alarm"], alarm["state"]) == (GAP, "open")


def test_a_short_gap_is_no_alarm(place: Place) -> None:
    one, two, three = place.append(3)
    place.receive(one, three, patience_s=60.0)
    place.receive(two)
    assert place.alarms() == (0, [])


def test_a_fork_is_an_alarm_for_good(place: Place) -> None:
    """A cloned station: the same place with other content, signed with the same key."""
    chain = place.station.chain
    one, two = place.append(2)
    place.receive(one, two)
    chain.sealed.pop()
    (other,) = place.append(1)
    assert (other.sequence, other.key_id) == (2, two.key_id)
    assert other.digest != two.digest
    assert "alarm" in place.receive(other)
    status, (alarm,) = place.alarms()
    assert (status, alarm["alarm"], alarm["state"]) == (1, "fork", "open")
    facts = alarm["facts"]
    assert isinstance(facts, dict)
    assert (facts["sequence"], facts["digest"]) == ("2", other.digest)
    assert "alarm" not in place.receive(other), "kept once, said once"
    assert len(place.alarms()[1]) == 1


def test_a_person_reads_lines(place: Place) -> None:
    one, _, three = place.append(3)
    place.receive(one, three)
    done = CliRunner().invoke(app, ["central", "--config", str(place.config), "alarms"])
    assert done.exit_code == 1
    assert "open" in done.stdout
    assert "nanchang/lab-1/desk-1  gap" in done.stdout


def test_a_store_that_is_not_there_is_said(tmp_path: Path) -> None:
    place = Place(tmp_path, "")
    assert place.alarms()[0] == 2
