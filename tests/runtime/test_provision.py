import json
import os
import stat
from collections.abc import Iterator
from datetime import UTC, date, datetime
from importlib.resources import files
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from edge.core.carriers import BadgeCode, ChipCode, CommandCode, Trust
from edge.core.errors import ConfigError
from edge.core.ids import KeyId
from edge.host.clock import SystemClock
from edge.host.keys import FileSigner, PinnedKeys, key_id_of, read_pinned
from edge.runtime.provision import (
    PLATFORM,
    STATION,
    BrokerAddress,
    Site,
    configure,
    provision,
)
from edge.settings import load_settings
from edge.sim.broker import HOST, Mosquitto
from edge.wire.chip_text import OWN_GRAMMARS, identify
from edge.wire.reference import SetName, encode_row

NOW = datetime(2026, 11, 22, 17, tzinfo=UTC)
SEED = 7


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    made = provision(tmp_path_factory.mktemp("whole system") / "site", now=NOW, seed=SEED)
    configure(made, BrokerAddress(HOST, 18_883))
    return made


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [each for each in os.environ if each.startswith("EDGE_")]:
        monkeypatch.delenv(name)


def test_all_settings_files_load(site: Site) -> None:
    for side in (site.station, site.wall, site.platform):
        settings = load_settings(side.config)
        assert settings.station.name == side.name.name
        assert settings.state_dir == side.folder
        assert settings.clock.assume_synced
        tls = settings.broker.tls
        assert tls is not None
        assert (tls.ca, tls.cert, tls.key) == (
            site.broker_tls.ca,
            side.client.cert,
            side.client.key,
        )
        assert settings.broker.port == 18_883
        assert not settings.broker.allow_plain
    assert load_settings(site.platform.config).central.seed_dir == site.reference
    wall = load_settings(site.wall.config).wall
    assert wall is not None
    assert wall.room == "room-1"


def test_several_sections_of_one_name_are_written(tmp_path: Path) -> None:
    made = provision(tmp_path, now=NOW, seed=SEED)
    scanners = tuple({"name": each, "path": f"/dev/{each}"} for each in ("left", "right"))
    configure(made, BrokerAddress(HOST, 1883), wall={"scanners": scanners})
    assert [each.name for each in load_settings(made.wall.config).scanners] == ["left", "right"]


def test_a_named_broker_may_be_plain(tmp_path: Path) -> None:
    plain = provision(tmp_path / "plain", now=NOW, seed=SEED)
    configure(plain, BrokerAddress("broker.example", 1883, plain=True))
    broker = load_settings(plain.station.config).broker
    assert (broker.host, broker.tls, broker.allow_plain) == ("broker.example", None, True)


def test_each_side_has_the_key_that_its_settings_name(site: Site) -> None:
    station, platform = load_settings(site.station.config), load_settings(site.platform.config)
    for key, pinned, name in (
        (station.event_key, platform.keys_file, "demo-event-1"),
        (platform.control_key, station.keys_file, "demo-control-1"),
        (platform.control_key, platform.keys_file, "demo-control-1"),
    ):
        assert key_id_of(key, read_pinned(pinned)) == name
    assert not station.control_key.exists()
    assert not platform.event_key.exists()


def test_the_platform_believes_the_stations_events_and_no_other_key(site: Site) -> None:
    settings = load_settings(site.station.config)
    ring = PinnedKeys.load(load_settings(site.platform.config).keys_file, SystemClock())
    signer = FileSigner(settings.event_key, key_id=KeyId("demo-event-1"))
    signature = signer.sign(b"an event")
    assert ring.owner(signer.key_id) == STATION.name
    assert ring.verifies(signer.key_id, purpose="event", message=b"an event", signature=signature)
    assert not ring.verifies(
        signer.key_id, purpose="control", message=b"an event", signature=signature
    )
    assert ring.owner(KeyId("demo-control-1")) is None


