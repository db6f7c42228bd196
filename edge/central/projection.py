"""What the city knows from events: custody of specimens, and its word on each delivery."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from edge.central.reference import Reference
from edge.central.store import DeliveryStore
from edge.core.custody import Custody
from edge.core.ids import DeliveryId, SpecimenId
from edge.core.moments import CHINA
from edge.core.people import Grant
from edge.core.platform import Received, Settled
from edge.core.specimen import SpecimenState
from edge.ports import Clock
from edge.wire.reference import Decision, SetName, Word
from edge.wire.topics import Station

_OUTCOMES = {
    f"specimen.delivery.{name}.v1": name
    for name in (
        "received",
        "partially_received",
        "refused",
        "held",
        "cancelled",
        "recorded_unverified",
    )
}
_UNCHANGED = frozenset({"cancelled", "recorded_unverified"})
"""Outcomes that leave every specimen where it was."""
_STATES = {
    "accept": SpecimenState.ACCEPTED,
    "hold": SpecimenState.HELD,
    "refuse": SpecimenState.REFUSED,
}
_IN_HAND = frozenset(
    {
        SpecimenState.ACCEPTED,
        SpecimenState.LAB_CURING,
        SpecimenState.OUT_FOR_TEST,
        SpecimenState.TESTED,
        SpecimenState.RETAINED,
    }
)
RECONCILED = "specimen.group.reconciled.v1"
OPENED = "specimen.delivery.opened.v1"
CLOSED_BEFORE = "delivery_closed_before"
"""Alarm: a second end of one delivery. The first one stands, whoever told it."""


class Projection:
    """Follows the events below the watermark, in order, inside the caller's transaction."""

    def __init__(self, *, store: DeliveryStore, reference: Reference, clock: Clock) -> None:
        self._store = store
        self._reference = reference
        self._clock = clock

    def follow(self, event: Received) -> str:
        """One more event; a closing one settles its delivery. A code when a person must look.

        Raises KeyError, TypeError, ValueError, OverflowError, RecursionError or DecodeError on data
        of an unknown shape, before anything is kept.
        """
        outcome = _OUTCOMES.get(event.type)
        if outcome is None or event.delivery is None:
            return ""
        self._store.hold_reference()  # two labs may close on one specimen at the same moment
        if self._store.settled(event.delivery):
            return CLOSED_BEFORE
        body: Mapping[str, Any] = json.loads(event.body)
        data, at = body["data"], datetime.fromisoformat(body["time"])
        states = {} if outcome in _UNCHANGED else self._states(event, data)
        reasons = self._objections(event, data, states, at)
        station = Station.parse(event.station)
        custody = [
            Custody(
                specimen=specimen,
                state=state,
                at=at,
                lab=station.lab,
                device=station.device,
                delivery=event.delivery,
            )
            for specimen, state in states.items()
            if not self._is_elsewhere(specimen, event.delivery)
        ]
        word = Word.DISPUTED if reasons else Word.CONFIRMED
        now = self._clock.now()
        specimens = sum(state is SpecimenState.ACCEPTED for state in states.values())
        self._store.settle(
            Settled(event.delivery, event.station, outcome, specimens, word.value, now)
        )
        self._reference.put(SetName.CUSTODY, custody)
        decision = Decision(event.delivery, word, now, reasons)
        self._reference.put(SetName.DECISIONS, [decision], lab=station.lab)
        return ""

    def _states(
        self, closing: Received, data: Mapping[str, Any]
    ) -> Mapping[SpecimenId, SpecimenState]:
        """Each counted specimen by the final verdict on its group."""
        verdicts = {each["group"]: each["verdict"] for each in data["groups"]}
        states: dict[SpecimenId, SpecimenState] = {}
        for event in self._earlier(closing, RECONCILED):
            group = json.loads(event.body)["data"]
            state = _STATES[verdicts.get(group["group"], group["verdict"])]
            states |= {SpecimenId.parse(each): state for each in group["specimens"]}
        return states

    def _earlier(self, closing: Received, kind: str) -> tuple[Received, ...]:
        """Events of the same delivery, by the same station, in the same epoch."""
        if closing.delivery is None:
            return ()
        found = self._store.events_of(closing.delivery, kind)
        return tuple(
            each
            for each in found
            if (each.station, each.epoch) == (closing.station, closing.epoch)
            and each.sequence < closing.sequence
        )

    def _objections(
        self,
        event: Received,
        data: Mapping[str, Any],
        states: Mapping[SpecimenId, SpecimenState],
        at: datetime,
    ) -> tuple[str, ...]:
        """Why the platform disputes a delivery; empty when it confirms."""
        found: list[str] = []
        taken = [each for each, state in states.items() if state is SpecimenState.ACCEPTED]
        if any(self._is_elsewhere(each, event.delivery) for each in taken):
            found.append("RECEIVED_ELSEWHERE")
        if taken and not self._is_granted(data["deliverer"], data["project"], at):
            found.append("DELIVERER_NOT_GRANTED")
        opened = self._earlier(event, OPENED)
        first = opened[0].sequence if opened else event.sequence
        if self._store.has_suspects_between(event.station, event.epoch, first, event.sequence):
            found.append("EVENT_QUARANTINED")
        return tuple(found)

    def _is_elsewhere(self, specimen: SpecimenId, delivery: DeliveryId | None) -> bool:
        """Whether another delivery took this specimen before."""
        rows = self._reference.find(SetName.CUSTODY, f"specimen:{specimen}")
        return any(
            isinstance(row, Custody) and row.state in _IN_HAND and row.delivery != delivery
            for row in rows
        )

    def _is_granted(self, deliverer: str | None, project: str | None, at: datetime) -> bool:
        """Whether the deliverer held a grant for the project on that day (A6)."""
        day = at.astimezone(CHINA).date()
        return any(
            isinstance(grant, Grant)
            and grant.person == deliverer
            and grant.since <= day <= grant.until
            and (grant.revoked_at is None or grant.revoked_at > at)
            for grant in self._reference.find(SetName.GRANTS, f"project:{project}")
        )
