"""Identify and alt_identity: is this a person who may deliver for this project (A6)?"""

from dataclasses import replace

from edge.core.checks_people import Chain, check_deliverer, check_second_person
from edge.core.codes import Code
from edge.core.events import (
    DelivererRejected,
    DelivererVerified,
    DelivererVerifiedAlternative,
    FaceScore,
)
from edge.core.findings import Finding, finding
from edge.core.intake.inputs import (
    AlternativeChosen,
    Context,
    DocumentSeen,
    FaceJudged,
    SecondConfirmed,
)
from edge.core.intake.state import Deliverer, Delivery, Desk, Phase
from edge.core.intake.step import (
    Outcome,
    Signal,
    Step,
    not_now,
    reasons_of,
    signal_of,
    with_delivery,
)
from edge.core.people import Grant, Person
from edge.core.policy import judge

FACE_ATTEMPTS = 2
"""Failed face checks before the face-free path is offered (DOMAIN d2)."""

_FACE_FAILURES = {
    "low_quality": Code.FACE_LOW_QUALITY,
    "attack": Code.LIVENESS_FAIL,
    "unfinished": Code.LIVENESS_FAIL,
}
_ENDED_WELL = frozenset({"passed", "not_checked"})


def judge_face(desk: Desk, judged: FaceJudged, context: Context) -> Step:
    """Identify: 1:N only proposes; without an engine the face-free path is taken at once."""
    delivery = desk.delivery
    if delivery is None:
        return not_now(desk)
    if judged.face is None:
        return choose_alternative(desk, AlternativeChosen(), context)
    failure = _face_failure(judged.face, judged.person)
    if judged.person is None or failure is not None:
        return _failed_attempt(desk, delivery, judged.face, failure or Code.FACE_NO_MATCH, context)
    findings = _may_deliver(delivery, judged.person, judged.grants, context)
    verdict = judge(findings, context.rules)
    if not verdict.passes:
        rejected = DelivererRejected(
            delivery.delivery, judged.person.person, verdict.codes, face=judged.face
        )
        return _rejected(desk, delivery, rejected, findings, context)
    verified = DelivererVerified(
        delivery.delivery, judged.person.person, verdict.codes, judged.face
    )
    deliverer = Deliverer(judged.person.person, judged.person.name, "face")
    return Step(
        _on_to_scanning(desk, delivery, deliverer, findings),
        events=(verified,),
        signal=signal_of(verdict, judged.person.person),
    )


def choose_alternative(desk: Desk, _: AlternativeChosen, __: Context) -> Step:
    """Identify: the face-free path has equal rank and works offline."""
    delivery = desk.delivery
    if delivery is None:
        return not_now(desk)
    changed = with_delivery(desk, delivery, phase=Phase.ALT_IDENTITY, presented=None)
    return Step(changed, signal=Signal(Outcome.OK, subject=delivery.delivery))


def see_document(desk: Desk, seen: DocumentSeen, context: Context) -> Step:
    """Alt_identity: the receiver looks at the document and chooses whom it shows."""
    delivery = desk.delivery
    if delivery is None:
        return not_now(desk)
    if seen.person is None:
        findings = (finding(Code.DELIVERER_UNKNOWN, delivery.delivery),)
        rejected = DelivererRejected(delivery.delivery, None, reasons_of(findings))
        return _rejected(desk, delivery, rejected, findings, context)
    changed = with_delivery(desk, delivery, presented=seen.person)
    return Step(changed, signal=Signal(Outcome.OK, subject=seen.person.person))


