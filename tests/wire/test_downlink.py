import base64
import json
from datetime import UTC, datetime

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from edge.core.envelope import sign_envelope
from edge.core.errors import DecodeError
from edge.core.ids import Digest, EpochId, KeyId
from edge.wire.downlink import (
    Ack,
    Answer,
    Ask,
    BlobAck,
    Command,
    Head,
    Mark,
    PageHead,
    Replay,
    Signed,
    StationState,
    Status,
    decode,
    decode_status,
    encode,
    open_message,
    open_signed,
    payload_type,
    sign_message,
)
from edge.wire.topics import Station

STATION = Station.parse("nanchang/lab-1/desk-1")
OTHER = Station.parse("nanchang/lab-1/desk-2")
AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
EPOCH = EpochId("01890000-0000-7000-8000-000000000001")
DIGEST = Digest("ab" * 32)
KEY_ID = KeyId("control-1")
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
ACK = Ack(STATION.name, "store-1", AT, {EPOCH: Mark(7, DIGEST)})


class OneKey:
    def verifies(self, key_id: KeyId, *, purpose: str, message: bytes, signature: bytes) -> bool:
        if (key_id, purpose) != (KEY_ID, "control"):
            return False
        try:
            KEY.public_key().verify(signature, message)
        except InvalidSignature:
            return False
        return True


MESSAGES: tuple[Signed, ...] = (
    ACK,
    Replay(STATION.name, EPOCH, 3, 9),
    Head(STATION.name, "people", 4, AT, (PageHead(DIGEST, 120, 3),)),
    Answer(STATION.name, "c-1", "commission", AT, {"found": True, "rows": [{"a": 1}]}),
    Command(STATION.name, "c-2", "report", AT, AT, {}),
    BlobAck(STATION.name, DIGEST, stored=False, wanted=(0, 2)),
)


@pytest.mark.parametrize("message", MESSAGES, ids=lambda each: type(each).__name__)
def test_a_signed_message_is_read_back(message: Signed) -> None:
    data = sign_message(message, key_id=KEY_ID, sign=KEY.sign)
    assert open_message(data, type(message), ring=OneKey(), station=STATION) == message


def test_the_names_on_the_wire_are_the_contract() -> None:
    ack = json.loads(encode(ACK))
    assert ack["epochs"] == {str(EPOCH): {"upto": 7, "digest": str(DIGEST)}}
    assert set(ack) == {"station", "store_id", "issued", "epochs"}
    assert set(json.loads(encode(MESSAGES[1]))) == {"station", "epoch", "from", "to"}
    assert set(json.loads(encode(MESSAGES[2]))["pages"][0]) == {"sha256", "bytes", "rows"}


def refusal(data: bytes, kind: str = "ack", station: Station = STATION) -> str:
    with pytest.raises(DecodeError) as caught:
        open_signed(data, kind=kind, ring=OneKey(), station=station)
    return caught.value.code


def test_what_is_not_ours_is_refused_by_name() -> None:
    data = sign_message(ACK, key_id=KEY_ID, sign=KEY.sign)
    assert refusal(b"{}") == "envelope_malformed"
    assert refusal(data, kind="head") == "wrong_kind"
    assert refusal(data, station=OTHER) == "wrong_station"
    stranger = Ed25519PrivateKey.generate()
    assert refusal(sign_message(ACK, key_id=KEY_ID, sign=stranger.sign)) == "signature_bad"
    unknown = sign_message(ACK, key_id=KeyId("event-1"), sign=KEY.sign)
    assert refusal(unknown) == "signature_bad"


def test_a_body_that_was_changed_is_refused() -> None:
    outer = json.loads(sign_message(ACK, key_id=KEY_ID, sign=KEY.sign))
    body = base64.b64decode(outer["payload"]).replace(b'"upto":7', b'"upto":8')
    outer["payload"] = base64.b64encode(body).decode()
    assert refusal(json.dumps(outer).encode()) == "signature_bad"


@pytest.mark.parametrize("body", [b"[]", b"7", b"null", b"not json"])
def test_a_signed_body_without_a_station_is_refused(body: bytes) -> None:
    data = sign_envelope(payload_type("ack"), body, key_id=KEY_ID, sign=KEY.sign)
    assert refusal(data) in {"wrong_station", "message_malformed"}


def test_an_unknown_key_is_refused() -> None:
    extra = json.loads(encode(ACK)) | {"more": 1}
    with pytest.raises(DecodeError):
        decode(json.dumps(extra).encode(), Ack)


def test_a_status_is_read_sealed_or_plain() -> None:
    status = Status(StationState.ONLINE, EPOCH, 8, 1, KEY_ID, "0.1.0", AT, {"disk": "ok"})
    sealed = sign_envelope(payload_type("status"), encode(status), key_id=KEY_ID, sign=KEY.sign)
    assert decode_status(sealed) == decode_status(encode(status)) == status
    assert decode_status(b'{"state":"offline"}') == Status(StationState.OFFLINE)


def test_a_question_is_read_back() -> None:
    ask = Ask("c-1", "ref-page", {"set": "people", "version": 3, "pages": [0, 1]}, "a/b")
    assert decode(encode(ask), Ask) == ask


@given(data=st.binary(max_size=200))
def test_any_bytes_are_a_message_or_a_decode_error(data: bytes) -> None:
    for open_it in (
        lambda: decode(data, Ack),
        lambda: decode(data, Ask),
        lambda: decode_status(data),
        lambda: open_signed(data, kind="ack", ring=OneKey(), station=STATION),
    ):
        with pytest.raises(DecodeError):
            open_it()
