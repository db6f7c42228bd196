"""A shipper with a log, a model broker and a model platform around it."""

from datetime import timedelta

from downlinks import DOWNLINK, STATION, signed
from memory_doors import QuietJournal, SetClock
from model_platform import FIRST, EventLog, MemoryMarks, ModelBroker, ModelPlatform

from edge.core.ids import EpochId
from edge.flows.ship import Pace, Shipper
from edge.wire.downlink import Ack, Mark

PACE = Pace(window=4, ahead=10, patience_s=20, patience_max_s=80, stall_s=10, refusal_s=30)
NOT_AUTHORIZED = 0x87


class Line:
    """A shipper with everything around it."""

    def __init__(self, events: int = 0, pace: Pace = PACE) -> None:
        self.log = EventLog()
        self.log.append(events)
        self.clock = SetClock()
        self.marks = MemoryMarks()
        self.journal = QuietJournal()
        self.broker = ModelBroker()
        self.platform = ModelPlatform()
        self.pace = pace
        self.restart()

    def restart(self) -> None:
        """A new process over the same stores."""
        self.shipper = Shipper(
            outbox=self.log,
            marks=self.marks,
            clock=self.clock,
            downlink=DOWNLINK,
            journal=self.journal,
            pace=self.pace,
        )
        self.broker.is_up = True
        self.shipper.begin()

    def pump(self) -> list[int]:
        """The sequences that went."""
        before = len(self.broker.sent)
        went = self.shipper.pump(self.broker.publish)
        sent = self.broker.sent[before:]
        assert went == len(sent)
        return [sequence for _, sequence in sent]

    def puback(self, reason: int = 0) -> None:
        """The broker takes everything it holds."""
        while self.broker.owed:
            self.shipper.acknowledged(self.broker.owed.pop(0), reason)

    def run(self) -> list[int]:
        """Send until nothing more goes."""
        went: list[int] = []
        while batch := self.pump():
            went += batch
            self.puback()
        return went

    def hear(self, upto: int, *, store: str = "store-0", after_s: float = 0.0) -> None:
        """An ack with a genuine mark of the first epoch."""
        epochs = {FIRST: self.log.mark_at(upto)} if upto else {}
        self.shipper.hear_ack(signed(self.ack(epochs, store=store, after_s=after_s)))

    def ack(
        self, epochs: dict[EpochId, Mark], *, store: str = "store-0", after_s: float = 0.0
    ) -> Ack:
        issued = self.clock.now() + timedelta(seconds=after_s)
        return Ack(STATION.name, store, issued, epochs)

    def upto(self, epoch: EpochId = FIRST) -> int:
        return self.marks.kept[epoch].upto if epoch in self.marks.kept else 0
