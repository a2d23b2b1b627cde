"""How many leads wait for whom: the numbers on the filters of the list and in the navigation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from server.clock import Clock, monotonic
from server.db import Database
from server.leads.news import LeadNews
from server.models import Lead

FRESH_SECONDS = 10.0
"""So long a count is believed; what this process changes is seen at once."""

OPEN_WORK = ("new", "in_work")
"""The ``work_status`` of leads that somebody still has to do something about."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many leads of one business there are of each kind; test calls are only in ``test``."""

    total: int = 0
    new: int = 0
    in_work: int = 0
    done: int = 0
    lost: int = 0
    unread: int = 0
    callback: int = 0
    """Want to be called back, and are not settled."""
    failed: int = 0
    test: int = 0


class LeadCounts:
    """Counts by business, remembered for a moment.

    Args:
        news: tells when they have to be made anew.
    """

    def __init__(self, database: Database, news: LeadNews, clock: Clock = monotonic) -> None:
        self._database = database
        self._news = news
        self._clock = clock
        self._known: dict[int, tuple[int, float, Counts]] = {}

    def of(self, business_id: int) -> Counts:
        """Return the counts of this business."""
        # Read before the rows: what changes meanwhile makes them old again.
        changes, now = self._news.count(business_id), self._clock()
        known = self._known.get(business_id)
        if known is not None and known[0] == changes and now - known[1] < FRESH_SECONDS:
            return known[2]
        counts = self._read(business_id)
        self._known[business_id] = (changes, now, counts)
        return counts

    def _read(self, business_id: int) -> Counts:
        unread = Lead.read_at.is_(None)
        kinds = (Lead.is_test, Lead.work_status, Lead.status, Lead.wants_callback, unread)
        grouped = (
            select(*kinds, func.count()).where(Lead.business_id == business_id).group_by(*kinds)
        )
        with self._database.read() as session:
            rows = session.execute(grouped).all()
        return _summed(rows)


def _summed(rows: Iterable[Any]) -> Counts:
    sums = dict.fromkeys(Counts.__dataclass_fields__, 0)
    for is_test, work_status, status, wants_callback, unread, number in rows:
        if is_test:
            sums["test"] += number
            continue
        sums["total"] += number
        if work_status in sums:
            sums[work_status] += number
        sums["unread"] += number if unread else 0
        sums["failed"] += number if status == "failed" else 0
        sums["callback"] += number if wants_callback and work_status in OPEN_WORK else 0
    return Counts(**sums)
