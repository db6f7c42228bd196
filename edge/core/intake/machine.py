"""The table of the delivery machine: which input means what in which phase.

Rules for editors: every transition is reached from this table; a handler is a pure function of
desk, input and context; a handler never closes a delivery, only `Committed` does.
"""

from collections.abc import Callable
from typing import Any

from edge.core.errors import BrokenInvariant
from edge.core.intake import closing, deciding, identity, inputs, opening, scanning
from edge.core.intake.inputs import Committed, Context, Input
from edge.core.intake.state import Desk, Phase
from edge.core.intake.step import Step, not_now

Handler = Callable[[Desk, Any, Context], Step]

_BEFORE_SIGNED = (
    Phase.OPENED,
    Phase.IDENTIFY,
    Phase.ALT_IDENTITY,
    Phase.SCANNING,
    Phase.INSPECT,
    Phase.RECONCILE,
    Phase.SIGN,
    Phase.BLIND,
)
_ENDED = (Phase.CLOSED, Phase.CONFIRMED, Phase.HELD, Phase.CANCELLED)

TABLE: tuple[tuple[type, tuple[Phase, ...], Handler], ...] = (
    (inputs.BadgeShown, (Phase.IDLE,), opening.log_in),
    (inputs.LoggedOut, (Phase.READY,), opening.log_out),
    (inputs.FormShown, (Phase.READY,), opening.open_delivery),
    (inputs.FormShown, (Phase.OPENED,), opening.show_other_form),
    (inputs.SignaturesSeen, (Phase.OPENED,), opening.see_signatures),
    (inputs.FormsConfirmed, (Phase.OPENED,), opening.confirm_forms),
    (inputs.FaceJudged, (Phase.IDENTIFY,), identity.judge_face),
    (inputs.AlternativeChosen, (Phase.IDENTIFY,), identity.choose_alternative),
    (inputs.DocumentSeen, (Phase.ALT_IDENTITY,), identity.see_document),
    (inputs.SecondConfirmed, (Phase.ALT_IDENTITY,), identity.confirm_second),
    (inputs.ChipScanned, (Phase.SCANNING, Phase.BLIND), scanning.scan_chip),
    (inputs.ScanUndone, (Phase.SCANNING, Phase.BLIND), scanning.undo_scan),
    (
        inputs.LayerPhotographed,
        (Phase.SCANNING, Phase.INSPECT, Phase.BLIND),
        scanning.keep_layer,
    ),
    (inputs.ScanFinished, (Phase.SCANNING, Phase.BLIND), deciding.finish_scanning),
    (
        inputs.ScanResumed,
        (Phase.INSPECT, Phase.RECONCILE, Phase.SIGN),
        deciding.resume_scanning,
    ),
    (inputs.DefectMarked, (Phase.INSPECT,), deciding.mark_defect),
    (inputs.SealJudged, (Phase.INSPECT,), deciding.judge_seal),
    (inputs.InspectionFinished, (Phase.INSPECT,), deciding.finish_inspection),
    (inputs.GroupChosen, (Phase.RECONCILE,), deciding.choose_group),
    (inputs.OverrideProposed, (Phase.RECONCILE,), deciding.propose_override),
    (inputs.ReconcileAccepted, (Phase.RECONCILE,), deciding.accept_reconciled),
    (inputs.ReceiptSigned, (Phase.SIGN,), deciding.sign_receipt),
    (inputs.DeliveryEnded, _BEFORE_SIGNED, closing.end_delivery),
    (inputs.Parked, _BEFORE_SIGNED, closing.park),
    (inputs.Resumed, (Phase.READY,), closing.resume),
    (inputs.DecisionArrived, _ENDED, closing.hear_decision),
    (inputs.NextCourier, _ENDED, closing.next_courier),
)

_HANDLERS: dict[tuple[type, Phase], Handler] = {
    (kind, phase): handler for kind, phases, handler in TABLE for phase in phases
}


def step(desk: Desk, given: Input, context: Context) -> Step:
    """One step of the desk: pure; what it asks for is true once it reports back."""
    waiting = desk.delivery is not None and desk.delivery.awaiting_commit
    if isinstance(given, Committed):
        if not waiting:
            raise BrokenInvariant("commit_not_asked_for", phase=desk.phase.value)
        return closing.confirm_commit(desk, given, context)
    handler = _HANDLERS.get((type(given), desk.phase))
    if waiting or handler is None:
        return not_now(desk, input=type(given).__name__)
    return handler(desk, given, context)
