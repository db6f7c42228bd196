"""How often one client may ask, with a clock that is set."""

from collections.abc import Iterator
from threading import Event, Thread

import httpx
import pytest
from memory_doors import QuietJournal, SetClock
from waiting import until

from edge.core.errors import DeviceBusy, StorageError
from edge.core.ids import SpecimenId
from edge.runtime.history_api import HistoryProcess, Rate, build_history_app

TOKEN = "t"  # noqa: S105 - of a service that lives for one test
HEADERS = {"Authorization": f"Bearer {TOKEN}"}


class Served:
    """The service in a thread of its own."""

    def __init__(self) -> None:
        self.clock = SetClock()
        self.journal = QuietJournal()
        self.is_down = False
        app = build_history_app(
            self.ask, token=TOKEN, rate=Rate(2.0, 3), clock=self.clock, journal=self.journal
        )
        self.process = HistoryProcess(app, host="127.0.0.1", port=0, journal=self.journal)
        self.stop = Event()
        self.thread = Thread(target=self.process.run, args=(self.stop,))

    def ask(self, specimen: SpecimenId) -> None:
        del specimen
        if self.is_down:
            raise StorageError("database_gone")

    def get(self) -> httpx.Response:
        url = f"http://127.0.0.1:{self.process.port}/v1/specimens/s-1/history"
        return httpx.get(url, headers=HEADERS, timeout=10)


@pytest.fixture
def served() -> Iterator[Served]:
    made = Served()
    made.thread.start()
    until(lambda: made.process.port)
    yield made
    made.stop.set()
    made.thread.join(10)
    assert not made.thread.is_alive()


def test_a_hasty_client_is_asked_to_wait(served: Served) -> None:
    assert [served.get().status_code for _ in range(5)] == [404, 404, 404, 429, 429]
    refusal = served.get()
    assert int(refusal.headers["retry-after"]) >= 1
    assert refusal.headers["content-type"] == "application/problem+json"
    served.clock.move(1.0)
    assert [served.get().status_code for _ in range(3)] == [404, 404, 429]


def test_a_store_that_is_away_is_a_problem_of_now(served: Served) -> None:
    served.is_down = True
    answer = served.get()
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "history.store" in served.journal.noted
    served.is_down = False
    assert served.get().status_code == 404


def test_a_taken_port_is_said(served: Served) -> None:
    app = build_history_app(
        served.ask, token=TOKEN, rate=Rate(1, 1), clock=served.clock, journal=served.journal
    )
    second = HistoryProcess(app, host="127.0.0.1", port=served.process.port, journal=served.journal)
    with pytest.raises(DeviceBusy, match="api_port_taken"):
        second.run(Event())
