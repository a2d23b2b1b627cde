"""A call's inbox: the one place where its readers put what happens. Bounded."""

from __future__ import annotations

import threading
from collections import deque

from server.agent.base import Signal
from server.turns import events as on

MAX_WAITING = 1000
"""Twenty seconds of audio frames: a loop that far behind is not coming back by itself."""

Item = on.Event | Signal


class Inbox:
    """A queue with many writers and one reader.

    Overflow: the caller's newest audio is dropped and counted; what is not audio always enters,
    for losing a mark or a hang-up would change the call.
    """

    def __init__(self) -> None:
        self._items: deque[Item] = deque()
        self._arrived = threading.Condition()
        self.dropped = 0
        """Audio frames lost to overflow so far."""

    def put(self, item: Item) -> None:
        """Add ``item``; never blocks."""
        with self._arrived:
            if len(self._items) >= MAX_WAITING and isinstance(item, on.CallerAudio):
                self.dropped += 1
                return
            self._items.append(item)
            self._arrived.notify()

    def get(self, timeout_seconds: float | None) -> Item | None:
        """Return the oldest item, waiting for one; None when the time is up first."""
        with self._arrived:
            if not self._items and (timeout_seconds is None or timeout_seconds > 0):
                self._arrived.wait(timeout_seconds)
            return self._items.popleft() if self._items else None
