"""``flask jobs``: background work, and what has become of it."""

from __future__ import annotations

import click
from sqlalchemy import select

from server.cli.base import CommandGroup
from server.errors import NotFoundError
from server.jobs import retry
from server.models import DEAD, DONE, QUEUED, RUNNING, JobRow
from server.wiring import services

group = CommandGroup("jobs", help="Background work.")

_OPEN = (QUEUED, RUNNING, DEAD)


@group.command("list")
@click.option(
    "--state",
    type=click.Choice((*_OPEN, DONE)),
    help="Only these; everything that is not done by default.",
)
@click.option("--limit", default=50, show_default=True, help="How many, the newest first.")
def list_jobs(state: str | None, limit: int) -> None:
    """List jobs: id, state, lane, kind, tries, due, business, last error."""
    wanted = select(JobRow).where(JobRow.state.in_((state,) if state else _OPEN))
    with services().database.read() as session:
        rows = session.scalars(wanted.order_by(JobRow.id.desc()).limit(limit)).all()
    for row in rows:
        business = "-" if row.business_id is None else str(row.business_id)
        due = f"{row.run_at:%Y-%m-%d %H:%M:%S}"
        error = " ".join(row.last_error.split()) or "-"
        fields = (row.id, row.state, row.lane, row.kind, row.attempts, due, business, error)
        click.echo("\t".join(map(str, fields)))


@group.command("retry")
@click.argument("job_id", type=int, metavar="ID")
def retry_job(job_id: int) -> None:
    """Try the dead job with this ID again (see `jobs list`)."""
    with services().database.write() as session:
        if not retry(session, job_id):
            raise NotFoundError(f"there is no dead job {job_id}")
    click.echo(f"Job {job_id} is tried again.")
