"""Time at the edges. The pure core is handed ``now``; only the shell around it reads a clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], float]
"""Returns seconds from an arbitrary start that never run backwards."""

monotonic: Clock = time.monotonic


def utc_now() -> datetime:
    """Return the current instant, aware, in UTC (what the database stores)."""
    return datetime.now(UTC)
