"""The simulated city under the shipped rules: its honest deliveries pass, its traps do not."""

from datetime import timedelta

import pytest
from rules import shipped
from sim_city import LAB, RING, TODAY, city

from edge.core.checks_blocks import KnownChip, check_scan
from edge.core.checks_forms import check_contract, check_forms
from edge.core.checks_groups import check_age, check_completeness, check_trail, due_of
from edge.core.checks_people import Chain, check_approver, check_deliverer, check_operator
from edge.core.codes import Code
from edge.core.commission import Commission
from edge.core.findings import Finding
from edge.core.moments import Due, Instant, TimeQuality, local_midnight
from edge.core.people import Person
from edge.core.policy import judge
from edge.core.rulesets import RuleSet
from edge.sim.world import World
from edge.wire.chip_text import identify

NOW = Instant(local_midnight(TODAY) + timedelta(hours=9), 0, TimeQuality.SYNCED)


@pytest.fixture(scope="module")
def world() -> World:
    return city()


@pytest.fixture(params=["nanchang-2023", "hubei-2022"])
def rules(request: pytest.FixtureRequest) -> RuleSet:
    return shipped(request.param)


def paper_findings(world: World, order: Commission, rules: RuleSet) -> tuple[Finding, ...]:
    contract = next((each for each in world.contracts if each.contract == order.contract), None)
    forms = check_forms(
        order,
        order,
        signatures_present=frozenset((*order.signatures_required, *rules.required_signatures)),
        people={each.person: each for each in world.population.people},
        lab=LAB,
        rules=rules,
    )
    return (*forms, *check_contract(contract, commission=order, lab=LAB, now=NOW))


def group_findings(order: Commission, rules: RuleSet) -> tuple[Finding, ...]:
    return tuple(
        found
        for group in order.groups
        for check in (
            check_trail(group, rules=rules, now=NOW),
            check_age(group, now=NOW, rules=rules),
            check_completeness(
                group, seen=frozenset(block.specimen for block in group.specimens), rules=rules
            ),
        )
        for found in check
    )


def deliverer_findings(world: World, person: Person, order: Commission) -> tuple[Finding, ...]:
    return check_deliverer(
        person,
        grants=world.grants,
        projects=frozenset((order.project,)),
        now=NOW,
        chain=Chain(world.receivers[0].person, named=order.deliverer, witness=order.witness),
        subject="d-1",
    )


@pytest.mark.parametrize("name", ["standard", "impermeability", "small"])
def test_an_honest_delivery_has_nothing_to_find(world: World, rules: RuleSet, name: str) -> None:
    order: Commission = getattr(world.cast, name)
    assert order.deliverer is not None
    assert paper_findings(world, order, rules) == ()
    assert group_findings(order, rules) == ()
    assert deliverer_findings(world, world.person(order.deliverer), order) == ()


def test_same_condition_groups_may_be_received(world: World, rules: RuleSet) -> None:
    assert judge(group_findings(world.cast.same_condition, rules), rules).passes


def test_the_traps_are_what_their_names_say(world: World, rules: RuleSet) -> None:
    cast, people = world.cast, world.deliverers

    def codes(findings: tuple[Finding, ...]) -> set[Code]:
        return {each.code for each in findings}

    assert codes(paper_findings(world, cast.no_contract, rules)) == {Code.NO_CONTRACT}
    assert Code.WRONG_LAB in codes(paper_findings(world, cast.elsewhere, rules))
    expected = (
        (people.other, Code.DELIVERER_DIFFERS),
        (people.revoked, Code.DELIVERER_NOT_GRANTED),
        (people.expired, Code.DELIVERER_NOT_GRANTED),
        (people.ungranted, Code.DELIVERER_NOT_GRANTED),
        (people.second_project, Code.DELIVERER_NOT_GRANTED),
    )
    for person, code in expected:
        assert codes(deliverer_findings(world, person, cast.standard)) == {code}


def test_staff_may_do_their_work(world: World) -> None:
    first = world.receivers[0]
    assert check_operator(first, lab=LAB, now=NOW) == ()
    assert check_approver(first, world.supervisor, lab=LAB, now=NOW) == ()


def test_every_chip_of_a_commission_is_counted(world: World, rules: RuleSet) -> None:
    order = world.cast.standard
    bindings = {each.specimen: each for each in world.bindings()}
    for block in order.blocks():
        code = identify(world.chips[block.specimen].encode(), ring=RING)
        known = KnownChip(bindings=(bindings[block.specimen],))
        assert check_scan(code, known=known, commission=order, lab=LAB, now=NOW, rules=rules) == ()


def test_the_room_holds_groups_due_today_not_due_and_overdue(world: World, rules: RuleSet) -> None:
    due = [due_of(group, now=NOW, rules=rules) for group in world.cast.in_curing.groups]
    assert due == [Due.DUE_NOW, Due.NOT_DUE, Due.OVERDUE]


def test_a_block_received_elsewhere_is_found(world: World, rules: RuleSet) -> None:
    order = world.cast.elsewhere
    bindings = {each.specimen: each for each in world.bindings()}
    for seen in (each for each in world.custody if each.lab != LAB):
        code = identify(world.chips[seen.specimen].encode(), ring=RING)
        known = KnownChip(bindings=(bindings[seen.specimen],), platform=seen)
        found = check_scan(code, known=known, commission=order, lab=LAB, now=NOW, rules=rules)
        assert Code.RECEIVED_ELSEWHERE in {each.code for each in found}
