"""Companies, projects and people of the simulated city; every name is invented."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from random import Random
from types import MappingProxyType

from edge.core.ids import LabId, OrgId, PersonId, ProjectId
from edge.core.people import OrgKind, Person, Role
from edge.core.pins import hash_pin

_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏"
_GIVEN = "明华强芳军敏静磊洋勇艳杰娟涛超秀霞平刚桂英慧建文辉力凤玲鹏飞"


class Site(StrEnum):
    """The projects of the city, by what happens with them."""

    TOWER = "tower"
    METRO = "metro"
    DISTANT = "distant"


@dataclass(frozen=True, slots=True)
class Company:
    """A registered company; `lab` is set for laboratories."""

    org: OrgId
    name: str
    kind: OrgKind
    lab: LabId | None = None


@dataclass(frozen=True, slots=True)
class Project:
    """A construction project with its three parties."""

    project: ProjectId
    name: str
    site: Site
    owner: OrgId
    contractor: OrgId
    supervisor: OrgId


@dataclass(frozen=True, slots=True)
class Population:
    """Who there is; `pins` are known to the simulation alone, by person."""

    lab: LabId
    other_lab: LabId
    companies: tuple[Company, ...]
    projects: tuple[Project, ...]
    people: tuple[Person, ...]
    pins: Mapping[PersonId, str]

    def project_at(self, site: Site) -> Project:
        """The project of a site."""
        return next(each for each in self.projects if each.site is site)

    def with_role(self, role: Role, *, org: OrgId | None = None) -> tuple[Person, ...]:
        """Active people with a role, of one company if named, in a fixed order."""
        return tuple(
            each
            for each in self.people
            if role in each.roles and each.active and org in {None, each.org}
        )


@dataclass(frozen=True, slots=True)
class _Post:
    """One person to be: roles, company, and where the company works."""

    roles: tuple[Role, ...]
    org: str
    active: bool = True
    cert_days: int = 300


_STAFF = (
    _Post((Role.RECEIVER,), "lab"),
    _Post((Role.RECEIVER,), "lab"),
    _Post((Role.RECEIVER,), "lab", cert_days=-3),
    _Post((Role.SUPERVISOR,), "lab"),
    _Post((Role.CURING_KEEPER,), "lab"),
    _Post((Role.TESTING_STAFF,), "lab"),
    _Post((Role.RECEIVER,), "other-lab"),
)
_SITE = (
    _Post((Role.PROJECT_LEADER,), "contractor"),
    _Post((Role.TESTER,), "contractor"),
    _Post((Role.TESTER,), "contractor"),
    _Post((Role.WITNESS,), "supervisor"),
    _Post((Role.WITNESS,), "supervisor"),
    _Post((Role.WITNESS,), "owner", active=False),
    _Post((), "contractor"),
    _Post((), "contractor"),
    _Post((), "contractor"),
    _Post((), "contractor"),
    _Post((), "contractor"),
)


def populate(rng: Random, *, lab: LabId, today: date) -> Population:
    """Two laboratories, three projects with their parties, and the people of each."""
    other_lab = LabId("lab-faraway")
    companies = _companies(lab, other_lab)
    projects = tuple(
        Project(
            ProjectId(f"prj-{site}"),
            name,
            site,
            OrgId("org-owner"),
            OrgId(f"org-contractor-{turn}"),
            OrgId("org-supervisor"),
        )
        for site, name, turn in (
            (Site.TOWER, "云栖湾一期 3 号楼", 1),
            (Site.METRO, "远航大道地下通道", 2),
            (Site.DISTANT, "青石中学综合楼", 1),
        )
    )
    at_home = {"lab": OrgId("org-lab"), "other-lab": OrgId("org-other-lab")}
    posts: list[tuple[_Post, OrgId, tuple[ProjectId, ...]]]
    posts = [(post, at_home[post.org], ()) for post in _STAFF]
    posts += [(post, *_site_of(post, projects[::2])) for post in _SITE]
    posts += [(post, *_site_of(post, projects[1:2])) for post in _SITE[:7]]
    kinds = {company.org: company for company in companies}
    people = tuple(
        _person(rng, number, post, kinds[org], where, today)
        for number, (post, org, where) in enumerate(posts, start=1)
    )
    pins = {each.person: f"{rng.randrange(10**6):06d}" for each in people if each.lab == lab}
    hashed = tuple(_with_pin(rng, each, pins.get(each.person)) for each in people)
    return Population(lab, other_lab, companies, projects, hashed, MappingProxyType(pins))


def masked_name(rng: Random) -> str:
    """An invented name as the platform shows names: surname, star, last character."""
    return f"{rng.choice(_SURNAMES)}*{rng.choice(_GIVEN)}"


def _companies(lab: LabId, other_lab: LabId) -> tuple[Company, ...]:
    return (
        Company(OrgId("org-owner"), "青禾城市开发公司（虚构）", OrgKind.OWNER),
        Company(OrgId("org-contractor-1"), "山海第一建筑公司（虚构）", OrgKind.CONTRACTOR),
        Company(OrgId("org-contractor-2"), "远航路桥工程公司（虚构）", OrgKind.CONTRACTOR),
        Company(OrgId("org-supervisor"), "明镜工程监理公司（虚构）", OrgKind.SUPERVISOR),
        Company(OrgId("org-lab"), "衡实建材检测公司（虚构）", OrgKind.LAB, lab),
        Company(OrgId("org-other-lab"), "远山建材检测公司（虚构）", OrgKind.LAB, other_lab),
    )


def _site_of(post: _Post, projects: tuple[Project, ...]) -> tuple[OrgId, tuple[ProjectId, ...]]:
    first = projects[0]
    orgs = {"owner": first.owner, "contractor": first.contractor, "supervisor": first.supervisor}
    return orgs[post.org], tuple(each.project for each in projects)


def _person(
    rng: Random,
    number: int,
    post: _Post,
    company: Company,
    projects: tuple[ProjectId, ...],
    today: date,
) -> Person:
    return Person(
        person=PersonId(f"p-{number:04d}"),
        name=masked_name(rng),
        org=company.org,
        org_kind=company.kind,
        roles=post.roles,
        lab=company.lab,
        projects=projects,
        active=post.active,
        cert_until=today + timedelta(days=post.cert_days) if post.roles else None,
        badge=f"b-{number:04d}",
    )


def _with_pin(rng: Random, person: Person, pin: str | None) -> Person:
    if pin is None:
        return person
    return replace(person, pin_hash=hash_pin(pin, salt=rng.randbytes(16)))
