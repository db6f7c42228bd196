"""MQTT topics of a station and the platform: names to values and back (steps 11 and 12)."""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final, Self

from edge.core.errors import DecodeError
from edge.core.ids import CityId, DeviceId, Digest, LabId

ROOT: Final = "specimen/v1"
_LEVEL: Final = re.compile(r"[a-z0-9-]{1,64}")
_TYPE: Final = re.compile(r"specimen\.([a-z0-9_.]+)\.v[0-9]+")
_STATION_LEVELS: Final = 3


@dataclass(frozen=True, slots=True)
class Station:
    """Who a branch of the tree belongs to: also the MQTT user and the certificate's CN."""

    city: CityId
    lab: LabId
    device: DeviceId

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `{city}/{lab}/{device}`; raise DecodeError `station_malformed`."""
        levels = text.split("/")
        if len(levels) != _STATION_LEVELS:
            raise DecodeError("station_malformed", text=text[:160])
        city, lab, device = levels
        return cls(CityId.parse(city), LabId.parse(lab), DeviceId.parse(device))

    @property
    def name(self) -> str:
        """`{city}/{lab}/{device}`."""
        return f"{self.city}/{self.lab}/{self.device}"

    @property
    def urn(self) -> str:
        """`source` of everything that this station states."""
        return f"urn:specimen-edge:{self.city}:{self.lab}:{self.device}"

    @property
    def branch(self) -> str:
        """The topic under which everything of this station lies."""
        return f"{ROOT}/{self.name}"


class Branch(StrEnum):
    """The first level below a station."""

    EVENT = "ev"
    STATUS = "status"
    ACK = "ack"
    REPLAY = "replay"
    BLOB = "blob"
    BLOB_ACK = "blob-ack"
    COMMAND = "cmd"
    RESULT = "res"
    ASK = "ask"
    ANSWER = "ans"
    REFERENCE = "ref"
    DIAGNOSIS = "diag"


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic taken apart: `tail` are the levels below the branch."""

    station: Station
    branch: Branch
    tail: tuple[str, ...] = ()

    @property
    def below(self) -> str:
        """Everything below the station, as the inbox names it: `ref/people/head`."""
        return "/".join((self.branch, *self.tail))

    def __str__(self) -> str:
        """The topic as it is published."""
        return f"{self.station.branch}/{self.below}"


_DEPTHS: Final = {
    Branch.EVENT: {1},
    Branch.STATUS: {0},
    Branch.ACK: {0},
    Branch.REPLAY: {0},
    Branch.BLOB: {2},
    Branch.BLOB_ACK: {1},
    Branch.COMMAND: {1},
    Branch.RESULT: {1},
    Branch.ASK: {1},
    Branch.ANSWER: {1},
    Branch.REFERENCE: {2, 4},
    Branch.DIAGNOSIS: set(range(1, 6)),
}


@lru_cache(maxsize=4096)
def parse_topic(text: str) -> Topic:
    """Take a topic apart; raise DecodeError `topic_malformed` when the tree has no such place."""
    below = text.removeprefix(f"{ROOT}/")
    try:
        city, lab, device, branch, *tail = below.split("/")
        station = Station(CityId.parse(city), LabId.parse(lab), DeviceId.parse(device))
        topic = Topic(station, Branch(branch), tuple(tail))
    except (ValueError, DecodeError) as error:
        raise DecodeError("topic_malformed", topic=text[:200]) from error
    is_known = below != text and len(tail) in _DEPTHS[topic.branch]
    if not is_known or not all(_LEVEL.fullmatch(level) for level in tail):
        raise DecodeError("topic_malformed", topic=text[:200])
    return topic


@lru_cache(maxsize=256)
def type_level(event_type: str) -> str:
    """The level of a CloudEvents type: `specimen.delivery.received.v1` → `delivery-received`.

    Dots and underscores become `-`: NATS and RabbitMQ treat a dot as a separator.
    """
    found = _TYPE.fullmatch(event_type)
    if found is None:
        raise DecodeError("event_type_malformed", type=event_type[:80])
    return re.sub(r"[._]", "-", found[1])


@lru_cache(maxsize=256)
def event_topic(station: Station, event_type: str) -> str:
    """Where an event of a full CloudEvents type goes up."""
    return str(Topic(station, Branch.EVENT, (type_level(event_type),)))


def status_topic(station: Station) -> str:
    """Retained birth and will."""
    return str(Topic(station, Branch.STATUS))


def ack_topic(station: Station) -> str:
    """The platform's signed watermarks, retained."""
    return str(Topic(station, Branch.ACK))


def replay_topic(station: Station) -> str:
    """The platform's signed request to send a range again."""
    return str(Topic(station, Branch.REPLAY))


def blob_topic(station: Station, sha256: Digest, part: int) -> str:
    """One part of a photograph; part 0 describes it."""
    return str(Topic(station, Branch.BLOB, (sha256, str(part))))


def blob_ack_topic(station: Station, sha256: Digest) -> str:
    """What the platform has of a photograph, signed."""
    return str(Topic(station, Branch.BLOB_ACK, (sha256,)))


def command_topic(station: Station, name: str) -> str:
    """A signed command."""
    return str(Topic(station, Branch.COMMAND, (name,)))


def result_topic(station: Station, corr: str) -> str:
    """The answer to a command."""
    return str(Topic(station, Branch.RESULT, (corr,)))


def ask_topic(station: Station, name: str) -> str:
    """A question to the platform."""
    return str(Topic(station, Branch.ASK, (name,)))


def answer_topic(station: Station, corr: str) -> str:
    """The signed answer to a question."""
    return str(Topic(station, Branch.ANSWER, (corr,)))


def head_topic(station: Station, set_name: str) -> str:
    """The signed, retained head of a reference set."""
    return str(Topic(station, Branch.REFERENCE, (set_name, "head")))


def page_topic(station: Station, set_name: str, *, version: int, number: int) -> str:
    """One page of a version; pages count from 0 in the order of the head."""
    tail = (set_name, "page", str(version), str(number))
    return str(Topic(station, Branch.REFERENCE, tail))


def diagnosis_topic(station: Station, name: str) -> str:
    """Droppable diagnosis, QoS 0."""
    return str(Topic(station, Branch.DIAGNOSIS, (name,)))


def downlink_filters(station: Station) -> tuple[str, ...]:
    """What a station subscribes to: only its own branch, only what comes down."""
    tails = ("ack", "replay", "blob-ack/+", "cmd/+", "ans/+", "ref/+/head", "ref/+/page/+/+")
    return tuple(f"{station.branch}/{tail}" for tail in tails)


def uplink_filters(scope: str = "+/+/+") -> tuple[str, ...]:
    """What the platform subscribes to; `scope` is `{city}/{lab}/{device}` with wildcards."""
    tails = ("ev/+", "status", "blob/+/+", "res/+", "ask/+")
    return tuple(f"{ROOT}/{scope}/{tail}" for tail in tails)
