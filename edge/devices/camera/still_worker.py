"""The camera of a door in a process of its own: numbers on standard input, pictures on output.

It ends when its standard input does, so it never outlives the station.
"""

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from time import monotonic_ns
from typing import BinaryIO

from edge.core.moments import Instant, TimeQuality
from edge.devices.camera.capture import Camera
from edge.devices.camera.frame import Frame
from edge.devices.camera.preview import Preview
from edge.devices.camera.source import parse_source
from edge.devices.camera.still_frames import ASK, Sitting, Told, pack_told, parse_sitting

NEXT_S = 0.25
"""So long a picture is waited for that no answer has shown yet."""
_NO_DATE = datetime(1970, 1, 1, tzinfo=UTC)


class _Silent:
    """The station writes the journal; reasons travel in the answers."""

    def info(self, event: str, /, **fields: object) -> None:
        """Nothing."""

    def warning(self, event: str, /, **fields: object) -> None:
        """Nothing."""


def main(sitting: Sitting, source: BinaryIO, sink: BinaryIO) -> int:
    """Answer requests until the source ends."""
    camera = Camera(
        parse_source(sitting.source),
        read_clock=lambda: Instant(_NO_DATE, monotonic_ns(), TimeQuality.UNTRUSTED),
        journal=_Silent(),
        width=sitting.width,
        height=sitting.height,
        fps=sitting.fps,
    )
    still = Preview(camera, outlines=tuple).still
    camera.start()
    shown = 0
    while len(asked := source.read(ASK.size)) == ASK.size:
        (number,) = ASK.unpack(asked)
        frame = camera.next_after(shown, NEXT_S)
        shown = shown if frame is None else frame.number
        sink.write(pack_told(_told(number, frame, camera, still)))
        sink.flush()
    camera.stop()
    return 0


def _told(
    number: int, frame: Frame | None, camera: Camera, still: Callable[[Frame], bytes]
) -> Told:
    state = camera.state
    if frame is None or not state.live:
        return Told(number, is_picture=False, age_ms=0, content=state.why.encode())
    age_ms = max(0, monotonic_ns() - frame.taken.mono_ns) // 1_000_000
    return Told(number, is_picture=True, age_ms=age_ms, content=still(frame))


if __name__ == "__main__":
    sys.exit(main(parse_sitting(sys.argv[1]), sys.stdin.buffer, sys.stdout.buffer))
