"""Holes that last: asked for again at once, and an alarm when they stay."""

from collections.abc import Mapping

from edge.core.platform import Chain
from edge.ports import Clock

Hole = tuple[int, int]
"""The first and the last missing sequence."""


class GapWatch:
    """Knows since when each chain has its present hole."""

    def __init__(self, clock: Clock, *, patience_s: float) -> None:
        self._clock = clock
        self._patience_ns = int(patience_s * 1e9)
        self._since: dict[Chain, tuple[Hole, int]] = {}
        self._told: dict[Chain, Hole] = {}

    def note(self, chains: frozenset[Chain], holes: Mapping[Chain, Hole]) -> tuple[Chain, ...]:
        """How chains stand after a batch; those whose alarmed hole is filled."""
        now_ns = self._clock.mono_ns()
        for chain in chains:
            hole = holes.get(chain)
            known = self._since.get(chain)
            if hole is None:
                self._since.pop(chain, None)
            elif known is None or known[0][0] != hole[0]:
                self._since[chain] = (hole, now_ns)
            else:
                self._since[chain] = (hole, known[1])
        filled = tuple(
            chain
            for chain in sorted(chains & self._told.keys())
            if chain not in self._since or self._since[chain][0][0] > self._told[chain][1]
        )
        for chain in filled:
            del self._told[chain]
        return filled

    def due(self) -> tuple[tuple[Chain, Hole], ...]:
        """Holes older than the patience that were not told yet."""
        now_ns = self._clock.mono_ns()
        return tuple(
            (chain, hole)
            for chain, (hole, since_ns) in sorted(self._since.items())
            if chain not in self._told and now_ns - since_ns >= self._patience_ns
        )

    def told(self, chain: Chain, hole: Hole) -> None:
        """The alarm of a hole is stored."""
        self._told[chain] = hole
