"""Ends of a delivery: asked for by a person, true when the disk and the platform report back."""

from collections.abc import Mapping
from dataclasses import replace

from edge.core import events
from edge.core.codes import Code
from edge.core.custody import Custody
from edge.core.findings import finding
from edge.core.ids import SpecimenId
from edge.core.intake.inputs import (
    Committed,
    Context,
    DecisionArrived,
    DeliveryEnded,
    NextCourier,
    Parked,
    Resumed,
)
from edge.core.intake.state import (
    ENDED,
    Choice,
    Decision,
    Delivery,
    Desk,
    Ending,
    Phase,
)
from edge.core.intake.step import (
    Outcome,
    Signal,
    Step,
    known_age,
    not_now,
    reasons_of,
    with_delivery,
)
from edge.core.specimen import SpecimenState

_EVENT: Mapping[Ending, type[events.Closing]] = {
    Ending.RECEIVED: events.DeliveryReceived,
    Ending.PARTIALLY_RECEIVED: events.DeliveryPartiallyReceived,
    Ending.REFUSED: events.DeliveryRefused,
    Ending.HELD: events.DeliveryHeld,
    Ending.CANCELLED: events.DeliveryCancelled,
    Ending.RECORDED_UNVERIFIED: events.DeliveryRecordedUnverified,
}
_PHASE = {
    Ending.RECEIVED: Phase.CLOSED,
    Ending.PARTIALLY_RECEIVED: Phase.CLOSED,
    Ending.REFUSED: Phase.CLOSED,
    Ending.HELD: Phase.HELD,
    Ending.CANCELLED: Phase.CANCELLED,
    Ending.RECORDED_UNVERIFIED: Phase.HELD,
}
_STATE = {
    Choice.ACCEPT: SpecimenState.ACCEPTED,
    Choice.HOLD: SpecimenState.HELD,
    Choice.REFUSE: SpecimenState.REFUSED,
}
_BY_CHOICE = {None: Ending.CANCELLED, Choice.HOLD: Ending.HELD, Choice.REFUSE: Ending.REFUSED}


def end_delivery(desk: Desk, ended: DeliveryEnded, context: Context) -> Step:
    """Any phase before signing: hold, refuse or cancel everything, as easily as accepting it."""
    delivery = desk.delivery
    if delivery is None or ended.choice is Choice.ACCEPT:
        return not_now(desk)
    if ended.reason is None and not delivery.findings and not ended.note:
        return not_now(desk, missing="reason")
    named = (finding(ended.reason, delivery.delivery, note=ended.note),) if ended.reason else ()
    judged = replace(
        delivery,
        findings=(*delivery.findings, *named),
        outcomes=tuple(replace(each, wish=ended.choice) for each in delivery.outcomes),
    )
    ending = _BY_CHOICE[ended.choice]
    return close(desk, judged, ending, context)


def close(desk: Desk, delivery: Delivery, ending: Ending, context: Context) -> Step:
    """Ask for the closing event; the delivery keeps its phase until `Committed`."""
    closing = _EVENT[ending](
        delivery=delivery.delivery,
        commission=delivery.commission.commission if delivery.commission else None,
        project=delivery.commission.project if delivery.commission else None,
        receiver=delivery.receiver,
        deliverer=delivery.deliverer.person if delivery.deliverer else None,
        groups=_group_verdicts(delivery, ending),
        specimens=len(_taken(delivery, ending)),
        provisional=delivery.provisional,
        reasons=_reasons(delivery),
        roster_age_h=known_age(context.roster_age_h),
        reference_age_h=known_age(context.reference_age_h),
    )
    waiting = replace(delivery, ending=ending, awaiting_commit=True)
    return Step(
        replace(desk, delivery=waiting),
        events=(closing,),
        custody=_custody(delivery, ending, context),
    )


def confirm_commit(desk: Desk, committed: Committed, _: Context) -> Step:
    """Awaiting: the closing events are on the disk; only now is the delivery closed."""
    delivery = desk.delivery
    if delivery is None or delivery.ending is None:
        return not_now(desk)
    closed = with_delivery(
        desk,
        delivery,
        phase=_PHASE[delivery.ending],
        awaiting_commit=False,
        receipt=committed.receipt,
    )
    return Step(closed, signal=_stamp(delivery))


