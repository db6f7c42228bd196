"""Child processes: a wish to end is heard, also one that comes in the middle of a fork."""

import subprocess
import sys

INTERRUPTED_FORK = """
import os, signal, sys
from edge.runtime.supervisor import Child

def end(*_):
    raise KeyboardInterrupt

signal.signal(signal.SIGTERM, end)
os.register_at_fork(after_in_parent=lambda: signal.raise_signal(signal.SIGTERM))
child = Child("sleeper", (sys.executable, "-c", "import time; time.sleep(60)"), log=None)
try:
    child.start()
except KeyboardInterrupt:
    child.stop()
    print("heard", signal.getsignal(signal.SIGTERM) is end, child.exit_status)
"""


def test_a_wish_to_end_in_the_middle_of_a_fork_is_heard_after_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED_FORK],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("heard True -15\n", "")
