"""Leaving alone for a while what has failed several times in a row."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from server.clock import Clock, monotonic

FAILURES = 3
"""So many in a row open the circuit."""
OPEN_SECONDS = 60.0
"""For so long nothing is tried; then one trial decides about the next minute."""


@dataclass(slots=True)
class _Circuit:
    failures: int = 0
    closed_from: float = float("-inf")
    """While it is open: when the next trial may be made."""


class Breaker:
    """Circuits by key, closed until they fail. Safe to use from any thread."""

    def __init__(self, clock: Clock = monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._circuits: dict[int, _Circuit] = {}
        """Of those only that have failed since they last worked."""

    def allows(self, key: int) -> bool:
        """Tell whether to try. Of an open circuit's minute only the first who asks may."""
        with self._lock:
            circuit = self._circuits.get(key)
            if circuit is None or circuit.failures < FAILURES:
                return True
            now = self._clock()
            if now < circuit.closed_from:
                return False
            circuit.closed_from = now + OPEN_SECONDS
            return True

    def worked(self, key: int) -> None:
        """A try went well: whatever failed before is forgotten."""
        if self._circuits:
            with self._lock:
                self._circuits.pop(key, None)

    def failed(self, key: int) -> bool:
        """A try failed; tell whether the circuit is open now."""
        with self._lock:
            circuit = self._circuits.setdefault(key, _Circuit())
            circuit.failures += 1
            if circuit.failures < FAILURES:
                return False
            circuit.closed_from = self._clock() + OPEN_SECONDS
            return True
