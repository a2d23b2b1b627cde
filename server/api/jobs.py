"""Background work of a business: what waits, runs, and was given up."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from flask import Response
from pydantic import BaseModel, Field
from sqlalchemy import select

from server.accounts import record_change
from server.api.access import caller, missing, needs
from server.api.fields import Input
from server.api.paging import Page, PageQuery, cut_page, decode_cursor
from server.api.resource import BUSINESS_ID, answer, new_resource, writing
from server.errors import ConflictError
from server.jobs.queue import retry
from server.models import ADMIN, DEAD, Business, JobRow
from server.wiring import services

blueprint = new_resource("jobs", "Background work: what waits, runs, and was given up.")

JOBS = f"/businesses/{BUSINESS_ID}/jobs"

MOST_AT_ONCE = 500
"""Pieces of work that are tried again together."""


class JobsPath(BaseModel):
    """Whose work."""

    business_id: int = Field(description="Id of the business.")


class JobPath(JobsPath):
    """Which piece of work."""

    job_id: int = Field(description="Id of the job.")


class JobsQuery(PageQuery):
    """Which jobs."""

    state: Literal["queued", "running", "done", "dead"] | None = Field(
        default=None, description="dead: given up, with the reason."
    )


class Retry(Input):
    """Nothing needs to be said."""


class JobView(BaseModel):
    """One piece of work."""

    id: int
    lane: str
    kind: str
    business_id: int | None = Field(description="None: the server's own.")
    lead_id: int | None
    state: str
    attempts: int
    last_error: str = Field(description="Why the last try failed; empty: none did.")
    run_at: datetime = Field(description="Not before this instant.")
    created_at: datetime
    updated_at: datetime


class JobPage(Page):
    """A page of jobs."""

    items: list[JobView]


@blueprint.get(JOBS, responses={200: JobPage})
@needs(ADMIN)
def list_jobs(path: JobsPath, query: JobsQuery) -> Response:
    """List the background work of a business, newest first."""
    return answer(page_of_jobs(query, path.business_id))


@blueprint.post(f"{JOBS}/<int(max=2147483647):job_id>/retry", responses=writing(JobView))
@needs(ADMIN)
def retry_job(path: JobPath, body: Retry) -> Response:
    """Give a job that was given up its tries again."""
    return answer(try_again(path.job_id, caller().actor, path.business_id))


def page_of_jobs(query: JobsQuery, business_id: int | None = None) -> JobPage:
    """Return a page of jobs, newest first: of one business, or of all and of the server itself.

    Raises:
        NotFoundError: there is no such business.
    """
    wanted = select(JobRow).order_by(JobRow.id.desc())
    if business_id is not None:
        wanted = wanted.where(JobRow.business_id == business_id)
    if query.state is not None:
        wanted = wanted.where(JobRow.state == query.state)
    if query.cursor is not None:
        wanted = wanted.where(JobRow.id < decode_cursor(query.cursor, int)[0])
    with services().database.read() as session:
        if business_id is not None and session.get(Business, business_id) is None:
            raise missing("business")
        rows = session.scalars(wanted.limit(query.limit + 1)).all()
    page, following = cut_page(rows, query.limit, lambda row: (row.id,))
    return JobPage(items=[view_of(row) for row in page], next_cursor=following)


def try_again(job_id: int, actor: str, business_id: int | None = None) -> JobView:
    """Give a job that was given up its tries again.

    Args:
        job_id: its id.
        actor: for the log of changes.
        business_id: whose job it has to be; None: anybody's.

    Raises:
        NotFoundError: there is no such job.
        ConflictError: it was not given up.
    """
    with services().database.write() as session:
        row = session.get(JobRow, job_id)
        if row is None or (business_id is not None and row.business_id != business_id):
            raise missing("job")
        if not retry(session, row.id):
            raise ConflictError("Only a job that was given up can be retried.", code="not_dead")
        record_change(
            session,
            actor,
            "job.retry",
            business_id=row.business_id,
            target=f"job:{row.id}",
            detail={"kind": row.kind},
        )
        session.flush()
        return view_of(row)


def try_all_again(actor: str, business_id: int) -> int:
    """Give the work of a business that was given up its tries again; return how much there was.

    At most ``MOST_AT_ONCE`` pieces, the oldest ones.
    """
    given_up = (
        select(JobRow)
        .where(JobRow.business_id == business_id, JobRow.state == DEAD)
        .order_by(JobRow.id)
        .limit(MOST_AT_ONCE)
    )
    with services().database.write() as session:
        tried = [row.id for row in session.scalars(given_up).all() if retry(session, row.id)]
        if tried:
            record_change(
                session, actor, "job.retry", business_id=business_id, detail={"count": len(tried)}
            )
    return len(tried)


def view_of(row: JobRow) -> JobView:
    """Return what is shown of a job."""
    return JobView.model_validate(row, from_attributes=True)
