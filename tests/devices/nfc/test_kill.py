"""The reader's process is killed at full speed: the chip stays there, and the next tap counts."""

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import IO

import pytest
from nfc_desk import fresh_uid, ntag

from edge.sim.pn532.pty import Pn532Port

SUPPORT = Path(__file__).parents[2] / "support"
ROUNDS = 4
LIMIT_S = 3.0


@contextmanager
def victim(link: Path) -> Iterator[tuple[subprocess.Popen[str], IO[str]]]:
    argv = [sys.executable, str(SUPPORT / "nfc_victim.py"), str(link)]
    environment = os.environ | {"PYTHONPATH": str(SUPPORT)}
    with subprocess.Popen(argv, stdout=subprocess.PIPE, env=environment, text=True) as process:
        try:
            assert process.stdout is not None
            yield process, process.stdout
        finally:
            process.kill()


@pytest.mark.slow
def test_the_first_tap_after_kill_9_at_full_speed(tmp_path: Path) -> None:
    draw = random.Random(1)
    with Pn532Port(tmp_path / "reader") as port:
        for _ in range(ROUNDS):
            uid = fresh_uid(draw)
            port.tap(ntag(uid))
            started = monotonic()
            with victim(port.link) as (process, lines):
                assert lines.readline().strip() == uid.hex()
                assert monotonic() - started < LIMIT_S
                assert port.chip.baud == 921_600
                process.send_signal(signal.SIGKILL)
                process.wait()
            assert port.chip.baud == 921_600
