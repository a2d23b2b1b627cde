"""The queue's own housekeeping."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, select

from server.clock import utc_now
from server.db import Database
from server.jobs.job import Handler, Job
from server.models import DONE, JobRow

PURGE_JOBS = "purge_jobs"
"""The kind of the nightly job that forgets what has long been done."""

KEEP_DAYS = 7
"""For how long a job that is done is kept, and with it the memory of its key."""

_AT_ONCE = 500


def purge_jobs(database: Database) -> Handler:
    """Return the handler of ``PURGE_JOBS``; dead jobs stay until somebody retries them."""

    def handle(_: Job) -> None:
        before = utc_now() - timedelta(days=KEEP_DAYS)
        old = select(JobRow.id).where(JobRow.state == DONE, JobRow.updated_at < before)
        while True:
            with database.write() as session:  # many short ones, so that nobody waits for long
                ids = session.scalars(old.limit(_AT_ONCE)).all()
                session.execute(delete(JobRow).where(JobRow.id.in_(ids)))
            if len(ids) < _AT_ONCE:
                return

    return handle
