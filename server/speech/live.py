"""Live recognition with Google: the server's end of the process that listens (``live_main``).

One process hears all calls. Nothing here blocks: what is sent waits in a bounded queue for a
thread that writes, and what comes back is delivered by the thread that reads. A process that ends
or hangs is replaced; the utterances it had are told so.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson

from server.clock import monotonic
from server.errors import ProtocolError
from server.helpers.wire import receive_message, send_message
from server.speech.backoff import Backoff

log = logging.getLogger(__name__)

_MOST_WAITING = 5000
"""Messages that the process has not read yet; more, and it is replaced."""

_PONG_SECONDS = 2.0
_LEAST_LIFE_SECONDS = 5.0
"""A process that ended sooner is replaced only when it is needed: it may end again."""

_BAD_IN_A_ROW = 2

Deliver = Callable[[bytes], None]
"""Takes a message on an utterance, as JSON with ``stream`` and ``event`` (see ``live_main``).
Called from any thread."""

_Message = tuple[dict[str, Any], bytes]


class LiveSpeech:
    """The listening process, as the recognisers of all calls share it. Safe from any thread.

    Args:
        options: those of ``server.speech.google_speech.GoogleOptions``.
    """

    def __init__(self, options: Mapping[str, str]) -> None:
        self._options = dict(options)
        self._lock = threading.Lock()
        self._process: _Process | None = None
        self._last_number = 0
        self._failures = 0
        self._backoff = Backoff()
        self._closed = False

    def warm(self) -> None:
        """Start the process where there is none: it takes a second."""
        self._running()

    def open(self, language: str, hints: Sequence[str], deliver: Deliver) -> LiveStream:
        """Begin an utterance.

        Args:
            language: Google's own code.
            hints: words and phrases to expect.
        """
        with self._lock:
            self._last_number += 1
            number = self._last_number
        stream = LiveStream(self._running(), number, deliver)
        stream.begin(language, hints)
        return stream

    def distrust(self) -> None:
        """Words are late: see whether the process is to blame."""
        if (process := self._process) is not None:
            process.check()

    def note(self, *, worked: bool) -> None:
        """Remember whether an utterance could be understood."""
        if worked:
            self._failures = 0
            self._backoff.worked()
            return
        self._failures += 1
        if self._failures >= _BAD_IN_A_ROW and not self._backoff.seconds_left:
            self._backoff.failed()

    @property
    def works(self) -> bool:
        """Whether it may be relied upon: it has not just failed several times running."""
        return not self._backoff.seconds_left

    def close(self) -> None:
        """End the process for good."""
        with self._lock:
            self._closed = True
            process = self._process
        if process is not None:
            process.end()

    def _running(self) -> _Process:
        with self._lock:
            if self._process is None or (self._process.is_over and not self._closed):
                self._process = _Process(self._options, self._replace)
            return self._process

    def _replace(self, process: _Process) -> None:
        if self._closed:
            return
        log.warning("[STT_LIVE] process ended code=%s", process.exit_code)
        if process.age_seconds > _LEAST_LIFE_SECONDS:
            self._running()


class LiveStream:
    """One utterance on its way to Google. Every method returns at once."""

    def __init__(self, process: _Process, number: int, deliver: Deliver) -> None:
        self._process = process
        self.number = number
        self._deliver = deliver

    def begin(self, language: str, hints: Sequence[str]) -> None:
        """Open the stream; whatever comes of it is delivered."""
        request = {"do": "open", "language": language, "hints": list(hints)}
        self._process.open(self.number, request, self._deliver)

    def hear(self, audio: bytes) -> None:
        """Send mu-law."""
        self._process.send({"do": "hear", "stream": self.number}, audio)

    def finish(self) -> None:
        """All has been said: the final words follow."""
        self._process.send({"do": "finish", "stream": self.number})

    def cancel(self) -> None:
        """Want nothing more; nothing is delivered afterwards."""
        self._process.forget(self.number)
        self._process.send({"do": "cancel", "stream": self.number})


class _Process:
    """One listening process from its start to its end."""

    def __init__(self, options: Mapping[str, str], on_end: Callable[[_Process], None]) -> None:
        self._on_end = on_end
        self._lock = threading.Lock()
        self._listeners: dict[int, Deliver] = {}
        self._outgoing: queue.Queue[_Message | None] = queue.Queue(maxsize=_MOST_WAITING)
        self._started_at = monotonic()
        self._pinged_at: float | None = None
        self.is_over = False
        self.exit_code: int | None = None
        ours, theirs = socket.socketpair()
        with theirs:
            self._popen = subprocess.Popen(  # noqa: S603 - our own module
                [sys.executable, "-m", "server.speech.live_main", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
            )
        self._socket = ours
        self.send({"do": "options", "google": dict(options)})
        for work in (self._write, self._read):
            threading.Thread(target=work, name="live-speech", daemon=True).start()

    @property
    def age_seconds(self) -> float:
        return monotonic() - self._started_at

    def open(self, number: int, request: dict[str, Any], deliver: Deliver) -> None:
        with self._lock:
            over = self.is_over
            if not over:
                self._listeners[number] = deliver
        if over:
            deliver(_failed(number))
        else:
            self.send({**request, "stream": number})

    def forget(self, number: int) -> None:
        with self._lock:
            self._listeners.pop(number, None)

    def send(self, header: dict[str, Any], payload: bytes = b"") -> None:
        try:
            self._outgoing.put_nowait((header, payload))
        except queue.Full:
            self.end()

    def check(self) -> None:
        """Ask for a sign of life; end a process that has owed one for long."""
        now = monotonic()
        with self._lock:
            owed = self._pinged_at is not None and now - self._pinged_at >= _PONG_SECONDS
            asks = self._pinged_at is None
            if asks:
                self._pinged_at = now
        if owed:
            log.error("[STT_LIVE] process hangs")
            self.end()
        elif asks:
            self.send({"do": "ping"})

    def end(self) -> None:
        """Kill it; the reader does the rest."""
        self._popen.kill()

    def _write(self) -> None:
        with contextlib.suppress(OSError):  # the reader notices as well
            while (message := self._outgoing.get()) is not None:
                send_message(self._socket, *message)

    def _read(self) -> None:
        with contextlib.suppress(OSError, ProtocolError):
            while (message := receive_message(self._socket)) is not None:
                self._take(message[0])
        self.end()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.exit_code = self._popen.wait(timeout=5)
        with self._lock:
            self.is_over = True
            listeners, self._listeners = self._listeners, {}
        self._stop_writing()
        for number, deliver in listeners.items():
            deliver(_failed(number))
        self._on_end(self)

    def _take(self, header: dict[str, Any]) -> None:
        event, number = header.get("event"), header.get("stream", 0)
        with self._lock:
            if event == "pong":
                self._pinged_at = None
            deliver = self._listeners.get(number)
            if event in ("final", "failed"):
                self._listeners.pop(number, None)
        if deliver is not None:
            deliver(orjson.dumps(header))

    def _stop_writing(self) -> None:
        self._socket.close()
        with contextlib.suppress(queue.Empty):
            while True:
                self._outgoing.get_nowait()
        with contextlib.suppress(queue.Full):
            self._outgoing.put_nowait(None)


def _failed(number: int) -> bytes:
    return orjson.dumps({"stream": number, "event": "failed", "code": "helper_ended"})
