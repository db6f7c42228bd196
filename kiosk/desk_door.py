"""What the page asks of the desk and of the camera, as small Protocols."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol

from edge.core.ids import PersonId
from edge.flows.moment import DayRow, Moment, Staff

Listener = Callable[[Moment], None]


class DeskDoor(Protocol):
    """The desk behind the page."""

    @property
    def latest(self) -> Moment:
        """The desk as it is."""
        ...

    def after(self, number: int) -> tuple[Moment, ...]:
        """Moments after one that the page has seen."""
        ...

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Hear of every moment, in another thread; the answer ends it."""
        ...

    def act(self, command: Mapping[str, object]) -> "Future[Moment]":
        """A touch, as a command of the desk."""
        ...

    def unlock(self, person: PersonId, pin: str) -> "Future[Moment]":
        """The operator's PIN opens a locked desk."""
        ...

    def day(self) -> "Future[tuple[DayRow, ...]]":
        """The day's deliveries, newest first, and those that wait."""
        ...

    def staff(self) -> "Future[tuple[Staff, ...]]":
        """Who may take the desk with a PIN."""
        ...

    def page_is_alive(self) -> None:
        """The page has just painted."""
        ...

    def page_silent_s(self) -> float | None:
        """Seconds since the page last painted; None before it ever did."""
        ...


class Preview(Protocol):
    """The camera's picture, encoded only while somebody watches."""

    def frames(self, ended: Callable[[], bool]) -> Iterator[bytes]:
        """JPEGs, one after another, until `ended` says so."""
        ...


Strip = Callable[[str], bool]
"""The demonstration's help strip: does what a name says; False when it cannot."""


@dataclass(frozen=True, slots=True)
class Hall:
    """Where the desk stands: what never changes while the page is up.

    `strip` are the names of what the help strip offers; empty outside the demonstration.
    `face_rates` are the shares of strangers matched and of people missed that the face check was
    measured at, with three photographs; None where nobody measured it. `faces` is whether faces are
    looked at, `face_days` how long pictures of checks are kept, 0 for not at all: the notice on the
    idle screen says so.
    """

    lab: str
    support: str
    language: str
    version: str
    strip: tuple[str, ...] = ()
    face_rates: tuple[float, float] | None = None
    faces: bool = True
    face_days: int = 0
