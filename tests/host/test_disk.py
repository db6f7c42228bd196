import os
from pathlib import Path

import pytest

from edge.host.disk import look_at_disk


def test_a_folder_that_can_be_written(tmp_path: Path) -> None:
    facts = look_at_disk(tmp_path)
    assert facts.exists
    assert facts.writable
    assert facts.free_bytes > 0
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    assert not look_at_disk(tmp_path / "none").exists


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs a kernel's own folder")
def test_a_folder_that_cannot_be_written() -> None:
    facts = look_at_disk(Path("/proc") / str(os.getpid()))
    assert facts.exists
    assert not facts.writable
