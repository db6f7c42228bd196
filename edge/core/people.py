"""People as the station may know them: pseudonyms, roles, certificates and delivery grants."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from edge.core.ids import GrantId, LabId, OrgId, PersonId, ProjectId


class Role(StrEnum):
    """Registered roles (guide 一(二)); a deliverer is a grant and no role."""

    TESTER = "tester"
    WITNESS = "witness"
    RECEIVER = "receiver"
    TESTING_STAFF = "testing_staff"
    CURING_KEEPER = "curing_keeper"
    SUPERVISOR = "supervisor"
    PROJECT_LEADER = "project_leader"


class OrgKind(StrEnum):
    """What a company is to a project."""

    OWNER = "owner"
    CONTRACTOR = "contractor"
    SUPERVISOR = "supervisor"
    LAB = "lab"


@dataclass(frozen=True, slots=True)
class Person:
    """A registered person; `name` is the display form the platform sends, already masked."""

    person: PersonId
    name: str
    org: OrgId
    org_kind: OrgKind
    roles: tuple[Role, ...]
    lab: LabId | None = None
    projects: tuple[ProjectId, ...] = ()
    active: bool = True
    real_name: bool = True
    cert_until: date | None = None
    badge: str | None = None
    pin_hash: str | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """Permission of a person to deliver for a project, on the days from `since` to `until`."""

    grant: GrantId
    person: PersonId
    project: ProjectId
    since: date
    until: date
    revoked_at: datetime | None = None
