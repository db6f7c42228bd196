"""Moments of a desk made by hand: every screen, full to the brim."""

from dataclasses import replace
from datetime import date
from typing import Any

from edge.core.codes import Code
from edge.core.ids import DeliveryId, GroupId, PersonId, SpecimenId
from edge.core.intake.state import ENDED, Ending, Phase
from edge.core.intake.step import Outcome
from edge.core.people import Role
from edge.devices.camera.feed import Why
from edge.flows.moment import Moment, Surroundings
from edge.flows.view import Candidate, DeskView, GroupRow, Papers, SignalView, Tile
from kiosk.desk_door import Hall

DELIVERY = DeliveryId("019ab000-0000-7000-8000-00000000abcd")
LONG = "滨江新城一期安置房及配套地下车库工程第三标段（东区）"
HALL = Hall(
    lab="滨江检测中心",
    support="0791-0000 0000",
    language="zh-CN",
    version="0",
    face_rates=(0.00086, 0.069),
)
STRIP = ("badge", "forms", "face", "layer", "second", "hide", "copy", "courier", "network")
CALM = Surroundings(online=True, clock="synced", roster_age_h=0.4, camera="live")
AROUND = {
    "calm": CALM,
    "offline": replace(CALM, online=False, unsent=12, roster_age_h=30.0, clock="holdover"),
    "camera lost": replace(CALM, camera="lost", camera_why=Why.STALLED),
    "camera absent": replace(CALM, camera="absent", clock="untrusted", roster_age_h=None),
    "locked": replace(CALM, locked=True),
}


def groups(*, read: int = 30, decided: bool = False, of: int = 10) -> tuple[GroupRow, ...]:
    """Groups of three with so many blocks read; decided, a group with a gap is held."""
    rows = []
    for index in range(of):
        tiles = tuple(
            Tile(
                SpecimenId(f"WT-261123-{index + 1:02d}-{number}"),
                number,
                read=index * 3 + number <= read,
                defects=("crack",) if (index, number) == (1, 2) else (),
            )
            for number in (1, 2, 3)
        )
        missing = tuple(tile.number for tile in tiles if not tile.read)
        choice = "hold" if missing else "accept"
        rows.append(
            GroupRow(
                group=GroupId(f"group-{index}"),
                kind="compressive",
                grade="C30",
                tiles=tiles,
                curing="standard",
                place="3号楼地下室外墙及顶板后浇带（2-5/A-F轴）",
                cast_on=date(2026, 10, 26),
                age_days=28,
                choice=choice if decided else None,
                ruled=choice if decided else None,
                missing=missing,
                reasons=(Code.MISSING_BLOCK,) if missing and decided else (),
            )
        )
    return tuple(rows)


PAPERS = Papers(
    form=True,
    witness=True,
    pair=False,
    signed=(Role.TESTER,),
    required=(Role.TESTER, Role.WITNESS, Role.RECEIVER),
    contract_until=None,
)
CANDIDATES = tuple(
    Candidate(PersonId(f"person-{number:04d}"), "阿*木古丽·买买提") for number in range(8)
)
SIGNALS = {
    outcome: SignalView(outcome.value, (code,), "WT-261123-07-2", facts)
    for outcome, code, facts in (
        (Outcome.OK, Code.OFFLINE, ()),
        (Outcome.GROUP_COMPLETE, Code.OFFLINE, ()),
        (Outcome.ALREADY, Code.DUPLICATE_SCAN, ()),
        (Outcome.WARN, Code.NOT_NOW, (("missing", "layer_photograph"),)),
        (Outcome.HOLD, Code.DELIVERER_NOT_GRANTED, ()),
        (Outcome.REFUSE, Code.WRONG_PROJECT, ()),
        (Outcome.ALARM, Code.RECEIVED_ELSEWHERE, ()),
        (Outcome.OFFLINE, Code.ROSTER_STALE, ()),
    )
}


def view(phase: Phase, **changes: Any) -> DeskView:
    """A view with everything that its phase can show."""
    bare = DeskView(phase.value, None, None, None)
    if phase is Phase.IDLE:
        return replace(bare, **changes)
    bare = replace(bare, operator="严*凤")
    if phase is Phase.READY:
        return replace(bare, **changes)
    if phase is Phase.BLIND:
        blocks = tuple(SpecimenId(f"WT-261123-01-{number}") for number in range(30))
        return replace(bare, delivery=DELIVERY, counted=30, blind_blocks=blocks, **changes)
    is_decided = phase in {Phase.RECONCILE, Phase.SIGN} or phase in ENDED
    full = replace(
        bare,
        delivery=DELIVERY,
        commission="WT-261123-01",
        project=LONG,
        papers=PAPERS,
        deliverers=CANDIDATES if phase in {Phase.IDENTIFY, Phase.ALT_IDENTITY} else (),
        presented="何*超" if phase is Phase.ALT_IDENTITY else None,
        attempts=2,
        counted=29,
        expected=30,
        strays=3,
        layers=4,
        groups=groups(read=29, decided=is_decided),
        findings=(Code.FORMS_DIFFER, Code.SIGNATURE_MISSING),
    )
    if phase in ENDED:
        full = replace(full, ending=Ending.PARTIALLY_RECEIVED.value, receipt="R1." + "A" * 150)
    return replace(full, **changes)


def moment(phase: Phase, around: Surroundings = CALM, **changes: Any) -> Moment:
    """A moment of that view."""
    return Moment(7, view(phase, **changes), around)
