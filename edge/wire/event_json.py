"""Events to the JSON of their envelope (step 9): type, subject and data."""

from edge.core.envelope import Draft
from edge.core.events import Event
from edge.core.ids import DeviceId, RuleSetId
from edge.core.moments import Instant
from edge.wire.convert import converter

SUBJECTS = ("specimen", "group", "delivery", "transaction", "sensor", "operator")
"""Where an event's subject stands, most specific first."""


def subject_of(event: Event, device: DeviceId) -> str:
    """What an event speaks of, most specific first, else the device itself."""
    named = (getattr(event, name, None) for name in SUBJECTS)
    return next((str(each) for each in named if each is not None), str(device))


def draft_event(event: Event, *, occurred: Instant, ruleset: RuleSetId, device: DeviceId) -> Draft:
    """An event as a draft, ready to be sealed."""
    return Draft(
        type=event.TYPE,
        subject=subject_of(event, device),
        occurred=occurred,
        ruleset=ruleset,
        data=converter.unstructure(event),
    )
