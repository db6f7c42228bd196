"""The simulated chip: sleep, speed, power and answers as its manual has them."""

import pytest

from edge.sim.pn532.chip import Chip, Out
from edge.sim.pn532.faults import Fault, FaultKind
from edge.sim.pn532.frames import ACK, ERROR_FRAME, NACK
from edge.sim.pn532.ntag21x import Ntag21x

WAKE = bytes(16)
FIRMWARE = bytes.fromhex("0000ff02fed4022a00")
FIRMWARE_ANSWER = bytes.fromhex("0000ff06fad50332010607e800")
CONFIGURE = bytes.fromhex("0000ff05fbd4140100001700")
LIST = bytes.fromhex("0000ff04fcd44a0100e100")


def to_921600() -> bytes:
    return bytes.fromhex("0000ff03fdd410071500")


def say(chip: Chip, data: bytes, *, baud: int = 115_200, now_s: float = 1.0) -> list[bytes]:
    return [out.data for out in chip.receive(data, host_baud=baud, now_s=now_s)]


@pytest.fixture
def awake() -> Chip:
    chip = Chip()
    say(chip, WAKE + FIRMWARE)
    say(chip, CONFIGURE)
    return chip


def test_asleep_after_power_on() -> None:
    chip = Chip()
    assert say(chip, FIRMWARE) == []
    assert say(chip, FIRMWARE, now_s=2.0) == [ACK, FIRMWARE_ANSWER]
    chip.power_on()
    assert say(chip, WAKE + FIRMWARE, now_s=3.0) == [ACK, FIRMWARE_ANSWER]


def test_the_radio_needs_configuration_first() -> None:
    chip = Chip()
    assert say(chip, WAKE + LIST) == [ACK, ERROR_FRAME]
    say(chip, CONFIGURE)
    assert say(chip, LIST) == [ACK, bytes.fromhex("0000ff03fdd54b00e000")]


def test_a_new_speed_counts_after_the_hosts_acknowledgement(awake: Chip) -> None:
    assert len(say(awake, to_921600())) == 2
    assert awake.baud == 115_200
    say(awake, ACK)
    assert awake.baud == 921_600
    assert say(awake, FIRMWARE) == []
    assert say(awake, FIRMWARE, baud=921_600) == [ACK, FIRMWARE_ANSWER]


def test_a_hosts_new_speed_stands_for_its_acknowledgement(awake: Chip) -> None:
    say(awake, to_921600())
    assert say(awake, FIRMWARE, baud=921_600) == [ACK, FIRMWARE_ANSWER]


def test_power_loss_brings_back_the_first_speed(awake: Chip) -> None:
    say(awake, to_921600() + ACK)
    awake.power_on()
    assert awake.baud == 115_200
    assert say(awake, WAKE + FIRMWARE, baud=921_600) == []
    assert say(awake, WAKE + FIRMWARE) == [ACK, FIRMWARE_ANSWER]


def test_a_nack_brings_the_answer_again(awake: Chip) -> None:
    say(awake, FIRMWARE)
    assert say(awake, NACK) == [FIRMWARE_ANSWER]


def test_a_broken_frame_gets_a_nack(awake: Chip) -> None:
    assert say(awake, FIRMWARE[:-2] + b"\x00\x00") == [NACK]


def test_an_unknown_command_gets_an_error_frame(awake: Chip) -> None:
    assert say(awake, bytes.fromhex("0000ff02fed476b600")) == [ACK, ERROR_FRAME]


def test_the_field_powers_tags(awake: Chip) -> None:
    tag = Ntag21x(bytes.fromhex("0453c652fe4a80"))
    awake.field.place([tag])
    found = say(awake, LIST)[1]
    assert found[5:-2].hex() == "d54b0101004400070453c652fe4a80"
    tag.exchange(b"\xff")
    assert tag.exchange(b"\x60") is None
    say(awake, bytes.fromhex("0000ff04fcd4320100f900"))
    assert tag.exchange(b"\x60") is not None


def test_faults_happen_once_and_where_they_were_planned(awake: Chip) -> None:
    awake.faults.add([Fault(FaultKind.NACK, 0x02, skip=1), Fault(FaultKind.NO_ACK)])
    assert say(awake, CONFIGURE) == [bytes.fromhex("0000ff02fed5151600")]
    assert say(awake, FIRMWARE) == [ACK, FIRMWARE_ANSWER]
    assert say(awake, FIRMWARE) == [NACK]
    assert say(awake, FIRMWARE) == [ACK, FIRMWARE_ANSWER]
    assert awake.faults.met == [FaultKind.NO_ACK, FaultKind.NACK]


def test_the_radio_takes_its_time(awake: Chip) -> None:
    outs = awake.receive(LIST, host_baud=115_200, now_s=1.0)
    assert outs == (Out(ACK), Out(outs[1].data, 0.006))


def test_what_came_is_in_the_log(awake: Chip) -> None:
    assert [each.code for each in awake.log] == [0x02, 0x14]
    assert awake.counts[0x02] == 1
