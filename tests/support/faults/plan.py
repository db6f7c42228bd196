"""A seeded schedule: which outages come, who dies inside them, and at which statement.

A number makes the same plan every time; what the operating system makes of it may differ in
milliseconds, so a seed is replayed a few times when a finding does not come back at once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from bad_proxy import Fault
from faults.failpoints import Point, catalogue

PARTS = ("capture", "ship", "central", "broker")
DEVICE = ("capture", "ship")
HOUR_S = 3600.0
CLOCKS_OFF_S = (0.0, 0.0, 72 * HOUR_S, -HOUR_S, -1.7e9)
"""Right, three days ahead, an hour behind, and awake in the 1970s without a battery."""


class Act(StrEnum):
    """What the scheduler does."""

    KILL = "kill"
    START = "start"
    ARM = "arm"
    LINE = "line"
    FREEZE = "freeze"
    WIPE = "wipe"
    MOVE = "move"
    BACKUP = "backup"
    RESTORE = "restore"
    FILL = "fill"
    BREAK = "break"
    HEAL = "heal"


@dataclass(frozen=True, slots=True)
class Step:
    """One act after a pause; `part` and `word` say on what and how."""

    pause_s: float
    act: Act
    part: str = ""
    word: str = ""
    number: float = 0.0

    def __str__(self) -> str:
        """For the report of a seed."""
        return " ".join(str(each) for each in (self.act, self.part, self.word, self.number) if each)


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that a seed decides."""

    seed: int
    rate: float
    has_small_disks: bool
    steps: tuple[Step, ...]


def plan_of(seed: int) -> Plan:
    """The schedule of a seed: two or three outages, each with deaths inside."""
    rng = Random(seed)
    points = Points(seed, rng)
    has_small_disks = rng.random() < 0.25
    kinds: list[str] = ["disk"] if has_small_disks else []
    kinds += rng.choices(OUTAGES, OUTAGE_WEIGHTS, k=rng.choice((2, 2, 3)) - len(kinds))
    rng.shuffle(kinds)
    steps: list[Step] = []
    if rng.random() < 0.2:
        steps += [Step(0.3, Act.BACKUP)]
        kinds.append("restored")
    for kind in kinds:
        steps += outage(kind, rng, points)
        steps += [Step(rng.uniform(0.1, 0.3), Act.HEAL)]
    return Plan(seed, rng.choice((40.0, 120.0, 250.0)), has_small_disks, tuple(steps))


OUTAGES = ("broker", "platform", "both", "line", "frozen", "moved", "broken")
OUTAGE_WEIGHTS = (4, 5, 5, 4, 1, 1, 1)


ARMED_A_SEED = 3
"""About as many statements as a schedule can use, so that neighbours meet others."""


class Points:
    """Hands out statements to die at: round the whole catalogue, seed after seed."""

    def __init__(self, seed: int, rng: Random) -> None:
        self._names = sorted(catalogue())
        Random(0).shuffle(self._names)
        self._at = seed * ARMED_A_SEED
        self._rng = rng

    def take(self, *, among: Sequence[str]) -> Point:
        """The next point that one of these processes gets to."""
        while True:
            self._at += 1
            point = catalogue()[self._names[self._at % len(self._names)]]
            if point.process in among:
                return point

    def hit(self) -> int:
        """The how-manyeth time it is reached."""
        return self._rng.choice((1, 1, 2, 3, 5, 9, 20))


def outage(kind: str, rng: Random, points: Points) -> Iterator[Step]:
    """What begins an outage, and who dies inside it."""
    yield from _begin(kind, rng)
    down = {"broker": {"broker"}, "platform": {"central"}, "both": {"broker", "central"}}
    for _ in range(rng.choice((1, 1, 2))):
        yield from _death(rng, points, frozenset(down.get(kind, set())))
    if kind == "platform" and rng.random() < 0.6:
        yield from _blow_to_broker(rng)


def _begin(kind: str, rng: Random) -> Iterator[Step]:
    pause_s = rng.uniform(0.1, 0.4)
    match kind:
        case "broker":
            yield Step(pause_s, Act.KILL, "broker")
        case "platform" | "restored":
            yield Step(pause_s, Act.KILL, "central")
        case "both":
            yield Step(pause_s, Act.KILL, "broker")
            yield Step(rng.uniform(0.0, 0.1), Act.KILL, "central")
        case "line":
            side = rng.choice(("station", "station", "platform"))
            fault = rng.choice([each for each in Fault if each is not Fault.NONE])
            yield Step(pause_s, Act.LINE, side, fault.value)
        case "frozen":
            yield Step(pause_s, Act.FREEZE, "broker")
        case "moved":
            yield Step(pause_s, Act.MOVE, "broker", rng.choice(("front", "config")))
        case "disk":
            yield Step(pause_s, Act.FILL, rng.choice(("station", "platform")))
        case _:
            yield Step(pause_s, Act.BREAK, rng.choice(("capture", "ship", "central")))
    if kind == "restored":
        yield Step(0.05, Act.RESTORE, "central")


def _death(rng: Random, points: Points, down: frozenset[str]) -> Iterator[Step]:
    """Inside the outage: a death at a statement, at any moment, or of everything at once."""
    pause_s = rng.uniform(0.05, 0.3)
    draw = rng.random()
    if draw < 0.5:
        among = [each for each in (*DEVICE, "central") if each not in down]
        point = points.take(among=among)
        yield Step(pause_s, Act.ARM, point.process, point.name, points.hit())
    elif draw < 0.85:
        victim = rng.choice([each for each in PARTS if each not in down])
        yield Step(pause_s, Act.KILL, victim)
        if victim in DEVICE or rng.random() < 0.5:
            yield Step(rng.uniform(0.02, 0.2), Act.START, victim, number=_clock(rng, victim))
    else:
        for victim in rng.sample(PARTS, k=len(PARTS)):
            yield Step(pause_s, Act.KILL, victim)
            pause_s = 0.0
        yield Step(rng.uniform(0.02, 0.2), Act.START, "capture", number=_clock(rng, "capture"))


def _blow_to_broker(rng: Random) -> Iterator[Step]:
    """The broker holds what it has acknowledged and nobody has fetched: now it dies as well."""
    yield Step(rng.uniform(0.1, 0.4), Act.KILL, "broker")
    if rng.random() < 0.4:
        yield Step(0.0, Act.WIPE, "broker")
    yield Step(rng.uniform(0.02, 0.2), Act.START, "broker")


def _clock(rng: Random, part: str) -> float:
    return rng.choice(CLOCKS_OFF_S) if part in DEVICE else 0.0