def test_the_codes_of_the_city_are_signed_with_pinned_keys(site: Site) -> None:
    ring = PinnedKeys.load(load_settings(site.station.config).keys_file, SystemClock())

    def read(text: str) -> object:
        return identify(text.encode(), ring=ring, grammars=OWN_GRAMMARS)

    specimen, chip = next(iter(site.world.chips.items()))
    person, badge = next(iter(site.world.badges.items()))
    found = read(chip)
    assert isinstance(found, ChipCode)
    assert (found.specimen, found.trust) == (specimen, Trust.SIGNED)
    shown = read(badge)
    assert isinstance(shown, BadgeCode)
    assert (shown.person, shown.trust) == (person, Trust.SIGNED)
    assert isinstance(read(site.world.commands["in"]), CommandCode)


def test_the_reference_rows_are_those_of_the_city(site: Site) -> None:
    written = {path.stem: path.read_bytes() for path in site.reference.iterdir()}
    expected = {
        str(name): b"".join(encode_row(row) for row in rows)
        for name, rows in site.world.rows().items()
    }
    assert written == expected
    assert written[SetName.PEOPLE]


def test_the_day_is_the_local_one(site: Site) -> None:
    assert site.world.today == date(2026, 11, 23)


def test_certificates_name_their_users(site: Site) -> None:
    for side, user in ((site.station, STATION.name), (site.platform, "platform")):
        certificate = x509.load_pem_x509_certificate(side.client.cert.read_bytes())
        (name,) = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        assert name.value == user
    assert PLATFORM.city == STATION.city


def test_private_keys_are_for_their_owner_alone(site: Site) -> None:
    private = [path for path in _files(site.folder) if b"PRIVATE KEY" in path.read_bytes()]
    assert len(private) == 10
    assert {stat.S_IMODE(path.stat().st_mode) for path in private} == {0o600}


def test_the_access_list_is_the_shipped_one(site: Site) -> None:
    shipped = files("edge.mqtt") / "broker" / "acl"
    assert site.broker_tls.acl.read_bytes() == shipped.read_bytes()


def test_a_broker_runs_with_what_was_provisioned(site: Site) -> None:
    broker = Mosquitto(site.folder / "broker", tls=site.broker_tls)
    broker.start()
    try:
        assert broker.pid is not None
    finally:
        broker.stop()


def test_a_provisioned_folder_is_never_made_anew(tmp_path: Path) -> None:
    provision(tmp_path, now=NOW, seed=SEED)
    before = {path: path.read_bytes() for path in _files(tmp_path)}
    with pytest.raises(ConfigError, match="already_provisioned"):
        provision(tmp_path, now=NOW, seed=SEED)
    assert {path: path.read_bytes() for path in _files(tmp_path)} == before


def test_a_provisioned_folder_is_opened_as_it_is(tmp_path: Path) -> None:
    made = provision(tmp_path, now=NOW, seed=SEED, reuse=True)
    before = {path: path.read_bytes() for path in _files(tmp_path)}
    later = NOW.replace(year=2027)
    assert provision(tmp_path, now=later, seed=SEED + 1, reuse=True) == made
    assert {path: path.read_bytes() for path in _files(tmp_path)} == before


def test_an_interrupted_folder_is_neither_used_nor_overwritten(tmp_path: Path) -> None:
    made = provision(tmp_path, now=NOW, seed=SEED)
    (made.folder / "site.json").unlink()
    for reuse in (False, True):
        with pytest.raises(ConfigError, match="provisioning_incomplete"):
            provision(tmp_path, now=NOW, seed=SEED, reuse=reuse)


@pytest.mark.parametrize("text", ["", "[]", "{}", json.dumps({"seed": "x", "at": "2026-11-23"})])
def test_a_malformed_mark_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "site.json").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"provisioning_malformed.*site\.json"):
        provision(tmp_path, now=NOW, seed=SEED, reuse=True)


def test_a_relative_folder_works_from_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    made = provision(Path("here"), now=NOW, seed=SEED)
    configure(made, BrokerAddress(HOST, 1883))
    monkeypatch.chdir("/")
    assert load_settings(made.station.config).keys_file.exists()


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())