def hear_decision(desk: Desk, arrived: DecisionArrived, _: Context) -> Step:
    """Closed: the platform's verified word on the delivery that lies on the desk."""
    delivery = desk.delivery
    if delivery is None or delivery.delivery != arrived.delivery:
        return not_now(desk)
    decided = apply_decision(delivery, arrived.decision)
    outcome = Outcome.OK if arrived.decision is Decision.CONFIRMED else Outcome.ALARM
    return Step(replace(desk, delivery=decided), signal=Signal(outcome, subject=arrived.delivery))


def apply_decision(delivery: Delivery, decision: Decision) -> Delivery:
    """A closed delivery with the platform's word; only `confirmed` ends its provisional life."""
    confirmed = decision is Decision.CONFIRMED
    closed = delivery.phase in {Phase.CLOSED, Phase.CONFIRMED}
    phase = Phase.CONFIRMED if confirmed and closed else delivery.phase
    provisional = delivery.provisional and not confirmed
    return replace(delivery, phase=phase, decision=decision, provisional=provisional)


def next_courier(desk: Desk, _: NextCourier, __: Context) -> Step:
    """Ended: clear the desk."""
    if desk.delivery is None or desk.delivery.phase not in ENDED:
        return not_now(desk)
    return Step(replace(desk, delivery=None), signal=Signal(Outcome.OK))


def park(desk: Desk, _: Parked, __: Context) -> Step:
    """Before its end: set the delivery aside as it is, for another courier."""
    if desk.delivery is None:
        return not_now(desk)
    return Step(replace(desk, delivery=None), signal=Signal(Outcome.HOLD))


def resume(desk: Desk, resumed: Resumed, _: Context) -> Step:
    """Ready: bring a parked delivery back with the same list."""
    if resumed.delivery.phase in ENDED:
        return not_now(desk)
    back = replace(desk, delivery=resumed.delivery)
    return Step(back, signal=Signal(Outcome.OK, subject=resumed.delivery.delivery))


def _group_verdicts(delivery: Delivery, ending: Ending) -> tuple[events.GroupVerdict, ...]:
    if ending in {Ending.RECEIVED, Ending.PARTIALLY_RECEIVED}:
        return tuple(
            events.GroupVerdict(each.group, each.final.value) for each in delivery.outcomes
        )
    choice = Choice.REFUSE if ending is Ending.REFUSED else Choice.HOLD
    groups = delivery.commission.groups if delivery.commission else ()
    if ending is Ending.CANCELLED:
        return ()
    finals = {each.group: each.final for each in delivery.outcomes}
    return tuple(
        events.GroupVerdict(group.group, finals.get(group.group, choice).value) for group in groups
    )


def _taken(delivery: Delivery, ending: Ending) -> tuple[SpecimenId, ...]:
    if ending not in {Ending.RECEIVED, Ending.PARTIALLY_RECEIVED}:
        return ()
    accepted = {each.group for each in delivery.outcomes if each.final is Choice.ACCEPT}
    return tuple(block.specimen for block in delivery.blocks if block.group in accepted)


def _custody(delivery: Delivery, ending: Ending, context: Context) -> tuple[Custody, ...]:
    """This station's own word on every counted block."""
    if ending in {Ending.CANCELLED, Ending.RECORDED_UNVERIFIED}:
        return ()
    whole = Choice.REFUSE if ending is Ending.REFUSED else Choice.HOLD
    finals = {each.group: each.final for each in delivery.outcomes}
    return tuple(
        Custody(
            specimen=block.specimen,
            state=_STATE[finals.get(block.group, whole) if block.group else whole],
            at=context.now.at,
            lab=context.lab,
            device=context.device,
            delivery=delivery.delivery,
            own=True,
        )
        for block in delivery.blocks
    )


def _reasons(delivery: Delivery) -> tuple[Code, ...]:
    found = tuple(f for each in delivery.outcomes for f in each.findings)
    return reasons_of((*delivery.findings, *found))


def _stamp(delivery: Delivery) -> Signal:
    """The answer of a closed delivery: provisional and final are never confused."""
    if delivery.ending in {Ending.RECEIVED, Ending.PARTIALLY_RECEIVED}:
        outcome = Outcome.OFFLINE if delivery.provisional else Outcome.OK
    elif delivery.ending is Ending.REFUSED:
        outcome = Outcome.REFUSE
    else:
        outcome = Outcome.HOLD
    return Signal(outcome, _reasons(delivery), delivery.delivery)
