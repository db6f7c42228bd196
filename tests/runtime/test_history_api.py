"""The read API over real HTTP, on both stores."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import Any

import httpx
import pytest
from fleet_site import FleetSite, FleetStation, database_of, delivery, engine, said
from jsonschema import Draft202012Validator
from postgres_site import Cluster
from postgres_site import postgres as postgres  # noqa: PLC0414 - a fixture of this file
from waiting import until

from edge.central.share import EVERY_LAB
from edge.compose.central import central_store
from edge.compose.history import history_process
from edge.core.envelope import Sealed
from edge.runtime.history_api import PROBLEM
from edge.runtime.supervisor import Child, own_command
from edge.settings import Settings, load_settings
from edge.storage.central import SqliteCentral
from edge.storage.central_postgres import PostgresCentral

TOKEN = "a-token-of-the-test-0123456789"  # noqa: S105 - of a service that lives for one test
SPECIMEN = "s-1"


@dataclass
class Api:
    """The service as a process of its own, and the store that it reads."""

    site: FleetSite
    store: SqliteCentral | PostgresCentral
    url: str

    def get(self, path: str, token: str | None = TOKEN, **headers: str) -> httpx.Response:
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        return httpx.get(f"{self.url}{path}", headers=headers, timeout=10)

    def history(self, specimen: str = SPECIMEN) -> Any:
        response = self.get(f"/v1/specimens/{specimen}/history")
        assert response.status_code == 200, response.text
        return response.json()

    def receive(self, station: FleetStation, *events: Sealed) -> None:
        engine(self.site, self.store).receive(said(station, *events))


def write_config(folder: Path, more: str) -> Path:
    token = folder / "token"
    token.write_text(f"{TOKEN}\n", encoding="utf-8")
    token.chmod(0o600)
    path = folder / "api.toml"
    path.write_text(
        f"""
