"""Leads: what the operator works on."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from flask import Response
from pydantic import AfterValidator, BaseModel, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.accounts import record_change
from server.api.access import caller, missing, needs
from server.api.fields import ABSENT, Input, Notes, OptionalName, PartialInput, Tag
from server.api.lead_query import LeadFilter, WorkStatus, filtered
from server.api.lead_view import LeadView, lead_views
from server.api.paging import NEXT_CURSOR, PageQuery, cut_page, decode_cursor, older_than
from server.api.resource import BUSINESS_ID, answer, new_resource, writing
from server.clock import utc_now
from server.jobs.queue import retry
from server.leads.pipeline import dead_jobs, make_again
from server.models import OPERATOR, Business, Lead
from server.wiring import services

blueprint = new_resource("leads", "Leads: one per call, there from its first second.")

LEAD = "/leads/<int(max=2147483647):lead_id>"

_MAX_TAGS = 20
_MAX_HISTORY = 50


def _once_each(tags: list[str]) -> list[str]:
    return list(dict.fromkeys(tags))


class LeadsPath(BaseModel):
    """Whose leads."""

    business_id: int = Field(description="Id of the business.")


class LeadPath(BaseModel):
    """Which lead."""

    lead_id: int = Field(description="Id of the lead.")


class LeadsQuery(PageQuery, LeadFilter):
    """Which leads, and which page of them."""


class LeadChange(PartialInput):
    """Fields of a lead to change; absent ones stay."""

    work_status: WorkStatus = ABSENT
    name: OptionalName = ABSENT
    notes: Notes = ABSENT
    tags: Annotated[list[Tag], Field(max_length=_MAX_TAGS), AfterValidator(_once_each)] = ABSENT
    read: Annotated[bool, Field(strict=True, description="Whether somebody has read it.")] = ABSENT


class LeadPage(BaseModel):
    """A page of leads."""

    items: list[LeadView]
    next_cursor: str | None = NEXT_CURSOR


class Retry(Input):
    """Nothing needs to be said."""


class EarlierLead(BaseModel):
    """Another lead of the same number."""

    id: int
    call_sid: str
    name: str
    status: str
    work_status: str
    headline: str
    created_at: datetime


class History(BaseModel):
    """The other leads of a lead's number at its business, newest first, at most 50."""

    items: list[EarlierLead]


@blueprint.get(f"/businesses/{BUSINESS_ID}/leads", responses={200: LeadPage})
@needs(OPERATOR)
def list_leads(path: LeadsPath, query: LeadsQuery) -> Response:
    """List the leads of a business, newest first."""
    with services().database.read() as session:
        business = session.get(Business, path.business_id)
        if business is None:
            raise missing("business")
        wanted = filtered(query, business).order_by(Lead.created_at.desc(), Lead.id.desc())
        if query.cursor is not None:
            instant, lead_id = decode_cursor(query.cursor, datetime, int)
            wanted = wanted.where(older_than(Lead.created_at, Lead.id, (instant, lead_id)))
        rows = session.scalars(wanted.limit(query.limit + 1)).all()
        page, following = cut_page(rows, query.limit, lambda row: (row.created_at, row.id))
        return answer(LeadPage(items=lead_views(session, page), next_cursor=following))


@blueprint.get(LEAD, responses={200: LeadView})
@needs(OPERATOR)
def get_lead(path: LeadPath) -> Response:
    """Get one lead."""
    with services().database.read() as session:
        return answer(lead_views(session, [visible_lead(session, path.lead_id)])[0])


@blueprint.patch(LEAD, responses=writing(LeadView))
@needs(OPERATOR)
def change_lead(path: LeadPath, body: LeadChange) -> Response:
    """Change what the operator keeps of a lead: work status, name, notes, tags, read or not."""
    changes = body.model_dump(exclude_unset=True)
    with services().database.write() as session:
        lead = visible_lead(session, path.lead_id)
        for field, value in changes.items():
            if field != "read":
                setattr(lead, field, value)
        if "read" in changes:
            lead.read_at = (lead.read_at or utc_now()) if body.read else None
        session.flush()
        detail: dict[str, Any] = {"fields": sorted(changes)}
        if "work_status" in changes:
            detail["work_status"] = lead.work_status
        _record(session, lead, "lead.update", detail)
        return answer(lead_views(session, [lead])[0])


@blueprint.post(f"{LEAD}/retry", responses=writing(LeadView, 202))
@needs(OPERATOR)
def retry_lead(path: LeadPath, body: Retry) -> Response:
    """Have the lead's card made again: what was given up is tried anew, and it is summed up."""
    with services().database.write() as session:
        lead = visible_lead(session, path.lead_id)
        jobs = [job_id for job_id in dead_jobs(session, lead) if retry(session, job_id)]
        if make_again(session, lead):
            _record(session, lead, "lead.retry", {"jobs": len(jobs)})
        session.flush()
        return answer(lead_views(session, [lead])[0], 202)


@blueprint.get(f"{LEAD}/history", responses={200: History})
@needs(OPERATOR)
def get_lead_history(path: LeadPath) -> Response:
    """List the other leads of the same number at this business."""
    with services().database.read() as session:
        lead = visible_lead(session, path.lead_id)
        if not lead.phone.startswith("+"):  # a hidden number is nobody's
            return answer(History(items=[]))
        others = session.scalars(
            select(Lead)
            .where(Lead.business_id == lead.business_id, Lead.phone == lead.phone)
            .where(Lead.id != lead.id)
            .order_by(Lead.created_at.desc(), Lead.id.desc())
            .limit(_MAX_HISTORY)
        )
        items = [EarlierLead.model_validate(row, from_attributes=True) for row in others]
        return answer(History(items=items))


def visible_lead(session: Session, lead_id: int) -> Lead:
    """Return the lead.

    Raises:
        NotFoundError: there is none, or none that the caller may know of.
    """
    lead = session.get(Lead, lead_id)
    if lead is None:
        raise missing("lead")
    caller().check_sees(lead.business_id, "lead")
    return lead


def _record(session: Session, lead: Lead, action: str, detail: dict[str, Any]) -> None:
    record_change(
        session,
        caller().actor,
        action,
        business_id=lead.business_id,
        target=f"lead:{lead.id}",
        detail=detail,
    )
