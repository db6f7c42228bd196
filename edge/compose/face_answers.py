"""The station's side of enrolment from afar: asking for photographs, opening what comes, once."""

from collections.abc import Iterable
from contextlib import closing
from secrets import token_hex

from edge.compose.common import face_asks_of, station_of
from edge.core.consent import ConsentText
from edge.core.envelope import open_envelope
from edge.core.errors import ConfigError, DecodeError
from edge.core.face_answers import why_not_agreed, why_not_now
from edge.core.ids import PersonId
from edge.host.answer_key import AnswerKey
from edge.host.clock import SystemClock
from edge.host.keys import PinnedKey, PinnedKeys
from edge.host.seal_keys import SEAL
from edge.settings import Settings
from edge.storage.face_asks import FaceAsks
from edge.storage.faces import FaceGallery, FaceKey
from edge.storage.link import LinkReader, erase_received
from edge.wire.downlink import (
    FACE_ANSWER_LIMIT_BYTES,
    KINDS,
    Downlink,
    FaceAnswer,
    payload_type,
)
from edge.wire.face_answer import Letter, bound_to, decode_letter
from edge.wire.topics import Branch

_OURS = f"{Branch.ANSWER}/face-"
"""How answers to our questions are named in the inbox."""


def make_answer_key(settings: Settings) -> PinnedKey:
    """This station's key as the platform pins it; made when there is none.

    Raises ConfigError `face_answers_off` where the platform's photographs are not wanted.
    """
    _need_wanted(settings)
    key = AnswerKey.made(settings.face_answer_key)
    return PinnedKey(key.key_id, key.public, SEAL, owner=station_of(settings).name)


def request_photographs(settings: Settings, person: PersonId) -> str:
    """Note the question for a person's photographs; its name. The shipper carries it."""
    _need_wanted(settings)
    AnswerKey(settings.face_answer_key)
    asks, corr = _asks(settings), f"face-{token_hex(8)}"
    asks.forget_overdue()
    asks.ask(corr, person)
    return corr


def open_answer(settings: Settings, data: bytes) -> tuple[FaceAnswer, Letter]:
    """What the platform sent to a question of ours; ConfigError or DecodeError say why not."""
    _need_wanted(settings)
    clock = SystemClock(assume_synced=settings.clock.assume_synced)
    key = AnswerKey(settings.face_answer_key)
    downlink = Downlink(PinnedKeys.load(settings.keys_file, clock), station_of(settings))
    answer = downlink.open_face_answer(data)
    person = _asked_for(settings, answer)
    why = why_not_now(issued=answer.issued, expires=answer.expires, now=clock.now())
    if why:
        raise DecodeError(why, corr=answer.corr)
    if answer.key != key.key_id:
        raise DecodeError("face_seal_of_another_key", corr=answer.corr, ours=key.key_id)
    letter = decode_letter(key.open(answer.sealed, bound=bound_to(answer, person)))
    if letter.person != person:
        raise DecodeError("face_answer_of_another", corr=answer.corr, asked=person)
    return answer, letter


def _asked_for(settings: Settings, answer: FaceAnswer) -> PersonId:
    """For whom this station asked; DecodeError `face_answer_replayed`, `face_answer_unasked`."""
    person = _asks(settings).person_of(answer.corr)
    with closing(_gallery(settings)) as gallery:
        if gallery.took_answer(answer.corr):
            raise DecodeError("face_answer_replayed", corr=answer.corr)
    if person is None:
        raise DecodeError("face_answer_unasked", corr=answer.corr[:80])
    return person


def take_answer(settings: Settings, answer: FaceAnswer, letter: Letter, text: ConsentText) -> None:
    """Use an answer up, if it was agreed to; DecodeError says why it does not count."""
    now = SystemClock(assume_synced=settings.clock.assume_synced).now()
    with closing(_gallery(settings)) as gallery:
        withdrawn_at = gallery.withdrawn_at(letter.person)
        why = why_not_agreed(letter.consent, text, withdrawn_at=withdrawn_at, now=now)
        if not why and not gallery.take_answer(answer.corr, now):
            why = "face_answer_replayed"
    if why:
        raise DecodeError(why, corr=answer.corr)
    _asks(settings).end(answer.corr)


def waiting_answers(settings: Settings) -> dict[str, tuple[bytes, ...]]:
    """Sealed photographs that the shipper brought, by their place in the inbox, oldest first."""
    _need_wanted(settings)
    found: dict[str, tuple[bytes, ...]] = {}
    clock = SystemClock(assume_synced=settings.clock.assume_synced)
    with closing(LinkReader(settings.link_db, clock=clock, boot_id="")) as link:
        position = 0
        while news := link.after(position):
            position = news[-1][0]
            for _, tail, payload in news:
                told = found.get(tail, ())
                is_new = payload not in told  # a broker may bring a message twice
                if tail.startswith(_OURS) and is_new and _holds_photographs(payload):
                    found[tail] = (*told, payload)
    return found


def erase_answers(settings: Settings, tails: Iterable[str]) -> None:
    """Leave nothing of them in the inbox; raise StorageError."""
    if settings.link_db.exists():
        erase_received(settings.link_db, tails)


def _holds_photographs(payload: bytes) -> bool:
    """A program that knows no such question may have answered that."""
    try:
        envelope = open_envelope(payload, limit_bytes=FACE_ANSWER_LIMIT_BYTES)
    except DecodeError:
        return True
    return envelope.payload_type == payload_type(KINDS[FaceAnswer])


def _asks(settings: Settings) -> FaceAsks:
    return face_asks_of(settings, SystemClock(assume_synced=settings.clock.assume_synced))


def _gallery(settings: Settings) -> FaceGallery:
    return FaceGallery(settings.faces_db, FaceKey.made(settings.face_key))


def _need_wanted(settings: Settings) -> None:
    if not settings.face.from_platform:
        raise ConfigError("face_answers_off", setting="face.from_platform")
