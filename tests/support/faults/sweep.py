"""Every statement once: each process dies at each of its points in turn, inside small outages."""

from collections.abc import Iterable, Iterator
from itertools import cycle
from time import perf_counter

from faults.failpoints import catalogue
from faults.plan import Act, Step
from faults.run import quiesce
from faults.scene import OURS, Scene
from faults.verdict import Verdict, judge
from waiting import pause

PATIENCE_S = 1.6
"""How long a process that is armed may live: the longest way to a statement is a go-back."""
OUTAGES = (
    (),
    (Step(0.0, Act.KILL, "broker"), Step(0.15, Act.START, "broker")),
    (Step(0.0, Act.LINE, "station", "half-open"),),
    (Step(0.0, Act.KILL, "central"), Step(0.3, Act.START, "central")),
    tuple(Step(0.0, Act.BREAK, part) for part in OURS),
)


def sweep(
    scene: Scene,
    names: Iterable[str],
    *,
    second_chance: bool = True,
    patience_s: float = PATIENCE_S,
) -> tuple[Verdict, frozenset[str]]:
    """Die at each of these points; the verdict, and the points that nobody got to."""
    begun = perf_counter()
    left = _by_process(names)
    outages = cycle(OUTAGES)
    unreached: set[str] = set()
    while any(left.values()):
        armed = {part: waiting.pop() for part, waiting in left.items() if waiting}
        for part, name in armed.items():
            scene.act(Step(0.0, Act.ARM, part, name, 1))
        unreached |= _wait(scene, armed, next(outages), patience_s)
        scene.heal()
    missed = _again(scene, unreached) if second_chance else frozenset(unreached)
    quiesce(scene)
    return judge(scene, seconds=perf_counter() - begun), missed


def _again(scene: Scene, names: Iterable[str]) -> frozenset[str]:
    """A second chance in every kind of outage for those that one round did not bring up."""
    missed = set()
    for name in sorted(names):
        part = catalogue()[name].process
        for outage in OUTAGES[1:]:
            scene.act(Step(0.0, Act.ARM, part, name, 1))
            found = _wait(scene, {part: name}, outage, PATIENCE_S)
            scene.heal()
            if not found:
                break
        else:
            missed.add(name)
    return frozenset(missed)


def _wait(
    scene: Scene, armed: dict[str, str], outage: Iterable[Step], patience_s: float
) -> set[str]:
    """Until all have died or patience is over; those that nobody got to."""
    for step in outage:
        pause(step.pause_s)
        if step.part not in armed or step.act is not Act.KILL:
            scene.act(step)
    end = perf_counter() + patience_s
    living = dict(armed)
    while living and perf_counter() < end:
        living = {part: name for part, name in living.items() if scene.runs(part)}
        pause(0.02)
    for part in living:
        scene.act(Step(0.0, Act.KILL, part))
    return set(living.values())


def _by_process(names: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(catalogue()[name].process, []).append(name)
    return found


def groups(*wanted: str) -> Iterator[str]:
    """The names of the points of these groups."""
    return (name for name in catalogue() if name.split("/", 1)[0] in wanted)
