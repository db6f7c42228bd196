"""Identities: one class per kind, validated once at the door by `parse` and trusted ever after."""

import re
from datetime import datetime
from typing import ClassVar, Self
from uuid import UUID

from edge.core.errors import DecodeError


class Id(str):
    """An immutable identity in `[a-z0-9-]`, 1 to 48 characters: safe in topics, files and codes."""

    __slots__ = ()
    PATTERN: ClassVar[re.Pattern[str]] = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,46}[a-z0-9])?")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Validate `text`; raise DecodeError `id_malformed` when it is no such identity."""
        if cls.PATTERN.fullmatch(text) is None:
            raise DecodeError("id_malformed", kind=cls.__name__, text=text[:60])
        return cls(text)


class CityId(Id):
    """A city, e.g. `nanchang`."""

    __slots__ = ()


class LabId(Id):
    """A testing laboratory (检测机构)."""

    __slots__ = ()


class OrgId(Id):
    """A company: owner, contractor, supervisor or lab."""

    __slots__ = ()


class DeviceId(Id):
    """A station: one device of one lab."""

    __slots__ = ()


class PersonId(Id):
    """A registered person: a pseudonym, never an identity number."""

    __slots__ = ()


class ProjectId(Id):
    """A construction project (工程)."""

    __slots__ = ()


class ContractId(Id):
    """A testing contract (检测合同)."""

    __slots__ = ()


class CommissionId(Id):
    """A commission (委托编号)."""

    __slots__ = ()


class GroupId(Id):
    """A group of specimens (组)."""

    __slots__ = ()


class SpecimenId(Id):
    """A specimen (试块): one identity, whatever carrier it was read from."""

    __slots__ = ()


class DeliveryId(Id):
    """One delivery to the desk (送检)."""

    __slots__ = ()


class RoomId(Id):
    """A curing room or box (标养室、标养箱), or a site's own."""

    __slots__ = ()


class SensorId(Id):
    """A climate sensor of a room."""

    __slots__ = ()


class TransactionId(Id):
    """What one keeper does in one mode at a curing room's door."""

    __slots__ = ()


class GrantId(Id):
    """A permission to deliver for a project."""

    __slots__ = ()


class RuleSetId(Id):
    """A rule set with its version, e.g. `nanchang-2023`."""

    __slots__ = ()


class KeyId(Id):
    """A pinned key."""

    __slots__ = ()


class _Uuid7(Id):
    __slots__ = ()
    PATTERN = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


class EventId(_Uuid7):
    """An event: UUIDv7, ordered by time."""

    __slots__ = ()


class EpochId(_Uuid7):
    """The life of one station store: begins when the store is created or restored."""

    __slots__ = ()


class Digest(Id):
    """SHA-256 as 64 hex digits."""

    __slots__ = ()
    PATTERN = re.compile(r"[0-9a-f]{64}")


def uuid7(at: datetime, entropy: bytes) -> str:
    """UUIDv7 text (RFC 9562) of an aware instant and 10 random bytes."""
    millis = int(at.timestamp() * 1000) & 0xFFFF_FFFF_FFFF
    value = (millis << 80) | int.from_bytes(entropy[:10], "big")
    value = (value & ~(0xF << 76)) | (0x7 << 76)
    value = (value & ~(0x3 << 62)) | (0x2 << 62)
    return str(UUID(int=value))
