"""Receiving (steps 4 to 10): readings and touches drive the delivery machine and are recorded."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

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
from edge.core.commission import Commission
from edge.core.documents import Document
from edge.core.errors import StorageError
from edge.core.events import DeviceStarted, FaceScore
from edge.core.evidence import Evidence, EvidenceKind
from edge.core.ids import DeliveryId, DeviceId, LabId, PersonId, SpecimenId
from edge.core.intake import inputs
from edge.core.intake.closing import apply_decision
from edge.core.intake.machine import step
from edge.core.intake.state import Decision, Desk, Phase, Receipt, SealState
from edge.core.intake.step import Outcome, Signal, Step
from edge.core.moments import Instant
from edge.core.nfc import TagSeen
from edge.core.people import Person
from edge.core.rulesets import RuleSet
from edge.flows.lookup import Lookup
from edge.flows.pin_gate import PinGate
from edge.flows.record import Recorder
from edge.flows.taps import TapReader
from edge.flows.view import DeskView, view_of
from edge.ports import (
    Clock,
    EvidenceStore,
    FaceCheck,
    Ids,
    Journal,
    Link,
    Registry,
    Store,
)
from edge.wire.desk_json import (
    ask_document,
    delivery_document,
    delivery_on,
    desk_document,
    load_delivery,
    load_desk,
)

OPEN_ENDINGS = ("closed", "held", "cancelled")
"""Document phases of deliveries on which the platform has not yet decided."""


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture as a camera gave it."""

    content: bytes
    media_type: str
    taken_at: datetime


@dataclass(frozen=True, slots=True)
class Doors:
    """The ports that receiving talks to."""

    store: Store
    registry: Registry
    evidence: EvidenceStore
    clock: Clock
    ids: Ids
    link: Link
    face: FaceCheck
    journal: Journal
    recorder: Recorder
    identify: Callable[[bytes], ScannedCode]
    issue_receipt: Callable[[DeliveryId, Receipt], str]
    tags: TapReader | None = None


