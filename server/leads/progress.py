"""How far a lead's card is: recording → transcript → summary, as far as rows and jobs tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.business_settings import business_settings
from server.leads.pipeline import SUMMARISE
from server.leads.transcription import TRANSCRIBE
from server.models import DEAD, QUEUED, RUNNING, Business, Call, JobRow, Lead, Recording, Transcript

StepState = Literal["waiting", "running", "done", "failed", "absent"]
"""``absent``: there is none and none will come, and that is no failure."""


@dataclass(frozen=True, slots=True)
class Progress:
    """The steps of one card."""

    call: StepState
    """``running`` while the two still speak."""
    recording: StepState
    transcript: StepState
    summary: StepState

    @property
    def finished(self) -> bool:
        """Whether nothing more is to come."""
        return not {self.call, self.recording, self.transcript, self.summary} & {
            "waiting",
            "running",
        }


def progress_of(session: Session, lead: Lead) -> Progress:
    """Return how far the card of ``lead`` is."""
    call = session.scalar(select(Call).where(Call.lead_id == lead.id))
    in_call = call is not None and call.ended_at is None and lead.status == "new"
    recording = session.scalar(
        select(Recording)
        .where(Recording.call_sid == lead.call_sid)
        .order_by(Recording.id.desc())
        .limit(1)
    )
    of_lead = select(JobRow.kind, JobRow.state).where(JobRow.lead_id == lead.id)
    jobs = {job.kind: job.state for job in session.execute(of_lead.order_by(JobRow.id))}
    recorded = _recorded(session, lead, recording)
    transcript = _transcribed(session, lead, recording, recorded, jobs.get(TRANSCRIBE))
    return Progress(
        call="running" if in_call else "done",
        recording=recorded,
        transcript=transcript,
        summary=_summed_up(lead, jobs.get(SUMMARISE), transcript),
    )


def _recorded(session: Session, lead: Lead, recording: Recording | None) -> StepState:
    settled = lead.status in ("processed", "failed")
    if recording is None:
        business = session.get(Business, lead.business_id)
        expected = business is not None and business_settings(business.settings).recording
        return "waiting" if expected and not settled else "absent"
    if recording.state == "stored":
        return "done"
    if recording.state == "failed":
        return "failed"
    if recording.state != "announced":
        return "absent"
    return "absent" if settled else "running"


def _transcribed(
    session: Session,
    lead: Lead,
    recording: Recording | None,
    recorded: StepState,
    job: str | None,
) -> StepState:
    if recording is not None and recorded == "done":
        known = select(Transcript.id).where(Transcript.recording_id == recording.id).limit(1)
        if session.scalar(known) is not None:
            return "done"
        if job in (QUEUED, RUNNING):
            return "running"
        if job == DEAD:
            return "failed"
    elif recorded in ("waiting", "running"):
        return "waiting"
    if lead.status == "new":
        return "waiting"
    return "done" if lead.transcript else "absent"  # what was heard live has to do


def _summed_up(lead: Lead, job: str | None, transcript: StepState) -> StepState:
    if lead.status == "failed":
        return "failed"
    if lead.status == "processed":
        return "done"
    comes_next = lead.status == "processing" and transcript not in ("waiting", "running")
    return "running" if job == RUNNING or comes_next else "waiting"
