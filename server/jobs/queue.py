"""Putting work into the queue, in the same transaction as what makes it necessary."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from server.clock import utc_now
from server.db import tell_after_commit
from server.jobs.job import LANES
from server.models import DEAD, QUEUED, RUNNING, JobRow

QUEUED_NEWS = "jobs"
"""The topic of :func:`server.db.tell_after_commit` under which lanes with new work are told."""

DAILY_HOUR = 2
"""Hour of the day, UTC, from which daily work is done: night in Israel."""

_KEY_CHARS = 200


def enqueue(
    session: Session,
    kind: str,
    key: str,
    payload: Mapping[str, Any],
    *,
    lane: str,
    business_id: int | None = None,
    lead_id: int | None = None,
    run_at: datetime | None = None,
) -> bool:
    """Ask for work; it exists if and only if the caller's transaction commits.

    Args:
        kind: names the handler.
        key: makes repeated requests for the same work one job, whatever has become of it (a job
            that is done is forgotten after a week).
        payload: ids, not contents; JSON.
        lane: one of ``LANES``.
        run_at: not before this instant; at once by default.

    Returns:
        False when there is a job with this key already; nothing is changed then.
    """
    if lane not in LANES:
        raise ValueError(f"no lane is called {lane}")
    if len(key) > _KEY_CHARS:
        raise ValueError(f"the key of a job has at most {_KEY_CHARS} characters")
    values = {
        "kind": kind,
        "key": key,
        "payload": dict(payload),
        "lane": lane,
        "business_id": business_id,
        "lead_id": lead_id,
        "run_at": run_at or utc_now(),
    }
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(JobRow.__table__).values(values)
    result = session.execute(statement.on_conflict_do_nothing(index_elements=["key"]))
    added = cast("CursorResult[Any]", result).rowcount == 1
    if added:
        tell_after_commit(session, QUEUED_NEWS, lane)
    return added


def enqueue_daily(session: Session, kind: str, *, now: datetime | None = None) -> bool:
    """Ask for the next nightly run of ``kind`` in the upkeep lane; asking again changes nothing.

    Returns:
        False when that run has been asked for already.
    """
    now = now or utc_now()
    run_at = now.replace(hour=DAILY_HOUR, minute=0, second=0, microsecond=0)
    if run_at <= now:
        run_at += timedelta(days=1)
    key = f"{kind}:{run_at.date().isoformat()}"
    return enqueue(session, kind, key, {}, lane="upkeep", run_at=run_at)


def retry(session: Session, job_id: int) -> bool:
    """Give a dead job its tries again, from now on; False where no dead job has this id."""
    row = session.get(JobRow, job_id, with_for_update=True)
    if row is None or row.state != DEAD:
        return False
    row.state, row.attempts, row.run_at = QUEUED, 0, utc_now()
    tell_after_commit(session, QUEUED_NEWS, row.lane)
    return True


def counts(session: Session) -> dict[str, dict[str, int]]:
    """Return how many jobs of each lane are ``queued``, ``running`` and ``dead``."""
    found = {lane: dict.fromkeys((QUEUED, RUNNING, DEAD), 0) for lane in LANES}
    rows = session.execute(
        select(JobRow.lane, JobRow.state, func.count())
        .where(JobRow.state.in_((QUEUED, RUNNING, DEAD)))
        .group_by(JobRow.lane, JobRow.state)
    )
    for lane, state, number in rows:
        found.setdefault(lane, dict.fromkeys((QUEUED, RUNNING, DEAD), 0))[state] = number
    return found
