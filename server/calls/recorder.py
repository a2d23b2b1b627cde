"""Writing calls down, off the audio path: one thread, one queue, in order, until it succeeds.

A locked or absent database delays the rows and costs no call.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable

from sqlalchemy.orm import Session

from server.db import Database, is_unavailable

log = logging.getLogger(__name__)

MAX_WAITING = 20_000
"""Writes that may wait for a database; at some 200 bytes each they are hours of calls."""

_RETRY_SECONDS = (0.1, 0.25, 0.5, 1.0, 2.0)
_CLOSE_SECONDS = 10.0

Write = Callable[[Session], None]
"""One short unit of work. It may run again after a failure, so it must be idempotent."""


class CallRecorder:
    """Stores what happens in calls, in the order in which it was told."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._queue: queue.Queue[Write | None] = queue.Queue(maxsize=MAX_WAITING)
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()

    @property
    def waiting(self) -> int:
        """Writes that are not in the database yet."""
        return self._queue.qsize()

    def write(self, work: Write) -> None:
        """Have ``work`` run soon. Never blocks; a full queue loses the write, loudly."""
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
                self._thread.start()
        try:
            self._queue.put_nowait(work)
        except queue.Full:
            log.error("[RECORDER] queue full, a write is lost")

    def flush(self, timeout_seconds: float = _CLOSE_SECONDS) -> bool:
        """Wait until everything told so far is stored; False if that takes too long."""
        done = threading.Event()
        self.write(lambda _: done.set())
        return done.wait(timeout_seconds)

    def _run(self) -> None:
        while (work := self._queue.get()) is not None:
            self._store(work)

    def _store(self, work: Write) -> None:
        attempt = 0
        while True:
            try:
                with self._database.write() as session:
                    work(session)
                return
            except Exception as error:
                if not is_unavailable(error):
                    log.exception("[RECORDER] a write failed for good")
                    return
                delay = _RETRY_SECONDS[min(attempt, len(_RETRY_SECONDS) - 1)]
                if attempt % 10 == 0:
                    log.warning(
                        "[RECORDER] database unavailable (%s), %d writes wait",
                        type(error).__name__,
                        self.waiting + 1,
                    )
                attempt += 1
            time.sleep(delay)
