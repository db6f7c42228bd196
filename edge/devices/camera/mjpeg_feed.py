"""A JPEG stream over HTTP whose stall is noticed: OpenCV's own reader would wait for ever."""

import socket
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse
from time import monotonic

import cv2
import numpy as np

from edge.devices.camera.feed import Why, Wishes, gone
from edge.devices.camera.mjpeg_parts import MjpegParts, boundary_of
from edge.devices.camera.source import MjpegSource
from edge.devices.pixels import Picture

_SOCKET_TIMEOUT_S = 1.5
_FRAME_TIMEOUT_S = 2.5
_CHUNK_BYTES = 1 << 16
_OK = 200
_EARLY = 0.7  # a frame this share of the wished interval after the last is not decoded


class MjpegFeed:
    """One connection; frames that come faster than wished are dropped before they are decoded."""

    def __init__(self, source: MjpegSource, wishes: Wishes) -> None:
        self._source = source
        self._interval_s = _EARLY / wishes.fps
        self._connection = HTTPConnection(source.host, source.port, timeout=_SOCKET_TIMEOUT_S)
        self._socket: socket.socket | None = None
        self._response: HTTPResponse | None = None
        self._parts = MjpegParts(b"")
        self._decoded_at = float("-inf")
        self._interrupted = False

    def open(self) -> None:
        """Ask for the stream; DeviceGone when nobody answers or it is no stream of pictures."""
        try:
            self._connection.connect()
            self._socket = self._connection.sock
            if self._interrupted:
                raise gone(Why.LOST)
            accepted = {"Accept": "multipart/x-mixed-replace"}
            self._connection.request("GET", self._source.target, headers=accepted)
            response = self._response = self._connection.getresponse()
        except TimeoutError as error:
            raise gone(Why.STALLED) from error
        except HTTPException as error:
            raise gone(Why.REFUSED) from error
        except OSError as error:
            raise gone(Why.ABSENT) from error
        boundary = boundary_of(response.headers.get("Content-Type", ""))
        if response.status != _OK or boundary is None:
            raise gone(Why.REFUSED, status=response.status)
        self._parts = MjpegParts(boundary)

    def grab(self) -> Picture | None:
        """The next whole picture; DeviceGone after 2.5 s without one."""
        until = monotonic() + _FRAME_TIMEOUT_S
        while monotonic() < until:
            jpegs = self._parts.feed(self._receive())
            if not jpegs or monotonic() < self._decoded_at + self._interval_s:
                continue
            picture = decode(jpegs[-1])
            if picture is not None:
                self._decoded_at = monotonic()
                return picture
        raise gone(Why.STALLED)

    def interrupt(self) -> None:
        """Shut the connection down, which wakes whoever waits on it."""
        self._interrupted = True
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the connection."""
        if self._response is not None:
            self._response.close()
        self._connection.close()

    def _receive(self) -> bytes:
        if self._response is None:
            raise gone(Why.LOST)
        try:
            data = self._response.read1(_CHUNK_BYTES)
        except TimeoutError as error:
            raise gone(Why.STALLED) from error
        except (HTTPException, OSError, ValueError) as error:
            raise gone(Why.LOST) from error
        if not data:
            raise gone(Why.LOST)
        return data


def decode(jpeg: bytes) -> Picture | None:
    """The picture in a JPEG file; None when it is broken."""
    try:
        raw = cv2.imdecode(np.frombuffer(jpeg, dtype=np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        return None
    return None if raw is None or not raw.size else np.asarray(raw, dtype=np.uint8)
