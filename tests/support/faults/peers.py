"""Two devices as they are commonly built, with their platform: they must be seen losing.

The first hands its events to paho and trusts its memory; the second keeps an outbox on the disk and
forgets an event when the broker has acknowledged it. Their platform acknowledges after its commit.
"""

import queue
import signal
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

HOST = "127.0.0.1"
PADDING = "." * 600
WINDOW = 20
REFUSED = 0x80
Confirm = Callable[[str], None]


def memory_only(
    port: int, known: int, rate: float, confirm: Confirm, stop: threading.Event
) -> None:
    """QoS 1 from memory: an event counts as accepted when publish() has returned."""
    client = _client(f"bare-{known}", port)
    quiet = _quietened()
    while not stop.wait(1.0 / rate):
        if quiet.is_set():
            continue
        known += 1
        client.publish("peer/bare", f"{known} {PADDING}", qos=1)
        confirm(str(known))
    _end(client)


def forgetful_outbox(
    port: int, path: Path, rate: float, confirm: Confirm, stop: threading.Event
) -> None:
    """A durable outbox, WAL with synchronous=FULL, whose rows go at PUBACK."""
    with closing(
        _database(path, "CREATE TABLE IF NOT EXISTS outbox (n INTEGER PRIMARY KEY)")
    ) as db:
        db.execute("CREATE TABLE IF NOT EXISTS made (n INTEGER PRIMARY KEY)")
        done: queue.SimpleQueue[int] = queue.SimpleQueue()
        client = _client("forgetful", port)

        def on_publish(_: Client, __: Any, mid: int, reason: Any, ___: Any) -> None:
            if reason.value < REFUSED:
                done.put(mid)

        client.on_publish = on_publish
        flying: dict[int, int] = {}
        quiet = _quietened()
        while not stop.wait(1.0 / rate):
            if not quiet.is_set():
                confirm(str(_append(db)))
            _forget(db, done, flying)
            _fly(db, client, flying)
        _end(client)


def collect(port: int, path: Path, stop: threading.Event) -> None:
    """Keeps every message once; acknowledges after its commit."""
    table = "CREATE TABLE IF NOT EXISTS got (topic TEXT, n INTEGER, PRIMARY KEY (topic, n))"
    with closing(_database(path, table)) as db:
        arrived: queue.SimpleQueue[MQTTMessage] = queue.SimpleQueue()
        client = _client("collector", port, lasting=True)
        client.on_message = lambda _, __, message: arrived.put(message)
        client.on_connect = lambda *_: void(client.subscribe("peer/+", qos=1))
        while not stop.is_set():
            try:
                batch = [arrived.get(timeout=0.1)]
            except queue.Empty:
                continue
            while not arrived.empty():
                batch.append(arrived.get())
            rows = [(each.topic, int(each.payload.split()[0])) for each in batch]
            db.execute("BEGIN")
            db.executemany("INSERT OR IGNORE INTO got VALUES (?, ?)", rows)
            db.execute("COMMIT")
            for each in batch:
                client.ack(each.mid, 1)
        _end(client)


def collected(path: Path, topic: str) -> set[int]:
    """What the platform's side for the peers holds of one of them."""
    if not path.exists():
        return set()
    with closing(sqlite3.connect(path)) as db:
        return {row[0] for row in db.execute("SELECT n FROM got WHERE topic=?", (topic,))}


def void(_: object) -> None:
    """Callbacks return nothing."""


def _quietened() -> threading.Event:
    """Set by SIGUSR1: no more events, only delivery of what there is."""
    quiet = threading.Event()
    signal.signal(signal.SIGUSR1, lambda *_: quiet.set())
    return quiet


def _client(name: str, port: int, *, lasting: bool = False) -> Client:
    client = Client(
        CallbackAPIVersion.VERSION2,
        client_id=name,
        protocol=MQTTProtocolVersion.MQTTv5,
        manual_ack=lasting,
    )
    client.max_inflight_messages_set(WINDOW)
    client.reconnect_delay_set(min_delay=1, max_delay=1)
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call] # paho's gap
    properties.SessionExpiryInterval = 3600 if lasting else 0
    client.connect_async(HOST, port, keepalive=5, clean_start=not lasting, properties=properties)
    client.loop_start()
    return client


def _end(client: Client) -> None:
    client.disconnect()
    client.loop_stop()


def _database(path: Path, table: str) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    db.execute(table)
    return db


def _append(db: sqlite3.Connection) -> int:
    db.execute("BEGIN IMMEDIATE")
    (number,) = db.execute("INSERT INTO made (n) VALUES (NULL) RETURNING n").fetchone()
    db.execute("INSERT INTO outbox VALUES (?)", (number,))
    db.execute("COMMIT")
    return int(number)


def _forget(db: sqlite3.Connection, done: "queue.SimpleQueue[int]", flying: dict[int, int]) -> None:
    while not done.empty():
        number = flying.pop(done.get(), None)
        if number is not None:
            db.execute("DELETE FROM outbox WHERE n=?", (number,))


def _fly(db: sqlite3.Connection, client: Client, flying: dict[int, int]) -> None:
    if not client.is_connected():
        return
    above = max(flying.values(), default=0)
    room = WINDOW - len(flying)
    rows = db.execute("SELECT n FROM outbox WHERE n>? ORDER BY n LIMIT ?", (above, room))
    for (number,) in rows.fetchall():
        info = client.publish("peer/forgetful", f"{number} {PADDING}", qos=1)
        if info.rc == MQTTErrorCode.MQTT_ERR_SUCCESS:
            flying[info.mid] = number