def confirm_second(desk: Desk, confirmed: SecondConfirmed, context: Context) -> Step:
    """Alt_identity: a second staff member confirms; then the same rules as after a face."""
    delivery = desk.delivery
    if delivery is None or delivery.presented is None or desk.operator is None:
        return not_now(desk, missing="document")
    person = delivery.presented
    unfit = check_second_person(desk.operator, confirmed.second, lab=context.lab)
    if unfit:
        signal = signal_of(judge(unfit, context.rules), confirmed.second.person)
        return Step(desk, signal=signal)
    findings = _may_deliver(delivery, person, confirmed.grants, context)
    verdict = judge(findings, context.rules)
    if not verdict.passes:
        rejected = DelivererRejected(
            delivery.delivery, person.person, verdict.codes, second=confirmed.second.person
        )
        return _rejected(desk, delivery, rejected, findings, context)
    verified = DelivererVerifiedAlternative(
        delivery.delivery, person.person, confirmed.second.person, verdict.codes
    )
    deliverer = Deliverer(person.person, person.name, "alternative", confirmed.second.person)
    return Step(
        _on_to_scanning(desk, delivery, deliverer, findings),
        events=(verified,),
        signal=signal_of(verdict, person.person),
    )


def _face_failure(face: FaceScore, person: Person | None) -> Code | None:
    """A failed or unfinished check is never outvoted by a score (ARCHITECTURE 5.5)."""
    if face.liveness == "failed":
        return Code.LIVENESS_FAIL
    if face.verdict != "match":
        return _FACE_FAILURES.get(face.verdict, Code.FACE_NO_MATCH)
    if face.liveness not in _ENDED_WELL:
        return Code.LIVENESS_FAIL
    return Code.FACE_NO_MATCH if person is None else None


def _failed_attempt(
    desk: Desk, delivery: Delivery, face: FaceScore, code: Code, context: Context
) -> Step:
    attempts = delivery.attempts + 1
    phase = Phase.ALT_IDENTITY if attempts >= FACE_ATTEMPTS else Phase.IDENTIFY
    rejected = DelivererRejected(delivery.delivery, None, (code,), face=face)
    verdict = judge((finding(code, delivery.delivery, attempt=attempts),), context.rules)
    changed = with_delivery(desk, delivery, attempts=attempts, phase=phase)
    return Step(changed, events=(rejected,), signal=signal_of(verdict, delivery.delivery))


def _may_deliver(
    delivery: Delivery, person: Person, grants: tuple[Grant, ...], context: Context
) -> tuple[Finding, ...]:
    commission = delivery.commission
    if commission is None:
        return (finding(Code.FORM_UNKNOWN, delivery.delivery),)
    return check_deliverer(
        person,
        grants=grants,
        projects=frozenset({commission.project}),
        now=context.now,
        chain=Chain(
            receiver=delivery.receiver, named=commission.deliverer, witness=commission.witness
        ),
        subject=delivery.delivery,
    )


def _rejected(
    desk: Desk,
    delivery: Delivery,
    event: DelivererRejected,
    findings: tuple[Finding, ...],
    context: Context,
) -> Step:
    changed = with_delivery(
        desk, delivery, presented=None, findings=_joined(delivery.findings, findings)
    )
    signal = signal_of(judge(findings, context.rules), delivery.delivery)
    return Step(changed, events=(event,), signal=signal)


def _on_to_scanning(
    desk: Desk, delivery: Delivery, deliverer: Deliverer, findings: tuple[Finding, ...]
) -> Desk:
    kept = tuple(each for each in delivery.findings if each.code not in _ABOUT_DELIVERER)
    return replace(
        desk,
        delivery=replace(
            delivery,
            phase=Phase.SCANNING,
            deliverer=deliverer,
            presented=None,
            findings=_joined(kept, findings),
        ),
    )


_ABOUT_DELIVERER = frozenset(
    {
        Code.DELIVERER_UNKNOWN,
        Code.DELIVERER_NOT_GRANTED,
        Code.DELIVERER_DIFFERS,
        Code.PERSON_INACTIVE,
        Code.NOT_INDEPENDENT,
    }
)


def _joined(first: tuple[Finding, ...], second: tuple[Finding, ...]) -> tuple[Finding, ...]:
    return tuple(dict.fromkeys((*first, *second)))
