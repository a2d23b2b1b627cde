"""A call's inbox: the one place where its readers put what happens. Bounded.

Waiting on it takes no timer: at fifty frames a second and call, timers would cost more than the
frames. The frames themselves bring the time; while none come, the registry's pulse does.
"""

from __future__ import annotations

import queue

from server.agent.base import Signal
from server.clock import monotonic
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
        self._items: queue.Queue[Item] = queue.Queue()
        self._last_put_at = self._last_taken_at = self._waiting_since = monotonic()
        self.dropped = 0
        """Audio frames lost to overflow so far."""

    def put(self, item: Item) -> None:
        """Add ``item``; never blocks."""
        if isinstance(item, on.CallerAudio) and self._items.qsize() >= MAX_WAITING:
            self.dropped += 1
            return
        self._last_put_at = monotonic()
        if not self._items.qsize():
            self._waiting_since = self._last_put_at
        self._items.put(item)

    def get(self) -> Item:
        """Return the oldest item, waiting for one."""
        item = self._items.get()
        self._last_taken_at = monotonic()
        return item

    def begin(self) -> None:
        """The reader starts now; what has waited for it so far was not its fault."""
        self._last_taken_at = monotonic()

    def quiet_seconds(self) -> float:
        """Return for how long nothing has come in."""
        return monotonic() - self._last_put_at

    def stuck_seconds(self) -> float:
        """Return for how long the reader has left waiting items alone; 0.0 if none wait."""
        if not self._items.qsize():
            return 0.0
        return monotonic() - max(self._last_taken_at, self._waiting_since)
