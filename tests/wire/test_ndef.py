"""NDEF from octets: the format and nothing else, whatever stands in a tag."""

import ndef
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.wire.ndef import (
    URI_PREFIXES,
    NdefFlaw,
    Record,
    TypeName,
    decode_message,
    message_text,
    record_text,
    type2_extent,
    type2_message,
)

HEAD = bytes(12) + bytes.fromhex("e1101200")
CAPACITY = 144
URI = bytes.fromhex("d1010555") + b"\x04a.b/"


def memory(data: bytes) -> bytes:
    return HEAD + data.ljust(CAPACITY, b"\x00")


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (URI, "https://a.b/"),
        (bytes.fromhex("d10103550061e5b0") + b"\x00", NdefFlaw.BOUNDARY),
        (bytes.fromhex("d10106540261623132") + b"3", "123"),
        (bytes.fromhex("d1010c5402") + b"zh" + "试块一".encode(), "试块一"),
        (bytes.fromhex("d1010754826a61") + "試".encode("utf-16"), "試"),
        (bytes.fromhex("d1010554826a61") + "試".encode("utf-16-be"), "試"),
        (bytes.fromhex("d30300") + b"x:y", "x:y"),
        (
            bytes.fromhex("91010555") + b"\x04a.b/" + bytes.fromhex("510103540061") + b"b",
            "https://a.b/",
        ),
        (b"", NdefFlaw.TRUNCATED),
        (URI[:-1], NdefFlaw.TRUNCATED),
        (URI + b"\x00", NdefFlaw.BOUNDARY),
        (b"\x91" + URI[1:], NdefFlaw.TRUNCATED),
        (b"\x51" + URI[1:], NdefFlaw.BOUNDARY),
        (URI + URI, NdefFlaw.BOUNDARY),
        (b"\xf1" + URI[1:], NdefFlaw.CHUNKED),
        (b"\xd6" + URI[1:], NdefFlaw.TYPE_NAME),
        (b"\xd7" + URI[1:], NdefFlaw.TYPE_NAME),
        (b"\xd0" + URI[1:], NdefFlaw.TYPE_NAME),
        (b"\xd5" + URI[1:], NdefFlaw.TYPE_NAME),
        (bytes.fromhex("d10002") + b"ab", NdefFlaw.TYPE_NAME),
        (bytes.fromhex("d1010255") + b"\x24a", NdefFlaw.URI_PREFIX),
        (bytes.fromhex("d1010255") + b"\x99a", NdefFlaw.URI_PREFIX),
        (bytes.fromhex("d1010055"), NdefFlaw.URI_PREFIX),
        (bytes.fromhex("d1010255") + b"\x00\xff", NdefFlaw.ENCODING),
        (bytes.fromhex("d1010255") + b"\x00\n", NdefFlaw.ENCODING),
        (bytes.fromhex("d1010254") + b"\x05a", NdefFlaw.ENCODING),
        (bytes.fromhex("d1010254") + b"\x40a", NdefFlaw.ENCODING),
        (bytes.fromhex("d1010354") + b"\x81za", NdefFlaw.ENCODING),
        (bytes.fromhex("d20302") + b"a/bx", NdefFlaw.TRUNCATED),
        (bytes.fromhex("d20301") + b"a/bx", NdefFlaw.NO_TEXT),
        (bytes.fromhex("d00000"), NdefFlaw.NO_TEXT),
    ],
)
def test_what_a_message_says(octets: bytes, text: str | NdefFlaw) -> None:
    assert message_text(octets) == text


def test_a_uri_stands_as_it_was_written() -> None:
    """The library's own `uri` escapes = and & of a query, which breaks every signed URL."""
    url = "https://t.example/v?e=AB&c=CD"
    octets = b"".join(ndef.message_encoder([ndef.UriRecord(url)]))
    assert message_text(octets) == url


@pytest.mark.parametrize("code", range(len(URI_PREFIXES)))
def test_prefixes_are_those_of_the_standard(code: int) -> None:
    record = Record(TypeName.WELL_KNOWN, b"U", b"", bytes([code]) + b"x")
    (reference,) = ndef.message_decoder(bytes.fromhex("d1010255") + record.payload)
    assert record_text(record) == reference.iri


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"\x03\x02ab\xfe", b"ab"),
        (b"\x00\x00\x03\x02ab", b"ab"),
        (b"\x01\x03\xa0\x0c\x34\x03\x02ab\xfe", b"ab"),
        (b"\xfd\x01x\x03\xff\x00\x02ab", b"ab"),
        (b"\x03\xff\x00\x88" + b"z" * 136, b"z" * 136),
        (b"\x03\x8e" + b"z" * 142, b"z" * 142),
        (b"\x03\x8f" + b"z" * 142, NdefFlaw.BOUNDARY),
        (b"\x03\xff\xff\xff", NdefFlaw.BOUNDARY),
        (b"\xfd\xff\xff\xff\x03\x02ab", NdefFlaw.BOUNDARY),
        (b"\x03\x00", NdefFlaw.NO_MESSAGE),
        (b"\xfe\x03\x02ab", NdefFlaw.NO_MESSAGE),
        (b"", NdefFlaw.NO_MESSAGE),
        (b"\x00" * 143 + b"\x03", NdefFlaw.TRUNCATED),
    ],
)
def test_the_message_in_a_tags_memory(data: bytes, found: bytes | NdefFlaw) -> None:
    assert type2_message(memory(data)) == found


@pytest.mark.parametrize("container", ["00000000", "e2101200", "e1201200", "ffffffff"])
def test_no_capability_container(container: str) -> None:
    assert type2_message(bytes(12) + bytes.fromhex(container) + URI) is NdefFlaw.NO_CONTAINER


def test_a_short_memory_asks_for_what_it_needs() -> None:
    whole = memory(b"\x03\x80" + b"x" * 128)
    assert type2_extent(whole[:32]) == 16 + 2 + 128
    assert type2_message(whole[:32]) is NdefFlaw.TRUNCATED
    assert type2_extent(whole[:16]) == 32
    assert type2_extent(whole[:15]) is NdefFlaw.TRUNCATED


octets = st.binary(max_size=300)


@given(octets)
def test_nothing_makes_the_decoder_fall(data: bytes) -> None:
    for found in (
        decode_message(data),
        message_text(data),
        type2_message(data),
        type2_extent(data),
    ):
        assert found is not None
    type2_message(memory(data))


@given(st.lists(st.tuples(octets, octets), min_size=1, max_size=4))
def test_what_a_proven_encoder_writes_is_read(parts: list[tuple[bytes, bytes]]) -> None:
    records = [ndef.Record("urn:nfc:ext:a.example:t", "", payload) for payload, _ in parts]
    decoded = decode_message(b"".join(ndef.message_encoder(records)))
    assert not isinstance(decoded, NdefFlaw)
    assert [each.payload for each in decoded] == [payload for payload, _ in parts]


@given(st.data())
def test_a_cut_message_is_no_message(data: st.DataObject) -> None:
    payload = data.draw(st.binary(max_size=280))
    whole = b"".join(ndef.message_encoder([ndef.Record("urn:nfc:ext:a.example:t", "i", payload)]))
    cut = data.draw(st.integers(0, len(whole) - 1))
    assert decode_message(whole[:cut]) is NdefFlaw.TRUNCATED


@given(octets, octets)
def test_nothing_behind_the_end_is_read(data: bytes, behind: bytes) -> None:
    """What a reader gives for some bytes never depends on bytes that are not part of them."""
    found = type2_message(memory(data)[:160])
    assert type2_message(memory(data)[:160] + behind) == found or found is NdefFlaw.TRUNCATED
