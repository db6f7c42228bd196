"""The page's service on a real socket: who may ask, what is answered, and what a touch does."""

import json
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count, islice
from typing import Any

import httpx
import pytest
from screen_desk import JPEG, PIN, TouchDesk, running_desk, served
from waiting import until

from kiosk import stream
from kiosk.app import BODY_LIMIT_BYTES, KEY_LIMIT_CHARS, KEYS_KEPT

KEYS = count()


@pytest.fixture
def desk() -> Iterator[TouchDesk]:
    with running_desk() as running:
        yield running


@pytest.fixture
def client(desk: TouchDesk) -> Iterator[httpx.Client]:
    with served(desk, strip=("badge", "network")) as (asking, _):
        yield asking


def touch(client: httpx.Client, command: Any, key: str = "", **more: Any) -> httpx.Response:
    headers = {"Idempotency-Key": key or f"key-{next(KEYS)}"}
    return client.post("/do", json=command, headers=headers, **more)


def badge(person: str = "receiver-1") -> dict[str, str]:
    return {"do": "scan", "text": f"badge:{person}"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Host": "localhost:1"}, 200),
        ({"Host": "[::1]:1"}, 200),
        ({"Host": "example.org"}, 403),
        ({"Host": "127.0.0.1.example.org"}, 403),
        ({"Host": ""}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
    ],
)
@pytest.mark.parametrize("path", ["/", "/static/desk.js", "/staff", "/day"])
def test_only_the_page_of_this_machine_may_ask(
    client: httpx.Client, path: str, headers: dict[str, str], status: int
) -> None:
    assert client.get(path, headers=headers).status_code == status


def test_nobody_elses_page_may_touch(client: httpx.Client, desk: TouchDesk) -> None:
    number = desk.loop.latest.number
    headers = {"Idempotency-Key": "k", "Sec-Fetch-Site": "cross-site"}
    assert client.post("/do", json=badge(), headers=headers).status_code == 403
    assert desk.loop.latest.number == number


@pytest.mark.parametrize("path", ["/", "/static/desk.css", "/staff", "/day", "/nowhere"])
def test_every_answer_carries_a_strict_policy(client: httpx.Client, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert "unsafe" not in policy
    assert policy.startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in policy
    assert not {"http:", "https:", "*"} & set(policy.replace(";", " ").split())
    assert headers["x-content-type-options"] == "nosniff"
    assert "server" not in headers


def test_the_page_is_whole_and_needs_nothing_from_elsewhere(client: httpx.Client) -> None:
    page = client.get("/")
    assert page.headers["cache-control"] == "no-store"
    assert "<script>" not in page.text
    assert "style=" not in page.text
    assert "http://" not in page.text.replace("http://www.w3.org", "")
    assert "https://" not in page.text


@pytest.mark.parametrize(
    "name", ["nothing.js", "..%2fapp.py", "%2e%2e/app.py", "desk.css.map", "../words.py"]
)
def test_other_files_are_not_there(client: httpx.Client, name: str) -> None:
    assert client.get(f"/static/{name}").status_code == 404


@pytest.mark.parametrize("name", ["desk.css", "desk.js"])
def test_a_file_is_sent_once_until_it_changes(client: httpx.Client, name: str) -> None:
    first = client.get(f"/static/{name}")
    again = client.get(f"/static/{name}", headers={"If-None-Match": first.headers["etag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")


def test_documentation_of_the_service_is_not_served(client: httpx.Client) -> None:
    assert {client.get(f"/{each}").status_code for each in ("docs", "openapi.json")} == {404}


def test_a_wish_for_a_language_lasts(client: httpx.Client) -> None:
    assert '<html lang="zh-CN">' in client.get("/").text
    assert '<html lang="en">' in client.get("/?lang=en").text
    assert '<html lang="en">' in client.get("/").text
    assert '<html lang="zh-CN">' in client.get("/?lang=xx").text


def test_a_touch_is_done_and_told(client: httpx.Client, desk: TouchDesk) -> None:
    answer = touch(client, badge())
    assert answer.status_code == 200
    told = answer.json()
    assert (told["phase"], told["outcome"], told["error"]) == ("ready", "ok", None)
    assert told["number"] == desk.loop.latest.number


def test_the_same_key_is_one_touch(client: httpx.Client, desk: TouchDesk) -> None:
    first = touch(client, badge(), "same").json()
    assert touch(client, {"do": "logout"}, "same").json() == first
    assert desk.loop.latest.view.phase == "ready"


def test_the_same_key_at_the_same_time_is_one_touch(client: httpx.Client, desk: TouchDesk) -> None:
    gate = threading.Event()
    desk.loop.submit(lambda: gate.wait(5))
    number = desk.loop.latest.number
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(touch, client, badge(), "twin") for _ in range(4)]
        until(lambda: desk.loop._orders.qsize() >= 1)
        gate.set()
        answers = [each.result(10).json() for each in asked]
    assert len({json.dumps(each) for each in answers}) == 1
    assert desk.loop.latest.number == number + 2


def test_keys_are_forgotten_in_their_order(client: httpx.Client) -> None:
    first = touch(client, {"do": "state"}, "oldest").json()["number"]
    for _ in range(KEYS_KEPT):
        touch(client, {"do": "state"})
    assert touch(client, {"do": "state"}, "oldest").json()["number"] > first


@pytest.mark.parametrize("key", ["", "x" * (KEY_LIMIT_CHARS + 1)])
def test_a_touch_without_a_key_is_none(client: httpx.Client, key: str) -> None:
    answer = client.post("/do", json=badge(), headers={"Idempotency-Key": key})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"x"',
        b"\xff\xfe",
        b"[" * 20_000,
        b'{"do":"state","x":"' + b"x" * BODY_LIMIT_BYTES + b'"}',
    ],
    ids=["nothing", "half", "list", "text", "bytes", "deep", "large"],
)
def test_what_is_no_command_is_refused(client: httpx.Client, desk: TouchDesk, body: bytes) -> None:
    number = desk.loop.latest.number
    headers = {"Idempotency-Key": f"key-{next(KEYS)}"}
    assert client.post("/do", content=body, headers=headers).status_code == 400
    assert desk.loop.latest.number == number


