"""Certificates of the encrypted link: a private authority, the broker's and the clients'."""

import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from edge.core.errors import ConfigError

AUTHORITY_FILE = "ca.pem"
NAME_LIMIT = 64
"""Characters of a common name (RFC 5280, ub-common-name)."""
_PRIVATE_MODE = 0o600
_PUBLIC_MODE = 0o644
_LEVELS = (1, 3)
_WILDCARDS = frozenset("+#")
"""A user name with one of these would match more than one branch of an access list."""
_SKEW = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class CertificateFiles:
    """A certificate and its private key."""

    cert: Path
    key: Path

    @classmethod
    def below(cls, folder: Path, file: str) -> Self:
        """Where an authority of that folder puts them."""
        return cls(folder / f"{file}.pem", folder / f"{file}-key.pem")


class Authority:
    """A private certificate authority that lives as long as this value does.

    Nothing is overwritten: ConfigError `file_exists`. Its own key is never written: whoever
    needs one more certificate later makes a new authority.
    """

    def __init__(self, folder: Path, *, now: datetime, days: int = 3650) -> None:
        self._folder = folder
        self._from, self._until = now - _SKEW, now + timedelta(days=days)
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name("specimen-edge CA")
        self.cert = folder / AUTHORITY_FILE
        self._certificate = self._sign(
            self._builder(self._name, self._key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
        )
        folder.mkdir(parents=True, exist_ok=True)
        _write_new(self.cert, self._certificate.public_bytes(Encoding.PEM), mode=_PUBLIC_MODE)

    def issue_server(self, name: str, *, hosts: Iterable[str]) -> CertificateFiles:
        """A certificate for a broker that is reached under `hosts` (names and addresses).

        Raises ConfigError `host_malformed`.
        """
        sans = x509.SubjectAlternativeName([_general_name(host) for host in hosts])
        return self._issue(name, ExtendedKeyUsageOID.SERVER_AUTH, extra=sans)

    def issue_node(self, name: str, *, hosts: Iterable[str]) -> CertificateFiles:
        """A certificate for a cluster's node, server and client to the others of its cluster.

        Of an authority of its own: a station's certificate must not pass for a node's.
        """
        sans = x509.SubjectAlternativeName([_general_name(host) for host in hosts])
        both = (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH)
        return self._issue(name, *both, extra=sans)

    def issue_client(self, file: str, *, name: str) -> CertificateFiles:
        """`{file}.pem` whose common name is the MQTT user, and `{file}-key.pem`.

        The name is `{city}/{lab}/{device}`, or one level for a service: two levels would open
        branches of others, because access lists put the name between fixed levels. Raises
        ConfigError `name_too_long` or `name_malformed`.
        """
        if len(name.split("/")) not in _LEVELS or not all(name.split("/")):
            raise ConfigError("name_malformed", name=name)
        return self._issue(name, ExtendedKeyUsageOID.CLIENT_AUTH, file=file)

    def _issue(
        self,
        name: str,
        *purposes: x509.ObjectIdentifier,
        file: str | None = None,
        extra: x509.ExtensionType | None = None,
    ) -> CertificateFiles:
        key = ec.generate_private_key(ec.SECP256R1())
        builder = (
            self._builder(_name(name), key.public_key())
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
        )
        if extra is not None:
            builder = builder.add_extension(extra, critical=False)
        files = CertificateFiles.below(self._folder, file or name)
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        if files.cert.exists():  # a new key beside an old certificate would fit nothing
            raise ConfigError("file_exists", file=str(files.cert))
        _write_new(files.key, pem, mode=_PRIVATE_MODE)
        public = self._sign(builder).public_bytes(Encoding.PEM)
        _write_new(files.cert, public, mode=_PUBLIC_MODE)
        return files

    def _builder(
        self, subject: x509.Name, public: ec.EllipticCurvePublicKey
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(self._from)
            .not_valid_after(self._until)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()),
                critical=False,
            )
        )

    def _sign(self, builder: x509.CertificateBuilder) -> x509.Certificate:
        return builder.sign(self._key, hashes.SHA256())


def _name(text: str) -> x509.Name:
    if len(text) > NAME_LIMIT:
        raise ConfigError("name_too_long", name=text, length=len(text), limit=NAME_LIMIT)
    if not text or _WILDCARDS & set(text):
        raise ConfigError("name_malformed", name=text)
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _general_name(host: str) -> x509.GeneralName:
    with suppress(ValueError):
        return x509.IPAddress(ip_address(host))
    try:
        return x509.DNSName(host)
    except ValueError as error:
        raise ConfigError("host_malformed", host=host) from error


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _write_new(path: Path, content: bytes, *, mode: int) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError as error:
        raise ConfigError("file_exists", file=str(path)) from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
