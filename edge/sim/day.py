"""A scripted delivery day: who comes, with which mistakes, and what must come of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from edge.core.intake.state import Ending
from edge.sim.courier import Arrival, Mistake, prepare
from edge.sim.world import World


@dataclass(frozen=True, slots=True)
class Turn:
    """One courier of the day: `offline` means that the network is down meanwhile."""

    name: str
    zh: str
    en: str
    arrival: Arrival
    ending: Ending
    offline: bool = False


def delivery_day(world: World, *, seed: int) -> Iterator[Turn]:
    """One clean delivery of 10×3, one partial, one refused courier, one without network."""
    cast, rng = world.cast, Random(seed)  # noqa: S311 - a day that can be repeated
    yield Turn(
        "clean",
        "三十块，全部合格",
        "thirty cubes, all in order",
        prepare(world, cast.standard, rng=rng),
        Ending.RECEIVED,
    )
    yield Turn(
        "partial",
        "缺一块，该组暂存",
        "one cube missing, its group is held",
        prepare(world, cast.impermeability, (Mistake.MISSING_CUBE,), rng=rng),
        Ending.PARTIALLY_RECEIVED,
    )
    yield Turn(
        "refused",
        "送样人授权已撤销",
        "a courier whose grant was revoked",
        prepare(world, cast.same_condition, (Mistake.REVOKED_GRANT,), rng=rng),
        Ending.REFUSED,
    )
    yield Turn(
        "offline",
        "断网送样，恢复后确认",
        "no network, confirmed later",
        prepare(world, cast.small, rng=rng),
        Ending.RECEIVED,
        offline=True,
    )
