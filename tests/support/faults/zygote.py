"""Makes processes quickly: it has loaded everything once, and forks; each child is its own process.

Run by `faults.nursery` alone, which speaks to it in lines of JSON: start, poll, end.
"""

import ctypes
import json
import os
import signal
import sys
import traceback
from pathlib import Path

from faults.failpoints import catalogue
from faults.roles import Order, play

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)


def main() -> None:
    """Serve until the other side is gone; then the children go too."""
    catalogue()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for line in sys.stdin:
        asked = json.loads(line)
        match asked["do"]:
            case "start":
                said: object = _fork(asked["order"], Path(asked["log"]))
            case "poll":
                said = _status(asked["pid"], os.WNOHANG)
            case _:
                os.kill(asked["pid"], asked["signal"])
                said = _status(asked["pid"], 0)
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()


def _status(pid: int, options: int) -> int | None:
    """The exit status, negative for a signal; None while it runs."""
    ended, status = os.waitpid(pid, options)
    return os.waitstatus_to_exitcode(status) if ended else None


def _fork(order: str, log: Path) -> int:
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        _redirect(log)
        play(Order.parse(order))
        status = 0
    except BaseException:  # noqa: BLE001 - a child that must not return into the server's loop
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _redirect(log: Path) -> None:
    """Nothing of the server's own conversation reaches a child."""
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)


if __name__ == "__main__":
    main()
