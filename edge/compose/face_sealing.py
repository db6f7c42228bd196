"""The platform's side of enrolment from afar: a question, answered under the pinned key."""

import base64
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from secrets import token_hex

from edge.compose.common import access_of
from edge.core.errors import ConfigError, DecodeError, LinkDown, LinkRejected
from edge.core.face_answers import ASK
from edge.core.ids import PersonId
from edge.host.clock import SystemClock
from edge.host.keys import FileSigner, PinnedKey, PinnedKeys, key_id_of, read_pinned
from edge.host.seal_keys import SEAL, seal_to
from edge.mqtt.client import FAILURE, Acknowledged, Arrived, Disconnected, MqttClient
from edge.settings import Settings
from edge.wire.downlink import FACE_ANSWER_LIMIT_BYTES, Ask, FaceAnswer, decode, sign_message
from edge.wire.face_answer import Letter, bound_to, encode_letter
from edge.wire.topics import Station, answer_topic, ask_topic

_POLL_S = 0.2
_TAKEN_S = 10.0
_NOBODY = 16
"""Reason of MQTT 5: no subscriber matched."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which question of which station is answered, and for how long the answer may be used."""

    station: Station
    corr: str
    valid_for: timedelta


def seal_letter(settings: Settings, letter: Letter, asked: Asked) -> bytes:
    """A signed answer that only that station opens, and only to that question.

    Raises ConfigError `seal_key_not_pinned` or `face_answer_too_large`.
    """
    clock = SystemClock(assume_synced=settings.clock.assume_synced)
    pinned = read_pinned(settings.keys_file)
    key = _pinned_key(pinned, PinnedKeys(pinned, clock), asked.station)
    signer = FileSigner(settings.control_key, key_id=key_id_of(settings.control_key, pinned))
    now = clock.now()
    until = now + asked.valid_for
    blank = FaceAnswer(asked.station.name, asked.corr, now, until, key.key_id, "")
    sealed = seal_to(key.public, encode_letter(letter), bound=bound_to(blank, letter.person))
    answer = FaceAnswer(asked.station.name, asked.corr, now, until, key.key_id, sealed)
    data = sign_message(answer, key_id=signer.key_id, sign=signer.sign)
    if len(data) > FACE_ANSWER_LIMIT_BYTES:
        raise ConfigError(
            "face_answer_too_large",
            size_bytes=len(data),
            limit_bytes=FACE_ANSWER_LIMIT_BYTES,
            remedy="fewer or smaller photographs: 640 pixels high are enough",
        )
    return data


def _pinned_key(pinned: tuple[PinnedKey, ...], ring: PinnedKeys, station: Station) -> PinnedKey:
    """The key of a station that counts now, the one listed last."""
    for key in reversed(pinned):
        if key.owner == station.name and ring.counts(key.key_id, purpose=SEAL):
            return key
    remedy = "add the line that `face answer-key` prints there to keys.json"
    raise ConfigError("seal_key_not_pinned", station=station.name, remedy=remedy)


def await_question(settings: Settings, station: Station, person: PersonId, wait_s: float) -> str:
    """The name of the station's open question for a person; a station asks every few seconds.

    Raises LinkDown `face_not_asked` when it does not come in time.
    """
    clock = SystemClock(assume_synced=settings.clock.assume_synced)
    until_ns = clock.mono_ns() + int(wait_s * 1e9)
    with _client(settings, ask_topic(station, ASK)) as client:
        while clock.mono_ns() < until_ns:
            match client.next(_POLL_S):
                case Arrived(payload=payload) as message:
                    client.take(message)
                    ask = _question(payload)
                    if ask is not None and ask.data.get("person") == person:
                        return ask.corr
                case Disconnected(why=why):
                    raise LinkDown("link_lost", why=why)
                case _:
                    continue
    remedy = f"there: specimen-edge face request {person}"
    raise LinkDown("face_not_asked", station=station.name, person=person, remedy=remedy)


def _question(payload: bytes) -> Ask | None:
    try:
        return decode(payload, Ask)
    except DecodeError:
        return None


def send_answer(settings: Settings, asked: Asked, answer: bytes) -> None:
    """Publish an answer until the broker has taken it; raise LinkDown or LinkRejected."""
    with _client(settings) as client:
        token = client.publish(answer_topic(asked.station, asked.corr), answer)
        while (happening := client.next(_TAKEN_S)) is not None:
            match happening:
                case Acknowledged(token=told, reason=reason) if told == token:
                    if reason == _NOBODY:
                        raise LinkDown("station_away", remedy="send it again when it is there")
                    if reason >= FAILURE:
                        raise LinkRejected("publish_refused", reason=reason)
                    return
                case Disconnected(why=why):
                    raise LinkDown("link_lost", why=why)
                case _:
                    continue
    raise LinkDown("not_acknowledged")


@contextmanager
def _client(settings: Settings, *filters: str) -> Iterator[MqttClient]:
    access = access_of(settings, client_id=f"face/{token_hex(8)}")
    with closing(MqttClient(access, filters=filters)) as client:
        client.connect()
        yield client


def photograph_text(path: Path) -> str:
    """A photograph as it stands in a letter; raise ConfigError `photograph_unreadable`."""
    try:
        return base64.b64encode(path.read_bytes()).decode()
    except OSError as error:
        raise ConfigError("photograph_unreadable", file=str(path), why=error.strerror) from error
