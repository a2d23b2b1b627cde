"""What is done again and again so that it is ready when a call needs it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence

log = logging.getLogger(__name__)

WARM_SECONDS = 480.0
"""Eight minutes: before synthesisers and the connections to them go cold."""


class WarmUp:
    """Does its tasks at once and every ``WARM_SECONDS`` from then on, on a thread of its own.

    Args:
        tasks: done in order; one that fails costs itself.
        pause: waits for so many seconds.
    """

    def __init__(
        self, tasks: Sequence[Callable[[], None]], pause: Callable[[float], None] = time.sleep
    ) -> None:
        self._tasks = tuple(tasks)
        self._pause = pause

    def start(self) -> None:
        """Begin; it goes on as long as the process."""
        threading.Thread(target=self._keep_warm, name="warm-up", daemon=True).start()

    def _keep_warm(self) -> None:
        while True:
            for task in self._tasks:
                try:
                    task()
                except Exception:
                    log.exception("[WARM_UP] a task failed")
            self._pause(WARM_SECONDS)
