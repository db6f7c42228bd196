"""Photographs from the platform, sealed to this station's own key: made there, opened here."""

import base64
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from secrets import token_hex

from edge.compose.common import access_of, station_of
from edge.core.consent import ConsentText
from edge.core.errors import ConfigError, DecodeError, LinkDown, LinkRejected
from edge.core.face_answers import why_not_agreed, why_not_now
from edge.host.answer_key import AnswerKey, answer_key_id, seal_to
from edge.host.clock import SystemClock
from edge.host.keys import FileSigner, PinnedKeys, key_id_of, read_pinned
from edge.mqtt.client import Acknowledged, Disconnected, MqttClient
from edge.settings import Settings
from edge.storage.faces import FaceGallery, FaceKey
from edge.storage.link import LinkReader
from edge.wire.downlink import Downlink, FaceAnswer, sign_message
from edge.wire.face_answer import Letter, bound_to, decode_letter, encode_letter
from edge.wire.topics import Branch, Station, answer_topic

PUBLIC_SUFFIX = ".pub"
_TAKEN_S = 10.0
_NOBODY, _REFUSED = 16, 0x80
"""Reasons of MQTT 5: no subscriber matched; the first that is a failure."""


@dataclass(frozen=True, slots=True)
class Addressed:
    """For whom photographs are sealed, and for how long they may be used."""

    station: Station
    public: str
    valid_for: timedelta


def make_answer_key(settings: Settings) -> AnswerKey:
    """This station's key, made when there is none; its public part lies beside it for the shipper.

    Raises ConfigError `face_answers_off` where the platform's photographs are not wanted.
    """
    _need_wanted(settings)
    key = AnswerKey.made(settings.face_answer_key)
    _public_file(settings).write_text(key.public + "\n", encoding="utf-8")
    return key


def stated_key(settings: Settings) -> Mapping[str, str]:
    """What the station's status says of its key; nothing where it takes no photographs."""
    try:
        public = _public_file(settings).read_text(encoding="utf-8").strip()
        named = {"key": answer_key_id(public), "public": public}
    except (OSError, UnicodeDecodeError, ConfigError):
        return {}
    return named if settings.face.from_platform else {}


def seal_letter(settings: Settings, letter: Letter, to: Addressed) -> tuple[str, bytes]:
    """The name and the signed bytes of an answer that only that station opens."""
    now = SystemClock(assume_synced=settings.clock.assume_synced).now()
    pinned = read_pinned(settings.keys_file)
    signer = FileSigner(settings.control_key, key_id=key_id_of(settings.control_key, pinned))
    corr, key, until = f"face-{token_hex(8)}", answer_key_id(to.public), now + to.valid_for
    blank = FaceAnswer(to.station.name, corr, now, until, key, "")
    sealed = seal_to(to.public, encode_letter(letter), bound=bound_to(blank))
    answer = FaceAnswer(to.station.name, corr, now, until, key, sealed)
    return corr, sign_message(answer, key_id=signer.key_id, sign=signer.sign)


def send_answer(settings: Settings, station: Station, corr: str, answer: bytes) -> None:
    """Publish an answer until the broker has taken it; raise LinkDown or LinkRejected."""
    client = MqttClient(access_of(settings, client_id=f"face/{corr}"), filters=())
    try:
        client.connect()
        token = client.publish(answer_topic(station, corr), answer)
        _await_taken(client, token)
    finally:
        client.close()


def _await_taken(client: MqttClient, token: int) -> None:
    while (happening := client.next(_TAKEN_S)) is not None:
        match happening:
            case Acknowledged(token=told, reason=reason) if told == token:
                if reason == _NOBODY:
                    raise LinkDown("station_away", remedy="send it again when the station is there")
                if reason >= _REFUSED:
                    raise LinkRejected("publish_refused", reason=reason)
                return
            case Disconnected(why=why):
                raise LinkDown("link_lost", why=why)
            case _:
                continue
    raise LinkDown("not_acknowledged")


def open_answer(settings: Settings, data: bytes) -> tuple[FaceAnswer, Letter]:
    """What the platform sent, verified and opened; ConfigError or DecodeError say why not."""
    _need_wanted(settings)
    clock = SystemClock(assume_synced=settings.clock.assume_synced)
    key = AnswerKey(settings.face_answer_key)
    downlink = Downlink(PinnedKeys.load(settings.keys_file, clock), station_of(settings))
    answer = downlink.open_face_answer(data)
    why = why_not_now(issued=answer.issued, expires=answer.expires, now=clock.now())
    if why:
        raise DecodeError(why, corr=answer.corr)
    if answer.key != key.key_id:
        raise DecodeError("face_seal_of_another_key", corr=answer.corr, ours=key.key_id)
    return answer, decode_letter(key.open(answer.sealed, bound=bound_to(answer)))


def take_answer(settings: Settings, answer: FaceAnswer, letter: Letter, text: ConsentText) -> None:
    """Use an answer up, if it was agreed to; DecodeError says why it does not count."""
    now = SystemClock(assume_synced=settings.clock.assume_synced).now()
    with closing(FaceGallery(settings.faces_db, FaceKey.made(settings.face_key))) as gallery:
        withdrawn_at = gallery.withdrawn_at(letter.person)
        why = why_not_agreed(letter.consent, text, withdrawn_at=withdrawn_at, now=now)
        if not why and not gallery.take_answer(answer.corr, now):
            why = "face_answer_replayed"
    if why:
        raise DecodeError(why, corr=answer.corr)


def waiting_answers(settings: Settings) -> Iterator[bytes]:
    """What the shipper brought under answers, the oldest first; most of it is for the desk."""
    clock = SystemClock(assume_synced=settings.clock.assume_synced)
    with closing(LinkReader(settings.link_db, clock=clock, boot_id="")) as link:
        position = 0
        while news := link.after(position):
            position = news[-1][0]
            yield from (
                payload for _, tail, payload in news if tail.startswith(f"{Branch.ANSWER}/")
            )


def photograph_text(content: bytes) -> str:
    """A photograph as it stands in a letter."""
    return base64.b64encode(content).decode()


def _need_wanted(settings: Settings) -> None:
    if not settings.face.from_platform:
        raise ConfigError("face_answers_off", setting="face.from_platform")


def _public_file(settings: Settings) -> Path:
    return settings.face_answer_key.with_suffix(PUBLIC_SUFFIX)
