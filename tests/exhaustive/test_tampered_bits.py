"""The stored stream: every changed bit of sampled events is found, also by a careful liar."""

from collections.abc import Iterator
from hashlib import sha256

import pytest
from altered_log import Altered, altered_copy
from signed_log import SignedLog, make_log

pytestmark = pytest.mark.slow

COLUMNS = (
    "event_id",
    "type",
    "subject",
    "recorded_at",
    "body",
    "digest",
    "key_id",
    "signature",
)
SAMPLED = (1, 3, 10)
"""By their place in the whole log: an opening, one in the middle, one of the second epoch."""


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> SignedLog:
    return make_log(tmp_path_factory.mktemp("station"))


@pytest.fixture
def altered(log: SignedLog) -> Iterator[Altered]:
    with altered_copy(log) as copy:
        yield copy


def every_bit(data: bytes) -> Iterator[bytes]:
    for at in range(8 * len(data)):
        place, bit = divmod(at, 8)
        yield data[:place] + bytes([data[place] ^ 1 << bit]) + data[place + 1 :]


@pytest.mark.parametrize("number", SAMPLED)
@pytest.mark.parametrize("column", COLUMNS)
def test_every_changed_bit_of_every_column_is_found(
    altered: Altered, number: int, column: str
) -> None:
    epoch, sequence = altered.rows()[number - 1][:2]
    (content,) = altered.sql.execute(
        f"SELECT CAST({column} AS BLOB) FROM events WHERE epoch=? AND sequence=?",  # noqa: S608 - column names of this test
        (epoch, sequence),
    ).fetchone()
    kind = "BLOB" if column in {"body", "signature"} else "TEXT"
    missed = []
    for at, changed in enumerate(every_bit(content)):
        altered.sql.execute(
            f"UPDATE events SET {column}=CAST(? AS {kind}) WHERE epoch=? AND sequence=?",  # noqa: S608 - column names of this test
            (changed, epoch, sequence),
        )
        if altered.audit().ok:
            missed.append(at)
    assert missed == []


@pytest.mark.parametrize("number", SAMPLED)
def test_a_changed_bit_is_found_though_the_digest_was_made_to_fit(
    altered: Altered, number: int
) -> None:
    epoch, sequence, body, _ = altered.rows()[number - 1]
    missed = []
    for at, changed in enumerate(every_bit(body)):
        altered.put((epoch, sequence), body=changed, digest=sha256(changed).hexdigest())
        if altered.audit().ok:
            missed.append(at)
    assert missed == []


def test_the_sampled_places_are_what_they_are_said_to_be(altered: Altered) -> None:
    rows = altered.rows()
    assert [rows[number - 1][1] for number in SAMPLED] == [1, 3, 1]
    assert altered.audit().ok
