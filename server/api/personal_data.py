"""What is stored about one phone number: all of it told, or all of it deleted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from flask import Response
from pydantic import BaseModel, Field
from sqlalchemy import or_, select
from sqlalchemy.orm import Session, selectinload

from server.accounts import record_change
from server.api.access import caller, missing, needs
from server.api.calls import CallDetail, call_detail
from server.api.fields import Input, Number
from server.api.lead_view import LeadView, lead_views
from server.api.resource import BUSINESS_ID, answer, new_resource, writing
from server.clock import utc_now
from server.directory import dialled_number
from server.errors import ConflictError, InvalidInputError
from server.leads.erasure import erase, leads_of_number
from server.masking import mask_phone
from server.models import ADMIN, Business, Call, Lead, Recording, Transcript
from server.wiring import services

blueprint = new_resource("personal-data", "What is stored about one phone number.")

_PERSONAL = f"/businesses/{BUSINESS_ID}/personal-data"


class PersonalPath(BaseModel):
    """Whose callers."""

    business_id: int = Field(description="Id of the business.")


class WhoseData(Input):
    """Whom it is about."""

    phone: Number = Field(description="The number, in any spelling.", examples=["054-1234567"])


class TranscriptView(BaseModel):
    """What a recogniser understood of one recording."""

    call_sid: str
    source: str
    language: str
    segments: list[dict[str, Any]]
    created_at: datetime


class RecordingView(BaseModel):
    """A recording; the file itself is at the lead's `recording_url`."""

    call_sid: str
    state: str
    duration: int | None = Field(description="Whole seconds.")
    received_at: datetime


class PersonalData(BaseModel):
    """Everything that is stored about one number."""

    phone: str
    leads: list[LeadView]
    calls: list[CallDetail]
    transcripts: list[TranscriptView]
    recordings: list[RecordingView]


class Deleted(BaseModel):
    """How much was deleted; files of recordings follow within moments."""

    leads: int
    calls: int
    transcripts: int
    recordings: int


@blueprint.post(f"{_PERSONAL}/export", responses=writing(PersonalData))
@needs(ADMIN)
def export_personal_data(path: PersonalPath, body: WhoseData) -> Response:
    """Export everything that is stored about a number at this business."""
    number = _number(body.phone)
    with services().database.read() as session:
        told = tell(session, number, _leads(session, path.business_id, number))
    record_telling(path.business_id, told)  # told to nobody before it is written down
    return answer(told)


@blueprint.post(f"{_PERSONAL}/delete", responses=writing(Deleted))
@needs(ADMIN)
def delete_personal_data(path: PersonalPath, body: WhoseData) -> Response:
    """Delete everything that is stored about a number at this business; cannot be undone."""
    number = _number(body.phone)
    with services().database.write() as session:
        leads = _leads(session, path.business_id, number)
        return answer(forget(session, path.business_id, number, leads))


def leads_like(session: Session, lead: Lead) -> list[Lead]:
    """Return the leads of this one's number; where the number was withheld, this one alone."""
    if not lead.phone.startswith("+"):
        return [lead]
    return _leads(session, lead.business_id, lead.phone)


def tell(session: Session, phone: str, leads: Sequence[Lead]) -> PersonalData:
    """Return everything that is stored about these leads."""
    sids = [lead.call_sid for lead in leads]
    ids = [lead.id for lead in leads]
    calls = session.scalars(
        select(Call)
        .where(Call.lead_id.in_(ids))
        .order_by(Call.started_at)
        .options(selectinload(Call.turns))
    ).all()
    transcripts = session.scalars(
        select(Transcript).where(Transcript.call_sid.in_(sids)).order_by(Transcript.id)
    )
    recordings = session.scalars(
        select(Recording)
        .where(or_(Recording.call_sid.in_(sids), Recording.lead_id.in_(ids)))
        .order_by(Recording.id)
    )
    return PersonalData(
        phone=phone,
        leads=lead_views(session, leads),
        calls=[call_detail(call) for call in calls],
        transcripts=[
            TranscriptView.model_validate(row, from_attributes=True) for row in transcripts
        ],
        recordings=[RecordingView.model_validate(row, from_attributes=True) for row in recordings],
    )


def record_telling(business_id: int, told: PersonalData) -> None:
    """Write down that somebody is given what is stored."""
    with services().database.write() as session:
        detail = {"leads": len(told.leads)}
        _record(session, business_id, "personal_data.export", told.phone, detail)


def forget(session: Session, business_id: int, phone: str, leads: Sequence[Lead]) -> Deleted:
    """Delete everything that is stored about these leads, which are those of one number.

    Raises:
        ConflictError: the number is on the phone now.
    """
    _refuse_while_on_the_phone(session, leads)
    erased = erase(session, leads)
    detail = {"leads": erased.leads, "recordings": erased.recordings}
    _record(session, business_id, "personal_data.delete", phone, detail)
    return Deleted.model_validate(erased, from_attributes=True)


def _number(given: str) -> str:
    number = dialled_number(given)
    if not number.startswith("+"):
        raise InvalidInputError("phone", "this is not a complete phone number")
    return number


def _leads(session: Session, business_id: int, number: str) -> list[Lead]:
    if session.get(Business, business_id) is None:
        raise missing("business")
    found = select(Lead).where(leads_of_number(business_id, number)).order_by(Lead.id)
    return list(session.scalars(found))


def _refuse_while_on_the_phone(session: Session, leads: Sequence[Lead]) -> None:
    """Do nothing when no call of these leads is running.

    Raises:
        ConflictError: one is; what is still said in it would be stored after the deletion.
    """
    longest = timedelta(seconds=services().settings.max_call_sec)
    running = session.scalar(
        select(Call.call_sid).where(
            Call.lead_id.in_([lead.id for lead in leads]),
            Call.ended_at.is_(None),
            Call.started_at > utc_now() - longest,
        )
    )
    if running is not None:
        message = "This number is on the phone now; try again when the call is over."
        raise ConflictError(message, code="call_in_progress")


def _record(
    session: Session, business_id: int, action: str, phone: str, detail: dict[str, Any]
) -> None:
    record_change(
        session,
        caller().actor,
        action,
        business_id=business_id,
        target=f"phone:{mask_phone(phone)}",
        detail=detail,
    )
