"""Everything about one number or one lead: found, told, and deleted."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, case, delete, or_, select
from sqlalchemy.orm import Session, selectinload

from server.business_settings import business_settings
from server.clock import utc_now
from server.db import LEAD_NEWS, Database, tell_after_commit
from server.jobs import Job, enqueue
from server.leads.pipeline import call_finished
from server.models import Business, Call, CallTurn, Lead, Recording, Transcript
from server.recordings import store

log = logging.getLogger(__name__)

TIDY_LEADS = "tidy_leads"
"""Kind of the nightly job: leads past their time go, calls that a crash left open are closed."""

_AT_ONCE = 200
_ERASED_AT_ONCE = 10
_PAUSE_SECONDS = 0.01
_LATE_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Erased:
    """How much was deleted."""

    leads: int = 0
    calls: int = 0
    transcripts: int = 0
    recordings: int = 0


def leads_of_number(business_id: int, number: str) -> ColumnElement[bool]:
    """Return the condition for the leads of a business that are about ``number`` (E.164).

    Whoever called from it, was called at it, or left it to be called back. The business's own side
    does not count: of its own number that would be every call it ever had.
    """
    theirs = case((Call.direction == "outbound", Call.to_number), else_=Call.from_number)
    calls = select(Call.lead_id).where(
        Call.business_id == business_id, theirs == number, Call.lead_id.is_not(None)
    )
    told = Lead.fields["phone"].as_string()
    national = "0" + number.removeprefix("+972") if number.startswith("+972") else number
    return (Lead.business_id == business_id) & or_(
        Lead.phone == number, Lead.id.in_(calls), told.in_((number, national))
    )


def erase(session: Session, leads: Sequence[Lead]) -> Erased:
    """Delete ``leads`` with their calls, transcripts and jobs; files of recordings follow."""
    if not leads:
        return Erased()
    lead_ids = [lead.id for lead in leads]
    calls = session.scalars(select(Call.call_sid).where(Call.lead_id.in_(lead_ids))).all()
    sids = sorted({*calls, *(lead.call_sid for lead in leads)})
    transcripts = session.scalars(select(Transcript.id).where(Transcript.call_sid.in_(sids))).all()
    recordings = session.scalars(
        select(Recording).where(or_(Recording.call_sid.in_(sids), Recording.lead_id.in_(lead_ids)))
    ).all()
    store.forget(session, recordings)
    session.flush()
    # The database deletes what hangs on these; row by row it would hold up every call.
    for rows in (
        delete(Transcript).where(Transcript.id.in_(transcripts)),
        delete(CallTurn).where(CallTurn.call_sid.in_(calls)),
        delete(Call).where(Call.call_sid.in_(calls)),
        delete(Lead).where(Lead.id.in_(lead_ids)),
    ):
        session.execute(rows.execution_options(synchronize_session=False))
    for lead in leads:  # bulk statements tell nobody
        tell_after_commit(session, LEAD_NEWS, (lead.business_id, lead.id))
    session.expire_all()
    return Erased(len(leads), len(calls), len(transcripts), len(recordings))


class TidyLeads:
    """Handler of ``tidy_leads``.

    Args:
        database: where the leads are.
        max_call_seconds: a call that began longer ago cannot be running any more.
    """

    def __init__(self, database: Database, max_call_seconds: float) -> None:
        self._database = database
        self._max_call_seconds = max_call_seconds

    def ask(self) -> None:
        """Ask for two runs after a start, which may follow a crash: of old calls, and of new."""
        now = utc_now()
        soon = now + timedelta(seconds=self._max_call_seconds + _LATE_SECONDS)
        with self._database.write() as session:
            for at in (now, soon):
                key = f"{TIDY_LEADS}:{at.isoformat(timespec='minutes')}"
                enqueue(session, TIDY_LEADS, key, {}, lane="upkeep", run_at=at)

    def __call__(self, job: Job) -> None:
        """Close calls that were left open, and delete the leads that are past their time."""
        while self._close_some():
            pass
        with self._database.read() as session:
            businesses = session.scalars(select(Business)).all()
        for business in businesses:
            days = business_settings(business.settings).lead_retention_days
            time.sleep(_PAUSE_SECONDS)
            while days and self._purge_some(business.id, days):
                time.sleep(_PAUSE_SECONDS)

    def _close_some(self) -> bool:
        before = utc_now() - timedelta(seconds=self._max_call_seconds + _LATE_SECONDS)
        with self._database.write() as session:
            calls = session.scalars(
                select(Call)
                .where(Call.ended_at.is_(None), Call.started_at < before)
                .options(selectinload(Call.turns))
                .limit(_AT_ONCE)
            ).all()
            for call in calls:
                call.ended_at = call.turns[-1].created_at if call.turns else call.started_at
                call.end_reason = call.end_reason or "error"
                call.status = "failed"
                call_finished(session, call)
            if calls:
                log.warning("[CALL_END] left open by a crash: %d", len(calls))
        return len(calls) == _AT_ONCE

    def _purge_some(self, business_id: int, days: int) -> bool:
        before = utc_now() - timedelta(days=days)
        with self._database.write() as session:
            leads = session.scalars(
                select(Lead)
                .where(Lead.business_id == business_id, Lead.created_at < before)
                .limit(_ERASED_AT_ONCE)
            ).all()
            erased = erase(session, leads)
        if erased.leads:
            log.info("[RETENTION] biz=%d leads=%d", business_id, erased.leads)
        return erased.leads == _ERASED_AT_ONCE
