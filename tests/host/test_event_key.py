"""A station's key while another takes its place, and the file of pinned keys that says so."""

import base64
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import samples
from hypothesis import given
from hypothesis import strategies as st
from memory_doors import SetClock

from edge.core.errors import ConfigError, StorageError
from edge.core.ids import EpochId, KeyId
from edge.core.keys import KeyEnd, Succession
from edge.host.event_key import EventKeyFiles, named_key, next_key_file
from edge.host.keys import (
    FileSigner,
    PinnedFile,
    PinnedKey,
    PinnedKeys,
    generate_key,
    read_pinned,
    write_pinned,
)

EPOCH = EpochId("01890000-0000-7000-8000-000000000002")
EARLIER = EpochId("01890000-0000-7000-8000-000000000001")
LATER = EpochId("01890000-0000-7000-8000-000000000003")
OWNER, OTHER = "nanchang/lab-1/desk-1", "nanchang/lab-2/desk-1"
OLD, NEW = KeyId("event-old"), KeyId("event-new")


def public(number: int) -> str:
    return base64.b64encode(bytes([number]) * 32).decode()


def change(number: int = 2, sequence: int = 7) -> Succession:
    end = KeyEnd(EPOCH, sequence)
    return Succession(OWNER, OLD, NEW, public(number), end, samples.NOW)


def listed() -> tuple[PinnedKey, ...]:
    return (
        PinnedKey(OLD, public(1), "event", OWNER),
        PinnedKey(KeyId("event-there"), public(9), "event", OTHER),
        PinnedKey(KeyId("control"), public(8), "control"),
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    write_pinned(tmp_path / "keys.json", listed())
    return tmp_path / "keys.json"


def test_a_change_is_on_the_disk_and_in_memory_and_holds_when_it_comes_again(path: Path) -> None:
    ring = PinnedFile(path, SetClock())
    for _ in range(2):
        assert ring.succeed(change()) == ""
        assert ring.knows(NEW, purpose="event")
        assert ring.owner(NEW) == OWNER
    old, *_, new = read_pinned(path)
    assert (old.valid_until, old.last) == (samples.NOW, KeyEnd(EPOCH, 7))
    assert new == PinnedKey(NEW, public(2), "event", OWNER)
    assert PinnedFile(path, SetClock()).succeed(change()) == ""


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (replace(change(), old=KeyId("event-unknown")), "key_not_listed"),
        (replace(change(), old=KeyId("control")), "key_not_listed"),
        (replace(change(), old=KeyId("event-there")), "key_not_listed"),
        (replace(change(), owner=OTHER), "key_not_listed"),
        (replace(change(), new=OLD), "key_pinned_already"),
        (replace(change(), new=KeyId("control")), "key_pinned_already"),
        (replace(change(), new=KeyId("event-there")), "key_pinned_already"),
        (replace(change(), public=public(8)), "key_pinned_already"),
        (replace(change(), public=public(1)), "key_pinned_already"),
        (replace(change(), public="AAAA"), "key_malformed"),
        (replace(change(), public="密钥"), "key_malformed"),
        (replace(change(), public=""), "key_malformed"),
    ],
)
def test_what_cannot_be_pinned_changes_nothing(path: Path, wrong: Succession, why: str) -> None:
    before = path.read_bytes()
    ring = PinnedFile(path, SetClock())
    assert ring.succeed(wrong) == why
    assert path.read_bytes() == before
    assert PinnedKeys(listed(), SetClock()).succeed(wrong) == why


@pytest.mark.parametrize(
    "second",
    [
        replace(change(), new=KeyId("event-third"), public=public(3)),
        replace(change(), public=public(3)),
        replace(change(), end=KeyEnd(EPOCH, 8)),
        replace(change(), end=KeyEnd(EARLIER, 7)),
    ],
)
def test_a_key_is_followed_once(path: Path, second: Succession) -> None:
    ring = PinnedFile(path, SetClock())
    assert ring.succeed(change()) == ""
    before = path.read_bytes()
    assert ring.succeed(second) == "key_followed_already"
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("epoch", "sequence", "ended"),
    [
        (EPOCH, 1, False),
        (EPOCH, 7, False),
        (EPOCH, 8, True),
        (EARLIER, 10**9, False),
        (LATER, 1, True),
    ],
)
def test_a_key_ends_at_a_place(
    epoch: EpochId,
    sequence: int,
    ended: bool,  # noqa: FBT001 - a table
) -> None:
    ring = PinnedKeys(listed(), SetClock())
    assert not ring.ended(OLD, epoch=LATER, sequence=99)
    ring.succeed(change())
    assert ring.ended(OLD, epoch=epoch, sequence=sequence) is ended
    assert not ring.ended(NEW, epoch=epoch, sequence=sequence)
    assert not ring.ended(KeyId("event-unknown"), epoch=epoch, sequence=sequence)


