"""A small invented city for rule tests: one project, one commission, a handful of people."""

from datetime import UTC, date, datetime, timedelta

from edge.core.carriers import Carrier, ChipCode, Reading, Trust
from edge.core.commission import Binding, Commission, Contract
from edge.core.ids import (
    CommissionId,
    ContractId,
    DeviceId,
    GrantId,
    GroupId,
    LabId,
    OrgId,
    PersonId,
    ProjectId,
    SpecimenId,
)
from edge.core.moments import Casting, Instant, TimeQuality
from edge.core.people import Grant, OrgKind, Person, Role
from edge.core.specimen import (
    Confirmation,
    Curing,
    Group,
    GroupKind,
    Specimen,
    Stage,
    StageRecord,
)

LAB = LabId("lab-1")
DEVICE = DeviceId("desk-1")
PROJECT = ProjectId("bridge-1")
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
CAST = Casting(date(2026, 10, 26), datetime(2026, 10, 26, 2, 0, tzinfo=UTC))
LAB_ORG, SITE_ORG, WATCH_ORG = OrgId("org-lab"), OrgId("org-site"), OrgId("org-watch")


def person(
    name: str,
    *roles: Role,
    org: OrgId = SITE_ORG,
    kind: OrgKind = OrgKind.CONTRACTOR,
    lab: LabId | None = None,
    active: bool = True,
) -> Person:
    return Person(
        person=PersonId(name),
        name=name,
        org=org,
        org_kind=kind,
        roles=roles,
        lab=lab,
        projects=(PROJECT,),
        active=active,
        cert_until=date(2030, 1, 1),
    )


RECEIVER = person("receiver-1", Role.RECEIVER, org=LAB_ORG, kind=OrgKind.LAB, lab=LAB)
SECOND = person("receiver-2", Role.RECEIVER, org=LAB_ORG, kind=OrgKind.LAB, lab=LAB)
SUPERVISOR = person("boss-1", Role.SUPERVISOR, org=LAB_ORG, kind=OrgKind.LAB, lab=LAB)
TESTER = person("tester-1", Role.TESTER)
WITNESS = person("witness-1", Role.WITNESS, org=WATCH_ORG, kind=OrgKind.SUPERVISOR)
COURIER = person("courier-1")
STRANGER = person("courier-9")
GRANTS = (Grant(GrantId("grant-1"), COURIER.person, PROJECT, date(2026, 1, 1), date(2026, 12, 31)),)
CONTRACT = Contract(ContractId("contract-1"), PROJECT, LAB, date(2026, 1, 1), date(2027, 1, 1))


def instant(
    seconds: float = 0, quality: TimeQuality = TimeQuality.SYNCED, start: datetime = NOW
) -> Instant:
    return Instant(start + timedelta(seconds=seconds), int(seconds * 1e9), quality)


def record(stage: Stage, day: int, photos: int) -> StageRecord:
    """A stage that both parties confirmed ten minutes apart, `day` days after casting."""
    first = datetime(2026, 10, 26, 3, 0, tzinfo=UTC) + timedelta(days=day)
    return StageRecord(
        stage,
        tester=Confirmation(TESTER.person, TESTER.org, first),
        witness=Confirmation(WITNESS.person, WITNESS.org, first + timedelta(minutes=10)),
        photos=photos,
        gps_ok=True,
        distance_m=20.0,
    )


def group(index: int, *, blocks: int = 3, kind: GroupKind = GroupKind.COMPRESSIVE) -> Group:
    return Group(
        group=GroupId(f"group-{index}"),
        kind=kind,
        curing=Curing.STANDARD,
        grade="C30",
        pour_location="pier 1",
        casting=CAST,
        specimens=tuple(
            Specimen(SpecimenId(f"s-{index}-{number}"), number) for number in range(1, blocks + 1)
        ),
        trail=(
            record(Stage.SLUMP, 0, 1),
            record(Stage.SAMPLING, 0, 2),
            record(Stage.CURING_IN, 1, blocks),
            record(Stage.CURING_END, 27, 2 * blocks),
        ),
    )


def commission(groups: int = 2) -> Commission:
    return Commission(
        commission=CommissionId("commission-1"),
        number="WT-2026-0001",
        project=PROJECT,
        project_name="一号桥",
        contractor=SITE_ORG,
        lab=LAB,
        form_code="form-1",
        witness_form_code="witness-form-1",
        witness=WITNESS.person,
        groups=tuple(group(index) for index in range(1, groups + 1)),
        contract=CONTRACT.contract,
        deliverer=COURIER.person,
        witnesses_listed=(WITNESS.person,),
        signatures_required=(Role.WITNESS,),
    )


def binding(specimen: SpecimenId, on: Commission) -> Binding:
    found = on.group_of(specimen)
    assert found is not None
    return Binding(specimen, found.group, on.commission, on.project, on.lab)


def reading(text: str, seconds: float = 0) -> Reading:
    return Reading("test", Carrier.QR, text.encode(), instant(seconds))


def chip(specimen: SpecimenId) -> ChipCode:
    return ChipCode(specimen, Trust.SIGNED)
