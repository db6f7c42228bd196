"""`face enrol --camera`: photographs from the station's own camera, with what to do on the line."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from edge.cli.face_words import words
from edge.core.errors import ConfigError
from edge.core.faces import ENROLMENT, Flaw
from edge.devices.face.engines import Eyeing
from edge.flows.enrol import Refused
from edge.host.clock import SystemClock
from edge.host.journal import StructlogJournal
from edge.settings import Settings

if TYPE_CHECKING:
    from edge.devices.face.sitting import Sitting

PHOTOGRAPHS = 5
_SECOND_NS = 1_000_000_000


@contextmanager
def sitting_before(settings: Settings, engine: Eyeing) -> Iterator["Sitting"]:
    """A sitting before the configured camera; ConfigError `camera_unset`.

    The desk holds the camera while it runs: enrol before it is started, or from photographs.
    """
    if settings.camera.source is None:
        raise ConfigError("camera_unset", setting="camera.source")
    from edge.devices.camera.capture import Camera  # noqa: PLC0415 - the extra may be absent
    from edge.devices.camera.source import parse_source  # noqa: PLC0415 - as above
    from edge.devices.face.sitting import Sitter, Sitting  # noqa: PLC0415 - as above
    from edge.devices.pixels import Picture  # noqa: PLC0415 - as above

    clock = SystemClock()
    camera = Camera(
        parse_source(settings.camera.source),
        read_clock=clock.read,
        journal=StructlogJournal("enrol", level="warning"),
        width=settings.camera.width,
        height=settings.camera.height,
    )

    def next_frame(after: int, timeout_s: float) -> tuple[int, Picture] | None:
        frame = camera.next_after(after, timeout_s)
        return None if frame is None else (frame.number, frame.bgr)

    camera.start()
    try:
        yield Sitting(
            Sitter(
                next_frame,
                lambda picture: engine.describe(picture, ENROLMENT, mirrored=True),
                lambda: clock.mono_ns() / _SECOND_NS,
                _say,
            )
        )
    finally:
        camera.stop()


def _say(flaw: Flaw | None) -> None:
    typer.echo("✓" if flaw is None else words(Refused(flaw)), err=True)
