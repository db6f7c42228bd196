"""Reference data: rows of the sets ↔ JSON lines, and lines ↔ pages (step 12)."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Final, assert_never

from edge.core.commission import Commission, Contract
from edge.core.custody import Custody
from edge.core.envelope import digest_of, encode_json
from edge.core.errors import BrokenInvariant, DecodeError
from edge.core.ids import DeliveryId, KeyId, RuleSetId
from edge.core.people import Grant, Person
from edge.wire.convert import converter, rename_keys, structure
from edge.wire.downlink import PageHead

PAGE_LIMIT_BYTES: Final = 64 * 1024
_MEAN_PAGE_BYTES: Final = 24 * 1024
_HASH_SPAN: Final = 1 << 32


class SetName(StrEnum):
    """The sets that a platform sends."""

    PEOPLE = "people"
    GRANTS = "grants"
    COMMISSIONS = "commissions"
    CONTRACTS = "contracts"
    CUSTODY = "custody"
    DECISIONS = "decisions"
    KEYS = "keys"
    RULESETS = "rulesets"


class Word(StrEnum):
    """The platform's word on a delivery."""

    CONFIRMED = "confirmed"
    DISPUTED = "disputed"


@dataclass(frozen=True, slots=True)
class Decision:
    """What the platform decided on a delivery, and why it disputes."""

    delivery: DeliveryId
    word: Word
    at: datetime
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A pinned public key as pinned files list it."""

    key_id: KeyId
    public: str
    purpose: str
    owner: str | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None


rename_keys(KeyRow, valid_from="from", valid_until="to")


@dataclass(frozen=True, slots=True)
class RuleSetRow:
    """A rule set as the exact TOML text that stations read."""

    ruleset: RuleSetId
    toml: str


@dataclass(frozen=True, slots=True)
class Deleted:
    """A row that is no more; `deleted` is its first key, e.g. `person:p-1`."""

    deleted: str


Row = Person | Grant | Commission | Contract | Custody | Decision | KeyRow | RuleSetRow
"""A row of any set."""

_KINDS: Final[dict[SetName, type[Row]]] = {
    SetName.PEOPLE: Person,
    SetName.GRANTS: Grant,
    SetName.COMMISSIONS: Commission,
    SetName.CONTRACTS: Contract,
    SetName.CUSTODY: Custody,
    SetName.DECISIONS: Decision,
    SetName.KEYS: KeyRow,
    SetName.RULESETS: RuleSetRow,
}


def encode_row(row: Row | Deleted) -> bytes:
    """One line of a page, its newline included."""
    return encode_json(converter.unstructure(row)) + b"\n"


def decode_row(set_name: SetName, line: bytes) -> Row | Deleted:
    """The row of a line; raise DecodeError `row_malformed` or `value_malformed`."""
    try:
        parsed = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise DecodeError("row_malformed", set=set_name, why=type(error).__name__) from error
    is_deletion = isinstance(parsed, dict) and "deleted" in parsed
    row: Row | Deleted = structure(parsed, Deleted if is_deletion else _KINDS[set_name])
    return row


def keys_of(row: Row | Deleted) -> tuple[str, ...]:
    """Everything a row is found by, its own identity first."""
    match row:
        case Person():
            badge = () if row.badge is None else (f"badge:{row.badge}",)
            lab = () if row.lab is None else (f"lab:{row.lab}",)
            keys = (f"person:{row.person}", *badge, *lab)
        case Grant():
            keys = (f"grant:{row.grant}", f"project:{row.project}", f"person:{row.person}")
        case Commission():
            keys = _commission_keys(row)
        case Contract():
            keys = (f"contract:{row.contract}", f"project:{row.project}")
        case Custody():
            keys = (f"specimen:{row.specimen}",)
        case Decision():
            keys = (f"delivery:{row.delivery}",)
        case KeyRow():
            keys = (f"key:{row.key_id}",)
        case RuleSetRow():
            keys = (f"ruleset:{row.ruleset}",)
        case Deleted():
            keys = (row.deleted,)
        case _:
            assert_never(row)
    return keys


def paginate(rows: Iterable[Row | Deleted]) -> tuple[bytes, ...]:
    """Pages of at most 64 KiB, ordered by identity; a change touches the pages near it only.

    A page ends where the hash of a row's identity says so (24 KiB on average), never by counting,
    so that a row more or less does not move the rows of every later page.
    """
    return paginate_lines((keys_of(row)[0], encode_row(row)) for row in rows)


def paginate_lines(lines: Iterable[tuple[str, bytes]]) -> tuple[bytes, ...]:
    """The same of rows that are lines already, each with the identity of its row."""
    pages: list[bytes] = []
    page = bytearray()
    for key, line in sorted(lines):
        if len(line) > PAGE_LIMIT_BYTES:
            raise BrokenInvariant("row_too_large", key=key, size_bytes=len(line))
        if len(page) + len(line) > PAGE_LIMIT_BYTES:
            pages.append(bytes(page))
            page.clear()
        page += line
        if _ends_page(key, len(line)):
            pages.append(bytes(page))
            page.clear()
    if page:
        pages.append(bytes(page))
    return tuple(pages)


def page_head(page: bytes) -> PageHead:
    """What a head says of a page."""
    return PageHead(digest_of(page), len(page), page.count(b"\n"))


def lines_of(page: bytes) -> tuple[bytes, ...]:
    """The lines of a page with their newlines; raise DecodeError `page_malformed`."""
    if len(page) > PAGE_LIMIT_BYTES or not page.endswith(b"\n"):
        raise DecodeError("page_malformed", size_bytes=len(page))
    return tuple(line + b"\n" for line in page[:-1].split(b"\n"))


def _ends_page(key: str, size_bytes: int) -> bool:
    drawn = int.from_bytes(sha256(key.encode()).digest()[:4], "big")
    return drawn * _MEAN_PAGE_BYTES < size_bytes * _HASH_SPAN


def _commission_keys(row: Commission) -> tuple[str, ...]:
    forms = dict.fromkeys((row.form_code, row.witness_form_code))
    return (
        f"commission:{row.commission}",
        f"project:{row.project}",
        *(f"form:{code}" for code in forms),
        *(f"specimen:{block.specimen}" for block in row.blocks()),
    )
