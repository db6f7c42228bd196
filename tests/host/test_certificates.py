import ssl
import stat
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError
from hypothesis import given
from hypothesis import strategies as st

from edge.core.errors import ConfigError
from edge.host.certificates import NAME_LIMIT, Authority

NOW = datetime(2026, 11, 23, 1, tzinfo=UTC)
STATION = "nanchang/lab-1/desk-1"
LEVELS = st.from_regex(r"[a-z0-9-]{1,40}", fullmatch=True)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "certificates", now=NOW, days=30)


def read(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def common_name(certificate: x509.Certificate) -> str | bytes:
    return certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value


def test_an_authority_may_sign_certificates_and_nothing_else(authority: Authority) -> None:
    certificate = read(authority.cert)
    basic = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage)
    assert basic.critical
    assert basic.value == x509.BasicConstraints(ca=True, path_length=0)
    assert usage.critical
    assert usage.value.key_cert_sign
    assert not usage.value.digital_signature
    assert certificate.not_valid_before_utc == NOW - timedelta(hours=1)
    assert certificate.not_valid_after_utc == NOW + timedelta(days=30)


def test_a_client_is_named_and_is_no_server(authority: Authority) -> None:
    certificate = read(authority.issue_client("station", name=STATION).cert)
    extensions = certificate.extensions
    purposes = extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    basic = extensions.get_extension_for_class(x509.BasicConstraints).value
    assert common_name(certificate) == STATION
    assert list(purposes) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert not basic.ca
    certificate.verify_directly_issued_by(read(authority.cert))


def test_a_server_carries_its_names_and_addresses(authority: Authority) -> None:
    hosts = ("localhost", "127.0.0.1", "::1", "broker.example")
    certificate = read(authority.issue_server("broker", hosts=hosts).cert)
    extensions = certificate.extensions
    names = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    purposes = extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost", "broker.example"]
    assert names.get_values_for_type(x509.IPAddress) == [
        ip_address("127.0.0.1"),
        ip_address("::1"),
    ]
    assert list(purposes) == [ExtendedKeyUsageOID.SERVER_AUTH]


def test_key_identifiers_lead_from_a_certificate_to_its_authority(authority: Authority) -> None:
    above, below = read(authority.cert), read(authority.issue_client("s", name=STATION).cert)
    own = above.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    pointed = below.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    assert pointed.key_identifier == own.digest


def test_an_independent_verifier_accepts_client_and_server(authority: Authority) -> None:
    policy = PolicyBuilder().store(Store([read(authority.cert)])).time(NOW)
    server = read(authority.issue_server("broker", hosts=("broker.example",)).cert)
    client = read(
        authority.issue_client("station", name=STATION).cert,
    )
    verifier = policy.build_server_verifier(x509.DNSName("broker.example"))
    assert verifier.verify(server, []) == [server, read(authority.cert)]
    with pytest.raises(VerificationError):
        verifier.verify(client, [])


@pytest.mark.parametrize(("client_shown", "accepted"), [(True, True), (False, False)])
def test_strict_tls_takes_them(tmp_path: Path, client_shown: bool, accepted: bool) -> None:  # noqa: FBT001 - a table
    """Both sides as Python 3.13 verifies by default: VERIFY_X509_STRICT."""
    authority = Authority(tmp_path, now=datetime.now(UTC))  # noqa: TID251 - OpenSSL compares with the machine's clock
    server_files = authority.issue_server("broker", hosts=("127.0.0.1",))
    client_files = authority.issue_client("station", name=STATION)
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(authority.cert))
    server.verify_mode = ssl.CERT_REQUIRED
    server.load_cert_chain(server_files.cert, server_files.key)
    client = ssl.create_default_context(cafile=str(authority.cert))
    if client_shown:
        client.load_cert_chain(client_files.cert, client_files.key)
    for context in (server, client):
        context.verify_flags |= ssl.VERIFY_X509_STRICT
    assert shakes_hands(server, client) is accepted


def shakes_hands(server: ssl.SSLContext, client: ssl.SSLContext) -> bool:
    """A whole handshake in memory."""
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    left = client.wrap_bio(down, up, server_hostname="127.0.0.1")
    right = server.wrap_bio(up, down, server_side=True)
    for _ in range(10):
        done = 0
        for side in (left, right):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLError:
                return False
            done += 1
        if done == 2:
            return True
    return False


def test_keys_are_for_their_owner_alone(authority: Authority) -> None:
    client = authority.issue_client("station", name=STATION)
    server = authority.issue_server("broker", hosts=("localhost",))
    for path in (client.key, server.key):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for path in (client.cert, server.cert, authority.cert):
        assert b"PRIVATE" not in path.read_bytes()


def test_nothing_is_overwritten(authority: Authority) -> None:
    client = authority.issue_client("station", name=STATION)
    before = {path: path.read_bytes() for path in client.key.parent.iterdir()}
    with pytest.raises(ConfigError, match="file_exists"):
        authority.issue_client("station", name=STATION)
    with pytest.raises(ConfigError, match="file_exists"):
        Authority(client.key.parent, now=NOW)
    client.key.unlink()
    with pytest.raises(ConfigError, match="file_exists"):
        authority.issue_client("station", name=STATION)
    del before[client.key]
    assert {path: path.read_bytes() for path in client.key.parent.iterdir()} == before


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("c" * 30 + "/" + "l" * 30 + "/d-01", "name_too_long"),
        ("", "name_malformed"),
        ("nanchang/+/desk-1", "name_malformed"),
        ("#", "name_malformed"),
        ("nanchang/lab-1", "name_malformed"),
        ("nanchang//desk-1", "name_malformed"),
        ("nanchang/lab-1/desk-1/diag", "name_malformed"),
    ],
)
def test_a_name_that_cannot_be_a_user(authority: Authority, name: str, code: str) -> None:
    with pytest.raises(ConfigError, match=code):
        authority.issue_client("station", name=name)
    assert [each.name for each in authority.cert.parent.iterdir()] == ["ca.pem"]


@given(city=LEVELS, lab=LEVELS, device=LEVELS)
def test_a_station_name_fits_or_is_refused(
    tmp_path_factory: pytest.TempPathFactory, city: str, lab: str, device: str
) -> None:
    name = f"{city}/{lab}/{device}"
    authority = Authority(tmp_path_factory.mktemp("ca"), now=NOW)
    if len(name) > NAME_LIMIT:
        with pytest.raises(ConfigError, match=f"limit={NAME_LIMIT}"):
            authority.issue_client("station", name=name)
    else:
        assert common_name(read(authority.issue_client("station", name=name).cert)) == name


def test_a_host_that_is_no_name(authority: Authority) -> None:
    with pytest.raises(ConfigError, match="host_malformed"):
        authority.issue_server("broker", hosts=("服务器",))
