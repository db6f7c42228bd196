"""A desk of the intake flow with everything but the world behind it."""

import json
from dataclasses import dataclass, field, replace
from typing import Any

import samples
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from memory_doors import (
    CountingIds,
    MemoryEvidence,
    MemoryRegistry,
    QuietJournal,
    SetClock,
    SetLink,
    SetTagKeys,
)
from memory_station import MemoryStation
from rules import shipped

from edge.core.carriers import (
    BadgeCode,
    Carrier,
    Flaw,
    FormCode,
    NotOurs,
    Reading,
    ScannedCode,
    Trust,
)
from edge.core.envelope import Seal
from edge.core.ids import DeliveryId, KeyId, PersonId, SpecimenId
from edge.core.intake import inputs
from edge.core.intake.state import Phase, Receipt, SealState
from edge.core.people import Role
from edge.devices.face.absent import NoFaceEngine
from edge.flows.intake import Doors, Intake, Photo
from edge.flows.record import Recorder
from edge.flows.taps import TapReader

COMMISSION = samples.commission(groups=2)
BLOCKS = tuple(block.specimen for block in COMMISSION.blocks())


def identify(payload: bytes) -> ScannedCode:
    """`badge:ID`, `form:CODE`, `chip:ID`, `chip:ID@UID`; everything else is a forgery."""
    kind, _, name = payload.decode().partition(":")
    match kind:
        case "badge":
            return BadgeCode(PersonId(name), Trust.SIGNED)
        case "form":
            return FormCode(name)
        case "chip":
            specimen, _, uid = name.partition("@")
            return replace(samples.chip(SpecimenId(specimen)), uid=uid or None)
        case _:
            return NotOurs(Flaw.SIGNATURE, name)


@dataclass
class Bench:
    """A desk with everything but the world behind it."""

    store: MemoryStation = field(default_factory=MemoryStation)
    clock: SetClock = field(default_factory=SetClock)
    link: SetLink = field(default_factory=SetLink)
    tag_keys: SetTagKeys = field(default_factory=SetTagKeys)
    evidence: MemoryEvidence = field(default_factory=MemoryEvidence)
    ids: CountingIds = field(default_factory=CountingIds)
    registry: MemoryRegistry = field(
        default_factory=lambda: MemoryRegistry(
            people=(
                samples.RECEIVER,
                samples.SECOND,
                samples.SUPERVISOR,
                samples.WITNESS,
                samples.COURIER,
                samples.STRANGER,
            ),
            all_grants=samples.GRANTS,
            commissions=(COMMISSION,),
            contracts=(samples.CONTRACT,),
        )
    )

    def __post_init__(self) -> None:
        key = Ed25519PrivateKey.from_private_bytes(bytes(32))
        self.seal = Seal(
            "urn:specimen-edge:exampleton:lab-1:desk-1", "boot", KeyId("key-1"), key.sign
        )
        self.restart()

    def restart(self) -> None:
        """A new process over the same store."""
        self.recorder = Recorder(
            store=self.store,
            clock=self.clock,
            ids=self.ids,
            by=self.seal,
            device=samples.DEVICE,
        )
        doors = Doors(
            store=self.store,
            registry=self.registry,
            evidence=self.evidence,
            clock=self.clock,
            ids=self.ids,
            link=self.link,
            face=NoFaceEngine(),
            journal=QuietJournal(),
            recorder=self.recorder,
            identify=identify,
            issue_receipt=_receipt,
            tags=TapReader(keys=self.tag_keys, store=self.store),
        )
        self.intake = Intake(doors, rules=shipped(), lab=samples.LAB, device=samples.DEVICE)
        self.intake.start("0")

    def scan(self, *texts: str) -> None:
        for text in texts:
            self.clock.move(5)
            self.intake.read(Reading("test", Carrier.QR, text.encode(), self.clock.read()))

    def touch(self, *given: inputs.Input) -> None:
        for each in given:
            self.clock.move(1)
            self.intake.touch(each)

    def photo(self) -> Photo:
        return Photo(b"jpeg", "image/jpeg", self.clock.now())

    def phase(self) -> Phase:
        return self.intake.desk.phase

    def types(self) -> list[str]:
        return [json.loads(event.body)["type"].split(".", 1)[1] for event in self.store.log]

    def told(self, kind: str) -> list[dict[str, Any]]:
        """The data of every event of a type, by its name without version."""
        bodies = [json.loads(event.body) for event in self.store.log]
        return [each["data"] for each in bodies if each["type"] == f"specimen.{kind}.v1"]

    def to_scanning(self) -> None:
        self.scan("badge:receiver-1", "form:form-1", "form:witness-form-1")
        self.identify_courier()

    def identify_courier(self) -> None:
        self.touch(inputs.SignaturesSeen(tuple(Role)), inputs.FormsConfirmed())
        self.intake.see_document(samples.COURIER.person)
        self.scan("badge:receiver-2")
        assert self.phase() is Phase.SCANNING

    def to_sign(self, blocks: tuple[SpecimenId, ...] = BLOCKS) -> None:
        self.to_scanning()
        self.work_through(blocks)

    def to_the_end(self) -> None:
        """From the forms that are shown to the receipt."""
        self.identify_courier()
        self.work_through(BLOCKS)
        self.touch(inputs.ReceiptSigned(acknowledged=True))

    def work_through(self, blocks: tuple[SpecimenId, ...]) -> None:
        self.scan(*(f"chip:{block}" for block in blocks))
        self.intake.photograph_layer(self.photo())
        self.touch(inputs.ScanFinished())
        self.intake.judge_seal(SealState.INTACT, self.photo())
        self.touch(inputs.InspectionFinished(), inputs.ReconcileAccepted())
        assert self.phase() is Phase.SIGN


def _receipt(delivery: DeliveryId, receipt: Receipt) -> str:
    return f"R1.{delivery}.{receipt.sequence}"
