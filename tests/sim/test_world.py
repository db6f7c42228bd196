"""The simulated city: equal from equal seeds, whole, and as the rules want it."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sim_city import LAB, RING, TODAY, city

from edge.core.carriers import BadgeCode, ChipCode, CommandCode, FormCode, Trust
from edge.core.ids import Id
from edge.core.moments import Due, age_window, local_midnight
from edge.core.people import OrgKind, Role
from edge.core.pins import pin_fits
from edge.core.specimen import Curing, Group, GroupKind, SpecimenState, Stage
from edge.sim.castings import GROUP_SIZES
from edge.sim.world import World, form_texts, write_reference
from edge.wire.chip_text import identify
from edge.wire.reference import SetName, decode_row


@pytest.fixture(scope="module")
def world() -> World:
    return city()


def groups(world: World) -> tuple[Group, ...]:
    return tuple(group for order in world.commissions for group in order.groups)


def test_equal_seeds_give_equal_worlds(world: World) -> None:
    assert city() == world
    assert city(2) != world
    assert city(today=date(2027, 1, 5)) != world


def test_every_code_of_the_city_is_identified(world: World) -> None:
    for specimen, text in world.chips.items():
        code = identify(text.encode(), ring=RING)
        assert isinstance(code, ChipCode)
        assert (code.specimen, code.trust) == (specimen, Trust.SIGNED)
    for person, text in world.badges.items():
        assert identify(text.encode(), ring=RING) == BadgeCode(person, Trust.SIGNED)
    for name, text in world.commands.items():
        mode, _, place = name.partition(" ")
        assert identify(text.encode(), ring=RING) == CommandCode(mode, place or None)
    for order in world.commissions:
        codes = [identify(text.encode(), ring=RING) for text in form_texts(order)]
        assert codes == [FormCode(order.form_code), FormCode(order.witness_form_code)]


def test_ids_are_valid_and_unique(world: World) -> None:
    ids = [
        *(each.person for each in world.population.people),
        *(each.grant for each in world.grants),
        *(each.contract for each in world.contracts),
        *(each.commission for each in world.commissions),
        *(group.group for group in groups(world)),
        *(block.specimen for group in groups(world) for block in group.specimens),
    ]
    assert [Id.parse(each) for each in ids] == ids
    assert len(set(ids)) == len(ids)


def test_the_city_has_everybody_the_desk_needs(world: World) -> None:
    assert len(world.receivers) == 2
    assert {each.kind for each in world.population.companies} == set(OrgKind)
    assert sum(each.kind is OrgKind.LAB for each in world.population.companies) == 2
    assert world.supervisor.lab == world.curing_keeper.lab == LAB
    for person, pin in world.population.pins.items():
        assert pin_fits(pin, world.person(person).pin_hash)
    assert all("*" in each.name for each in world.population.people)


def test_signers_are_independent_and_receivers_are_outside_the_chain(world: World) -> None:
    for order in world.commissions:
        witness = world.person(order.witness)
        assert witness.org_kind in {OrgKind.SUPERVISOR, OrgKind.OWNER}
        for group in order.groups:
            for record in group.trail:
                assert record.tester is not None
                assert record.witness is not None
                assert Role.TESTER in world.person(record.tester.person).roles
                assert record.tester.org == order.contractor != record.witness.org
                assert order.project in world.person(record.tester.person).projects
                assert record.witness.person == order.witness


def test_trails_are_complete_in_order_and_within_thirty_minutes(world: World) -> None:
    for group in groups(world):
        size = GROUP_SIZES[group.kind]
        standard = group.curing is Curing.STANDARD
        photos = {record.stage: record.photos for record in group.trail}
        expected = {Stage.SLUMP: 1, Stage.SAMPLING: 2, Stage.CURING_IN: size}
        if group in (*world.cast.in_curing.groups, *world.cast.room.groups):
            del expected[Stage.CURING_IN]
        elif not standard:
            del expected[Stage.CURING_IN]
            expected[Stage.CURING_END] = 2 * size
        else:
            expected[Stage.CURING_END] = 2 * size
        assert photos == expected
        signed = [
            each.at for record in group.trail for each in (record.tester, record.witness) if each
        ]
        assert signed == sorted(signed)
        assert signed[-1] < local_midnight(TODAY)
        for record in group.trail:
            assert record.tester is not None
            assert record.witness is not None
            assert record.witness.at - record.tester.at < timedelta(minutes=30)


@pytest.mark.parametrize("hour", [0, 8, 12, 23])
def test_compressive_groups_have_their_age_all_day(world: World, hour: int) -> None:
    now = local_midnight(TODAY) + timedelta(hours=hour)
    for group in world.cast.standard.groups:
        window = age_window(group.casting, age_days=28, tolerance=timedelta(hours=20))
        assert window.due(now) is Due.DUE_NOW


def test_the_commissions_are_what_their_names_say(world: World) -> None:
    cast = world.cast
    assert [len(group.specimens) for group in cast.standard.groups] == [3] * 10
    assert cast.impermeability.groups[0].kind is GroupKind.IMPERMEABILITY
    assert len(cast.impermeability.groups[0].specimens) == 6
    assert {group.kind for group in cast.same_condition.groups} == {
        GroupKind.MATURITY_600,
        GroupKind.DEMOULD,
    }
    assert cast.elsewhere.lab == world.population.other_lab
    contracted = {(each.project, each.lab) for each in world.contracts}
    for order in world.commissions:
        assert ((order.project, order.lab) in contracted) is (order is not cast.no_contract)
        assert (order.contract is None) is (order is cast.no_contract)


def test_grants_say_what_the_names_of_the_deliverers_say(world: World) -> None:
    now = datetime(2026, 11, 23, tzinfo=UTC)
    tower = world.cast.standard.project

    def may(person: str) -> bool:
        return any(
            each.person == person
            and each.project == tower
            and each.since <= TODAY <= each.until
            and (each.revoked_at is None or each.revoked_at > now)
            for each in world.grants
        )

    people = world.deliverers
    assert [may(each.person) for each in (people.named, people.other)] == [True, True]
    barred = (people.revoked, people.expired, people.ungranted, people.second_project)
    assert not any(may(each.person) for each in barred)
    assert world.cast.standard.deliverer == people.named.person


def test_each_chip_is_bound_once(world: World) -> None:
    bound = [each.specimen for each in world.bindings()]
    assert len(set(bound)) == len(bound) == len(world.chips)


def test_rows_hold_only_what_this_laboratory_may_know(world: World) -> None:
    rows = world.rows()
    assert set(rows) == {"people", "grants", "commissions", "contracts", "custody"}
    assert world.cast.elsewhere not in rows[SetName.COMMISSIONS]
    assert len(rows[SetName.COMMISSIONS]) == 7


def test_reference_files_hold_the_rows(world: World, tmp_path: Path) -> None:
    files = write_reference(world, tmp_path / "reference")
    assert {file.stem for file in files} == set(world.rows())
    for file in files:
        name = SetName(file.stem)
        lines = file.read_bytes().splitlines(keepends=True)
        assert tuple(decode_row(name, line) for line in lines) == world.rows()[name]


def test_custody_names_what_lies_in_the_room_and_at_the_other_laboratory(world: World) -> None:
    places = {each.specimen: each for each in world.custody}
    for group in world.cast.in_curing.groups:
        inside = [places[block.specimen] for block in group.specimens]
        assert {each.state for each in inside} == {SpecimenState.LAB_CURING}
        assert len({each.place for each in inside}) == 1
        assert all(group.casting.on < each.at.date() < TODAY for each in inside)
    away = [places[block.specimen] for block in world.cast.elsewhere.blocks()]
    assert {each.lab for each in away} == {world.population.other_lab}
