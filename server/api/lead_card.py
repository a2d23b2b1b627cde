"""A lead's card: the lead, what was said in its call, and how far the rest is."""

from __future__ import annotations

from flask import Response
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from server.api.access import needs
from server.api.lead_actions import EarlierLead, history, visible_lead
from server.api.lead_view import LeadView, lead_views
from server.api.leads import LEAD, LeadPath
from server.api.resource import answer, new_resource
from server.leads.conversation import SaidLine, conversation
from server.leads.media import stored_recording
from server.leads.progress import Progress, StepState, progress_of
from server.models import OPERATOR, Lead
from server.wiring import services

blueprint = new_resource("lead-cards", "Leads as they stand on their cards.")

_START_MS = "Of the recording, without one from the first sound of the call; null: not known."


class PartView(BaseModel):
    """Words that were said in one breath."""

    text: str
    start_ms: int | None = Field(description=_START_MS)
    end_ms: int | None


class LineView(BaseModel):
    """What one of the two said in one go."""

    speaker: str = Field(description="caller or agent; empty: nobody can tell.")
    text: str
    start_ms: int | None = Field(description=_START_MS)
    path: str | None = Field(
        description="How a reply came about: GREETING, FAQ_FASTPATH, AGENT or FALLBACK."
    )
    interrupted: bool = Field(description="Whether the caller broke in.")
    parts: list[PartView]


class ProgressView(BaseModel):
    """The steps of a card, each waiting, running, done, failed or absent."""

    call: StepState
    recording: StepState
    transcript: StepState
    summary: StepState
    finished: bool = Field(description="Whether nothing more is to come.")


class LeadCard(BaseModel):
    """A lead with everything on its card."""

    lead: LeadView
    progress: ProgressView
    lines: list[LineView]
    recording_seconds: int | None = Field(description="Length of the recording, where known.")
    history: list[EarlierLead]


@blueprint.get(f"{LEAD}/card", responses={200: LeadCard})
@needs(OPERATOR)
def get_lead_card(path: LeadPath) -> Response:
    """Get a lead with what was said, how far its card is, and the number's other leads."""
    with services().database.read() as session:
        return answer(card_of(session, visible_lead(session, path.lead_id)))


def card_of(session: Session, lead: Lead) -> LeadCard:
    """Return the card of ``lead``."""
    played = stored_recording(session, lead)
    return LeadCard(
        lead=lead_views(session, [lead])[0],
        progress=_progress(progress_of(session, lead)),
        lines=[_line(line) for line in conversation(session, lead, played)],
        recording_seconds=played.duration if played is not None else None,
        history=history(session, lead),
    )


def _progress(progress: Progress) -> ProgressView:
    return ProgressView.model_validate(progress, from_attributes=True)


def _line(line: SaidLine) -> LineView:
    return LineView.model_validate(line, from_attributes=True)
