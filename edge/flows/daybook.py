"""The day's list: every delivery of this station, newest first, with what became of it."""

from datetime import datetime

from edge.core.intake.state import ENDED, Delivery
from edge.core.moments import CHINA
from edge.flows.moment import DayRow
from edge.ports import Store
from edge.wire.desk_json import load_delivery

LIMIT = 60


def day_rows(store: Store, now: datetime) -> tuple[DayRow, ...]:
    """Deliveries opened on the local day of `now`, and every one that is not ended yet."""
    today = now.astimezone(CHINA).date()
    deliveries = (load_delivery(each) for each in store.documents("delivery"))
    chosen = [
        _row(each)
        for each in deliveries
        if each.phase not in ENDED or each.opened_at.astimezone(CHINA).date() == today
    ]
    return tuple(reversed(chosen))[:LIMIT]


def _row(delivery: Delivery) -> DayRow:
    commission = delivery.commission
    return DayRow(
        delivery=delivery.delivery,
        opened_at=delivery.opened_at,
        commission=commission.number if commission else None,
        project=commission.project_name if commission else None,
        phase=delivery.phase.value,
        ending=delivery.ending.value if delivery.ending else None,
        provisional=delivery.provisional,
        decision=delivery.decision.value if delivery.decision else None,
        counted=len(delivery.blocks),
        expected=len(commission.blocks()) if commission else 0,
    )
