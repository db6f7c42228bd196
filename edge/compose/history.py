"""The read API over the platform's store; it opens the store for reading only."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from edge.central.history import History, history_of
from edge.compose.central import central_reader
from edge.core.errors import ConfigError
from edge.core.ids import SpecimenId
from edge.host.clock import SystemClock
from edge.host.journal import StructlogJournal
from edge.host.secret_file import read_secret
from edge.runtime.history_api import HistoryProcess, Rate, build_history_app
from edge.settings import Settings

TOKEN_CHARS = 24


@contextmanager
def history_process(settings: Settings) -> Iterator[HistoryProcess]:
    """A process of its own: questions never slow down the taking in."""
    api = settings.central.api
    journal = StructlogJournal("history", level=settings.log_level)
    token = _token(settings)
    with central_reader(settings) as store:
        turn = threading.Lock()

        def ask(specimen: SpecimenId) -> History | None:
            with turn:  # one connection, several threads of the service
                return history_of(store, specimen)

        app = build_history_app(
            ask,
            token=token,
            rate=Rate(api.rate_per_s, api.burst),
            clock=SystemClock(assume_synced=settings.clock.assume_synced),
            journal=journal,
        )
        yield HistoryProcess(app, host=api.host, port=api.port, journal=journal)


def _token(settings: Settings) -> str:
    path = settings.central.api.token_file
    if path is None:
        raise ConfigError(
            "api_token_absent",
            remedy="umask 077; openssl rand -hex 32 >FILE; set central.api.token_file = FILE",
        )
    token = read_secret(path)
    if len(token) < TOKEN_CHARS or not token.isascii():
        raise ConfigError(
            "api_token_weak", file=str(path), remedy=f"use at least {TOKEN_CHARS} ASCII characters"
        )
    return token
