"""The accounts of clusters say the same as Mosquitto's access list."""

import json
import re
import subprocess
import sys

import pytest
from clusters import ACL, BROKERS

STATION, OTHER = "city/lab-1/desk-1", "city/lab-1/desk-10"


def accounts(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        (sys.executable, str(BROKERS / "accounts.py"), *words),
        capture_output=True,
        text=True,
        check=False,
    )


def topics(way: str, user: str) -> re.Pattern[str]:
    made = json.loads(accounts("rabbitmq", str(ACL), STATION, OTHER).stdout)
    (rule,) = (each for each in made["topic_permissions"] if each["user"] == user)
    return re.compile(rule[way])


@pytest.mark.parametrize(
    ("way", "topic", "is_allowed"),
    [
        ("write", f"specimen/v1/{STATION}/ev/device-started", True),
        ("write", f"specimen/v1/{STATION}/status", True),
        ("write", f"specimen/v1/{OTHER}/status", False),
        ("write", f"specimen/v1/{STATION}/ack", False),
        ("write", f"specimen/v1/{STATION}/ev/a/b", False),
        ("read", f"specimen/v1/{STATION}/cmd/*", True),
        ("read", f"specimen/v1/{OTHER}/cmd/ping", False),
        ("read", f"specimen/v1/{STATION}/ev/a", False),
    ],
)
def test_a_station_has_its_branch_and_no_other(way: str, topic: str, *, is_allowed: bool) -> None:
    assert bool(topics(way, STATION).search(topic.replace("/", "."))) is is_allowed


def test_nats_gets_the_same_lines_by_the_certificates_subject() -> None:
    made = accounts("nats", str(ACL), STATION).stdout
    assert f'user: "CN={STATION}"' in made
    assert '"specimen.v1.city.lab-1.desk-1.ev.*"' in made
    assert '"specimen.v1.*.*.*.ev.*"' in made


def test_wrong_use_is_status_2() -> None:
    assert accounts("kafka", str(ACL), STATION).returncode == 2
    assert accounts("nats", str(ACL)).returncode == 2