def test_an_endless_body_is_answered_before_its_end(desk: TouchDesk) -> None:
    head = "POST /do HTTP/1.1\r\nHost: localhost\r\nIdempotency-Key: k\r\n"
    with (
        served(desk) as (_, door),
        socket.create_connection(("127.0.0.1", door.port), 10) as asking,
    ):
        asking.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
        for _ in range(3):
            asking.sendall(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
        assert asking.recv(64).startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize(
    "command",
    [
        {"do": "fly"},
        {"do": 7},
        {},
        {"do": "seal", "state": "molten"},
        {"do": "choose", "group": "", "choice": "accept"},
        {"do": "signatures", "roles": "all"},
        {"do": "sign", "acknowledged": True, "strokes": [[[1e9, 0]]]},
        {"do": "unlock", "person": "", "pin": "1"},
        {"do": "defect", "specimen": "s-1-1"},
        {"do": "pin", "person": "receiver-1", "pin": 482915},
    ],
)
def test_a_malformed_command_changes_nothing_and_says_so(
    client: httpx.Client, desk: TouchDesk, command: dict[str, object]
) -> None:
    before = desk.loop.latest.view
    answer = touch(client, command)
    assert answer.status_code == 200
    assert answer.json()["error"]
    assert answer.json()["say"]
    assert desk.loop.latest.view == before


def test_a_camera_that_is_gone_is_named_in_the_language_of_the_page(
    client: httpx.Client, desk: TouchDesk
) -> None:
    desk.eye.is_open = False
    told = [
        touch(client, {"do": "shoot"}, params={"lang": each}).json() for each in ("zh-CN", "en")
    ]
    assert {each["error"] for each in told} == {"camera_absent"}
    assert "摄像头" in told[0]["say"]
    assert "camera" in told[1]["say"]


def lock(desk: TouchDesk) -> None:
    desk.loop.idle_lock_s = 60
    desk.bench.clock.move(61)
    until(lambda: desk.loop.latest.around.locked)


def test_a_locked_desk_only_unlocks(client: httpx.Client, desk: TouchDesk) -> None:
    touch(client, badge())
    lock(desk)
    for command in ({"do": "logout"}, {"do": "state"}, badge(), {"do": "pin", "pin": PIN}):
        refused = touch(client, command)
        assert (refused.status_code, refused.json()["error"]) == (409, "locked")
        assert refused.json()["say"]
    assert client.get("/day").status_code == 409
    assert "data-do" not in client.get("/").text
    for person, pin in (("receiver-2", PIN), ("receiver-1", "000000")):
        touch(client, {"do": "unlock", "person": person, "pin": pin})
        assert desk.loop.latest.around.locked
    touch(client, {"do": "unlock", "person": "receiver-1", "pin": PIN})
    assert not desk.loop.latest.around.locked
    assert desk.loop.latest.view.operator == "receiver-1"


@pytest.mark.parametrize("verb", ["pin", "unlock"])
def test_pins_cannot_be_tried_one_after_another(
    client: httpx.Client, desk: TouchDesk, verb: str
) -> None:
    if verb == "unlock":
        touch(client, badge())
        lock(desk)
        desk.loop.idle_lock_s = 0

    def enter(pin: str) -> None:
        touch(client, {"do": verb, "person": "receiver-1", "pin": pin})

    def is_in() -> bool:
        latest = desk.loop.latest
        return latest.view.operator is not None and not latest.around.locked

    for number in range(5):
        enter(f"00000{number}")
        signal = desk.loop.latest.view.signal
        assert signal is not None
        assert dict(signal.facts)["missing"] == "pin"
    enter(PIN)
    assert not is_in()
    signal = desk.loop.latest.view.signal
    assert signal is not None
    assert dict(signal.facts)["missing"] == "pause"
    desk.bench.clock.move(61)
    enter(PIN)
    assert is_in()


def test_sheets_are_fetched_when_they_are_wanted(client: httpx.Client) -> None:
    assert "receiver-2" in client.get("/staff").text
    touch(client, badge())
    touch(client, {"do": "scan", "text": "form:form-1"})
    assert "WT-2026-0001" in client.get("/day").text


def test_the_strip_does_what_it_offers(client: httpx.Client, desk: TouchDesk) -> None:
    assert client.post("/strip/badge").status_code == 204
    assert client.post("/strip/network").status_code == 502
    assert client.post("/strip/other").status_code == 404
    assert desk.tried == ["badge", "network"]


def test_a_desk_without_a_strip_has_none(desk: TouchDesk) -> None:
    with served(desk) as (client, _):
        assert client.post("/strip/badge").status_code == 404


def moments(
    client: httpx.Client, wanted: int, *, path: str = "/moments", **headers: str
) -> list[tuple[str, dict[str, str]]]:
    """The next moments of the stream: mark and regions."""
    found = []
    with client.stream(
        "GET", path, headers={k.replace("_", "-"): v for k, v in headers.items()}
    ) as got:
        assert got.headers["content-type"].startswith("text/event-stream")
        mark = ""
        for line in got.iter_lines():
            name, _, value = line.partition(": ")
            if name == "id":
                mark = value
            elif name == "data":
                found.append((mark, json.loads(value)))
                if len(found) == wanted:
                    break
    return found


def test_the_first_moment_comes_at_once(client: httpx.Client) -> None:
    ((mark, regions),) = moments(client, 1)
    assert mark.endswith("-1")
    assert set(regions) == {"header", "main", "bar", "band"}


def test_a_page_that_was_away_hears_what_it_missed(client: httpx.Client, desk: TouchDesk) -> None:
    ((mark, _),) = moments(client, 1)
    desk.scan("badge:receiver-1", "form:form-1")
    missed = moments(client, 2, last_event_id=mark)
    assert [each.rpartition("-")[2] for each, _ in missed] == ["2", "3"]
    assert 'data-do="logout"' in missed[0][1]["bar"]
    assert 'data-do="confirm_forms"' in missed[1][1]["bar"]
    assert moments(client, 2, path=f"/moments?since={mark}") == missed


@pytest.mark.parametrize("mark", ["other-9999", "other-1", "9999", "-", "é", "x-１"])
def test_a_page_of_an_earlier_run_hears_the_desk_as_it_is(client: httpx.Client, mark: str) -> None:
    ((fresh, regions),) = moments(client, 1, path=f"/moments?since={mark}")
    assert fresh.endswith("-1")
    assert regions["main"]


def test_a_page_that_was_away_too_long_hears_the_latest(
    client: httpx.Client, desk: TouchDesk
) -> None:
    ((mark, _),) = moments(client, 1)
    for _ in range(80):
        desk.do("state")
    ((latest, _),) = moments(client, 1, last_event_id=mark)
    assert latest.endswith(f"-{desk.loop.latest.number}")


def test_a_quiet_stream_shows_that_it_lives(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "HEARTBEAT_S", 0.2)
    with client.stream("GET", "/moments") as got:
        lines = (line for line in got.iter_lines() if line.startswith(":"))
        assert list(islice(lines, 2)) == [": here", ": here"]


def test_a_listener_that_left_is_forgotten(client: httpx.Client, desk: TouchDesk) -> None:
    moments(client, 1)
    until(lambda: not desk.loop._listeners, 5)


def test_the_picture_is_taken_only_while_somebody_looks(
    client: httpx.Client, desk: TouchDesk
) -> None:
    with client.stream("GET", "/preview") as got:
        assert got.headers["content-type"] == "multipart/x-mixed-replace; boundary=frame"
        seen = b""
        for chunk in got.iter_raw():
            seen += chunk
            if seen.count(JPEG) >= 2:
                break
        assert desk.film.viewers == 1
    assert f"Content-Length: {len(JPEG)}\r\n\r\n".encode() + JPEG in seen
    until(lambda: desk.film.viewers == 0, 5)
