"""Every byte of a station's log counts: each one that is changed is found, at its place."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from random import Random

import pytest
from altered_log import Altered, altered_copy, flipped
from signed_log import make_log

from edge.core.ids import EpochId
from edge.flows.audit import Flaw

pytestmark = pytest.mark.slow
EVENTS = 13


@pytest.fixture
def altered(tmp_path: Path) -> Iterator[Altered]:
    with altered_copy(make_log(tmp_path)) as copy:
        yield copy


def test_every_flipped_byte_of_a_body_is_found(altered: Altered) -> None:
    rng = Random(1)
    flips = 0
    for epoch, sequence, body, _ in altered.rows():
        for at in range(len(body)):
            altered.put((epoch, sequence), body=flipped(body, at, rng))
            assert altered.flaw() == Flaw(EpochId(epoch), sequence, "digest"), at
            flips += 1
        altered.put((epoch, sequence), body=body)
    assert flips > EVENTS * 400
    assert altered.audit().ok


def test_every_flipped_byte_of_a_body_is_found_where_its_digest_was_mended(
    altered: Altered,
) -> None:
    rng = Random(2)
    for epoch, sequence, body, _ in altered.rows():
        for at in range(len(body)):
            changed = flipped(body, at, rng)
            altered.put((epoch, sequence), body=changed, digest=sha256(changed).hexdigest())
            assert altered.flaw() == Flaw(EpochId(epoch), sequence, "signature"), at
        altered.put((epoch, sequence), body=body, digest=sha256(body).hexdigest())
    assert altered.audit().ok


def test_every_flipped_byte_of_a_signature_is_found(altered: Altered) -> None:
    rng = Random(3)
    for epoch, sequence, _, signature in altered.rows():
        for at in range(len(signature)):
            altered.put((epoch, sequence), signature=flipped(signature, at, rng))
            assert altered.flaw() == Flaw(EpochId(epoch), sequence, "signature"), at
        for wrong in (b"", signature[:-1], signature + b"\0"):
            altered.put((epoch, sequence), signature=wrong)
            assert altered.flaw() == Flaw(EpochId(epoch), sequence, "signature"), wrong
        altered.put((epoch, sequence), signature=signature)
    assert altered.audit().ok
