import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.core.errors import DecodeError
from edge.core.ids import Digest
from edge.wire import topics
from edge.wire.topics import Branch, Station, Topic, parse_topic, type_level

STATION = Station.parse("nanchang/lab-1/desk-1")
SHA = Digest("a" * 64)
IDS = st.from_regex(r"[a-z0-9](?:[a-z0-9-]{0,46}[a-z0-9])?", fullmatch=True)


@pytest.mark.parametrize(
    ("topic", "below"),
    [
        (topics.event_topic(STATION, "specimen.delivery.received.v1"), "ev/delivery-received"),
        (topics.status_topic(STATION), "status"),
        (topics.ack_topic(STATION), "ack"),
        (topics.replay_topic(STATION), "replay"),
        (topics.blob_topic(STATION, SHA, 3), f"blob/{SHA}/3"),
        (topics.blob_ack_topic(STATION, SHA), f"blob-ack/{SHA}"),
        (topics.command_topic(STATION, "reboot"), "cmd/reboot"),
        (topics.result_topic(STATION, "c-1"), "res/c-1"),
        (topics.ask_topic(STATION, "ref-page"), "ask/ref-page"),
        (topics.answer_topic(STATION, "c-1"), "ans/c-1"),
        (topics.head_topic(STATION, "people"), "ref/people/head"),
        (topics.page_topic(STATION, "people", version=7, number=0), "ref/people/page/7/0"),
        (topics.diagnosis_topic(STATION, "camera"), "diag/camera"),
    ],
)
def test_every_topic_is_read_back(topic: str, below: str) -> None:
    assert topic == f"specimen/v1/nanchang/lab-1/desk-1/{below}"
    read = parse_topic(topic)
    assert (read.station, read.below, str(read)) == (STATION, below, topic)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "specimen/v1",
        "specimen/v2/nanchang/lab-1/desk-1/ack",
        "nanchang/lab-1/desk-1/ack",
        "specimen/v1/nanchang/lab-1/ack",
        "specimen/v1/nanchang/lab-1/desk-1",
        "specimen/v1/nanchang/lab-1/desk-1/ack/more",
        "specimen/v1/nanchang/lab-1/desk-1/ev",
        "specimen/v1/nanchang/lab-1/desk-1/ev/delivery.received",
        "specimen/v1/nanchang/lab-1/desk-1/ev/+",
        "specimen/v1/nanchang/lab-1/desk-1/ref/people",
        "specimen/v1/nanchang/lab-1/desk-1/ref/people/page/1",
        "specimen/v1/Nanchang/lab-1/desk-1/ack",
        "specimen/v1/nanchang/lab-1/desk-1/strange",
    ],
)
def test_a_place_that_is_not_in_the_tree_is_refused(text: str) -> None:
    with pytest.raises(DecodeError) as caught:
        parse_topic(text)
    assert caught.value.code == "topic_malformed"


@pytest.mark.parametrize(
    ("event_type", "level"),
    [
        ("specimen.delivery.received.v1", "delivery-received"),
        ("specimen.deliverer.verified_alternative.v2", "deliverer-verified-alternative"),
        ("specimen.specimen.scan_refused.v1", "specimen-scan-refused"),
    ],
)
def test_a_type_becomes_one_level(event_type: str, level: str) -> None:
    assert type_level(event_type) == level


@pytest.mark.parametrize("event_type", ["delivery.received", "specimen..V1", "specimen.a.b", ""])
def test_a_foreign_type_is_refused(event_type: str) -> None:
    with pytest.raises(DecodeError):
        type_level(event_type)


@given(city=IDS, lab=IDS, device=IDS)
def test_a_station_is_read_back_and_confined_to_its_branch(
    city: str, lab: str, device: str
) -> None:
    station = Station.parse(f"{city}/{lab}/{device}")
    assert Station.parse(station.name) == station
    assert parse_topic(str(Topic(station, Branch.ACK))).station == station
    assert all(each.startswith(station.branch + "/") for each in topics.downlink_filters(station))


@given(text=st.text(max_size=80))
def test_any_text_is_a_topic_or_a_decode_error(text: str) -> None:
    try:
        assert str(parse_topic(text)) == text
    except DecodeError:
        return


def test_the_platform_hears_only_what_goes_up() -> None:
    assert topics.uplink_filters("nanchang/+/+")[0] == "specimen/v1/nanchang/+/+/ev/+"
    assert not {"ack", "replay"} & {each.split("/")[-1] for each in topics.uplink_filters()}
