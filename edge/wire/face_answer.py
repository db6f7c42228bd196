"""What a platform's sealed answer holds: a consent and the photographs; values ↔ bytes (step 12).

Only the station's own key opens it: whoever carries it sees neither the person nor a face.
"""

import base64
import binascii
from dataclasses import dataclass, field
from datetime import datetime

from edge.core.consent import Consent, ConsentText
from edge.core.envelope import encode_json
from edge.core.errors import DecodeError
from edge.core.ids import Digest, PersonId
from edge.wire.convert import converter, structure
from edge.wire.downlink import FACE_ANSWER_LIMIT_BYTES, FaceAnswer, decode

PURPOSE = "specimen-edge face-answer v1"


@dataclass(frozen=True, slots=True)
class Letter:
    """One person who agreed, with the photographs.

    text_version, text_sha256: the text that the person read; how, recorded_by: as in every consent
    record; age_years: only to refuse the young, never stored; photographs: base64 of JPEG or PNG.
    """

    person: PersonId
    text_version: str
    text_sha256: Digest
    agreed_at: datetime
    how: str
    recorded_by: PersonId
    age_years: int
    photographs: tuple[str, ...] = field(repr=False)

    @property
    def consent(self) -> Consent:
        """The consent as it is recorded."""
        text = ConsentText(self.text_version, self.text_sha256)
        return Consent(self.person, text, self.agreed_at, self.how, self.recorded_by)

    def pictures(self) -> tuple[bytes, ...]:
        """The photographs; DecodeError `message_malformed`."""
        try:
            return tuple(base64.b64decode(each, validate=True) for each in self.photographs)
        except (ValueError, binascii.Error) as error:
            raise DecodeError("message_malformed", why="photograph") from error


def encode_letter(letter: Letter) -> bytes:
    """The bytes that are sealed."""
    return encode_json(converter.unstructure(letter))


def decode_letter(content: bytes) -> Letter:
    """What was sealed; DecodeError `face_consent_missing`, else as every message."""
    loose: dict[str, object] = decode(content, dict, limit_bytes=FACE_ANSWER_LIMIT_BYTES)
    consent = ("text_version", "text_sha256", "agreed_at", "how", "recorded_by")
    missing = [name for name in consent if not loose.get(name)]
    if missing:
        raise DecodeError("face_consent_missing", missing=",".join(missing))
    letter: Letter = structure(loose, Letter)
    return letter


def bound_to(answer: FaceAnswer, person: PersonId) -> bytes:
    """What the seal is bound to besides the key: station, question, the person asked for, times."""
    words = {
        "for": PURPOSE,
        "station": answer.station,
        "corr": answer.corr,
        "person": person,
        "issued": answer.issued.isoformat(),
        "expires": answer.expires.isoformat(),
    }
    return encode_json(words)
