"""A simulated city for tests, with keys made from fixed bytes."""

from dataclasses import dataclass
from datetime import date
from random import Random

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.core.ids import CityId, KeyId, LabId
from edge.sim.world import Issuers, World, build_world

TODAY = date(2026, 11, 23)
LAB = LabId("lab-hengshi")


@dataclass(frozen=True, slots=True)
class Issuer:
    """One issuer's key, signing and verifying; a ring of one."""

    purpose: str
    seed: int = 1

    @property
    def key_id(self) -> KeyId:
        return KeyId(f"{self.purpose}-{self.seed}")

    def key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(bytes([self.seed] * 32))

    def sign(self, message: bytes) -> bytes:
        return self.key().sign(message)


class IssuerRing:
    """The public halves of the issuers."""

    def __init__(self, *issuers: Issuer) -> None:
        self._issuers = {(each.key_id, each.purpose): each for each in issuers}

    def verifies(self, key_id: KeyId, *, purpose: str, message: bytes, signature: bytes) -> bool:
        issuer = self._issuers.get((key_id, purpose))
        if issuer is None:
            return False
        try:
            issuer.key().public_key().verify(signature, message)
        except InvalidSignature:
            return False
        return True

    def knows(self, key_id: KeyId, *, purpose: str) -> bool:
        return (key_id, purpose) in self._issuers

    def counts(self, key_id: KeyId, *, purpose: str) -> bool:
        return self.knows(key_id, purpose=purpose)


ISSUERS = Issuers(chip=Issuer("chip"), badge=Issuer("badge"), command=Issuer("command"))
RING = IssuerRing(Issuer("chip"), Issuer("badge"), Issuer("command"))


def city(seed: int = 1, *, today: date = TODAY) -> World:
    """The city of a seed on a day."""
    rng = Random(seed)
    return build_world(rng, today=today, issuers=ISSUERS, lab=LAB, city=CityId("exampleton"))
