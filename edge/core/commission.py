"""Commissions with their two forms, and the contracts under which a lab may receive."""

from dataclasses import dataclass
from datetime import date

from edge.core.ids import (
    CommissionId,
    ContractId,
    GroupId,
    LabId,
    OrgId,
    PersonId,
    ProjectId,
    SpecimenId,
)
from edge.core.people import Role
from edge.core.specimen import Group, Specimen


@dataclass(frozen=True, slots=True)
class Commission:
    """What a witness printed from the platform: 委托单 and 见证记录单 of one delivery."""

    commission: CommissionId
    number: str
    project: ProjectId
    project_name: str
    contractor: OrgId
    lab: LabId
    form_code: str
    witness_form_code: str
    witness: PersonId
    groups: tuple[Group, ...]
    contract: ContractId | None = None
    deliverer: PersonId | None = None
    witnesses_listed: tuple[PersonId, ...] = ()
    signatures_required: tuple[Role, ...] = ()

    def group_of(self, specimen: SpecimenId) -> Group | None:
        """The group on this commission that a specimen's chip is bound to."""
        return next((group for group in self.groups if group.holds(specimen)), None)

    def group(self, group: GroupId) -> Group | None:
        """A group by its id."""
        return next((each for each in self.groups if each.group == group), None)

    def blocks(self) -> tuple[Specimen, ...]:
        """All specimens in the order of the form."""
        return tuple(block for group in self.groups for block in group.specimens)


@dataclass(frozen=True, slots=True)
class Contract:
    """A testing contract (guide 二(二)); valid on both end dates."""

    contract: ContractId
    project: ProjectId
    lab: LabId
    valid_from: date
    valid_until: date
    items: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Binding:
    """Where a chip is bound: a chip belongs to one group of one commission for its whole life."""

    specimen: SpecimenId
    group: GroupId
    commission: CommissionId
    project: ProjectId
    lab: LabId
