import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from edge.host.reach import Obstacle, TlsFiles, reach

LOOPBACK = "127.0.0.1"
DAY = timedelta(days=1)
BIRTH = datetime(2020, 1, 1, tzinfo=UTC)
FOREVER = datetime(2090, 1, 1, tzinfo=UTC)


def certificate(
    folder: Path,
    *,
    address: str = LOOPBACK,
    since: datetime = BIRTH,
    until: datetime = FOREVER,
) -> tuple[Path, Path]:
    """A self-signed certificate, which is its own authority, and its key."""
    key = Ed25519PrivateKey.generate()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "broker")])
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(until)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, None)
    )
    cert_file, key_file = folder / "cert.pem", folder / "key.pem"
    cert_file.write_bytes(built.public_bytes(Encoding.PEM))
    key_file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return cert_file, key_file


@contextmanager
def server(cert: tuple[Path, Path] | None, *, answers: bytes = b"") -> Iterator[int]:
    """A server on a free port that takes one connection, with or without TLS."""
    with socket.create_server((LOOPBACK, 0)) as door:
        door.settimeout(10)

        def serve() -> None:
            try:
                link, _ = door.accept()
            except OSError:
                return
            with link:
                link.settimeout(10)
                if cert is None:
                    link.sendall(answers)
                    link.recv(1024)
                    return
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(*cert)
                try:
                    context.wrap_socket(link, server_side=True).close()
                except OSError:
                    return

        worker = threading.Thread(target=serve, name="server")
        worker.start()
        try:
            yield door.getsockname()[1]
        finally:
            worker.join(10)


def look(port: int, ca: Path | None) -> Obstacle | None:
    tls = None if ca is None else TlsFiles(ca)
    return reach(LOOPBACK, port, tls=tls, timeout_s=5).obstacle


def test_an_open_port_is_reached() -> None:
    with server(None) as port:
        assert look(port, None) is None


def test_a_closed_port_refuses() -> None:
    with socket.create_server((LOOPBACK, 0)) as door:
        port = door.getsockname()[1]
    assert look(port, None) is Obstacle.REFUSED


def test_a_name_that_does_not_exist() -> None:
    found = reach("broker.invalid", 1, tls=None, timeout_s=5)
    assert found.obstacle is Obstacle.NAME
    assert found.why


def test_a_trusted_server_is_reached(tmp_path: Path) -> None:
    cert = certificate(tmp_path)
    with server(cert) as port:
        assert look(port, cert[0]) is None


def test_a_server_of_another_authority_is_untrusted(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other, _ = certificate(tmp_path / "other")
    with server(certificate(tmp_path)) as port:
        assert look(port, other) is Obstacle.UNTRUSTED


@pytest.mark.parametrize(
    ("since", "until", "obstacle"),
    [
        (BIRTH, BIRTH + DAY, Obstacle.EXPIRED),
        (FOREVER - DAY, FOREVER, Obstacle.NOT_YET_VALID),
    ],
)
def test_a_certificate_out_of_its_time(
    tmp_path: Path, since: datetime, until: datetime, obstacle: Obstacle
) -> None:
    cert = certificate(tmp_path, since=since, until=until)
    with server(cert) as port:
        assert look(port, cert[0]) is obstacle


def test_a_certificate_of_another_host(tmp_path: Path) -> None:
    cert = certificate(tmp_path, address="192.0.2.7")
    with server(cert) as port:
        assert look(port, cert[0]) is Obstacle.WRONG_HOST


def test_a_server_that_speaks_no_tls(tmp_path: Path) -> None:
    cert, _ = certificate(tmp_path)
    with server(None, answers=b"220 hello, this is no TLS at all\r\n") as port:
        assert look(port, cert) is Obstacle.NOT_TLS


def test_a_server_that_never_answers(tmp_path: Path) -> None:
    cert, _ = certificate(tmp_path)
    with socket.create_server((LOOPBACK, 0)) as door:
        found = reach(LOOPBACK, door.getsockname()[1], tls=TlsFiles(cert), timeout_s=0.2)
    assert found.obstacle is Obstacle.SILENT


def test_missing_files_are_named(tmp_path: Path) -> None:
    with server(None) as port:
        assert look(port, tmp_path / "none.pem") is Obstacle.TLS_FILES
