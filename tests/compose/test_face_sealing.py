"""The platform waits for a station's question for one person, whatever else is asked."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from face_samples import ANN, BEN
from sealed_site import STATION, Site, sealed_site

from edge.compose.face_sealing import Asked, await_question, send_answer
from edge.core.errors import LinkDown
from edge.core.face_answers import ASK, LONGEST
from edge.mqtt.client import Access, Acknowledged, MqttClient
from edge.settings import Settings
from edge.sim.broker import Mosquitto
from edge.wire.downlink import Ask, encode
from edge.wire.topics import ask_topic

HOST = "localhost"


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    broker = Mosquitto(tmp_path / "broker")
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return sealed_site(tmp_path)


def platform_at(site: Site, broker: Mosquitto) -> Settings:
    link = site.platform.broker.model_copy(update={"host": HOST, "port": broker.port})
    return site.platform.model_copy(update={"broker": link})


def say(broker: Mosquitto, *messages: bytes) -> None:
    """As the shipper does, retained, so that whoever waits begins with them."""
    client = MqttClient(Access(HOST, broker.port, STATION.name))
    client.connect()
    for message in messages:
        token = client.publish(ask_topic(STATION, ASK), message, retain=True)
        while True:
            match client.next(5.0):
                case Acknowledged(token=told) if told == token:
                    break
    client.close()


def question(corr: str, data: Mapping[str, Any]) -> bytes:
    return encode(Ask(corr, ASK, data))


def test_the_question_for_this_person_is_found(site: Site, broker: Mosquitto) -> None:
    say(broker, question("face-1", {"person": ANN}))
    assert await_question(platform_at(site, broker), STATION, ANN, 5.0) == "face-1"


@pytest.mark.parametrize(
    "said", [b"{", question("face-2", {"person": BEN}), question("face-3", {})]
)
def test_other_questions_are_none(site: Site, broker: Mosquitto, said: bytes) -> None:
    say(broker, said)
    with pytest.raises(LinkDown, match="face_not_asked"):
        await_question(platform_at(site, broker), STATION, ANN, 0.4)


def test_a_station_that_is_away_is_named(site: Site, broker: Mosquitto) -> None:
    with pytest.raises(LinkDown, match="station_away"):
        send_answer(platform_at(site, broker), Asked(STATION, "face-1", LONGEST), b"{}")
