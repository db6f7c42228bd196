"""Papers of the simulated city: contracts, grants, commissions with their two forms."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random

from edge.core.commission import Commission, Contract
from edge.core.custody import Custody
from edge.core.ids import CommissionId, ContractId, DeviceId, GrantId, LabId
from edge.core.moments import local_midnight
from edge.core.people import Grant, Person, Role
from edge.core.specimen import Curing, GroupKind, SpecimenState
from edge.sim.castings import Crew, Order, cast_group
from edge.sim.population import Population, Project, Site

_CUBE = Order()
_LEAK = Order(GroupKind.IMPERMEABILITY)
_MATURITY = Order(GroupKind.MATURITY_600, Curing.SAME_CONDITION, days_ago=36)
_DEMOULD = Order(GroupKind.DEMOULD, Curing.SAME_CONDITION, days_ago=9)
_CURING_SINCE = (28, 20, 33)
"""Days since casting of the groups in the curing room."""
_DAY_OF_ROOM = (28,) * 4 + (27,) * 5 + (26,)
"""Days since casting of the ten groups whose life in the room is played through."""
_SIGNATURES = (Role.TESTER, Role.WITNESS)

SHELVES = ("a-1", "a-2", "b-1", "b-2")
DOOR = DeviceId("door-1")
"""The station at the curing room that logged the blocks in."""


def _lab_cured(days_ago: int) -> Order:
    return Order(days_ago=days_ago, lab_cured=True)


@dataclass(frozen=True, slots=True)
class Cast:
    """Commissions of the day, by what they are good for."""

    standard: Commission
    """Ten groups of three compressive cubes, 28 d old today, every paper in order."""
    impermeability: Commission
    """One group of six and one of three."""
    same_condition: Commission
    """Two 600 ℃·d groups and one demould group; no curing-in stage, no fixed age."""
    small: Commission
    """Two groups of three of the second project."""
    elsewhere: Commission
    """For the other laboratory: WRONG_LAB at this one."""
    no_contract: Commission
    """Of a project without a contract with this laboratory: NO_CONTRACT."""
    in_curing: Commission
    """Received young and now in the curing room: groups due today, not yet due, and overdue."""
    room: Commission
    """Ten groups that were received young; their life in the curing room is played through."""

    def all(self) -> tuple[Commission, ...]:
        """Every commission."""
        return (
            self.standard,
            self.impermeability,
            self.same_condition,
            self.small,
            self.elsewhere,
            self.no_contract,
            self.in_curing,
            self.room,
        )


@dataclass(frozen=True, slots=True)
class Deliverers:
    """People who come to the desk with a trolley, by what the grants say of them."""

    named: Person
    """Granted for the first project, and named on its forms."""
    other: Person
    """Granted for the first project, but not named: DELIVERER_DIFFERS."""
    revoked: Person
    """Of the first project; the grant was revoked two days ago."""
    expired: Person
    """Of the first project; the grant ended a week ago."""
    ungranted: Person
    """Of the first project, never granted."""
    second_project: Person
    """Granted for the second project only."""


@dataclass(frozen=True, slots=True)
class Office:
    """Who writes the papers, of which people, on which day."""

    rng: Random
    population: Population
    today: date

    def deliverers(self) -> Deliverers:
        """The people without a role, in the order in which the city registered them."""
        tower = self.population.project_at(Site.TOWER).project
        bare = [each for each in self.population.people if not each.roles]
        first = [each for each in bare if tower in each.projects]
        second = next(each for each in bare if tower not in each.projects)
        named, other, revoked, expired, ungranted = first
        return Deliverers(named, other, revoked, expired, ungranted, second)

    def contracts(self) -> tuple[Contract, ...]:
        """This laboratory's contracts for the first two projects, and the other laboratory's."""
        return (
            self._contract(Site.TOWER, self.population.lab),
            self._contract(Site.METRO, self.population.lab),
            self._contract(Site.METRO, self.population.other_lab),
        )

    def grants(self, deliverers: Deliverers) -> tuple[Grant, ...]:
        """Who may deliver: valid for four months around today but for two."""
        revoked_at = datetime(*self.today.timetuple()[:3], 1, tzinfo=UTC) - timedelta(days=2)
        return (
            self._grant(deliverers.named, Site.TOWER),
            self._grant(deliverers.named, Site.DISTANT),
            self._grant(deliverers.other, Site.TOWER),
            self._grant(deliverers.revoked, Site.TOWER, revoked_at=revoked_at),
            self._grant(deliverers.expired, Site.TOWER, days_left=-7),
            self._grant(deliverers.second_project, Site.METRO),
        )

    def cast(self, deliverers: Deliverers) -> Cast:
        """The commissions of the day."""
        named, second = deliverers.named, deliverers.second_project
        lab, other_lab = self.population.lab, self.population.other_lab
        return Cast(
            standard=self._commission(1, Site.TOWER, (_CUBE,) * 10, lab, named),
            impermeability=self._commission(2, Site.TOWER, (_LEAK, _CUBE), lab, named),
            same_condition=self._commission(
                3, Site.TOWER, (_MATURITY, _MATURITY, _DEMOULD), lab, named
            ),
            small=self._commission(4, Site.METRO, (_CUBE, _CUBE), lab, second),
            elsewhere=self._commission(5, Site.METRO, (_CUBE,), other_lab, second),
            no_contract=self._commission(6, Site.DISTANT, (_CUBE, _CUBE), lab, named),
            in_curing=self._commission(
                7, Site.TOWER, tuple(_lab_cured(days_ago) for days_ago in _CURING_SINCE), lab, named
            ),
            room=self._commission(
                8, Site.TOWER, tuple(_lab_cured(days_ago) for days_ago in _DAY_OF_ROOM), lab, named
            ),
        )

    def custody(self, cast: Cast) -> tuple[Custody, ...]:
        """What the platform knows of blocks that lie somewhere: in the room, or at another lab."""
        in_room = [
            (block.specimen, group.casting.on, SHELVES[turn % len(SHELVES)])
            for turn, group in enumerate(cast.in_curing.groups)
            for block in group.specimens
        ]
        yesterday = local_midnight(self.today) - timedelta(hours=8)
        return (
            *(
                Custody(
                    specimen=specimen,
                    state=SpecimenState.LAB_CURING,
                    at=local_midnight(on) + timedelta(days=2, hours=9),
                    lab=self.population.lab,
                    device=DOOR,
                    place=place,
                )
                for specimen, on, place in in_room
            ),
            *(
                Custody(
                    specimen=block.specimen,
                    state=SpecimenState.ACCEPTED,
                    at=yesterday,
                    lab=self.population.other_lab,
                    device=DeviceId("desk-faraway"),
                )
                for block in cast.elsewhere.blocks()
            ),
        )

    def _contract(self, site: Site, lab: LabId) -> Contract:
        return Contract(
            ContractId(f"ct-{site}-{lab}"),
            self.population.project_at(site).project,
            lab,
            valid_from=self.today - timedelta(days=200),
            valid_until=self.today + timedelta(days=165),
            items=("compressive", "impermeability", "same_condition"),
        )

    def _grant(
        self, person: Person, site: Site, *, days_left: int = 60, revoked_at: datetime | None = None
    ) -> Grant:
        return Grant(
            GrantId(f"gr-{person.person}-{site}"),
            person.person,
            self.population.project_at(site).project,
            since=self.today - timedelta(days=60),
            until=self.today + timedelta(days=days_left),
            revoked_at=revoked_at,
        )

    def _crew(self, project: Project) -> Crew:
        """Tester of the contractor and witness of the supervisor."""
        testers = self.population.with_role(Role.TESTER, org=project.contractor)
        witnesses = self.population.with_role(Role.WITNESS, org=project.supervisor)
        local = next(each for each in witnesses if project.project in each.projects)
        return Crew(testers[0], local)

    def _commission(
        self, number: int, site: Site, orders: tuple[Order, ...], lab: LabId, deliverer: Person
    ) -> Commission:
        project = self.population.project_at(site)
        crew = self._crew(project)
        day = f"{self.today:%y%m%d}"
        contract = f"ct-{site}-{lab}"
        known = {each.contract for each in self.contracts()}
        return Commission(
            commission=CommissionId(f"c-{day}-{number:02d}"),
            number=f"WT-{day}-{number:02d}",
            project=project.project,
            project_name=project.name,
            contractor=project.contractor,
            lab=lab,
            form_code=f"wt{day}{number:02d}",
            witness_form_code=f"jz{day}{number:02d}",
            witness=crew.witness.person,
            groups=tuple(
                cast_group(
                    self.rng,
                    name=f"{day}-{number}-{place:02d}",
                    order=order,
                    crew=crew,
                    today=self.today,
                )
                for place, order in enumerate(orders, start=1)
            ),
            contract=ContractId(contract) if contract in known else None,
            deliverer=deliverer.person,
            witnesses_listed=(crew.witness.person,),
            signatures_required=_SIGNATURES,
        )
