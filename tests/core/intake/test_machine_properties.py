"""Whatever is touched and scanned, in any order: nothing incomplete is taken, nothing lost."""

from dataclasses import replace

import samples
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from rules import shipped

from edge.core import events
from edge.core.carriers import Carrier, ChipCode, Flaw, NotOurs, ScannedCode
from edge.core.codes import Code
from edge.core.evidence import Evidence, EvidenceKind
from edge.core.ids import DeliveryId, Digest, EpochId, SpecimenId
from edge.core.intake import inputs
from edge.core.intake.machine import step
from edge.core.intake.state import ENDED, Choice, Decision, Desk, Phase, Receipt, SealState
from edge.core.intake.step import Step
from edge.core.nfc import NfcVerdict, TagUid, Tap
from edge.core.people import Role

RULES = shipped()
COMMISSION = samples.commission(groups=2)
OURS = tuple(block.specimen for block in COMMISSION.blocks())
FOREIGN = SpecimenId("s-9-1")
PHOTO = Evidence(EvidenceKind.LAYER, Digest("a" * 64), 100, "image/jpeg", samples.NOW)
RECEIPT = Receipt(EpochId("01890000-0000-7000-8000-000000000000"), 9, Digest("b" * 64), "R1")
CLOSING = (
    events.DeliveryReceived,
    events.DeliveryPartiallyReceived,
    events.DeliveryRefused,
    events.DeliveryHeld,
    events.DeliveryCancelled,
    events.DeliveryRecordedUnverified,
)
PLAIN = st.sampled_from(
    (
        inputs.FormsConfirmed(),
        inputs.AlternativeChosen(),
        inputs.DocumentSeen(samples.COURIER),
        inputs.DocumentSeen(samples.STRANGER),
        inputs.SecondConfirmed(samples.SECOND, samples.GRANTS),
        inputs.SecondConfirmed(samples.RECEIVER, samples.GRANTS),
        inputs.SignaturesSeen(tuple(Role)),
        inputs.LayerPhotographed(PHOTO),
        inputs.ScanFinished(),
        inputs.ScanResumed(),
        inputs.SealJudged(SealState.INTACT),
        inputs.SealJudged(SealState.BROKEN),
        inputs.InspectionFinished(),
        inputs.ReconcileAccepted(),
        inputs.ReceiptSigned(acknowledged=True),
        inputs.DeliveryEnded(Choice.HOLD, Code.SEAL_ABSENT),
        inputs.DeliveryEnded(Choice.REFUSE, Code.DAMAGED),
        inputs.DeliveryEnded(None, None, "wrong door"),
        inputs.GroupChosen(COMMISSION.groups[0].group, Choice.HOLD),
        inputs.GroupChosen(COMMISSION.groups[0].group, Choice.ACCEPT),
        inputs.NextCourier(),
        inputs.Parked(),
        inputs.DecisionArrived(DeliveryId("d-1"), Decision.CONFIRMED),
        inputs.LoggedOut(),
        inputs.BadgeShown(samples.RECEIVER),
        inputs.BadgeShown(None),
        inputs.OverrideProposed(
            Code.MISSING_BLOCK, COMMISSION.groups[0].group, "why", samples.SUPERVISOR
        ),
        inputs.OverrideProposed(
            Code.SEAL_BROKEN, COMMISSION.groups[0].group, "why", samples.SUPERVISOR
        ),
    )
)
TAGS = (TagUid.parse("04000000000001"), TagUid.parse("04000000000002"))
CODES: st.SearchStrategy[ScannedCode] = st.one_of(
    st.sampled_from((*OURS, FOREIGN)).map(samples.chip),
    st.just(NotOurs(Flaw.SIGNATURE, "s-1-1")),
)


