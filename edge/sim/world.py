"""A small city from one seed: companies, people, contracts, commissions and their signed chips.

Nothing here is real. Equal seeds, days and signers give equal worlds.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from random import Random
from types import MappingProxyType

from edge.core.commission import Binding, Commission, Contract
from edge.core.custody import Custody
from edge.core.ids import CityId, LabId, PersonId, SpecimenId
from edge.core.people import Grant, Person, Role
from edge.ports import Signer
from edge.sim.papers import SHELVES, Cast, Deliverers, Office
from edge.sim.population import Population, populate
from edge.wire.chip_text import issue_badge, issue_chip, issue_command
from edge.wire.grammars import issue_form
from edge.wire.reference import Row, SetName, encode_row

MODES = ("in", "out", "move", "audit", "dispose", "undo-last")


@dataclass(frozen=True, slots=True)
class Issuers:
    """Who signs codes: one key for chips, one for badges, one for door commands."""

    chip: Signer
    badge: Signer
    command: Signer


@dataclass(frozen=True, slots=True)
class World:
    """The city as the platform knows it, and the texts on its chips, badges and commands.

    `chips` by specimen, `badges` by person, `commands` by mode or `shelf {place}`;
    `population.pins` are the PINs of the laboratory's staff.
    """

    city: CityId
    today: date
    population: Population
    contracts: tuple[Contract, ...]
    grants: tuple[Grant, ...]
    custody: tuple[Custody, ...]
    cast: Cast
    deliverers: Deliverers
    chips: Mapping[SpecimenId, str]
    badges: Mapping[PersonId, str]
    commands: Mapping[str, str]

    @property
    def commissions(self) -> tuple[Commission, ...]:
        """Every commission of the day, those of the other laboratory included."""
        return self.cast.all()

    @property
    def receivers(self) -> tuple[Person, ...]:
        """Receivers of this laboratory whose certificate is valid."""
        return tuple(
            each
            for each in self.population.with_role(Role.RECEIVER)
            if each.lab == self.population.lab
            and (each.cert_until is None or each.cert_until >= self.today)
        )

    @property
    def supervisor(self) -> Person:
        """Who approves overrides in the laboratory."""
        return self.population.with_role(Role.SUPERVISOR)[0]

    @property
    def curing_keeper(self) -> Person:
        """Who moves blocks at the curing room's door."""
        return self.population.with_role(Role.CURING_KEEPER)[0]

    def person(self, person: PersonId) -> Person:
        """A person by id; KeyError when the city has none."""
        return {each.person: each for each in self.population.people}[person]

    def bindings(self) -> Iterator[Binding]:
        """Where every chip is bound."""
        for order in self.commissions:
            for group in order.groups:
                for block in group.specimens:
                    yield Binding(
                        block.specimen, group.group, order.commission, order.project, order.lab
                    )

    def rows(self) -> Mapping[SetName, tuple[Row, ...]]:
        """Reference rows by set, as the platform pushes them to this laboratory."""
        lab = self.population.lab
        return MappingProxyType(
            {
                SetName.PEOPLE: self.population.people,
                SetName.GRANTS: self.grants,
                SetName.COMMISSIONS: tuple(each for each in self.commissions if each.lab == lab),
                SetName.CONTRACTS: tuple(each for each in self.contracts if each.lab == lab),
                SetName.CUSTODY: self.custody,
            }
        )


def build_world(rng: Random, *, today: date, issuers: Issuers, lab: LabId, city: CityId) -> World:
    """The city on the delivery day `today` (local date); `lab` is the station's laboratory."""
    population = populate(rng, lab=lab, today=today)
    office = Office(rng, population, today)
    deliverers = office.deliverers()
    cast = office.cast(deliverers)
    return World(
        city=city,
        today=today,
        population=population,
        contracts=office.contracts(),
        grants=office.grants(deliverers),
        custody=office.custody(cast),
        cast=cast,
        deliverers=deliverers,
        chips=MappingProxyType(_chips(cast, issuers.chip)),
        badges=MappingProxyType(_badges(population, issuers.badge)),
        commands=MappingProxyType(_commands(issuers.command)),
    )


def write_reference(world: World, folder: Path) -> tuple[Path, ...]:
    """The world's reference rows as JSON lines, `{set}.jsonl` each; gives the files."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for name, rows in world.rows().items():
        file = folder / f"{name}.jsonl"
        file.write_bytes(b"".join(encode_row(row) for row in rows))
        files.append(file)
    return tuple(files)


def form_texts(commission: Commission) -> tuple[str, str]:
    """What is printed on the commission form and on the witness record form."""
    return issue_form(commission.form_code), issue_form(commission.witness_form_code)


def _chips(cast: Cast, by: Signer) -> dict[SpecimenId, str]:
    return {
        block.specimen: issue_chip(block.specimen, key_id=by.key_id, sign=by.sign, uid=block.uid)
        for order in cast.all()
        for block in order.blocks()
    }


def _badges(population: Population, by: Signer) -> dict[PersonId, str]:
    return {
        each.person: issue_badge(each.person, key_id=by.key_id, sign=by.sign)
        for each in population.people
    }


def _commands(by: Signer) -> dict[str, str]:
    modes = {mode: issue_command(mode, key_id=by.key_id, sign=by.sign) for mode in MODES}
    shelves = {
        f"shelf {place}": issue_command("shelf", key_id=by.key_id, sign=by.sign, place=place)
        for place in SHELVES
    }
    return modes | shelves
