"""Accounts of stations and platform for RabbitMQ and NATS, from Mosquitto's access list.

Neither engine has a pattern that follows a name with slashes, so every station gets lines of its
own; the list itself stays the one of `edge/mqtt/broker/acl`. Standard library only.

    accounts.py rabbitmq ACL STATION... > definitions.json
    accounts.py nats     ACL STATION... > accounts.conf
"""

import json
import re
import sys
from pathlib import Path

PLATFORM = "platform"
Rules = dict[str, list[str]]
"""Topic filters of one user, by `read` and `write`."""


def main() -> int:
    """Print the accounts; status 2 for wrong use."""
    match sys.argv[1:]:
        case ["rabbitmq", acl, *stations] if stations:
            made = rabbitmq(Path(acl).read_text(encoding="utf-8"), stations)
        case ["nats", acl, *stations] if stations:
            made = nats(Path(acl).read_text(encoding="utf-8"), stations)
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    print(made, end="")
    return 0


def rabbitmq(acl: str, stations: list[str]) -> str:
    """Definitions that a node loads: users without passwords, their queues and their topics."""
    rules = rules_of(acl, stations)
    made = {
        "vhosts": [{"name": "/"}],
        "users": [{"name": user, "password_hash": "", "tags": ""} for user in rules],
        "permissions": [
            {
                "user": user,
                "vhost": "/",
                "configure": f"^{_queues(user)}$",
                "write": rf"^({_queues(user)}|amq\.topic)$",
                "read": rf"^({_queues(user)}|amq\.topic)$",
            }
            for user in rules
        ],
        "topic_permissions": [
            {
                "user": user,
                "vhost": "/",
                "exchange": "amq.topic",
                "write": _pattern(each["write"]),
                "read": _pattern(each["read"]),
            }
            for user, each in rules.items()
        ],
    }
    return json.dumps(made, indent=1) + "\n"


def nats(acl: str, stations: list[str]) -> str:
    """The block `authorization`: users by the subject of their certificate."""
    lines = ["authorization {", "  users: ["]
    for user, each in rules_of(acl, stations).items():
        write = [_subject(topic) for topic in each["write"]]
        read = [_subject(topic) for topic in each["read"]]
        lines += [
            f'    {{ user: "CN={user}", permissions: {{',
            f"      publish: {json.dumps(write)}",
            f"      subscribe: {json.dumps([*read, '$MQTT.sub.>'])}",
            "    } }",
        ]
    return "\n".join([*lines, "  ]", "}", ""])


def rules_of(acl: str, stations: list[str]) -> dict[str, Rules]:
    """What each user may publish and subscribe to; every station gets the patterns."""
    rules: dict[str, Rules] = {user: {"read": [], "write": []} for user in (*stations, PLATFORM)}
    user = ""
    for line in acl.splitlines():
        match line.split():
            case ["user", name]:
                user = name
            case ["topic", way, topic]:
                rules[user][way].append(topic)
            case ["pattern", way, topic]:
                for station in stations:
                    rules[station][way].append(topic.replace("%u", station))
    return rules


def _queues(user: str) -> str:
    """RabbitMQ names a session's queue after the client, which is the station itself."""
    name = ".*" if user == PLATFORM else re.escape(user)
    return f"mqtt-subscription-{name}qos[01]"


def _pattern(topics: list[str]) -> str:
    """One expression over routing keys, where levels are joined by dots; `*` is itself a level."""
    branches = (
        re.escape(topic.replace("/", ".")).replace(r"\+", r"[^.]+").replace(r"\#", ".*")
        for topic in topics
    )
    return "^(" + "|".join(branches) + ")$"


def _subject(topic: str) -> str:
    return topic.replace("/", ".").replace("+", "*").replace("#", ">")


if __name__ == "__main__":
    sys.exit(main())
