"""The rows of a call: each function makes one idempotent unit of work for the recorder."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.calls.endings import TERMINAL_STATUSES
from server.calls.recorder import Write
from server.clock import utc_now
from server.directory import dialled_number
from server.leads.alerts import ask_to_alert
from server.leads.pipeline import call_finished, carrier_said_over, lead_created
from server.models import Business, Call, CallTurn, Lead
from server.recordings.store import call_appeared
from server.turns.actions import SaveTurn

_MAX_NUMBER_CHARS = 40
_RANK = {"queued": 0, "initiated": 1, "ringing": 2, "in-progress": 3} | dict.fromkeys(
    TERMINAL_STATUSES, 4
)


def call_arrived(
    *,
    call_sid: str,
    business_id: int,
    direction: str,
    from_number: str,
    to_number: str,
    is_test: bool,
    prompt_hash: str,
    agent: str,
    at: datetime,
) -> Write:
    """Create the lead and the call, once."""
    # A SIP address is easily longer than a number; what does not fit must not cost the row.
    from_number, to_number = from_number[:_MAX_NUMBER_CHARS], to_number[:_MAX_NUMBER_CHARS]

    def work(session: Session) -> None:
        if session.get(Call, call_sid) or session.get(Business, business_id) is None:
            return
        phone = from_number if direction == "inbound" else to_number
        lead = session.scalar(select(Lead).where(Lead.call_sid == call_sid))
        if lead is None:
            lead = Lead(
                business_id=business_id,
                call_sid=call_sid,
                phone=phone,
                created_at=at,
                fields={},
                is_test=is_test,
            )
            session.add(lead)
            session.flush()
            lead_created(session, lead, is_test=is_test)
        call = Call(
            call_sid=call_sid,
            business_id=business_id,
            lead_id=lead.id,
            direction=direction,
            from_number=from_number,
            to_number=to_number,
            is_test=is_test,
            prompt_hash=prompt_hash,
            agent=agent,
            status="ringing",
            started_at=at,
        )
        session.add(call)
        session.flush()
        call_appeared(session, call)

    return work


def status_changed(call_sid: str, status: str, duration_seconds: int | None) -> Write:
    """Move the call's status forward; a late or repeated callback never moves it back."""

    def work(session: Session) -> None:
        call = session.get(Call, call_sid)
        if call is None or _RANK.get(status, -1) <= _RANK.get(call.status, -1):
            if call is not None and duration_seconds is not None and status == call.status:
                call.duration = duration_seconds
            return
        call.status = status
        if duration_seconds is not None:
            call.duration = duration_seconds
        if status in TERMINAL_STATUSES:
            call.ended_at = call.ended_at or utc_now()
            call.end_reason = call.end_reason or f"call_status_{status}"
            carrier_said_over(session, call)

    return work


def call_ended(call_sid: str, reason: str, at: datetime, stages_ms: Mapping[str, float]) -> Write:
    """Close the call's row and have its lead's card made."""

    def work(session: Session) -> None:
        call = session.get(Call, call_sid)
        if call is None:
            return
        call.end_reason = reason
        call.stages_ms = dict(stages_ms)
        call.ended_at = call.ended_at or at
        if call.duration is None:
            call.duration = round((call.ended_at - call.started_at).total_seconds())
        if call.status not in TERMINAL_STATUSES:
            call.status = "completed"
        call_finished(session, call)

    return work


def cost_known(call_sid: str, usd: float) -> Write:
    """Write down what the call has cost so far; it only ever grows."""

    def work(session: Session) -> None:
        call = session.get(Call, call_sid)
        if call is not None and usd > call.cost_usd:
            call.cost_usd = usd

    return work


def turn_saved(call_sid: str, turn: SaveTurn, at: datetime) -> Write:
    """Insert the turn, or bring its row up to date."""

    def work(session: Session) -> None:
        row = session.scalar(
            select(CallTurn).where(CallTurn.call_sid == call_sid, CallTurn.index == turn.index)
        )
        if row is None:
            if session.get(Call, call_sid) is None:
                return
            row = CallTurn(call_sid=call_sid, index=turn.index, created_at=at)
            session.add(row)
        row.speaker = turn.speaker
        row.text = turn.text
        row.path = turn.path
        row.intent_key = turn.intent_key
        row.heard_ms = turn.heard_ms
        row.interrupted = turn.interrupted
        row.start_ms = turn.start_ms
        row.length_ms = turn.length_ms
        row.timings_ms = dict(turn.timings_ms)

    return work


def callback_wanted(call_sid: str, why: str) -> Write:
    """Mark the lead for a call back, and why."""

    def work(session: Session) -> None:
        lead = session.scalar(select(Lead).where(Lead.call_sid == call_sid))
        if lead is not None and "callback" not in lead.fields:
            lead.fields = {**lead.fields, "callback": why}
            call = session.get(Call, call_sid)
            if call is not None and call.ended_at is not None and not call.is_test:
                ask_to_alert(session, lead)  # else the end of the call does, with all it was told

    return work


def lead_learned(call_sid: str, details: Mapping[str, Any]) -> Write:
    """Add what the agent learned (``name``, ``phone``, ``need``…) to the lead."""

    def work(session: Session) -> None:
        lead = session.scalar(select(Lead).where(Lead.call_sid == call_sid))
        if lead is None:
            return
        learned = dict(details)
        if "phone" in learned:  # in the one spelling by which it is found again
            learned["phone"] = dialled_number(str(learned["phone"]))
        lead.fields = {**lead.fields, **learned}
        lead.name = str(details.get("name", lead.name))[:200]
        if not lead.phone.startswith("+"):
            given = dialled_number(str(details.get("phone", "")))
            lead.phone = given if given.startswith("+") else lead.phone

    return work