class Intake:
    """The desk of one station: one consumer, one step at a time, state only after its record."""

    def __init__(self, doors: Doors, *, rules: RuleSet, lab: LabId, device: DeviceId) -> None:
        self._doors = doors
        self._rules = rules
        self._lab = lab
        self._device = device
        self._lookup = Lookup(registry=doors.registry, store=doors.store, lab=lab, device=device)
        self._desk = Desk()
        self._override: tuple[Code, str, str] | None = None
        self._pins = PinGate()
        self.signal: Signal | None = None

    @property
    def desk(self) -> Desk:
        """What is true now: recorded, or loaded from the record."""
        return self._desk

    def view(self, answer: Signal | None = None) -> DeskView:
        """What a person needs to see of it, with the last answer or an earlier one."""
        return view_of(
            self._desk,
            answer or self.signal,
            self._deliverers(),
            overridable=self._rules.overridable,
        )

    def start(self, version: str) -> None:
        """Resume the recorded desk; a commit that outlived the process is reported back first.

        Nothing may be recorded before that report: the closing event is the tip then.
        """
        store = self._doors.store
        desk = store.document("desk", "desk")
        on_desk = delivery_on(desk)
        self._desk = load_desk(desk, store.document("delivery", on_desk) if on_desk else None)
        self._report_commit()
        self._doors.recorder.record(
            (DeviceStarted(version),),
            occurred=self._doors.clock.read(),
            ruleset=self._rules.ruleset,
        )
        self._mind_face()

    def read(self, reading: Reading, evidence: tuple[Evidence, ...] = ()) -> None:
        """One payload from any door, by what it turns out to be."""
        code = self._doors.identify(reading.payload)
        delivery = self._desk.delivery
        match code:
            case BadgeCode(person=person, trust=Trust.SIGNED):
                self._show_badge(person)
            case FormCode():
                self._show_form(code, evidence)
            case _ if delivery is not None:
                self._apply(self._lookup.chip(reading, code, delivery, evidence=evidence))
            case _:
                self.signal = Signal(Outcome.WARN, (Code.NOT_NOW,))

    def read_layer(self, readings: tuple[Reading, ...]) -> tuple[Signal, ...]:
        """Chips of one picture, recorded in one transaction; the answers to them, in order.

        The same steps as `read` takes one by one: a layer of twelve would wait for twelve writes.
        """
        now = self._doors.clock.read()
        context = self._context(now)
        taken = Step(self._desk)
        answers: list[Signal] = []
        for reading in readings:
            code = self._doors.identify(reading.payload)
            delivery = taken.desk.delivery
            if delivery is None or isinstance(code, BadgeCode | FormCode):
                answers.append(Signal(Outcome.WARN, (Code.NOT_NOW,)))
                continue
            one = step(taken.desk, self._lookup.chip(reading, code, delivery), context)
            answers += (one.signal,) if one.signal else ()
            taken = replace(
                one, events=taken.events + one.events, custody=taken.custody + one.custody
            )
        if not self._record(taken, now):
            return (self.signal,) if self.signal else ()
        self.signal = answers[-1] if answers else self.signal
        return tuple(answers)

    def tap(self, tag: TagSeen) -> None:
        """A tag on a reader: a badge, a form, or a block's chip with what the tap is worth."""
        code = self._doors.identify(tag.payload) if tag.payload else NotOurs(Flaw.NOT_TEXT)
        delivery = self._desk.delivery
        is_chip = not isinstance(code, BadgeCode | FormCode)
        if is_chip and delivery is not None and self._doors.tags is not None:
            tapped = self._doors.tags.judge(tag, code, delivery.commission)
            if tag.flaw is not None and isinstance(tapped.code, NotOurs):
                self.signal = Signal(Outcome.WARN, (Code.CHIP_UNREADABLE,), tag.uid)
                return
            scanned = self._lookup.chip(tapped.reading, tapped.code, delivery)
            self._apply(replace(scanned, tap=tapped.tap))
            return
        self.read(Reading(tag.device, Carrier.NFC, tag.payload, tag.at))

    def photograph_layer(self, photo: Photo) -> Evidence:
        """Keep a layer photograph as evidence of the open delivery."""
        evidence = self._keep(photo, EvidenceKind.LAYER)
        self._apply(inputs.LayerPhotographed(evidence))
        return evidence

    def photograph_form(self, photo: Photo) -> Evidence:
        """Keep the picture of a signed sheet."""
        return self._keep(photo, EvidenceKind.FORM)

    def touch(self, given: inputs.Input) -> None:
        """A touch that needs no look-up."""
        self._apply(given)

    def see_document(self, person: PersonId | None) -> None:
        """Whom the document shows, by the project's list."""
        self._apply(inputs.DocumentSeen(self._lookup.person(person) if person else None))

    def mark_defect(self, specimen: SpecimenId, defect: str, photo: Photo | None) -> None:
        """A defect with its close-up."""
        kept = self._keep(photo, EvidenceKind.DEFECT) if photo else None
        self._apply(inputs.DefectMarked(specimen, defect, kept))

    def judge_seal(self, state: SealState, photo: Photo | None) -> None:
        """The seal with its photograph."""
        kept = self._keep(photo, EvidenceKind.SEAL) if photo else None
        self._apply(inputs.SealJudged(state, kept))

    def sign(self, *, acknowledged: bool, drawn: bytes | None) -> None:
        """The receiver signs; `drawn` is the signature as SVG, kept here and never sent."""
        kept = None
        if drawn is not None:
            photo = Photo(drawn, "image/svg+xml", self._doors.clock.now())
            kept = self._keep(photo, EvidenceKind.SIGNATURE)
        self._apply(inputs.ReceiptSigned(acknowledged=acknowledged, evidence=kept))

    def propose_override(self, code: Code, subject: str, reason: str) -> None:
        """The next badge decides: a supervisor approves with it."""
        self._override = (code, subject, reason)
        self.signal = Signal(Outcome.WARN, (code,), subject, (("waiting_for", "approver"),))

    def resume_parked(self, delivery: DeliveryId) -> None:
        """Bring a parked delivery back to the desk."""
        document = self._doors.store.document("delivery", delivery)
        if document is None:
            self.signal = Signal(Outcome.WARN, (Code.NOT_NOW,), delivery)
            return
        self._apply(inputs.Resumed(load_delivery(document)))

    def answer_form(self, code: str, commission: Commission | None) -> None:
        """The platform's verified answer to an unknown form code, if it is still wanted."""
        if self._desk.asking == code:
            self._show_form(FormCode(code), answer=commission, answered=True)

    def judge_face(self, person: PersonId | None, score: FaceScore | None) -> None:
        """The face engine's answer about whoever stands at the desk."""
        delivery = self._desk.delivery
        if delivery is not None and self._desk.phase is Phase.IDENTIFY:
            known = self._lookup.person(person) if person else None
            self._apply(inputs.FaceJudged(known, self._lookup.grants(delivery), score))

    def enter_pin(self, person: PersonId, pin: str) -> None:
        """A staff member without a badge: the PIN counts like the badge, or for nothing."""
        if self.proves_pin(person, pin):
            self._show_badge(person)

    def proves_pin(self, person: PersonId, pin: str) -> bool:
        """Whether a PIN is a registered person's; else says so, and after a few looks at none."""
        known = self._lookup.person(person)
        flaw = self._pins.flaw(pin, known, self._doors.clock.mono_ns())
        if flaw is not None:
            self.signal = Signal(Outcome.WARN, (Code.NOT_NOW,), person, (("missing", flaw),))
        return flaw is None

    def hear_decisions(self) -> None:
        """Apply the platform's decisions to every delivery that still waits for one."""
        for document in self._doors.store.documents("delivery", phases=OPEN_ENDINGS):
            word = self._doors.registry.decision(DeliveryId(document.id))
            if word is not None:
                self._decide(document, Decision(word))

    def _decide(self, document: Document, decision: Decision) -> None:
        current = self._desk.delivery
        if current is not None and current.delivery == document.id:
            self._apply(inputs.DecisionArrived(current.delivery, decision))
            return
        decided = apply_decision(load_delivery(document), decision)
        self._doors.store.commit(documents=(delivery_document(decided),))
        self._doors.journal.info("delivery.decided", delivery=document.id, decision=decision.value)

    def _show_badge(self, person_id: PersonId) -> None:
        person = self._lookup.person(person_id)
        delivery = self._desk.delivery
        if self._desk.phase is Phase.ALT_IDENTITY and person and delivery:
            self._apply(inputs.SecondConfirmed(person, self._lookup.grants(delivery)))
        elif self._override and person:
            code, subject, reason = self._override
            self._override = None
            self._apply(inputs.OverrideProposed(code, subject, reason, person))
        else:
            self._apply(inputs.BadgeShown(person))

    def _show_form(
        self,
        code: FormCode,
        evidence: tuple[Evidence, ...] = (),
        *,
        answer: Commission | None = None,
        answered: bool = False,
    ) -> None:
        fresh = self._doors.ids.delivery_id(self._doors.clock.now())
        self._apply(
            self._lookup.form(code, fresh, evidence=evidence, answer=answer, answered=answered)
        )

    def _keep(self, photo: Photo, kind: EvidenceKind) -> Evidence:
        return self._doors.evidence.put(
            photo.content, kind=kind, media_type=photo.media_type, taken_at=photo.taken_at
        )

    def _apply(self, given: inputs.Input) -> None:
        now = self._doors.clock.read()
        context = self._context(now)
        before = self._desk.phase
        taken = step(self._desk, given, context)
        if self._record(taken, now):
            self._report_commit()
        if Phase.IDENTIFY in {before, self._desk.phase}:
            self._mind_face()

    def _record(self, taken: Step, now: Instant) -> bool:
        """Make a step true by recording it; a step that cannot be recorded has not happened."""
        documents = self._documents(taken)
        if taken.events or documents or taken.custody:
            try:
                self._doors.recorder.record(
                    taken.events,
                    occurred=now,
                    ruleset=self._rules.ruleset,
                    documents=documents,
                    custody=taken.custody,
                )
            except StorageError as error:
                self._doors.journal.warning("step.not_recorded", error=str(error))
                self.signal = Signal(
                    Outcome.REFUSE, (Code.NOT_RECORDED,), facts=(("why", error.code),)
                )
                return False
        self._desk = taken.desk
        self.signal = taken.signal or self.signal
        return True

    def _documents(self, taken: Step) -> tuple[Document, ...]:
        """State that changed, and the question a step asks."""
        if taken.desk == self._desk and taken.ask_form is None:
            return ()
        changed = [desk_document(taken.desk)]
        delivery = taken.desk.delivery
        if delivery is not None and delivery != self._desk.delivery:
            changed.append(delivery_document(delivery))
        if taken.ask_form is not None:
            changed.append(self._question(taken.ask_form))
        return tuple(changed)

    def _question(self, form: str) -> Document:
        corr = self._doors.ids.delivery_id(self._doors.clock.now())
        return ask_document(corr, "commission", {"form": form})

    def _report_commit(self) -> None:
        """The closing events are on the disk: say so to the machine, with the receipt."""
        delivery = self._desk.delivery
        if delivery is None or not delivery.awaiting_commit:
            return
        tip = self._doors.store.tip()
        receipt = Receipt(tip.epoch, tip.sequence, tip.digest, "")
        code = self._doors.issue_receipt(delivery.delivery, receipt)
        now = self._doors.clock.read()
        committed = inputs.Committed(replace(receipt, code=code))
        self._record(step(self._desk, committed, self._context(now)), now)

    def _mind_face(self) -> None:
        """Look at the deliverer while identifying, and only then."""
        delivery = self._desk.delivery
        is_wanted = self._desk.phase is Phase.IDENTIFY
        if not is_wanted or delivery is None or delivery.commission is None:
            self._doors.face.end()
            return
        people = self._doors.registry.deliverers(delivery.commission.project)
        if not self._doors.face.begin(people):
            self._apply(inputs.FaceJudged(None, self._lookup.grants(delivery), None))

    def _deliverers(self) -> tuple[Person, ...]:
        """Whom a document may show: the people of the project on the form."""
        delivery = self._desk.delivery
        if delivery is None or delivery.commission is None:
            return ()
        if self._desk.phase not in {Phase.IDENTIFY, Phase.ALT_IDENTITY}:
            return ()
        return self._doors.registry.deliverers(delivery.commission.project)

    def _context(self, now: Instant) -> inputs.Context:
        registry = self._doors.registry
        roster = max(registry.age_h("people", now.at), registry.age_h("grants", now.at))
        return inputs.Context(
            now=now,
            rules=self._rules,
            lab=self._lab,
            device=self._device,
            online=self._doors.link.online(),
            roster_age_h=roster,
            reference_age_h=registry.age_h("commissions", now.at),
        )
