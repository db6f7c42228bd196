"""Look up (step 5): what the station knows about a code, as inputs of the delivery machine."""

from dataclasses import replace
from datetime import datetime

from edge.core.carriers import ChipCode, FormCode, Reading, ScannedCode
from edge.core.commission import Binding, Commission
from edge.core.custody import Custody
from edge.core.evidence import Evidence
from edge.core.ids import DeliveryId, DeviceId, LabId, PersonId, SpecimenId
from edge.core.intake.inputs import ChipScanned, FormShown
from edge.core.intake.state import Delivery
from edge.core.people import Grant, Person
from edge.flows.read_memory import ReadMemory
from edge.ports import Registry, Store


class Lookup:
    """Joins the registry replica with the station's own log; unknown is an answer."""

    def __init__(self, *, registry: Registry, store: Store, lab: LabId, device: DeviceId) -> None:
        self._registry = registry
        self._store = store
        self._lab = lab
        self._device = device
        self._reads = ReadMemory()

    def person(self, person: PersonId) -> Person | None:
        """A registered person."""
        return self._registry.person(person)

    def grants(self, delivery: Delivery) -> tuple[Grant, ...]:
        """Everybody's grants for the project on the form."""
        if delivery.commission is None:
            return ()
        return self._registry.grants(delivery.commission.project)

    def form(
        self,
        code: FormCode,
        delivery: DeliveryId,
        *,
        evidence: tuple[Evidence, ...] = (),
        answer: Commission | None = None,
        answered: bool = False,
    ) -> FormShown:
        """A form code with its commission, contract and witness; `answer` is the platform's own."""
        commission = answer or self._registry.commission_by_form(code.code)
        if commission is None:
            return FormShown(code.code, delivery, None, evidence=evidence, answered=answered)
        witness = self._registry.person(commission.witness)
        return FormShown(
            code=code.code,
            delivery=delivery,
            commission=commission,
            contract=self._registry.contract(commission.project),
            people=(witness,) if witness else (),
            evidence=evidence,
            answered=answered,
        )

    def chip(
        self,
        reading: Reading,
        code: ScannedCode,
        delivery: Delivery,
        *,
        evidence: tuple[Evidence, ...] = (),
    ) -> ChipScanned:
        """A chip with its bindings and its custody: own log first, then the platform's."""
        last_read_s = self._reads.since(reading)
        if not isinstance(code, ChipCode):
            return ChipScanned(reading, code, last_read_s=last_read_s, evidence=evidence)
        return ChipScanned(
            reading=reading,
            code=code,
            bindings=self._bindings(code.specimen, delivery),
            own=self._store.custody(code.specimen),
            platform=self._platform_custody(code.specimen, reading.at.at),
            last_read_s=last_read_s,
            evidence=evidence,
        )

    def _bindings(self, specimen: SpecimenId, delivery: Delivery) -> tuple[Binding, ...]:
        """Registry bindings, and the one of a commission that came as an answer."""
        known = self._registry.bindings(specimen)
        commission = delivery.commission
        group = commission.group_of(specimen) if commission else None
        if commission is None or group is None:
            return known
        own = Binding(
            specimen, group.group, commission.commission, commission.project, commission.lab
        )
        return tuple(dict.fromkeys((*known, own)))

    def _platform_custody(self, specimen: SpecimenId, now: datetime) -> Custody | None:
        """The platform's word, unless it only repeats what this station said itself."""
        custody = self._registry.custody(specimen)
        if custody is None or custody.device == self._device:
            return None
        return replace(custody, age_h=self._registry.age_h("custody", now))
