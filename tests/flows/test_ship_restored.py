"""A platform restored from a backup: what it lost goes again, whatever name it speaks under."""

from downlinks import signed
from model_platform import FIRST, SECOND
from shipping_line import Line

from edge.core.envelope import GENESIS
from edge.flows.ship import birth_of
from edge.wire.downlink import Mark


def test_a_restored_platform_gets_again_what_it_lost() -> None:
    line = Line(events=6)
    line.run()
    line.hear(6)
    line.hear(2, store="store-1", after_s=1)
    assert line.run() == [3, 4, 5, 6]
    assert line.marks.store is not None
    assert line.marks.store[0] == "store-1"
    line.hear(6)
    assert line.upto() == 2, "the store before it has nothing to say any more"


def test_a_backup_that_speaks_under_the_same_name_gets_again_what_it_lost() -> None:
    line = Line(events=6)
    line.run()
    line.hear(6)
    line.hear(2, after_s=1)
    assert line.run() == [3, 4, 5, 6]
    assert line.journal.noted.count("ack.went_back") == 1
    line.hear(6, after_s=2)
    assert (line.upto(), line.run()) == (6, [])


def test_a_backup_that_knows_nothing_of_an_epoch_gets_all_of_it() -> None:
    line = Line(events=3)
    line.run()
    line.hear(3)
    line.hear(0, after_s=1)
    assert line.run() == [1, 2, 3]


def test_a_restored_platform_that_knows_nothing_gets_everything() -> None:
    line = Line(events=2)
    line.log.append(2, epoch=SECOND)
    line.run()
    both = {FIRST: line.log.mark_at(2), SECOND: line.log.mark_at(2, SECOND)}
    line.shipper.hear_ack(signed(line.ack(both)))
    line.hear(0, store="store-1", after_s=1)
    assert line.marks.kept == {FIRST: Mark(0, GENESIS), SECOND: Mark(0, GENESIS)}
    assert line.run() == [1, 2, 1, 2]


def test_a_backup_older_than_the_archive_gets_what_is_left_and_the_birth_says_so() -> None:
    line = Line(events=6)
    line.run()
    line.hear(6)
    mark = line.log.mark_at(2)
    line.log.forget(4)
    line.shipper.hear_ack(signed(line.ack({FIRST: mark}, store="store-1", after_s=1)))
    assert line.upto() == 2
    assert line.run() == [5, 6]
    born = birth_of(line.log, version="1", now=line.clock.now())
    assert (born.oldest_seq, born.next_seq) == (5, 7)
