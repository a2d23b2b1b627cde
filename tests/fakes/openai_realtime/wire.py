"""The writing side of one websocket: a thread that sends events when they are due, in order."""

import json
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from heapq import heappop, heappush

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection

from .options import Json


@dataclass(frozen=True)
class Close:
    """Ask the writer to close the websocket properly with ``code``."""

    code: int
    reason: str = ""


class Drop:
    """Ask the writer to cut the TCP connection without a close frame."""


@dataclass(order=True)
class _Entry:
    due: float
    number: int
    payload: Json | Close | Drop = field(compare=False)


class Wire:
    """Sends for one connection, so that nobody else blocks on its socket.

    ``on_sent`` is called with each event just before it is written.
    """

    def __init__(self, connection: ServerConnection, on_sent: Callable[[Json], None]) -> None:
        self._connection = connection
        self._on_sent = on_sent
        self._waiting: list[_Entry] = []
        self._count = 0
        self._closed = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="realtime-wire", daemon=True)
        self._thread.start()

    def put(self, payload: Json | Close | Drop, delay_seconds: float = 0) -> None:
        """Queue ``payload`` to go out after the delay; entries due together keep their order."""
        with self._changed:
            self._count += 1
            heappush(self._waiting, _Entry(time.monotonic() + delay_seconds, self._count, payload))
            self._changed.notify()

    def stop(self) -> None:
        """Drop what is still queued and end the thread."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _next(self) -> Json | Close | Drop | None:
        """Block until an entry is due and return it; None once stopped."""
        with self._changed:
            while not self._closed:
                wait = self._waiting[0].due - time.monotonic() if self._waiting else None
                if wait is not None and wait <= 0:
                    return heappop(self._waiting).payload
                self._changed.wait(wait)
        return None

    def _run(self) -> None:
        while (payload := self._next()) is not None:
            try:
                if isinstance(payload, Drop):
                    self._connection.socket.shutdown(socket.SHUT_RDWR)
                    return
                if isinstance(payload, Close):
                    self._connection.close(payload.code, payload.reason)
                    return
                self._on_sent(payload)
                self._connection.send(json.dumps(payload, ensure_ascii=False))
            except (ConnectionClosed, OSError):
                return
