"""A lead's way through the pipeline: new → processing → processed | failed.

Everything here happens in the caller's transaction: a call that is stored as ended has its card
under way, whatever becomes of this process. The summary's own job is in
:mod:`server.leads.summarise`.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from server.business_settings import business_settings
from server.clock import utc_now
from server.db import tell_after_commit
from server.jobs import enqueue
from server.jobs.queue import QUEUED_NEWS
from server.leads.alerts import ask_to_alert
from server.leads.events import CALL_COMPLETED, LEAD_CREATED, announce
from server.leads.transcript import Line, write_lines
from server.models import DEAD, QUEUED, RUNNING, Business, Call, JobRow, Lead, Recording

SUMMARISE = "summarise"
"""Kind of the job that writes the card; its payload may name the ``transcript_id`` it is for."""

CLOSE_CALL = "close_call"
"""Kind of the job that ends a call of which nobody here has said that it is over."""

SUMMARY_LANE = "summary"

RECORDING_WAIT_SECONDS = 40
"""How long a card waits for the transcript of its recording before the live one has to do."""

CLOSE_WAIT_SECONDS = 10
"""After the carrier's last word: a session that still runs says by then what was said in it."""

_COMING = ("announced", "stored")


def lead_created(session: Session, lead: Lead, *, is_test: bool) -> None:
    """Tell whoever wants to know of the new ``lead``, which has its id already."""
    if not is_test:
        announce(session, LEAD_CREATED, lead)


def carrier_said_over(session: Session, call: Call) -> None:
    """Have the call closed in a moment, should nobody do so before (a call without a stream)."""
    enqueue(
        session,
        CLOSE_CALL,
        f"{CLOSE_CALL}:{call.call_sid}",
        {"call_sid": call.call_sid},
        lane=SUMMARY_LANE,
        business_id=call.business_id,
        lead_id=call.lead_id,
        run_at=utc_now() + timedelta(seconds=CLOSE_WAIT_SECONDS),
    )


def call_finished(session: Session, call: Call) -> None:
    """Put what was said live into the card, and have it summed up; again changes nothing.

    Where a recording is on its way, its own transcript is waited for, but not for long.
    """
    lead = session.get(Lead, call.lead_id) if call.lead_id else None
    if lead is None:
        return
    if not call.is_test:  # once, however often this is told
        announce(session, CALL_COMPLETED, lead)
        if lead.wants_callback:
            ask_to_alert(session, lead)
    if lead.status not in ("new", "processing"):
        return
    if lead.transcript_source == "live" or not lead.transcript:
        transcript = write_lines(Line(turn.speaker, turn.text) for turn in call.turns)
        lead.transcript = transcript or lead.transcript
        lead.transcript_source = "live" if lead.transcript else ""
    if lead.status == "processing":
        return
    lead.status = "processing"
    wait = RECORDING_WAIT_SECONDS if _recording_expected(session, call) else 0
    enqueue(
        session,
        SUMMARISE,
        _live_key(lead.id),
        {"source": "live"},
        lane=SUMMARY_LANE,
        business_id=lead.business_id,
        lead_id=lead.id,
        run_at=utc_now() + timedelta(seconds=wait),
    )


def recording_lost(session: Session, recording: Recording) -> None:
    """Say on the card why its recording cannot be had, and make it of the live transcript now."""
    lead = session.get(Lead, recording.lead_id) if recording.lead_id else None
    if lead is not None:
        lead.error = lead.error or recording_problem(session, lead)
        no_recording_comes(session, lead.id)


def recording_problem(session: Session, lead: Lead) -> str:
    """Return why the newest recording of the lead's call cannot be had; empty if it can."""
    newest = session.scalar(
        select(Recording)
        .where(Recording.call_sid == lead.call_sid)
        .order_by(Recording.id.desc())
        .limit(1)
    )
    failed = newest is not None and newest.state == "failed"
    return f"No recording: {newest.error}" if newest is not None and failed else ""


def no_recording_comes(session: Session, lead_id: int) -> None:
    """Have the card made of the live transcript now: there is nothing to wait for any more."""
    session.execute(
        update(JobRow)
        .where(JobRow.key == _live_key(lead_id), JobRow.state == QUEUED, JobRow.attempts == 0)
        .values(run_at=utc_now())
    )
    tell_after_commit(session, QUEUED_NEWS, SUMMARY_LANE)


def make_again(session: Session, lead: Lead) -> bool:
    """Have the card made once more, from what transcript there is.

    Returns:
        False when it is being made already.
    """
    busy = session.scalar(
        select(JobRow.id).where(
            JobRow.lead_id == lead.id,
            JobRow.kind == SUMMARISE,
            JobRow.state.in_((QUEUED, RUNNING)),
            JobRow.run_at <= utc_now() + timedelta(seconds=1),
        )
    )
    if busy is not None:
        return False
    lead.status, lead.error = "processing", ""
    return enqueue(
        session,
        SUMMARISE,
        f"{SUMMARISE}:{lead.id}:again:{utc_now().timestamp():.6f}",
        {"source": "again"},
        lane=SUMMARY_LANE,
        business_id=lead.business_id,
        lead_id=lead.id,
    )


def dead_jobs(session: Session, lead: Lead) -> list[int]:
    """Return the ids of the lead's jobs that were given up before its card could be made."""
    found = session.scalars(
        select(JobRow.id)
        .where(JobRow.lead_id == lead.id, JobRow.state == DEAD)
        .where(JobRow.lane.in_(("download", "transcription")))
        .order_by(JobRow.id)
    )
    return list(found)


def _live_key(lead_id: int) -> str:
    return f"{SUMMARISE}:{lead_id}:live"


def _recording_expected(session: Session, call: Call) -> bool:
    states = session.scalars(select(Recording.state).where(Recording.call_sid == call.call_sid))
    if known := states.all():
        return any(state in _COMING for state in known)
    business = session.get(Business, call.business_id)
    return business is not None and business_settings(business.settings).recording
