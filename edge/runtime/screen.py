"""The desk's screen: one browser on the page, started anew when it ends or paints no more."""

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.error import URLError
from urllib.request import urlopen

from edge.ports import Clock, Journal
from edge.runtime.supervisor import Child

TIMEOUT_S = 2.0


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the browser may be silent.

    A page that has painted and then does not for `silent_s` is frozen; a browser that has not
    painted `boot_s` after its start has failed as well. Only the time in which the page's service
    answers counts; it is asked every `look_s`.
    """

    silent_s: float = 30.0
    boot_s: float = 90.0
    pause_s: float = 3.0
    look_s: float = 1.0


def silence_of(page: str) -> Callable[[], float | None]:
    """A question to the page's service: seconds since the last paint; infinite before the first.

    None while the service does not answer: then the browser is not to blame.
    """
    address = page.rstrip("/") + "/alive"

    def ask() -> float | None:
        try:
            with urlopen(address, timeout=TIMEOUT_S) as answer:  # noqa: S310 - the page on loopback
                silent_s = json.load(answer)["silent_s"]
        except (URLError, OSError, ValueError, KeyError):
            return None
        return float("inf") if silent_s is None else float(silent_s)

    return ask


class ScreenProcess:
    """Keeps the browser running."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        silence: Callable[[], float | None],
        clock: Clock,
        journal: Journal,
        patience: Patience = Patience(),
    ) -> None:
        self._command = tuple(command)
        self._silence = silence
        self._clock = clock
        self._journal = journal
        self._patience = patience

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set."""
        while not stop.is_set():
            with Child("browser", self._command, log=None, group=True) as browser:
                self._journal.info("screen.browser_started", pid=browser.pid)
                why = self._wait(browser, stop)
            if why:
                self._journal.warning("screen.browser_ended", why=why)
                stop.wait(self._patience.pause_s)

    def _wait(self, browser: Child, stop: threading.Event) -> str:
        """Why it must be started anew; empty when everything ends."""
        has_painted = False
        good_ns = self._clock.mono_ns()
        while not stop.wait(self._patience.look_s):
            if browser.exit_status is not None:
                return f"status {browser.exit_status}"
            now_ns, silent_s = self._clock.mono_ns(), self._silence()
            if silent_s is None:
                good_ns = now_ns
            elif silent_s < (now_ns - good_ns) / 1e9:
                has_painted, good_ns = True, now_ns
            waited_s = (now_ns - good_ns) / 1e9
            if waited_s > (self._patience.silent_s if has_painted else self._patience.boot_s):
                return f"no paint for {waited_s:.0f} s"
        return ""
