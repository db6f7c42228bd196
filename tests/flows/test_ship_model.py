"""The shipper under arbitrary histories of its broker and its platform."""

from datetime import datetime, timedelta

from downlinks import STATION, signed
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from model_platform import epoch_id
from shipping_line import NOT_AUTHORIZED, PACE, Line

from edge.core.ids import EpochId
from edge.wire.downlink import Replay


class Shipping(RuleBasedStateMachine):
    """Everything that may happen on the way, in any order; in the end nothing is missing."""

    @initialize()
    def start(self) -> None:
        self.line = Line(events=6)
        self.epochs = 1
        self.acks: list[bytes] = []
        self.first_sent: dict[EpochId, int] = {}
        self.seen = 0
        self.has_namesake = False
        self.later = 0

    @rule(count=st.integers(1, 8))
    def append(self, count: int) -> None:
        self.line.log.append(count, epoch=epoch_id(self.epochs))

    @precondition(lambda self: self.epochs < 3)
    @rule()
    def open_epoch(self) -> None:
        self.epochs += 1
        self.line.log.append(epoch=epoch_id(self.epochs))

    @rule()
    def publish(self) -> None:
        if self.line.broker.is_up:
            self.line.pump()

    @rule(count=st.integers(1, 4))
    def puback(self, count: int) -> None:
        for _ in range(min(count, len(self.line.broker.owed))):
            self.line.shipper.acknowledged(self.line.broker.owed.pop(0), 0)

    @precondition(lambda self: self.line.broker.owed)
    @rule()
    def lose_a_puback(self) -> None:
        self.line.broker.owed.pop(0)

    @precondition(lambda self: self.line.broker.owed)
    @rule()
    def refuse(self) -> None:
        self.line.shipper.acknowledged(self.line.broker.owed.pop(0), NOT_AUTHORIZED)
        self.line.broker.owed.clear()

    @rule(is_new_process=st.booleans())
    def break_connection(self, *, is_new_process: bool) -> None:
        self.line.broker.break_down()
        self.line.broker.is_up = True
        if is_new_process:
            self.line.restart()
        else:
            self.line.shipper.begin()

    @rule(pick=st.integers(0, 50), is_lost=st.booleans())
    def arrive(self, pick: int, *, is_lost: bool) -> None:
        under_way = self.line.broker.under_way
        if under_way:
            envelope = under_way.pop(pick % len(under_way))
            if not is_lost:
                self.line.platform.receive(envelope)

    @rule()
    def arrive_all(self) -> None:
        for envelope in self.line.broker.under_way:
            self.line.platform.receive(envelope)
        self.line.broker.under_way.clear()

    @rule(is_heard=st.booleans())
    def ack(self, *, is_heard: bool) -> None:
        self.acks.append(self.line.platform.ack(self._moment()))
        if is_heard:
            self.line.shipper.hear_ack(self.acks[-1])

    @precondition(lambda self: self.acks)
    @rule(pick=st.integers(0, 50))
    def hear_an_old_ack(self, pick: int) -> None:
        self.line.shipper.hear_ack(self.acks[pick % len(self.acks)])

    @rule(first=st.integers(0, 12), count=st.integers(0, 12), epoch=st.integers(1, 4))
    def ask_for_replay(self, first: int, count: int, epoch: int) -> None:
        seen = self.first_sent.get(epoch_id(epoch), 0)
        wish = Replay(STATION.name, epoch_id(epoch), first, min(first + count, seen))
        self.line.shipper.hear_replay(signed(wish))

    @rule()
    def back_up(self) -> None:
        self.line.platform.back_up()

    @rule(keeps_name=st.booleans())
    def restore(self, *, keeps_name: bool) -> None:
        """A backup that keeps its name is found out by its next word; until then it is believed."""
        self.line.platform.restore(keeps_name=keeps_name)
        self.has_namesake |= keeps_name

    @rule(seconds=st.sampled_from([1, 11, 21, 31, 700]))
    def wait(self, seconds: int) -> None:
        self.line.clock.move(seconds)

    @invariant()
    def the_window_is_kept(self) -> None:
        assert len(self.line.broker.owed) <= PACE.window

    @invariant()
    def first_sends_are_in_order(self) -> None:
        for epoch, sequence in self.line.broker.sent[self.seen :]:
            known = self.first_sent.get(epoch, 0)
            assert sequence <= known + 1
            self.first_sent[epoch] = max(known, sequence)
        self.seen = len(self.line.broker.sent)

    @invariant()
    def marks_are_the_platforms_own(self) -> None:
        kept, platform = self.line.marks, self.line.platform
        is_another = kept.store is None or kept.store[0] != platform.store_id
        if is_another or self.has_namesake:
            return
        holds = platform.marks()
        for epoch, mark in kept.kept.items():
            assert mark.upto <= (holds[epoch].upto if epoch in holds else 0)

    def teardown(self) -> None:
        if not hasattr(self, "line"):
            return
        line, log = self.line, self.line.log
        tips = {epoch: log.tip_of(epoch) for epoch in log.epochs()}
        for _ in range(60):
            line.puback()
            if line.shipper.is_stalled():
                line.shipper.begin()
            line.run()
            self.arrive_all()
            self.ack(is_heard=True)
            if all(line.upto(epoch) == tip.sequence for epoch, tip in tips.items()):
                break
            line.clock.move(PACE.patience_s)
        assert {epoch: (mark.upto, mark.digest) for epoch, mark in line.marks.kept.items()} == {
            epoch: (tip.sequence, tip.digest) for epoch, tip in tips.items()
        }
        assert line.platform.held == {
            (epoch, event.sequence): event.digest
            for epoch in log.epochs()
            for event in log.events(epoch)
        }

    def _moment(self) -> datetime:
        self.later += 1
        return self.line.clock.now() + timedelta(microseconds=self.later)


TestShipping = Shipping.TestCase
TestShipping.settings = settings(stateful_step_count=40, deadline=None)
