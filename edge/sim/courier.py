"""A courier with a trolley and two sheets of paper, honest or with mistakes on request."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from random import Random
from types import MappingProxyType

import numpy as np

from edge.core.codes import Code
from edge.core.commission import Commission
from edge.core.ids import GroupId, SpecimenId
from edge.core.intake.state import Choice, Ending, SealState
from edge.core.people import Person
from edge.core.specimen import Group
from edge.sim.degrade import Degradation, Kind
from edge.sim.labels import VGA, Photograph, render_form, render_layer, render_seal
from edge.sim.world import World, form_texts

LAYER_CUBES = 12
_HIDDEN = (Degradation(Kind.OCCL_CORNER, 0.6),)


class Mistake(StrEnum):
    """What can be wrong with a delivery whose papers are otherwise in order."""

    MISSING_CUBE = "missing_cube"
    FOREIGN_CUBE = "foreign_cube"
    WRONG_PERSON = "wrong_person"
    SUBSTITUTE = "substitute"
    REVOKED_GRANT = "revoked_grant"
    WRONG_WITNESS_FORM = "wrong_witness_form"
    COPIED_CODE = "copied_code"
    FORGED_CODE = "forged_code"
    UNREADABLE_CHIP = "unreadable_chip"
    DAMAGED_CUBE = "damaged_cube"
    BROKEN_SEAL = "broken_seal"


_WHOLE = MappingProxyType(
    {
        Mistake.WRONG_PERSON: Code.DELIVERER_NOT_GRANTED,
        Mistake.REVOKED_GRANT: Code.DELIVERER_NOT_GRANTED,
        Mistake.WRONG_WITNESS_FORM: Code.FORMS_DIFFER,
        Mistake.BROKEN_SEAL: Code.SEAL_BROKEN,
    }
)
"""Mistakes that hold the whole delivery."""

_ONE_GROUP = MappingProxyType(
    {
        Mistake.MISSING_CUBE: (Code.MISSING_BLOCK,),
        Mistake.COPIED_CODE: (Code.MISSING_BLOCK,),
        Mistake.FORGED_CODE: (Code.CODE_FORGED, Code.MISSING_BLOCK),
        Mistake.UNREADABLE_CHIP: (Code.MISSING_BLOCK,),
        Mistake.DAMAGED_CUBE: (Code.DAMAGED,),
    }
)
"""Mistakes that hold the group of the cube they befall."""


@dataclass(frozen=True, slots=True)
class Cube:
    """A block on the trolley: what it is, what its label says, the chip in it, how it looks."""

    specimen: SpecimenId
    text: str
    uid: str | None
    readable: bool = True
    damaged: bool = False


@dataclass(frozen=True, slots=True)
class Expected:
    """The honest outcome: what happens to each group, how it ends, which codes must appear."""

    groups: Mapping[GroupId, Choice]
    ending: Ending
    codes: frozenset[Code]


@dataclass(frozen=True, slots=True)
class Arrival:
    """Who stands at the desk with what; `form` and `witness_form` are the texts printed there.

    `layers` are cubes in the order of the photographs; `seed` draws the pictures.
    """

    commission: Commission
    deliverer: Person
    form: str
    witness_form: str
    layers: tuple[tuple[Cube, ...], ...]
    seal: SealState
    expected: Expected
    seed: int

    @property
    def cubes(self) -> tuple[Cube, ...]:
        """Everything on the trolley."""
        return tuple(cube for layer in self.layers for cube in layer)

    def layer_photograph(self, layer: int) -> Photograph:
        """The picture from above of one layer (0 is the first)."""
        cubes = self.layers[layer]
        return render_layer(
            tuple(cube.text for cube in cubes),
            rng=np.random.default_rng((self.seed, layer)),
            worn={cube.text: _HIDDEN for cube in cubes if not cube.readable},
            damaged=frozenset(cube.text for cube in cubes if cube.damaged),
        )

    def cube_photograph(self, cube: Cube) -> Photograph:
        """A close-up of one cube, as a defect is photographed."""
        rng = np.random.default_rng((self.seed, 2000, self.cubes.index(cube)))
        damaged = frozenset((cube.text,) if cube.damaged else ())
        return render_layer((cube.text,), rng=rng, size=VGA, damaged=damaged)

    def seal_photograph(self) -> Photograph:
        """The seal across the trolley's lid."""
        rng = np.random.default_rng((self.seed, 3000))
        return render_seal(broken=self.seal is SealState.BROKEN, rng=rng)

    def form_photographs(self) -> tuple[Photograph, Photograph]:
        """The commission form and the witness record form on the desk."""
        rng = np.random.default_rng((self.seed, 1000))
        return render_form(self.form, rng=rng), render_form(self.witness_form, rng=rng)


