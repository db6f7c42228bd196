"""nfcpy alone, by its own opening and its own tag classes, against the simulated reader."""

from collections.abc import Iterator
from pathlib import Path

import nfc
import nfc.tag.tt2_nxp
import nfc.tag.tt4
import pytest
from nfc.clf import RemoteTarget, pn532, transport
from nfc_desk import SIGNED_URL, ntag, sun_tag

from edge.sim.pn532.messages import uri_message
from edge.sim.pn532.ntag21x import Model, Ntag21x
from edge.sim.pn532.pty import Pn532Port


@pytest.fixture
def port(tmp_path: Path) -> Iterator[Pn532Port]:
    with Pn532Port(tmp_path / "reader", timed=False) as plugged:
        yield plugged


@pytest.fixture
def frontend(port: Pn532Port) -> Iterator[nfc.ContactlessFrontend]:
    opened = nfc.ContactlessFrontend()
    opened.device = pn532.init(transport.TTY(str(port.link)))
    yield opened
    opened.close()


def activate(frontend: nfc.ContactlessFrontend) -> nfc.tag.Tag:
    target = frontend.sense(RemoteTarget("106A"))
    assert target is not None
    tag = nfc.tag.activate(frontend, target)
    assert tag is not None
    return tag


def test_its_own_opening_works_again_and_again(port: Pn532Port) -> None:
    for _ in range(5):
        frontend = nfc.ContactlessFrontend()
        frontend.device = pn532.init(transport.TTY(str(port.link)))
        assert port.chip.baud == 921_600
        assert frontend.sense(RemoteTarget("106A")) is None
        frontend.close()
        assert port.chip.baud == 115_200


@pytest.mark.parametrize(
    ("model", "kind"),
    [
        (Model.NTAG213, nfc.tag.tt2_nxp.NTAG213),
        (Model.NTAG215, nfc.tag.tt2_nxp.NTAG215),
        (Model.NTAG216, nfc.tag.tt2_nxp.NTAG216),
    ],
)
def test_a_tag_is_taken_for_what_it_is(
    port: Pn532Port, frontend: nfc.ContactlessFrontend, model: Model, kind: object
) -> None:
    signature = bytes(range(32))
    port.tap(ntag(model=model, signature=signature))
    tag = activate(frontend)
    assert type(tag) is kind
    assert bytes(tag.ndef.octets) == uri_message(f"https://{SIGNED_URL}")
    assert bytes(tag.signature) == signature
    assert tag.is_present
    port.lift()
    assert not tag.is_present


def test_a_tag_is_written_and_protected(port: Pn532Port, frontend: nfc.ContactlessFrontend) -> None:
    simulated = Ntag21x(bytes.fromhex("0453c652fe4a80"), message=uri_message("a"))
    port.tap(simulated)
    tag = activate(frontend)
    tag.ndef.octets = uri_message("written")
    assert tag.protect(b"abcdef", read_protect=True)
    simulated.power_up()
    tag = activate(frontend)
    assert tag.ndef is None
    assert not tag.authenticate(b"abcdeX")
    tag = activate(frontend)
    assert tag.authenticate(b"abcdef")
    assert bytes(tag.ndef.octets) == uri_message("written")


def test_a_locked_tag_cannot_be_written(port: Pn532Port, frontend: nfc.ContactlessFrontend) -> None:
    port.tap(ntag())
    tag = activate(frontend)
    assert tag.protect()
    tag = activate(frontend)
    assert not tag.ndef.is_writeable
    with pytest.raises(nfc.tag.tt2.Type2TagCommandError):
        tag.write(5, b"abcd")


def test_wrong_passwords_use_a_tag_up(port: Pn532Port, frontend: nfc.ContactlessFrontend) -> None:
    simulated = ntag()
    simulated.protect(b"abcd", b"ok", auth_limit=1)
    port.tap(simulated)
    assert not activate(frontend).authenticate(b"wrong!")
    assert not activate(frontend).authenticate(b"abcdok")


def test_reads_are_counted_once_a_power_up(
    port: Pn532Port, frontend: nfc.ContactlessFrontend
) -> None:
    simulated = ntag()
    simulated.count_reads()
    port.tap(simulated)
    tag = activate(frontend)
    tag.read(4)
    counted = simulated.counter
    tag.read(8)
    assert simulated.counter == counted == int.from_bytes(tag.transceive(b"\x39\x02"), "little")


def test_a_type_4_tag_counts_taps_and_stays_present(
    port: Pn532Port, frontend: nfc.ContactlessFrontend
) -> None:
    simulated = sun_tag(counter=60)
    port.tap(simulated)
    tag = activate(frontend)
    assert type(tag) is nfc.tag.tt4.Type4ATag
    (record,) = tag.ndef.records
    assert record.iri.endswith("&c=94EED9EE65337086")
    assert tag.is_present
    assert tag.is_present
    assert bytes(tag.send_apdu(0, 0xB0, 0, 0, mrl=2)) == b"\x00\x46"
    assert simulated.counter == 61
    activate(frontend)
    assert simulated.counter == 61
    port.lift()
    assert not tag.is_present


@pytest.mark.parametrize("apdu", ["00a4000c02e199", "00b0000000", "80ca0000", "00a4040002d276"])
def test_a_type_4_tag_refuses_what_it_has_not(
    port: Pn532Port, frontend: nfc.ContactlessFrontend, apdu: str
) -> None:
    port.tap(sun_tag())
    tag = activate(frontend)
    status = bytes(tag.transceive(bytes.fromhex(apdu)))[-2:]
    assert status[0] in (0x67, 0x6A, 0x6D)
