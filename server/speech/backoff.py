"""Leaving a provider alone that is down, longer each time, but never for good."""

from __future__ import annotations

import threading

from server.clock import monotonic

FIRST_SECONDS = 30.0
LONGEST_SECONDS = 1800.0


class Backoff:
    """How long one provider is still to be left alone. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pause_seconds = 0.0
        self._until = float("-inf")

    def failed(self) -> None:
        """The provider failed: pause, twice as long as the last time."""
        with self._lock:
            doubled = max(FIRST_SECONDS, 2 * self._pause_seconds)
            self._pause_seconds = min(LONGEST_SECONDS, doubled)
            self._until = monotonic() + self._pause_seconds

    def worked(self) -> None:
        """The provider answered: no pause."""
        with self._lock:
            self._pause_seconds = 0.0
            self._until = float("-inf")

    @property
    def seconds_left(self) -> float:
        """Until the provider may be asked again; 0.0 or less: now."""
        return max(0.0, self._until - monotonic())