def prepare(
    world: World, commission: Commission, mistakes: Iterable[Mistake] = (), *, rng: Random
) -> Arrival:
    """A delivery of `commission` with each mistake once; mistakes of cubes befall different groups.

    A commission needs as many groups as there are mistakes that befall cubes.
    """
    chosen = tuple(sorted(set(mistakes)))
    befallen = _befallen(commission, chosen, rng)
    cubes = [
        Cube(block.specimen, world.chips[block.specimen], block.uid)
        for block in commission.blocks()
    ]
    for mistake, group in befallen.items():
        cubes = _befall(mistake, cubes, group, rng)
    if Mistake.FOREIGN_CUBE in chosen:
        cubes.append(_foreign_cube(world, commission, rng))
    rng.shuffle(cubes)
    form, witness_form = form_texts(commission)
    if Mistake.WRONG_WITNESS_FORM in chosen:
        witness_form = form_texts(_another(world, commission))[1]
    return Arrival(
        commission=commission,
        deliverer=_who_comes(world, commission, chosen),
        form=form,
        witness_form=witness_form,
        layers=tuple(
            tuple(cubes[start : start + LAYER_CUBES]) for start in range(0, len(cubes), LAYER_CUBES)
        ),
        seal=SealState.BROKEN if Mistake.BROKEN_SEAL in chosen else SealState.INTACT,
        expected=_expected(world, commission, chosen, befallen),
        seed=rng.getrandbits(32),
    )


def _befallen(
    commission: Commission, mistakes: tuple[Mistake, ...], rng: Random
) -> dict[Mistake, Group]:
    at_cubes = [mistake for mistake in mistakes if mistake in _ONE_GROUP]
    return dict(zip(at_cubes, rng.sample(commission.groups, len(at_cubes)), strict=True))


def _befall(mistake: Mistake, cubes: list[Cube], group: Group, rng: Random) -> list[Cube]:
    """The trolley with one cube of the group changed or left behind."""
    victim, neighbour = (block.specimen for block in rng.sample(group.specimens, 2))
    texts = {cube.specimen: cube.text for cube in cubes}
    return [
        changed
        for cube in cubes
        for changed in (
            _changed(mistake, cube, texts[neighbour]) if cube.specimen == victim else (cube,)
        )
    ]


def _changed(mistake: Mistake, cube: Cube, neighbour: str) -> tuple[Cube, ...]:
    if mistake is Mistake.COPIED_CODE:
        return (replace(cube, text=neighbour),)
    if mistake is Mistake.FORGED_CODE:
        return (replace(cube, text=_forged(cube.text)),)
    if mistake is Mistake.UNREADABLE_CHIP:
        return (replace(cube, readable=False),)
    if mistake is Mistake.DAMAGED_CUBE:
        return (replace(cube, damaged=True),)
    return ()


def _forged(text: str) -> str:
    """The label with the first letter of its signature changed."""
    signed, _, signature = text.rpartition(".")
    return f"{signed}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}"


def _another(world: World, commission: Commission) -> Commission:
    """Another commission, of the same project where there is one."""
    others = [each for each in world.commissions if each != commission]
    return min(others, key=lambda each: each.project != commission.project)


def _foreign_cube(world: World, commission: Commission, rng: Random) -> Cube:
    block = rng.choice(_another(world, commission).blocks())
    return Cube(block.specimen, world.chips[block.specimen], block.uid)


def _who_comes(world: World, commission: Commission, mistakes: tuple[Mistake, ...]) -> Person:
    people = world.deliverers
    if Mistake.REVOKED_GRANT in mistakes:
        return people.revoked
    if Mistake.WRONG_PERSON in mistakes:
        return people.ungranted
    if Mistake.SUBSTITUTE in mistakes:
        return people.other
    return people.named if commission.deliverer is None else world.person(commission.deliverer)


def _expected(
    world: World,
    commission: Commission,
    mistakes: tuple[Mistake, ...],
    befallen: Mapping[Mistake, Group],
) -> Expected:
    codes = {code for mistake in befallen for code in _ONE_GROUP[mistake]}
    codes |= {_WHOLE[mistake] for mistake in mistakes if mistake in _WHOLE}
    if Mistake.SUBSTITUTE in mistakes and not _granted_by(mistakes):
        codes.add(Code.DELIVERER_DIFFERS)
    if Mistake.FOREIGN_CUBE in mistakes:
        same = _another(world, commission).project == commission.project
        codes.add(Code.NOT_IN_COMMISSION if same else Code.WRONG_PROJECT)
    held = {group.group for group in befallen.values()}
    if any(mistake in _WHOLE for mistake in mistakes):
        held = {group.group for group in commission.groups}
    choices = {
        group.group: Choice.HOLD if group.group in held else Choice.ACCEPT
        for group in commission.groups
    }
    return Expected(MappingProxyType(choices), _ending(choices), frozenset(codes))


def _granted_by(mistakes: tuple[Mistake, ...]) -> bool:
    """Whether somebody without a grant comes in the substitute's place."""
    return Mistake.WRONG_PERSON in mistakes or Mistake.REVOKED_GRANT in mistakes


def _ending(choices: Mapping[GroupId, Choice]) -> Ending:
    kept = {choice is Choice.ACCEPT for choice in choices.values()}
    if kept == {True}:
        return Ending.RECEIVED
    return Ending.HELD if kept == {False} else Ending.PARTIALLY_RECEIVED