state_dir = "{folder}"
[station]
city = "nanchang"
lab = "platform"
device = "central"
[keys]
pinned = "{folder / "keys.json"}"
[central]
{more}
[central.api]
port = 0
token_file = "{token}"
rate_per_s = 200
burst = 200
""",
        encoding="utf-8",
    )
    return path


@pytest.fixture(params=["sqlite", "postgres"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[FleetSite, Settings]:
    site = FleetSite(tmp_path, port=1, labs=2)
    more = ""
    if request.param == "postgres":
        cluster: Cluster = request.getfixturevalue("postgres")
        database = database_of(cluster)
        secret = tmp_path / "secret"
        secret.write_text(str(database.password), encoding="utf-8")
        secret.chmod(0o600)
        more = f'database = "{database.url}"\ndatabase_password_file = "{secret}"'
    config = write_config(tmp_path, more)
    return site, load_settings(config)


@pytest.fixture
def api(settings: tuple[FleetSite, Settings]) -> Iterator[Api]:
    site, loaded = settings
    with ExitStack() as stack:
        store = stack.enter_context(closing(central_store(loaded, EVERY_LAB)))
        process = stack.enter_context(history_process(loaded))
        stop = Event()
        thread = Thread(target=process.run, args=(stop,))
        stack.callback(thread.join, 10)
        stack.callback(stop.set)
        thread.start()
        until(lambda: process.port)
        yield Api(site, store, f"http://127.0.0.1:{process.port}")


def identified(station: FleetStation, name: str, specimen: str) -> Sealed:
    data = {"delivery": name, "specimen": specimen, "group": f"g-{name}"}
    return station.chain.append("specimen.identified", specimen, data)


def visit(station: FleetStation, name: str, *specimens: str) -> list[Sealed]:
    """A delivery with the scans of its specimens, and a look at another group."""
    opened, reconciled, received = (0, 1, 2)
    scans = [identified(station, name, each) for each in specimens]
    other = station.chain.append("group.looked_at", "g-x", {"delivery": name, "group": "g-x"})
    rest = list(delivery(station.chain, name, specimens))
    return [*scans, other, rest[opened], rest[reconciled], rest[received]]


def test_a_history_tells_each_event_in_order(api: Api) -> None:
    first, second = api.site.stations
    api.receive(first, *visit(first, "d-1", SPECIMEN, "s-2"))
    api.receive(second, *visit(second, "d-2", SPECIMEN))
    told = api.history()
    assert told["specimen"] == SPECIMEN
    assert told["whole"] is True
    assert [(each["delivery"], each["outcome"]) for each in told["events"]] == [
        ("d-1", "identified"),
        ("d-1", "opened"),
        ("d-1", "accept"),
        ("d-1", "received"),
        ("d-2", "identified"),
        ("d-2", "opened"),
        ("d-2", "accept"),
        ("d-2", "received"),
    ]
    words = [(each["delivery"], each["station"], each["word"]) for each in told["deliveries"]]
    assert words == [
        ("d-1", first.station.name, "disputed"),
        ("d-2", second.station.name, "disputed"),
    ]
    entry, sealed = told["events"][0], first.chain.sealed[0]
    assert entry["digest"] == sealed.digest
    assert entry["station"] == first.station.name
    assert (entry["epoch"], entry["sequence"]) == (sealed.epoch, 1)
    assert entry["time_quality"] == "synced"
    assert entry["verification"] == "verified"
    assert entry["key"] == sealed.key_id


def test_what_is_missing_or_not_believed_is_said(api: Api) -> None:
    station = api.site.stations[0]
    events = visit(station, "d-1", SPECIMEN, "s-2", "s-3")
    forged = events[1].envelope.replace(b'"sig":"', b'"sig":"AAAA')
    api.receive(station, events[0], events[2])
    assert [each["verification"] for each in api.history()["events"]] == ["verified"]
    assert [each["verification"] for each in api.history("s-3")["events"]] == ["pending"]
    (topic, _) = said(station, events[1])[0]
    engine(api.site, api.store).receive([(topic, forged)])
    api.receive(station, *events[3:])
    told = api.history()
    assert told["whole"] is False
    (bad,) = [each for each in told["events"] if each["verification"] == "quarantined"]
    assert (bad["sequence"], bad["reason"], bad["type"]) == (2, "signature_bad", None)
    assert told["deliveries"][0]["word"] == "disputed"


@pytest.mark.parametrize("token", [None, "wrong", TOKEN[:-1], f"{TOKEN}x"])
def test_without_the_token_nothing_is_told(api: Api, token: str | None) -> None:
    for path in (f"/v1/specimens/{SPECIMEN}/history", "/openapi.json", "/", "/nothing"):
        response = api.get(path, token=token)
        assert response.status_code == 401
        assert response.headers["content-type"] == PROBLEM
        assert response.headers["www-authenticate"] == "Bearer"
        assert response.json()["status"] == 401


@pytest.mark.parametrize("path", ["/v1/specimens/s-9/history", "/v1/specimens/S!/history", "/v2"])
def test_what_is_not_there_is_a_problem(api: Api, path: str) -> None:
    response = api.get(path)
    assert (response.status_code, response.headers["content-type"]) == (404, PROBLEM)
    assert response.json()["type"] == "urn:specimen-edge:problem:404"


def test_nothing_can_be_written(api: Api) -> None:
    url = f"{api.url}/v1/specimens/{SPECIMEN}/history"
    response = httpx.post(url, headers={"Authorization": f"Bearer {TOKEN}"})
    assert (response.status_code, response.headers["content-type"]) == (405, PROBLEM)


def test_the_description_is_for_this_machine_and_true(api: Api) -> None:
    assert api.get("/openapi.json", **{"X-Forwarded-For": "203.0.113.9"}).status_code == 404
    described = api.get("/openapi.json").json()
    assert described["openapi"].startswith("3.")
    answers = described["paths"]["/v1/specimens/{specimen}/history"]["get"]["responses"]
    assert set(answers) >= {"200", "401", "404", "429", "503"}
    station = api.site.stations[0]
    api.receive(station, *visit(station, "d-1", SPECIMEN))
    schema = {"$ref": "#/components/schemas/History", "components": described["components"]}
    Draft202012Validator(schema).validate(api.history())


def test_a_person_is_never_named(api: Api) -> None:
    station = api.site.stations[0]
    sealed = station.chain.append(
        "specimen.identified",
        SPECIMEN,
        {"delivery": "d-1", "specimen": SPECIMEN, "group": "g-1", "operator": "person-77"},
    )
    api.receive(station, sealed)
    assert "person-77" not in api.get(f"/v1/specimens/{SPECIMEN}/history").text


@pytest.mark.slow
def test_as_a_process_it_answers_and_stops_at_once(tmp_path: Path) -> None:
    FleetSite(tmp_path, port=1, labs=1)
    config = write_config(tmp_path, "")
    child = Child("api", own_command("central", "api", "--config", str(config)), log=tmp_path / "l")
    with closing(SqliteCentral(load_settings(config).central_db)), child:
        until(lambda: "history.up" in child.last_words())
        (line,) = [each for each in child.last_words().splitlines() if "history.up" in each]
        url = re.search(r"http://127\.0\.0\.1:\d+/v1/", line)
        assert url is not None
        assert httpx.get(f"{url[0]}specimens/s-1/history").status_code == 401
        assert child.stop() == 0


def refused(config: Path) -> str:
    child = Child(
        "api", own_command("central", "api", "--config", str(config)), log=config.parent / "l"
    )
    with child:
        until(lambda: child.exit_status is not None)
    assert child.exit_status == 1
    return child.last_words()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda folder: (folder / "token").chmod(0o640), "secret_readable_by_others"),
        (lambda folder: (folder / "token").write_text("short"), "api_token_weak"),
        (lambda folder: (folder / "token").write_text(""), "secret_empty"),
        (lambda folder: (folder / "token").unlink(), "secret_unreadable"),
    ],
)
def test_a_careless_token_is_refused_by_name(
    tmp_path: Path, spoil: Callable[[Path], object], code: str
) -> None:
    FleetSite(tmp_path, port=1, labs=1)
    config = write_config(tmp_path, "")
    with closing(SqliteCentral(load_settings(config).central_db)):
        spoil(tmp_path)
        assert code in refused(config)
