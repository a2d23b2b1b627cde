"""One try at a job, and what becomes of the job after it."""

from __future__ import annotations

import itertools
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeVar

from server.db import is_unavailable
from server.jobs.job import GiveUp, Handler, HearsOfDeath, Job, RetryLater

log = logging.getLogger(__name__)

_Result = TypeVar("_Result")

BACK_OFF_SECONDS = (2.0, 10.0)
"""The wait after the first try that fails, and after the second."""
TRIES = len(BACK_OFF_SECONDS) + 1

_UNAVAILABLE_SECONDS = 2.0
_AGAIN_SECONDS = (0.1, 0.25, 0.5, 1.0, 2.0)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a try has ended. ``postponed`` is no try: the database was away."""

    name: Literal["done", "retry", "dead", "postponed"]
    reason: str = ""
    wait_seconds: float = 0.0


def attempt(handler: Handler, job: Job) -> Outcome:
    """Let ``handler`` do ``job``; whatever it raises becomes an outcome."""
    if job.attempt > TRIES:  # nobody was left to count the last one as failed
        return Outcome("dead", "its process died while it ran, at every try")
    wait_seconds: float | None = None
    try:
        handler(job)
    except GiveUp as answer:
        return Outcome("dead", answer.reason)
    except RetryLater as answer:
        reason, wait_seconds = answer.reason, answer.seconds
    except Exception as error:
        if is_unavailable(error):
            return Outcome("postponed", f"database: {type(error).__name__}", _UNAVAILABLE_SECONDS)
        log.exception("[JOB] id=%d kind=%s raised", job.id, job.kind)
        reason = f"{type(error).__name__}: {error}"
    else:
        return Outcome("done")
    if job.attempt >= TRIES:
        return Outcome("dead", reason)
    usual = BACK_OFF_SECONDS[job.attempt - 1]
    return Outcome("retry", reason, usual if wait_seconds is None else wait_seconds)


def tell_of_death(handler: Handler, job: Job, reason: str) -> None:
    """Call the handler's ``on_dead``, if it has one; what that raises is logged."""
    if not isinstance(handler, HearsOfDeath):
        return
    try:
        until_available(lambda: handler.on_dead(job, reason))
    except Exception:
        log.exception("[JOB] id=%d kind=%s on_dead raised", job.id, job.kind)


def until_available(unit: Callable[[], _Result]) -> _Result:
    """Repeat ``unit`` for as long as the database is locked or gone; return what it returns."""
    waits = itertools.chain(_AGAIN_SECONDS, itertools.repeat(_AGAIN_SECONDS[-1]))
    while True:
        try:
            return unit()
        except Exception as error:
            if not is_unavailable(error):
                raise
        time.sleep(next(waits))
