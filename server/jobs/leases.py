"""Taking jobs out of the queue: each is run by one process at a time, and by another if that dies.

Whoever takes a job holds it by a lease that it renews. A process that dies renews nothing, so its
jobs are free again when their leases end. What a process says of a job counts only while its
lease is the newest one. All times are of the processes' own clocks, which must agree to within a
few seconds.

Every function is a short unit of work in the caller's writing session.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, and_, exists, false, or_, select, update
from sqlalchemy.orm import Session

from server.clock import utc_now
from server.jobs.job import Job
from server.models import DEAD, DONE, QUEUED, RUNNING, JobRow

_ERROR_CHARS = 500


@dataclass(frozen=True, slots=True)
class Claim:
    """A job that is ours for now."""

    job: Job
    lane: str
    owner: str
    """The name of this lease; no other one, before or after, has it."""


def due_lanes(
    session: Session,
    lanes: Iterable[str],
    kinds: Collection[str],
    now: datetime,
    *,
    abandoned: bool = True,
) -> frozenset[str]:
    """Return those of ``lanes`` in which :func:`claim` would find a job (reads only)."""
    waiting = {
        lane: or_(
            exists().where(_queued(lane, kinds, now)),
            exists().where(_abandoned(lane, kinds, now)) if abandoned else false(),
        ).label(lane)
        for lane in lanes
    }
    if not waiting or not kinds:
        return frozenset()
    found = session.execute(select(*waiting.values())).one()
    return frozenset(lane for lane, is_due in zip(waiting, found, strict=True) if is_due)


def claim(
    session: Session,
    lane: str,
    kinds: Collection[str],
    *,
    owner: str,
    now: datetime,
    lease_seconds: float,
    abandoned: bool = True,
    without: Collection[int] = (),
) -> Claim | None:
    """Take the job of ``lane`` that has been due for longest.

    Args:
        kinds: those that can be handled here; others are left for processes that can.
        owner: a name for the lease, never used before.
        abandoned: whether to take jobs whose lease has ended, when no other is due.
        without: ids of jobs to leave alone.
    """
    row = _first(session, _queued(lane, kinds, now), without)
    if row is None and abandoned:
        row = _first(session, _abandoned(lane, kinds, now), without)
    if row is None:
        return None
    row.state = RUNNING
    row.attempts += 1
    row.lease_owner = owner
    row.lease_until = now + timedelta(seconds=lease_seconds)
    job = Job(
        id=row.id,
        kind=row.kind,
        key=row.key,
        payload=row.payload,
        business_id=row.business_id,
        lead_id=row.lead_id,
        attempt=row.attempts,
    )
    return Claim(job, lane, owner)


def renew(
    session: Session, owners: Collection[str], *, now: datetime, lease_seconds: float
) -> frozenset[str]:
    """Prolong the leases of these names; return those that are still held."""
    held = and_(JobRow.state == RUNNING, JobRow.lease_owner.in_(owners))
    session.execute(
        update(JobRow)
        .where(held)
        .values(lease_until=now + timedelta(seconds=lease_seconds))
        .execution_options(synchronize_session=False)
    )
    return frozenset(session.scalars(select(JobRow.lease_owner).where(held)))


def complete(session: Session, claimed: Claim) -> bool:
    """Write down that the job is done; False when its lease has been lost meanwhile."""
    return _end_lease(session, claimed, state=DONE, last_error="")


def fail(
    session: Session,
    claimed: Claim,
    reason: str,
    *,
    retry_at: datetime | None,
    counts: bool = True,
) -> bool:
    """Write down that this try has failed; False when the lease has been lost meanwhile.

    Args:
        retry_at: when to try again; None makes the job dead.
        counts: False when the try was not the job's fault and is not to be one of its three.
    """
    values: dict[str, Any] = {"last_error": reason[:_ERROR_CHARS]}
    if retry_at is None:
        return _end_lease(session, claimed, state=DEAD, **values)
    if not counts:
        values["attempts"] = claimed.job.attempt - 1
    return _end_lease(session, claimed, state=QUEUED, run_at=retry_at, **values)


def _queued(lane: str, kinds: Collection[str], now: datetime) -> ColumnElement[bool]:
    return and_(
        JobRow.state == QUEUED, JobRow.lane == lane, JobRow.run_at <= now, JobRow.kind.in_(kinds)
    )


def _abandoned(lane: str, kinds: Collection[str], now: datetime) -> ColumnElement[bool]:
    return and_(
        JobRow.state == RUNNING,
        JobRow.lane == lane,
        JobRow.lease_until <= now,
        JobRow.kind.in_(kinds),
    )


def _first(
    session: Session, wanted: ColumnElement[bool], without: Collection[int]
) -> JobRow | None:
    """Lock the first such job that nobody else is about to take.

    SQLite knows no locks of rows and needs none: its writers follow one another.
    """
    return session.scalar(
        select(JobRow)
        .where(wanted, JobRow.id.not_in(without))
        .order_by(JobRow.run_at, JobRow.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )


def _end_lease(session: Session, claimed: Claim, **values: Any) -> bool:
    result = session.execute(
        update(JobRow)
        .where(
            JobRow.id == claimed.job.id,
            JobRow.state == RUNNING,
            JobRow.lease_owner == claimed.owner,
        )
        .values(lease_owner="", lease_until=None, updated_at=utc_now(), **values)
        .execution_options(synchronize_session=False)
    )
    return cast("CursorResult[Any]", result).rowcount == 1
