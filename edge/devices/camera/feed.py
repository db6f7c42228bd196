"""An open source of pictures: what the capture thread asks of it; step 1 of the path."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from edge.core.errors import DeviceGone
from edge.devices.pixels import Picture


class Why(StrEnum):
    """What the camera is doing, or what is wrong with it."""

    LIVE = "live"
    STARTING = "starting"
    STOPPED = "stopped"
    ENDED = "ended"  # a recording that does not loop
    ABSENT = "absent"  # nothing there to open
    REFUSED = "refused"  # something there that is no camera, or will not have us
    LOST = "lost"  # it went while we read
    STALLED = "stalled"  # there, but no picture comes
    FROZEN = "frozen"  # the same picture again and again
    BLANK = "blank"  # a black or one-coloured picture


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is asked of a device; pixels and frames a second. It may give something else."""

    width: int
    height: int
    fps: float


class Feed(Protocol):
    """One opening of a source; for one thread, but for `interrupt`."""

    def open(self) -> None:
        """Start the stream; DeviceGone when there is none."""
        ...

    def grab(self) -> Picture | None:
        """The next picture, waiting for it; None at the end of a recording; DeviceGone."""
        ...

    def interrupt(self) -> None:
        """Wake a waiting `open` or `grab`, from any thread; the feed is of no use after it."""
        ...

    def close(self) -> None:
        """Give the source back."""
        ...


def gone(why: Why, **facts: object) -> DeviceGone:
    """The error of a feed; `why` stands among its facts."""
    return DeviceGone("camera_gone", why=why, **facts)


def why_of(error: DeviceGone) -> Why:
    """The reason inside an error of a feed."""
    return Why(str(error.facts.get("why", Why.LOST)))
