"""The guide's own statements, on PostgreSQL and with the published vectors."""

import json
import re
from base64 import b64decode
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any, LiteralString, cast

import psycopg
import pytest
from postgres_site import PASSWORD, Cluster
from postgres_site import postgres as postgres  # noqa: PLC0414 - a fixture of this file

DOCS = Path(__file__).parents[2] / "docs"
TABLES, TAKE, GAPS, BREAKS = (
    cast("LiteralString", text)
    for text in re.findall(
        r"```sql\n(.*?)```", (DOCS / "contract.md").read_text("utf-8"), re.DOTALL
    )
)
Connection = psycopg.Connection[tuple[Any, ...]]


@pytest.fixture
def store(postgres: Cluster) -> Iterator[Connection]:
    made = psycopg.connect(postgres.conninfo(postgres.new_database()), password=PASSWORD)
    with closing(made) as connection:
        connection.execute(TABLES)
        yield connection


def row(envelope: bytes) -> dict[str, Any]:
    body = b64decode(json.loads(envelope)["payload"])
    said = json.loads(body)
    return {
        "station": said["source"],
        "epoch": said["epoch"],
        "sequence": int(said["sequence"]),
        "digest": sha256(body).hexdigest(),
        "prev": said["prev"],
        "body": body,
        "envelope": envelope,
    }


def chain() -> list[bytes]:
    return (DOCS / "vectors" / "chain.jsonl").read_bytes().splitlines()


def take(store: Connection, envelope: bytes) -> int:
    return store.execute(TAKE, row(envelope)).rowcount


def test_a_whole_chain_is_taken_once_in_any_order(store: Connection) -> None:
    assert [take(store, each) for each in reversed(chain())] == [1] * 10
    assert [take(store, each) for each in chain()] == [0] * 10
    assert store.execute(GAPS).fetchall() == []
    assert store.execute(BREAKS).fetchall() == []


def test_what_is_missing_is_named(store: Connection) -> None:
    lines = chain()
    for each in (*lines[:3], lines[5], *lines[8:]):
        take(store, each)
    found = [each[2:] for each in store.execute(GAPS).fetchall()]
    assert sorted(found) == [(4, 5), (7, 8)]


def test_a_fork_is_no_new_row_and_another_digest(store: Connection) -> None:
    for each in chain():
        take(store, each)
    broken = map(json.loads, (DOCS / "vectors" / "broken.jsonl").read_text("utf-8").splitlines())
    (fork,) = [each["envelope"] for each in broken if each["fault"] == "same place, other content"]
    assert take(store, fork.encode()) == 0
    (kept,) = store.execute("SELECT digest FROM events WHERE sequence = 5").fetchall()
    assert kept != (row(fork.encode())["digest"],)


def test_a_broken_chain_is_named(store: Connection) -> None:
    lines = chain()
    broken = map(json.loads, (DOCS / "vectors" / "broken.jsonl").read_text("utf-8").splitlines())
    (other,) = [each["envelope"] for each in broken if each["fault"] == "previous digest wrong"]
    for each in (*lines[:4], other.encode(), *lines[5:]):
        take(store, each)
    assert [each[2] for each in store.execute(BREAKS).fetchall()] == [5, 6]
