"""The cascade: plain picture first, then its views, then a second engine; step 1 of the path.

Tier 1 is the first engine on the picture itself, tier 2 the first engine on its views,
tier 3 the repair of hidden finders, tier 4 the second engine.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from edge.devices.pixels import Grey
from edge.devices.qr import variants
from edge.devices.qr.discovery import Engines, Role, discover_engines
from edge.devices.qr.engine import CodeRead, MissingEngine
from edge.devices.qr.finders import has_unread_finder
from edge.devices.qr.sightings import Sightings

_LONGEST_PX = 1600
_SMALL_LONGEST_PX = 1000
_ENLARGE_LONGEST_PX = 1280


def _small(draw: variants.Draw) -> variants.Draw:
    """Keeps what is dear by the area (second engine: 25 ms a megapixel) on a small copy."""
    return partial(variants.within, longest_px=_SMALL_LONGEST_PX, draw=draw)


@dataclass(frozen=True, slots=True)
class Step:
    """One engine on one view; left out for pictures longer than `longest_px`."""

    role: Role
    draw: variants.Draw
    longest_px: int = _LONGEST_PX


# One threshold a row costs next to nothing and reads what the neighbourhood hides.
PLAIN: tuple[Step, ...] = (
    Step(Role.LOCAL, variants.plain),
    Step(Role.HISTOGRAM, variants.plain),
)

# Ordered by codes gained per millisecond on the development pictures.
STEPS: tuple[Step, ...] = (
    Step(Role.LOCAL, variants.enlarged_closed),
    Step(Role.LOCAL, variants.equalised),
    Step(Role.LOCAL, partial(variants.gained, gain=4.0, dark=0.0)),
    Step(Role.LOCAL, partial(variants.softened, sigma_px=1.0)),
    Step(Role.SECOND, variants.shrunk_softened),
    Step(Role.HISTOGRAM, variants.equalised),
    Step(Role.LOCAL, partial(variants.gained, gain=2.0, dark=100.0)),
    Step(Role.HISTOGRAM, partial(variants.squeezed, down=0.4)),
    Step(Role.HISTOGRAM, partial(variants.squeezed, across=0.4)),
    Step(Role.HISTOGRAM, variants.sharpened),
    Step(Role.LOCAL, partial(variants.gained, gain=4.0, dark=190.0)),
    Step(Role.LOCAL, variants.despeckled),
    Step(Role.HISTOGRAM, partial(variants.turned, degrees=15.0)),
    Step(Role.LOCAL, partial(variants.turned, degrees=45.0)),
    Step(Role.HISTOGRAM, partial(variants.thresholded, block_px=31)),
    Step(Role.LOCAL, partial(variants.shrunk, factor=0.5)),
    Step(Role.LOCAL, partial(variants.shrunk, factor=0.25)),
    Step(Role.LOCAL, partial(variants.softened, sigma_px=2.0)),
    Step(Role.LOCAL, variants.enlarged_equalised, _ENLARGE_LONGEST_PX),
    Step(Role.LOCAL, variants.enlarged_sharpened, _ENLARGE_LONGEST_PX),
    Step(Role.SECOND, _small(variants.flattened)),
    Step(Role.REPAIR, _small(variants.plain)),
)


class QrReader:
    """Reads every QR code of a picture with the engines this machine has; for one thread."""

    def __init__(
        self,
        engines: Engines | None = None,
        *,
        mono_ns: Callable[[], int] = time.perf_counter_ns,
    ) -> None:
        found = discover_engines() if engines is None else engines
        self._roles = found.by_role
        self._mono_ns = mono_ns
        self._steps = tuple(step for step in STEPS if step.role in found.by_role)
        self._plain = tuple(step for step in PLAIN if step.role in found.by_role)
        self._turn = -1
        self._again: Step | None = None
        self.engines: tuple[str, ...] = found.names
        self.missing: tuple[MissingEngine, ...] = found.missing

    def read_still(self, grey: Grey) -> tuple[CodeRead, ...]:
        """Every code of one picture, whatever it costs (files, photographs of evidence)."""
        start_ns = self._mono_ns()
        sightings = Sightings()
        for base, step in self._looks(grey):
            reads = self._look(base, step)
            grown = sightings.add(reads, (self._mono_ns() - start_ns) / 1e6)
            if grown and step in PLAIN and _is_done(grey, sightings):
                break
        return sightings.agreed()

    def read_frame(self, grey: Grey, *, budget: int = 1) -> tuple[CodeRead, ...]:
        """Codes of one frame of live video; `budget`: views tried when the plain frame is empty.

        The views take turns from frame to frame, so a still label meets all of them in time.
        """
        start_ns = self._mono_ns()
        sightings = Sightings()
        base = variants.fitted(grey, _LONGEST_PX)
        for step in (*self._plain, *self._next_steps(budget)):
            if sightings.add(self._look(base, step), (self._mono_ns() - start_ns) / 1e6):
                break
        return sightings.agreed()

    def read_live(self, grey: Grey) -> tuple[tuple[CodeRead, bool], ...]:
        """Every single read of the plain looks and of one view, and whether it was a plain look.

        Nothing is brought together here: whoever compares frames needs what contradicts. A view
        that read what the plain looks did not is asked once more in the next frame.
        """
        base = variants.fitted(grey, _LONGEST_PX)
        found = [(read, True) for step in self._plain for read in self._look(base, step)]
        known = {read.payload for read, _ in found}
        for step in (self._again,) if self._again else tuple(self._next_steps(1)):
            reads = self._look(base, step)
            is_new = any(read.payload not in known for read in reads)
            self._again = step if is_new and self._again is None else None
            found += [(read, False) for read in reads]
        return tuple(found)

    def _looks(self, grey: Grey) -> Iterator[tuple[variants.View, Step]]:
        base = variants.fitted(grey, _LONGEST_PX)
        if base.grey.shape != grey.shape:
            yield from ((variants.plain(grey), step) for step in self._plain)
        longest = max(base.grey.shape)
        fitting = (step for step in self._steps if longest <= step.longest_px)
        yield from ((base, step) for step in (*self._plain, *fitting))

    def _next_steps(self, count: int) -> Iterator[Step]:
        for _ in range(count if self._steps else 0):
            self._turn = (self._turn + 1) % len(self._steps)
            yield self._steps[self._turn]

    def _look(self, base: variants.View, step: Step) -> tuple[CodeRead, ...]:
        view = step.draw(base.grey)
        back = base.back @ view.back
        reads = self._roles[step.role].read(view.grey)
        return tuple(replace(read, quad=variants.to_origin(read.quad, back)) for read in reads)


def _is_done(grey: Grey, sightings: Sightings) -> bool:
    """An easy picture: the plain look read its one code, and no finder pattern is left over.

    A picture with several codes, or whose first code took a view, may hold more that is hard;
    trusting the finder search there lost 3 of 245 codes for half of the mean time.
    """
    quads = sightings.quads()
    return len(quads) == 1 and not has_unread_finder(grey, quads)
