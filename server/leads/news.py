"""What has just changed among the leads: for pages that follow, and for counts that are kept.

Told by the units of work of this process (:data:`server.db.LEAD_NEWS`). What other processes
change is not heard of here, so whoever waits also looks for itself from time to time.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass, field

from server.db import LEAD_NEWS, Database

_KEPT = 200
"""Changes remembered for each business; whoever is further behind is told that much has changed."""


@dataclass(slots=True)
class _Changes:
    count: int = 0
    newest: deque[int] = field(default_factory=lambda: deque(maxlen=_KEPT))


class LeadNews:
    """The latest changes of each business's leads, to be waited for."""

    def __init__(self, database: Database) -> None:
        self._changes: dict[int, _Changes] = {}
        self._changed = threading.Condition()
        database.on_news(LEAD_NEWS, self._hear)

    def count(self, business_id: int) -> int:
        """Return how many changes there have been; a mark to wait from."""
        known = self._changes.get(business_id)
        return known.count if known else 0

    def wait(self, business_id: int, seen: int, timeout_seconds: float) -> tuple[int, list[int]]:
        """Wait for changes after ``seen``, but no longer than this.

        Returns:
            The new count and the ids of the leads that changed, each once; none after a time-out.
        """
        with self._changed:
            self._changed.wait_for(lambda: self.count(business_id) > seen, timeout_seconds)
            known = self._changes.get(business_id)
            if known is None or known.count <= seen:
                return seen, []
            missed = min(known.count - seen, len(known.newest))
            return known.count, list(dict.fromkeys(list(known.newest)[-missed:]))

    def _hear(self, told: frozenset[Hashable]) -> None:
        with self._changed:
            for value in told:
                if not isinstance(value, tuple):
                    continue
                business_id, lead_id = value
                known = self._changes.setdefault(business_id, _Changes())
                known.count += 1
                known.newest.append(lead_id)
            self._changed.notify_all()
