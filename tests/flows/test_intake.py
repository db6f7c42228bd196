"""Readings and touches through the intake flow: looked up, stepped, recorded, resumed."""

import json
from dataclasses import dataclass, field, replace

import samples
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from memory_doors import (
    CountingIds,
    MemoryEvidence,
    MemoryRegistry,
    QuietJournal,
    SetClock,
    SetLink,
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
from edge.core.codes import Code
from edge.core.custody import Custody
from edge.core.envelope import Seal
from edge.core.ids import DeliveryId, DeviceId, KeyId, LabId, PersonId, SpecimenId
from edge.core.intake import inputs
from edge.core.intake.state import Choice, Phase, Receipt, SealState
from edge.core.people import Role
from edge.core.specimen import SpecimenState
from edge.devices.face.absent import NoFaceEngine
from edge.flows.intake import Doors, Intake, Photo
from edge.flows.record import Recorder
from edge.flows.view import view_of

COMMISSION = samples.commission(groups=2)
BLOCKS = tuple(block.specimen for block in COMMISSION.blocks())
OTHER_LAB = LabId("lab-2")


def identify(payload: bytes) -> ScannedCode:
    """`badge:ID`, `form:CODE`, `chip:ID`; everything else is a forgery."""
    kind, _, name = payload.decode().partition(":")
    match kind:
        case "badge":
            return BadgeCode(PersonId(name), Trust.SIGNED)
        case "form":
            return FormCode(name)
        case "chip":
            return samples.chip(SpecimenId(name))
        case _:
            return NotOurs(Flaw.SIGNATURE, name)


@dataclass
class Bench:
    """A desk with everything but the world behind it."""

    store: MemoryStation = field(default_factory=MemoryStation)
    clock: SetClock = field(default_factory=SetClock)
    link: SetLink = field(default_factory=SetLink)
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
        self.seal = Seal("urn:test:desk", "boot", KeyId("key-1"), key.sign)
        self.restart()

    def restart(self) -> None:
        """A new process over the same store."""
        doors = Doors(
            store=self.store,
            registry=self.registry,
            evidence=self.evidence,
            clock=self.clock,
            ids=self.ids,
            link=self.link,
            face=NoFaceEngine(),
            journal=QuietJournal(),
            recorder=Recorder(
                store=self.store,
                clock=self.clock,
                ids=self.ids,
                by=self.seal,
                device=samples.DEVICE,
            ),
            identify=identify,
            issue_receipt=_receipt,
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

    def to_scanning(self) -> None:
        self.scan("badge:receiver-1", "form:form-1", "form:witness-form-1")
        self.touch(inputs.SignaturesSeen(tuple(Role)), inputs.FormsConfirmed())
        self.intake.see_document(samples.COURIER.person)
        self.scan("badge:receiver-2")
        assert self.phase() is Phase.SCANNING

    def to_sign(self, blocks: tuple[SpecimenId, ...] = BLOCKS) -> None:
        self.to_scanning()
        self.scan(*(f"chip:{block}" for block in blocks))
        self.intake.photograph_layer(self.photo())
        self.touch(inputs.ScanFinished())
        self.intake.judge_seal(SealState.INTACT, self.photo())
        self.touch(inputs.InspectionFinished(), inputs.ReconcileAccepted())
        assert self.phase() is Phase.SIGN


def _receipt(delivery: DeliveryId, receipt: Receipt) -> str:
    return f"R1.{delivery}.{receipt.sequence}"


def test_a_delivery_goes_from_badge_to_receipt_and_is_one_chain() -> None:
    bench = Bench()
    bench.to_sign()
    bench.touch(inputs.ReceiptSigned(acknowledged=True))

    view = view_of(bench.intake.desk, bench.intake.signal)
    assert (view.phase, view.counted, view.ending) == ("closed", 6, "received")
    assert view.receipt == f"R1.{view.delivery}.{len(bench.store.log)}"
    assert [event.sequence for event in bench.store.log] == list(range(1, len(bench.store.log) + 1))
    assert bench.types()[-1] == "delivery.received.v1"
    own = bench.store.custody(BLOCKS[0])
    assert own is not None
    assert own.state is SpecimenState.ACCEPTED


def test_every_event_names_the_rule_set_and_its_place_in_the_chain() -> None:
    bench = Bench()
    bench.to_scanning()

    previous = "0" * 64
    for event in bench.store.log:
        body = json.loads(event.body)
        assert body["ruleset"] == "nanchang-2023"
        assert (body["prev"], int(body["sequence"])) == (previous, event.sequence)
        previous = event.digest


def test_the_same_list_comes_back_after_a_restart_in_every_phase() -> None:
    bench = Bench()
    seen = set()
    steps = (
        lambda: bench.scan("badge:receiver-1"),
        lambda: bench.scan("form:form-1"),
        lambda: bench.scan("form:witness-form-1"),
        lambda: bench.touch(inputs.SignaturesSeen(tuple(Role)), inputs.FormsConfirmed()),
        lambda: bench.intake.see_document(samples.COURIER.person),
        lambda: bench.scan("badge:receiver-2"),
        lambda: bench.scan(*(f"chip:{block}" for block in BLOCKS)),
        lambda: bench.intake.photograph_layer(bench.photo()),
        lambda: bench.touch(inputs.ScanFinished()),
        lambda: bench.intake.judge_seal(SealState.INTACT, bench.photo()),
        lambda: bench.touch(inputs.InspectionFinished()),
        lambda: bench.touch(inputs.ReconcileAccepted()),
        lambda: bench.touch(inputs.ReceiptSigned(acknowledged=True)),
        lambda: bench.touch(inputs.NextCourier()),
    )
    for act in steps:
        act()
        before = bench.intake.desk
        bench.restart()
        assert bench.intake.desk == before
        seen.add(bench.phase())
    assert seen >= {
        Phase.READY,
        Phase.OPENED,
        Phase.ALT_IDENTITY,
        Phase.SCANNING,
        Phase.INSPECT,
        Phase.RECONCILE,
        Phase.SIGN,
        Phase.CLOSED,
    }


def test_a_commit_that_outlived_its_process_is_closed_at_the_next_start() -> None:
    bench = Bench()
    bench.to_sign()
    kept = bench.store.commit

    def die_after_the_first(**given: object) -> None:
        kept(**given)  # type: ignore[arg-type]  # passes the store's own arguments through
        bench.store.full = True

    bench.store.commit = die_after_the_first  # type: ignore[method-assign]  # a death between two writes
    bench.touch(inputs.ReceiptSigned(acknowledged=True))
    assert bench.phase() is Phase.SIGN
    bench.store.full = False
    bench.store.commit = kept  # type: ignore[method-assign]  # the disk of the next start
    closing = len(bench.store.log)
    bench.restart()

    assert bench.phase() is Phase.CLOSED
    delivery = bench.intake.desk.delivery
    assert delivery is not None
    assert delivery.receipt is not None
    assert delivery.receipt.sequence == closing


def test_a_full_disk_refuses_the_scan_and_counts_nothing() -> None:
    bench = Bench()
    bench.to_scanning()
    before = bench.intake.desk
    bench.store.full = True
    bench.scan(f"chip:{BLOCKS[0]}")

    assert bench.intake.desk == before
    assert bench.intake.signal is not None
    assert bench.intake.signal.codes == (Code.NOT_RECORDED,)
    bench.store.full = False
    bench.scan(f"chip:{BLOCKS[0]}")
    assert view_of(bench.intake.desk, None).counted == 1


def test_own_log_comes_before_the_platforms_word() -> None:
    bench = Bench()
    bench.to_sign()
    bench.touch(inputs.ReceiptSigned(acknowledged=True), inputs.NextCourier())
    bench.scan("form:form-1", "form:witness-form-1")
    bench.touch(inputs.SignaturesSeen(tuple(Role)), inputs.FormsConfirmed())
    bench.intake.see_document(samples.COURIER.person)
    bench.scan("badge:receiver-2", f"chip:{BLOCKS[0]}")

    assert bench.intake.signal is not None
    assert Code.ALREADY_RECEIVED_HERE in bench.intake.signal.codes
    assert view_of(bench.intake.desk, None).counted == 0


def test_a_block_received_at_another_lab_is_refused() -> None:
    bench = Bench()
    bench.registry.places[BLOCKS[0]] = Custody(
        BLOCKS[0], SpecimenState.ACCEPTED, samples.CAST.at or samples.NOW, OTHER_LAB, DeviceId("x")
    )
    bench.to_scanning()
    bench.scan(f"chip:{BLOCKS[0]}")

    assert bench.intake.signal is not None
    assert Code.RECEIVED_ELSEWHERE in bench.intake.signal.codes


def test_an_unknown_form_becomes_a_question_and_its_answer_opens_the_delivery() -> None:
    bench = Bench(registry=MemoryRegistry(people=(samples.RECEIVER, samples.WITNESS)))
    bench.scan("badge:receiver-1", "form:form-1")

    (question,) = bench.store.documents("ask")
    assert json.loads(question.body)["data"] == {"form": "form-1"}
    bench.intake.answer_form("another", COMMISSION)
    assert bench.phase() is Phase.READY
    bench.intake.answer_form("form-1", COMMISSION)
    assert bench.phase() is Phase.OPENED


def test_decisions_reach_the_desk_and_deliveries_long_gone_from_it() -> None:
    bench = Bench()
    bench.to_sign()
    bench.touch(inputs.ReceiptSigned(acknowledged=True))
    first = bench.intake.desk.delivery
    assert first is not None
    bench.touch(inputs.NextCourier())
    bench.registry.decisions[first.delivery] = "confirmed"
    bench.intake.hear_decisions()

    document = bench.store.document("delivery", first.delivery)
    assert document is not None
    assert document.phase == "settled"
    assert json.loads(document.body)["phase"] == "confirmed"


def test_an_override_waits_for_the_approvers_badge() -> None:
    bench = Bench()
    bench.to_scanning()
    bench.scan(*(f"chip:{block}" for block in BLOCKS))
    bench.intake.photograph_layer(bench.photo())
    bench.touch(inputs.ScanFinished())
    bench.intake.judge_seal(SealState.ABSENT, bench.photo())
    bench.touch(inputs.InspectionFinished())
    rules = shipped()
    group = COMMISSION.groups[0].group
    bench.intake.propose_override(Code.SEAL_ABSENT, group, "seal kept by the site")
    bench.scan("badge:boss-1")

    delivery = bench.intake.desk.delivery
    assert delivery is not None
    if Code.SEAL_ABSENT in rules.overridable:
        assert delivery.outcomes[0].final is Choice.ACCEPT
        assert delivery.outcomes[1].final is Choice.HOLD
    else:
        assert delivery.overrides == ()


def test_a_parked_delivery_is_resumed_by_its_id() -> None:
    bench = Bench()
    bench.to_scanning()
    bench.scan(f"chip:{BLOCKS[0]}")
    parked = bench.intake.desk.delivery
    assert parked is not None
    bench.touch(inputs.Parked())
    assert bench.phase() is Phase.READY
    bench.intake.resume_parked(parked.delivery)

    assert bench.intake.desk.delivery == replace(parked)