@given(jump_s=st.integers(-(10**8), 10**8))
def test_what_a_key_sealed_before_counts_whatever_its_time(
    tmp_path_factory: pytest.TempPathFactory, jump_s: int
) -> None:
    folder = tmp_path_factory.mktemp("keys")
    old = PinnedKey(OLD, generate_key(folder / "event.pem"), "event", OWNER)
    ring = PinnedKeys([old], SetClock())
    ring.succeed(change())
    signature = FileSigner(folder / "event.pem", key_id=OLD).sign(b"an event")
    at = samples.NOW + timedelta(seconds=jump_s)
    assert ring.signed(OLD, purpose="event", message=b"an event", signature=signature, at=at)


def test_a_code_of_a_key_that_another_follows_counts_no_more(tmp_path: Path) -> None:
    clock = SetClock()
    old = PinnedKey(OLD, generate_key(tmp_path / "event.pem"), "event", OWNER)
    ring = PinnedKeys([old], clock)
    ring.succeed(change())
    clock.move(1)
    signature = FileSigner(tmp_path / "event.pem", key_id=OLD).sign(b"a code")
    assert not ring.verifies(OLD, purpose="event", message=b"a code", signature=signature)


def test_processes_that_share_a_file_lose_no_key(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    count = 12
    keys = [
        PinnedKey(KeyId(f"old-{n}"), public(n), "event", f"nanchang/lab-{n}/desk-1")
        for n in range(count)
    ]
    write_pinned(path, keys)
    rings = [PinnedFile(path, SetClock()) for _ in range(count)]

    def follow(number: int) -> str:
        made = replace(change(100 + number), owner=keys[number].owner or "")
        named = replace(made, old=KeyId(f"old-{number}"), new=KeyId(f"new-{number}"))
        return rings[number].succeed(named)

    with ThreadPoolExecutor(count) as pool:
        assert set(pool.map(follow, range(count))) == {""}
    assert len(read_pinned(path)) == 2 * count


@pytest.mark.parametrize("content", [None, "{"])
def test_a_file_that_cannot_be_read_is_tried_again_later(path: Path, content: str | None) -> None:
    ring = PinnedFile(path, SetClock())
    path.unlink()
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(StorageError, match=r"keys_(unreadable|malformed)"):
        ring.succeed(change())
    assert not ring.knows(NEW, purpose="event")


@pytest.fixture
def files(tmp_path: Path) -> EventKeyFiles:
    generate_key(tmp_path / "event.pem")
    return EventKeyFiles(tmp_path / "event.pem", pinned=tmp_path / "keys.json")


def test_a_new_key_lies_beside_and_is_for_its_owner_alone(
    files: EventKeyFiles, tmp_path: Path
) -> None:
    key = tmp_path / "event.pem"
    before = key.read_bytes()
    made = files.make()
    assert stat.S_IMODE(next_key_file(key).stat().st_mode) == 0o600
    assert made.key_id == named_key(made.public)
    assert key.read_bytes() == before
    assert files.make().public != made.public


def test_it_takes_the_place_once(files: EventKeyFiles, tmp_path: Path) -> None:
    made = files.make()
    for _ in range(2):
        files.put_in_place(made.public)
        assert FileSigner(tmp_path / "event.pem", key_id=NEW).public == made.public
        assert not next_key_file(tmp_path / "event.pem").exists()
    with pytest.raises(ConfigError, match=r"key_lost.*provision"):
        files.put_in_place(public(2))


def test_another_key_than_the_announced_one_is_not_put_in_place(
    files: EventKeyFiles, tmp_path: Path
) -> None:
    before = (tmp_path / "event.pem").read_bytes()
    files.make()
    with pytest.raises(ConfigError, match="key_lost"):
        files.put_in_place(public(2))
    assert (tmp_path / "event.pem").read_bytes() == before
