"""How far the way to a server goes: name, port, encryption; for the doctor, not for traffic."""

import socket
import ssl
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

NOT_YET_VALID = 9  # X509_V_ERR_CERT_NOT_YET_VALID of OpenSSL
EXPIRED = 10  # X509_V_ERR_CERT_HAS_EXPIRED
WRONG_HOST = 62  # X509_V_ERR_HOSTNAME_MISMATCH
WRONG_ADDRESS = 64  # X509_V_ERR_IP_ADDRESS_MISMATCH


class Obstacle(StrEnum):
    """Where the way ends."""

    NAME = "name"
    REFUSED = "refused"
    SILENT = "silent"
    NO_ROUTE = "no_route"
    TLS_FILES = "tls_files"
    NOT_TLS = "not_tls"
    UNTRUSTED = "untrusted"
    WRONG_HOST = "wrong_host"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Certificate authority, and the client's certificate with its key."""

    ca: Path
    cert: Path | None = None
    key: Path | None = None


@dataclass(frozen=True, slots=True)
class Reach:
    """The obstacle met, None when there is none; `why` in the words of the system."""

    obstacle: Obstacle | None = None
    why: str = ""


def free_port() -> int:
    """A port on loopback that nobody listens at now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def reach(host: str, port: int, *, tls: TlsFiles | None, timeout_s: float) -> Reach:
    """Connect, shake hands, hang up; says nothing that a server would log as an error."""
    try:
        with socket.create_connection((host, port), timeout=timeout_s) as link:
            return Reach() if tls is None else _shake_hands(link, host, tls)
    except socket.gaierror as error:
        return Reach(Obstacle.NAME, error.strerror or str(error))
    except ConnectionRefusedError as error:
        return Reach(Obstacle.REFUSED, error.strerror or str(error))
    except TimeoutError as error:
        return Reach(Obstacle.SILENT, str(error))
    except OSError as error:
        return Reach(Obstacle.NO_ROUTE, error.strerror or str(error))


def _shake_hands(link: socket.socket, host: str, tls: TlsFiles) -> Reach:
    try:
        context = ssl.create_default_context(cafile=str(tls.ca))
        if tls.cert is not None:
            context.load_cert_chain(tls.cert, tls.key)
    except OSError as error:
        return Reach(Obstacle.TLS_FILES, str(error))
    try:
        with context.wrap_socket(link, server_hostname=host):
            return Reach()
    except ssl.SSLCertVerificationError as error:
        named = {
            EXPIRED: Obstacle.EXPIRED,
            NOT_YET_VALID: Obstacle.NOT_YET_VALID,
            WRONG_HOST: Obstacle.WRONG_HOST,
            WRONG_ADDRESS: Obstacle.WRONG_HOST,
        }
        return Reach(named.get(error.verify_code, Obstacle.UNTRUSTED), error.verify_message)
    except (ssl.SSLError, ConnectionResetError) as error:
        return Reach(Obstacle.NOT_TLS, str(error))
