"""How leads are shown: one shape for the list, the card, its progress and the export."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.api.lead_query import outcome_of
from server.models import Call, Lead, Recording


class LeadView(BaseModel):
    """A lead."""

    id: int
    business_id: int
    call_sid: str
    phone: str = Field(description="E.164 where the caller showed a number.")
    name: str
    status: str = Field(description="The pipeline's: new, processing, processed or failed.")
    work_status: str = Field(description="The operator's: new, in_work, done or lost.")
    direction: str | None = Field(description="inbound or outbound; null: its call is not known.")
    duration_seconds: int | None = Field(description="Of the call, once it has ended.")
    outcome: str | None = Field(
        description="talked, transferred, missed or broken; null: the call has not ended."
    )
    is_test: bool = Field(description="Whether the call was made to try things out.")
    transcript: str = Field(description="A line for each turn: `caller: …`, `agent: …`.")
    transcript_source: str = Field(
        description="live (of the call itself), google, whisper or openai; empty: none yet."
    )
    headline: str = Field(description="What the call was about, in a few words.")
    summary: str = Field(description="Headline and points, a line each, 10 to 30 words.")
    summary_source: str = Field(
        description="openai, or extractive: the caller's own words, taken out without any model; "
        "empty: none yet."
    )
    next_step: str
    fields: dict[str, Any] = Field(description="What was understood: need, time, next step…")
    wants_callback: bool = Field(description="Whether to call back; `fields.callback` says why.")
    error: str = Field(description="What went wrong on the way; empty: nothing.")
    notes: str = Field(description="The operator's.")
    notes_version: str = Field(
        description="Changes with the notes; sent along with new ones, it keeps one person from "
        "overwriting another's."
    )
    tags: list[str] = Field(description="The operator's.")
    read_at: datetime | None = Field(description="When it was marked as read; null: unread.")
    processed_at: datetime | None
    recording_url: str | None = Field(
        description="Path of the recording; null while there is none to be played."
    )
    created_at: datetime
    updated_at: datetime


def recording_path(lead_id: int) -> str:
    """Return where the recording of this lead is served."""
    return f"/api/leads/{lead_id}/recording"


def lead_views(session: Session, leads: Sequence[Lead]) -> list[LeadView]:
    """Return how ``leads`` are shown; two queries, however many they are."""
    ids, sids = [lead.id for lead in leads], [lead.call_sid for lead in leads]
    calls = {
        lead_id: (direction, duration, outcome_of(end_reason))
        for lead_id, direction, duration, end_reason in session.execute(
            select(Call.lead_id, Call.direction, Call.duration, Call.end_reason).where(
                Call.lead_id.in_(ids)
            )
        )
    }
    playable = set(
        session.scalars(
            select(Recording.call_sid).where(
                Recording.call_sid.in_(sids),
                Recording.state == "stored",
                Recording.storage_key != "",
            )
        )
    )
    shown = []
    for lead in leads:
        direction, duration, outcome = calls.get(lead.id, (None, None, None))
        own = {name: getattr(lead, name) for name in _OWN}
        shown.append(
            LeadView(
                **own,
                tags=lead.tags or [],
                direction=direction,
                duration_seconds=duration,
                outcome=outcome,
                notes_version=notes_version(lead.notes),
                recording_url=recording_path(lead.id) if lead.call_sid in playable else None,
            )
        )
    return shown


def notes_version(notes: str) -> str:
    """Return what stands for these notes when they are changed."""
    return hashlib.sha256(notes.encode("utf-8", "surrogatepass")).hexdigest()[:12]


_ELSEWHERE = (
    "tags",
    "direction",
    "duration_seconds",
    "outcome",
    "notes_version",
    "recording_url",
)
_OWN = tuple(name for name in LeadView.model_fields if name not in _ELSEWHERE)
