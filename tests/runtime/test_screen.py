"""The browser of the desk is kept running: real Chromium, killed and frozen."""

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

import psutil
import pytest
from screen_desk import TouchDesk, running_desk, served
from waiting import until

from edge.host.clock import SystemClock
from edge.host.reach import free_port
from edge.runtime.screen import Patience, ScreenProcess, silence_of

CHROMIUM = "/usr/bin/chromium"
FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which(CHROMIUM) is None, reason="chromium is not installed"),
]


@dataclass
class Notes:
    """What the screen's process said."""

    pids: list[int] = field(default_factory=list)
    whys: list[str] = field(default_factory=list)

    def info(self, event: str, /, **fields: object) -> None:
        del event
        self.pids.append(int(str(fields["pid"])))

    def warning(self, event: str, /, **fields: object) -> None:
        del event
        self.whys.append(str(fields["why"]))


@pytest.fixture
def desk() -> Iterator[TouchDesk]:
    with running_desk(page_clock=SystemClock()) as running:
        yield running


@contextmanager
def screen(url: str, folder: Path, patience: Patience) -> Iterator[Notes]:
    notes, stop = Notes(), threading.Event()
    process = ScreenProcess(
        (CHROMIUM, *FLAGS, f"--user-data-dir={folder}", url),
        silence=silence_of(url),
        clock=SystemClock(),
        journal=notes,
        patience=patience,
    )
    thread = threading.Thread(target=process.run, args=(stop,))
    thread.start()
    try:
        yield notes
    finally:
        stop.set()
        thread.join(20)
        assert not thread.is_alive()
        assert not any(psutil.pid_exists(pid) for pid in notes.pids)


def painted_after(desk: TouchDesk, moment_s: float) -> bool:
    silent_s = desk.page.page_silent_s()
    return silent_s is not None and monotonic() - silent_s > moment_s


def test_a_killed_and_a_frozen_browser_come_back(desk: TouchDesk, tmp_path: Path) -> None:
    patience = Patience(silent_s=8.0, boot_s=40.0, pause_s=0.1, look_s=0.2)
    with served(desk) as (_, door):
        url = f"http://127.0.0.1:{door.port}/"
        with screen(url, tmp_path / "profile", patience) as notes:
            until(lambda: desk.page.page_silent_s() is not None, 40)
            os.kill(notes.pids[0], signal.SIGKILL)
            killed_s = monotonic()
            until(lambda: len(notes.pids) == 2)
            assert notes.whys == ["status -9"]
            until(lambda: painted_after(desk, killed_s), 40)
            frozen = freeze(notes.pids[1])
            frozen_s = monotonic()
            until(lambda: len(notes.pids) == 3, 40)
            assert notes.whys[1].startswith("no paint for ")
            until(lambda: painted_after(desk, frozen_s), 40)
            assert len(notes.pids) == 3
            until(lambda: not any(each.is_running() for each in frozen))


def freeze(pid: int) -> list[psutil.Process]:
    """The browser and every process of its: they are there and do nothing."""
    browser = psutil.Process(pid)
    family = [browser, *browser.children(recursive=True)]
    for each in family:
        each.suspend()
    return family


def test_a_browser_is_not_blamed_for_a_service_that_is_away(tmp_path: Path) -> None:
    patience = Patience(silent_s=0.3, boot_s=0.5, pause_s=0.1, look_s=0.05)
    url = f"http://127.0.0.1:{free_port()}/"
    with screen(url, tmp_path / "profile", patience) as notes:
        until(lambda: len(notes.pids) == 1)
        threading.Event().wait(2.0)
        assert notes.whys == []


def test_a_missing_browser_is_named() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "edge", "screen", "--", "/nowhere/cage"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "/nowhere/cage" in done.stderr