class DeskMachine(RuleBasedStateMachine):
    """Random touches and scans, with commits that may be late."""

    def __init__(self) -> None:
        super().__init__()
        self.desk = Desk()
        self.seconds = 0.0
        self.shown: set[SpecimenId] = set()
        self.deliveries = 0

    @initialize()
    def log_in(self) -> None:
        self.take(inputs.BadgeShown(samples.RECEIVER))

    def context(self, *, online: bool = True) -> inputs.Context:
        self.seconds += 5
        return inputs.Context(
            now=samples.instant(self.seconds),
            rules=RULES,
            lab=samples.LAB,
            device=samples.DEVICE,
            online=online,
            roster_age_h=1.0,
            reference_age_h=1.0,
        )

    @property
    def waiting(self) -> bool:
        """Whether the closing events are on their way to the disk: nothing else counts then."""
        return self.desk.delivery is not None and self.desk.delivery.awaiting_commit

    def take(self, given: inputs.Input, *, online: bool = True) -> Step:
        before = self.desk
        taken = step(before, given, self.context(online=online))
        self.check(before, given, taken)
        self.desk = taken.desk
        if taken.desk.delivery is None:
            self.shown.clear()
        return taken

    def check(self, before: Desk, given: inputs.Input, taken: Step) -> None:
        after = taken.desk.delivery
        if after is not None and after.phase in ENDED and before.delivery is not None:
            was_ended = before.delivery.phase in ENDED
            assert was_ended or isinstance(given, inputs.Committed)
        closing = [event for event in taken.events if isinstance(event, CLOSING)]
        assert len(closing) <= 1
        for event in closing:
            assert after is not None
            assert after.awaiting_commit
            for verdict in event.groups:
                if verdict.verdict == "accept":
                    group = COMMISSION.group(verdict.group)
                    assert group is not None
                    assert {each.specimen for each in group.specimens} <= after.counted
                    assert after.deliverer is not None
                    assert after.layers
        if taken.signal and Code.NOT_NOW in taken.signal.codes:
            assert taken.desk == before
            assert taken.events == ()

    @precondition(lambda self: self.desk.phase in {Phase.READY, Phase.OPENED})
    @rule(known=st.booleans(), online=st.booleans(), witness=st.booleans())
    def show_form(self, *, known: bool, online: bool, witness: bool) -> None:
        self.deliveries += 1
        code = COMMISSION.witness_form_code if witness else COMMISSION.form_code
        shown = inputs.FormShown(
            code if known else "unknown",
            DeliveryId(f"d-{self.deliveries}"),
            COMMISSION if known else None,
            contract=samples.CONTRACT,
            people=(samples.WITNESS,),
        )
        self.take(shown, online=online)

    @rule(given=PLAIN)
    def touch(self, given: inputs.Input) -> None:
        self.take(given)

    @precondition(lambda self: self.desk.phase in {Phase.SCANNING, Phase.BLIND})
    @rule(code=CODES)
    def scan(self, code: ScannedCode) -> None:
        scanned = inputs.ChipScanned(samples.reading(str(code), self.seconds), code)
        if isinstance(code, ChipCode):
            known = code.specimen in OURS
            bindings = (samples.binding(code.specimen, COMMISSION),) if known else ()
            scanned = replace(scanned, bindings=bindings)
            if not self.waiting:
                self.shown.add(code.specimen)
        self.take(scanned)

    @precondition(lambda self: self.desk.phase in {Phase.SCANNING, Phase.BLIND})
    @rule(
        specimen=st.sampled_from(OURS),
        carrier=st.sampled_from((Carrier.QR, Carrier.NFC, Carrier.RF)),
        tag=st.sampled_from(TAGS),
        verdict=st.sampled_from(NfcVerdict),
    )
    def tap(self, specimen: SpecimenId, carrier: Carrier, tag: TagUid, verdict: NfcVerdict) -> None:
        """Any carrier of a block, with any chip's number, proved or not."""
        code = replace(samples.chip(specimen), uid=tag)
        scanned = inputs.ChipScanned(
            replace(samples.reading(f"{code}{carrier}", self.seconds), carrier=carrier),
            code,
            bindings=(samples.binding(specimen, COMMISSION),),
            tap=Tap(tag, verdict) if carrier is Carrier.NFC else None,
        )
        if not self.waiting:
            self.shown.add(specimen)
        self.take(scanned)

    @precondition(lambda self: self.desk.phase in {Phase.SCANNING, Phase.BLIND})
    @rule()
    def undo(self) -> None:
        self.take(inputs.ScanUndone())

    @precondition(lambda self: self.waiting)
    @rule()
    def commit(self) -> None:
        self.take(inputs.Committed(RECEIPT))

    @precondition(lambda self: self.desk.phase is Phase.OPENED)
    @rule()
    def walk_to_scanning(self) -> None:
        """The honest way, so that deep phases are reached often."""
        for given in (
            inputs.FormShown(
                COMMISSION.witness_form_code, DeliveryId("d-x"), COMMISSION, samples.CONTRACT
            ),
            inputs.FormShown(COMMISSION.form_code, DeliveryId("d-x"), COMMISSION, samples.CONTRACT),
            inputs.SignaturesSeen(tuple(Role)),
            inputs.FormsConfirmed(),
            inputs.AlternativeChosen(),
            inputs.DocumentSeen(samples.COURIER),
            inputs.SecondConfirmed(samples.SECOND, samples.GRANTS),
        ):
            self.take(given)

    @precondition(lambda self: self.desk.phase is Phase.SCANNING)
    @rule(upto=st.integers(3, len(OURS)))
    def scan_many_and_go_on(self, upto: int) -> None:
        for specimen in OURS[:upto]:
            self.scan(samples.chip(specimen))
        for given in (
            inputs.LayerPhotographed(PHOTO),
            inputs.ScanFinished(),
            inputs.SealJudged(SealState.INTACT),
            inputs.InspectionFinished(),
        ):
            self.take(given)

    @invariant()
    def nothing_scanned_vanishes(self) -> None:
        delivery = self.desk.delivery
        if delivery is not None:
            kept = delivery.counted | {each.specimen for each in delivery.strays}
            assert self.shown <= kept

    @invariant()
    def carriers_of_a_counted_block_agree(self) -> None:
        delivery = self.desk.delivery
        if delivery is not None:
            for block in delivery.blocks:
                assert len(set(block.carriers)) == len(block.carriers)
            doubted = {
                each.specimen
                for each in delivery.strays
                if any(found.code is Code.CARRIERS_DISAGREE for found in each.findings)
            }
            assert doubted & delivery.counted == set()


TestDeskMachine = DeskMachine.TestCase
TestDeskMachine.settings = settings(stateful_step_count=30, deadline=None)
