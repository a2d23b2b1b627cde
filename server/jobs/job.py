"""What a handler is given, and what it may answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

LANES: Mapping[str, int] = {
    "download": 2,
    "transcription": 2,
    "summary": 4,
    "webhook": 4,
    "mail": 1,
    "upkeep": 1,
}
"""The lanes, and how many jobs of each a process does at once."""


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work, as its handler sees it."""

    id: int
    kind: str
    key: str
    payload: Mapping[str, Any]
    business_id: int | None
    lead_id: int | None
    attempt: int
    """1 at the first try."""

    def wait_of(self, waits: Sequence[float]) -> float:
        """Return which of ``waits`` (seconds) follows this try; the last one serves all later."""
        return waits[min(self.attempt, len(waits)) - 1]


Handler = Callable[[Job], None]
"""Does one kind of work. It may run again after it has succeeded (its process can die before
that is written down), so it must be idempotent. It opens short units of work of its own and holds
none across a network call. It ends by returning, or by raising :class:`RetryLater` or
:class:`GiveUp`; any other exception is logged and counts as :class:`RetryLater`."""


@runtime_checkable
class HearsOfDeath(Protocol):
    """A handler, made as an object, that wants to know when a job of its kind is given up."""

    def on_dead(self, job: Job, reason: str) -> None:
        """React to the end of all tries (idempotent, as it may be told twice).

        It is called just before the job's state becomes ``dead``.
        """


class RetryLater(Exception):  # noqa: N818 - an answer, not an error
    """The work cannot be done now; it is tried again while tries are left.

    Args:
        reason: for the people who look at the job; no personal data.
        seconds: how long to wait; 2 s, then 10 s by default.
    """

    def __init__(self, reason: str, seconds: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.seconds = seconds


class GiveUp(Exception):  # noqa: N818 - an answer, not an error
    """The work can never be done; the job is dead at once.

    Args:
        reason: for the people who look at the job; no personal data.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
