"""A line with its framer: codes are handed on as they come, questions get their answers."""

from collections.abc import Callable

from edge.devices.scanner.frames import Answer, Code, Dropped, Framer
from edge.devices.scanner.transport import Transport

SETTLE_S = 0.05
"""A silence of this length after opening lies between two codes or before the first."""
LONG_SILENCE_NS = 2_000_000_000
"""After this a code without an end is given up; a slow module pauses far less within one."""


class Link:
    """Used by one thread only; `hear` gets every code and every drop."""

    def __init__(
        self,
        transport: Transport,
        framer: Framer,
        *,
        mono_ns: Callable[[], int],
        hear: Callable[[Code | Dropped], None],
    ) -> None:
        self._transport = transport
        self._mono_ns = mono_ns
        self._hear = hear
        self._last_ns = mono_ns()
        self.framer = framer
        self.baud = 0
        self.is_silent = False

    def open(self, baud: int) -> None:
        """Open or reopen at a speed in bit/s."""
        self._transport.open(baud)
        self.baud = baud
        self._last_ns = self._mono_ns()

    def close(self) -> None:
        """Let the line go."""
        self._transport.close()

    def send(self, data: bytes) -> None:
        """Send what has no answer."""
        self._transport.write(data)

    def listen(self, timeout_s: float) -> tuple[Answer, ...]:
        """Hand on what arrives within `timeout_s`; answers, asked for or not, come back."""
        data = self._transport.read(timeout_s)
        now_ns = self._mono_ns()
        self.is_silent = not data
        if data:
            self._last_ns = now_ns
            frames = self.framer.feed(data)
        else:
            if timeout_s >= SETTLE_S:
                self.framer.settle()
            frames = self.framer.quiet() if now_ns - self._last_ns > LONG_SILENCE_NS else ()
        for frame in frames:
            if not isinstance(frame, Answer):
                self._hear(frame)
        return tuple(frame for frame in frames if isinstance(frame, Answer))

    def ask(self, question: bytes, timeout_s: float) -> Answer | None:
        """The answer that follows the question; None when none came in time.

        What still lay on the line is read first: it answers an earlier question.
        """
        self.listen(0.0)
        self._transport.write(question)
        end_ns = self._mono_ns() + int(timeout_s * 1e9)
        while (left_ns := end_ns - self._mono_ns()) > 0:
            answers = self.listen(left_ns / 1e9)
            if answers:
                return answers[-1]
        return None
