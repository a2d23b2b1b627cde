"""The state of this process and of what it hangs on: for health checks, the API and the pages."""

from __future__ import annotations

import logging
import shutil
from dataclasses import dataclass

from server.db import is_unavailable
from server.wiring import Services

log = logging.getLogger(__name__)

LOW_SHARE = 0.05
LOW_BYTES = 1 << 30
"""Less room than both of these, and recordings will soon not fit."""


@dataclass(frozen=True, slots=True)
class DatabaseState:
    """Whether the database answers."""

    ok: bool
    kind: str
    """``sqlite`` or ``postgresql``."""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Room:
    """The disk under MEDIA_DIR."""

    free_bytes: int
    total_bytes: int

    @property
    def is_low(self) -> bool:
        """Tell whether recordings will soon not fit."""
        return self.free_bytes < min(LOW_BYTES, LOW_SHARE * self.total_bytes)


def database_state(parts: Services) -> DatabaseState:
    """Ask the database for the cheapest thing there is."""
    kind = parts.database.engine.dialect.name
    try:
        parts.database.ping()
    except Exception as error:
        if not is_unavailable(error):
            log.exception("[HEALTH] database check failed")
        return DatabaseState(False, kind, type(error).__name__)
    return DatabaseState(True, kind)


def jobs_state(parts: Services) -> dict[str, dict[str, int]] | None:
    """Return how many jobs of each lane wait, run and are dead; None when nobody can tell."""
    try:
        return parts.jobs.counts()
    except Exception as error:
        if not is_unavailable(error):
            log.exception("[HEALTH] the jobs cannot be counted")
        return None


def media_room(parts: Services) -> Room | None:
    """Return the room where recordings and rendered speech are kept; None when it is not there."""
    folder = parts.settings.media_dir
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent  # it is made when something is first kept
    try:
        usage = shutil.disk_usage(folder)
    except OSError:
        return None
    return Room(usage.free, usage.total)
