"""Everything that is said at a site's broker, heard with the site's own certificates."""

import threading
from contextlib import ExitStack, closing, suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from edge.compose.common import access_of, station_of
from edge.core.errors import EdgeError
from edge.mqtt.client import Arrived, MqttClient
from edge.settings import load_settings
from edge.wire.topics import downlink_filters

UPLINK = tuple(f"specimen/v1/+/+/+/{below}" for below in ("ev/+", "status", "blob/+/+", "res/+"))
ASKS = ("specimen/v1/+/+/+/ask/+",)
POLL_S = 0.05


class Overhearing:
    """Waits for the site's settings, then listens as platform and as station until it is left."""

    def __init__(self, folder: Path) -> None:
        self.messages: list[tuple[str, bytes]] = []
        self._folder = folder
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="overhearing")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join(20)

    def _listen(self) -> None:
        with ExitStack() as stack:
            waiting = {"platform", "station"}
            clients: list[MqttClient] = []
            while not self._stop.wait(POLL_S):
                for side in tuple(waiting):
                    with suppress(EdgeError):
                        client = self._client(side)
                        stack.enter_context(closing(client))
                        client.connect()
                        clients.append(client)
                        waiting.discard(side)
                for client in clients:
                    self._hear(client)

    def _hear(self, client: MqttClient) -> None:
        while (happening := client.next(0.0)) is not None:
            if isinstance(happening, Arrived):
                self.messages.append((happening.topic, happening.payload))
                client.take(happening)

    def _client(self, side: str) -> MqttClient:
        settings = load_settings(self._folder / side / "edge.toml")
        is_platform = side == "platform"
        filters = (*UPLINK, *ASKS) if is_platform else downlink_filters(station_of(settings))
        access = access_of(settings, client_id="")
        return MqttClient(replace(access, client_id=f"overhear/{side}"), filters=filters)
