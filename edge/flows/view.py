"""The screen is a function of the state: what a person needs to see of the desk, as values."""

from dataclasses import dataclass
from datetime import date

from edge.core.codes import SAFETY, Code
from edge.core.findings import Facts
from edge.core.ids import DeliveryId, GroupId, PersonId, SpecimenId
from edge.core.intake.state import Delivery, Desk
from edge.core.intake.step import Signal
from edge.core.people import Person, Role


@dataclass(frozen=True, slots=True)
class Tile:
    """One block of a group: read or not yet, and its defects."""

    specimen: SpecimenId
    number: int
    read: bool
    defects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GroupRow:
    """One group with its tiles and, once decided, what happens to it.

    `ruled` is what the rules say, `choice` what holds: the receiver may be stricter; `missing` are
    the numbers of blocks that were not read.
    """

    group: GroupId
    kind: str
    grade: str
    tiles: tuple[Tile, ...]
    curing: str = ""
    place: str = ""
    cast_on: date | None = None
    age_days: int | None = None
    choice: str | None = None
    ruled: str | None = None
    missing: tuple[int, ...] = ()
    reasons: tuple[Code, ...] = ()
    overridable: tuple[Code, ...] = ()


@dataclass(frozen=True, slots=True)
class Papers:
    """The pair of sheets: which were seen, whether they belong together, who signed."""

    form: bool
    witness: bool
    pair: bool
    signed: tuple[Role, ...]
    required: tuple[Role, ...]
    contract_until: date | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who may stand at the desk: the name is masked already."""

    person: PersonId
    name: str


@dataclass(frozen=True, slots=True)
class SignalView:
    """The answer to the last input."""

    outcome: str
    codes: tuple[Code, ...]
    subject: str
    facts: Facts


@dataclass(frozen=True, slots=True)
class DeskView:
    """Everything a screen, a console or a test may show of the desk."""

    phase: str
    operator: str | None
    signal: SignalView | None
    asking: str | None
    delivery: DeliveryId | None = None
    commission: str | None = None
    project: str | None = None
    papers: Papers | None = None
    deliverers: tuple[Candidate, ...] = ()
    deliverer: str | None = None
    presented: str | None = None
    attempts: int = 0
    seal: str | None = None
    counted: int = 0
    expected: int = 0
    strays: int = 0
    layers: int = 0
    groups: tuple[GroupRow, ...] = ()
    blind_blocks: tuple[SpecimenId, ...] = ()
    findings: tuple[Code, ...] = ()
    provisional: bool = False
    ending: str | None = None
    decision: str | None = None
    receipt: str | None = None


def view_of(
    desk: Desk,
    signal: Signal | None,
    deliverers: tuple[Person, ...] = (),
    *,
    overridable: frozenset[Code] = frozenset(),
) -> DeskView:
    """The view of a desk and the last answer; `deliverers` are the project's people.

    `overridable` are the codes that the rule set lets two persons set aside.
    """
    shown = (
        SignalView(signal.outcome, signal.codes, signal.subject, signal.facts) if signal else None
    )
    operator = desk.operator.name if desk.operator else None
    delivery = desk.delivery
    if delivery is None:
        return DeskView(desk.phase.value, operator, shown, desk.asking)
    commission = delivery.commission
    return DeskView(
        phase=desk.phase.value,
        operator=operator,
        signal=shown,
        asking=desk.asking,
        delivery=delivery.delivery,
        commission=commission.number if commission else None,
        project=commission.project_name if commission else None,
        papers=_papers(delivery),
        deliverers=tuple(Candidate(each.person, each.name) for each in deliverers),
        deliverer=delivery.deliverer.name if delivery.deliverer else None,
        presented=delivery.presented.name if delivery.presented else None,
        attempts=delivery.attempts,
        seal=delivery.seal.value if delivery.seal else None,
        counted=len(delivery.blocks),
        expected=len(commission.blocks()) if commission else 0,
        strays=len(delivery.strays),
        layers=len(delivery.layers),
        groups=_rows(delivery, overridable - SAFETY),
        blind_blocks=tuple(block.specimen for block in delivery.blocks if block.group is None),
        findings=tuple(dict.fromkeys(each.code for each in delivery.findings)),
        provisional=delivery.provisional,
        ending=delivery.ending.value if delivery.ending else None,
        decision=delivery.decision.value if delivery.decision else None,
        receipt=delivery.receipt.code if delivery.receipt else None,
    )


def _rows(delivery: Delivery, overridable: frozenset[Code]) -> tuple[GroupRow, ...]:
    if delivery.commission is None:
        return ()
    read = {block.specimen: block for block in delivery.blocks}
    outcomes = {outcome.group: outcome for outcome in delivery.outcomes}
    rows = []
    for group in delivery.commission.groups:
        outcome = outcomes.get(group.group)
        tiles = tuple(
            Tile(
                each.specimen,
                each.number,
                each.specimen in read,
                read[each.specimen].defects if each.specimen in read else (),
            )
            for each in group.specimens
        )
        reasons = tuple(dict.fromkeys(f.code for f in outcome.findings)) if outcome else ()
        rows.append(
            GroupRow(
                group=group.group,
                kind=group.kind.value,
                grade=group.grade,
                tiles=tiles,
                curing=group.curing.value,
                place=group.pour_location,
                cast_on=group.casting.on,
                age_days=group.age_days,
                choice=outcome.final.value if outcome else None,
                ruled=outcome.choice.value if outcome else None,
                missing=tuple(tile.number for tile in tiles if not tile.read),
                reasons=reasons,
                overridable=tuple(code for code in reasons if code in overridable),
            )
        )
    return tuple(rows)


def _papers(delivery: Delivery) -> Papers | None:
    commission = delivery.commission
    if commission is None:
        return None
    other = delivery.witness_commission
    return Papers(
        form=commission.form_code in delivery.form_codes,
        witness=other is not None,
        pair=other is not None and other.commission == commission.commission,
        signed=delivery.signatures,
        required=commission.signatures_required,
        contract_until=delivery.contract.valid_until if delivery.contract else None,
    )
