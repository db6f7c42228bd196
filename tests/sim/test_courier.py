"""The courier: every mistake shows in what stands at the desk, and in the honest outcome."""

from collections import Counter
from random import Random

import pytest
from sim_city import RING, city

from edge.core.carriers import ChipCode, FormCode, NotOurs
from edge.core.codes import Code
from edge.core.intake.state import Choice, Ending, SealState
from edge.devices.qr.cascade import QrReader
from edge.sim.courier import LAYER_CUBES, Arrival, Mistake, prepare
from edge.sim.world import World
from edge.wire.chip_text import identify


@pytest.fixture(scope="module")
def world() -> World:
    return city()


@pytest.fixture(scope="module")
def reader() -> QrReader:
    return QrReader()


def arrive(world: World, *mistakes: Mistake, seed: int = 1) -> Arrival:
    rng = Random(seed)
    return prepare(world, world.cast.standard, mistakes, rng=rng)


def choices(arrival: Arrival) -> Counter[Choice]:
    return Counter(arrival.expected.groups.values())


def test_an_honest_courier_brings_everything(world: World) -> None:
    arrival = arrive(world)
    blocks = {block.specimen for block in world.cast.standard.blocks()}
    assert {cube.specimen for cube in arrival.cubes} == blocks
    assert [len(layer) for layer in arrival.layers] == [LAYER_CUBES, LAYER_CUBES, 6]
    assert arrival.deliverer == world.deliverers.named
    assert arrival.seal is SealState.INTACT
    assert choices(arrival) == {Choice.ACCEPT: 10}
    assert (arrival.expected.ending, arrival.expected.codes) == (Ending.RECEIVED, frozenset())


def test_equal_seeds_give_equal_couriers(world: World) -> None:
    mistakes = tuple(Mistake)
    assert arrive(world, *mistakes) == arrive(world, *reversed(mistakes))
    assert arrive(world, *mistakes) != arrive(world, *mistakes, seed=2)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(
    ("mistake", "ending", "codes"),
    [
        (Mistake.MISSING_CUBE, Ending.PARTIALLY_RECEIVED, {Code.MISSING_BLOCK}),
        (Mistake.FOREIGN_CUBE, Ending.RECEIVED, {Code.NOT_IN_COMMISSION}),
        (Mistake.WRONG_PERSON, Ending.HELD, {Code.DELIVERER_NOT_GRANTED}),
        (Mistake.SUBSTITUTE, Ending.RECEIVED, {Code.DELIVERER_DIFFERS}),
        (Mistake.REVOKED_GRANT, Ending.HELD, {Code.DELIVERER_NOT_GRANTED}),
        (Mistake.WRONG_WITNESS_FORM, Ending.HELD, {Code.FORMS_DIFFER}),
        (Mistake.COPIED_CODE, Ending.PARTIALLY_RECEIVED, {Code.MISSING_BLOCK}),
        (
            Mistake.FORGED_CODE,
            Ending.PARTIALLY_RECEIVED,
            {Code.CODE_FORGED, Code.MISSING_BLOCK},
        ),
        (Mistake.UNREADABLE_CHIP, Ending.PARTIALLY_RECEIVED, {Code.MISSING_BLOCK}),
        (Mistake.DAMAGED_CUBE, Ending.PARTIALLY_RECEIVED, {Code.DAMAGED}),
        (Mistake.BROKEN_SEAL, Ending.HELD, {Code.SEAL_BROKEN}),
    ],
)
def test_the_honest_outcome_of_each_mistake(
    world: World, seed: int, mistake: Mistake, ending: Ending, codes: set[Code]
) -> None:
    arrival = arrive(world, mistake, seed=seed)
    held = {Ending.RECEIVED: 0, Ending.PARTIALLY_RECEIVED: 1, Ending.HELD: 10}[ending]
    assert arrival.expected.ending is ending
    assert arrival.expected.codes == codes
    assert choices(arrival)[Choice.HOLD] == held
    assert choices(arrival).total() == 10


def test_mistakes_show_on_the_trolley_and_at_the_desk(world: World) -> None:
    blocks = {block.specimen for block in world.cast.standard.blocks()}

    missing = {cube.specimen for cube in arrive(world, Mistake.MISSING_CUBE).cubes}
    assert missing < blocks
    assert len(blocks - missing) == 1

    foreign = {cube.specimen for cube in arrive(world, Mistake.FOREIGN_CUBE).cubes} - blocks
    assert len(foreign) == 1
    assert foreign <= {block.specimen for block in world.cast.impermeability.blocks()}

    assert arrive(world, Mistake.WRONG_PERSON).deliverer == world.deliverers.ungranted
    assert arrive(world, Mistake.SUBSTITUTE).deliverer == world.deliverers.other
    assert arrive(world, Mistake.REVOKED_GRANT).deliverer == world.deliverers.revoked
    assert arrive(world, Mistake.BROKEN_SEAL).seal is SealState.BROKEN

    form = identify(arrive(world, Mistake.WRONG_WITNESS_FORM).witness_form.encode(), ring=RING)
    assert form == FormCode(world.cast.impermeability.witness_form_code)


def test_a_copied_code_stands_on_two_cubes_but_the_chip_inside_differs(world: World) -> None:
    cubes = arrive(world, Mistake.COPIED_CODE).cubes
    ((text, count),) = [each for each in Counter(c.text for c in cubes).items() if each[1] > 1]
    twins = [cube for cube in cubes if cube.text == text]
    codes = [identify(cube.text.encode(), ring=RING) for cube in twins]
    agree = [
        isinstance(code, ChipCode) and code.uid == cube.uid
        for code, cube in zip(codes, twins, strict=True)
    ]
    assert count == 2
    assert sorted(agree) == [False, True]


def test_a_forged_code_fails_its_signature(world: World) -> None:
    cubes = arrive(world, Mistake.FORGED_CODE).cubes
    codes = [identify(cube.text.encode(), ring=RING) for cube in cubes]
    assert sum(isinstance(code, NotOurs) for code in codes) == 1


def test_the_photographs_show_the_trolley(world: World, reader: QrReader) -> None:
    arrival = arrive(world, Mistake.UNREADABLE_CHIP, Mistake.DAMAGED_CUBE)
    for number, layer in enumerate(arrival.layers):
        picture = arrival.layer_photograph(number).picture
        seen = {code.payload.decode() for code in reader.read_still(picture)}
        assert seen == {cube.text for cube in layer if cube.readable}
    (broken,) = (cube for cube in arrival.cubes if cube.damaged)
    close_up = arrival.cube_photograph(broken)
    assert [code.payload.decode() for code in reader.read_still(close_up.picture)] == [broken.text]
    assert arrival.seal_photograph().placed == ()
    texts = [
        {code.payload.decode() for code in reader.read_still(photograph.picture)}
        for photograph in arrival.form_photographs()
    ]
    assert texts == [{arrival.form}, {arrival.witness_form}]


def test_a_courier_can_bring_any_commission(world: World) -> None:
    for commission in world.commissions:
        rng = Random(5)
        arrival = prepare(world, commission, (Mistake.FOREIGN_CUBE,), rng=rng)
        assert len(arrival.cubes) == len(commission.blocks()) + 1
