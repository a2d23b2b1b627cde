"""Leads: what the operator works on."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from flask import Response
from pydantic import AfterValidator, BaseModel, BeforeValidator, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.accounts import record_change
from server.api.access import caller, missing, needs
from server.api.fields import ABSENT, OptionalName, PartialInput, has_controls
from server.api.paging import NEXT_CURSOR, PageQuery, cut_page, decode_cursor, older_than
from server.api.resource import BUSINESS_ID, answer, new_resource, writing
from server.directory import dialled_number
from server.errors import InvalidInputError
from server.models import OPERATOR, Business, Lead
from server.wiring import services

blueprint = new_resource("leads", "Leads: one per call, there from its first second.")

LEAD = "/leads/<int(max=2147483647):lead_id>"

Status = Literal["new", "processing", "processed", "failed"]
WorkStatus = Literal["new", "in_work", "done", "lost"]

_UNENCODED_PLUS = re.compile(r"(?<=T)(\S+) (\d\d:?\d\d)$")


def _plus(raw: Any) -> Any:
    """Return ``raw`` with the plus of its offset, which a query string turns into a space."""
    return _UNENCODED_PLUS.sub(r"\1+\2", raw) if isinstance(raw, str) else raw


def _plain(phone: str) -> str:
    if has_controls(phone):
        raise ValueError("must not hold control characters")
    return phone


class LeadsPath(BaseModel):
    """Whose leads."""

    business_id: int = Field(description="Id of the business.")


class LeadPath(BaseModel):
    """Which lead."""

    lead_id: int = Field(description="Id of the lead.")


class LeadsQuery(PageQuery):
    """Which leads."""

    phone: Annotated[str, AfterValidator(_plain)] | None = Field(
        default=None, min_length=1, max_length=40, description="The caller's, in any spelling."
    )
    status: Status | None = Field(default=None, description="Where the pipeline is.")
    work_status: WorkStatus | None = Field(default=None, description="Where the operator is.")
    since: Annotated[datetime, BeforeValidator(_plus)] | None = Field(
        default=None,
        description="Created at or after this instant; without an offset, in the business's time.",
    )


class LeadChange(PartialInput):
    """Fields of a lead to change; absent ones stay."""

    work_status: WorkStatus = ABSENT
    name: OptionalName = ABSENT


class LeadView(BaseModel):
    """A lead."""

    id: int
    business_id: int
    call_sid: str
    phone: str = Field(description="E.164 where the caller showed a number.")
    name: str
    status: str = Field(description="The pipeline's: new, processing, processed or failed.")
    work_status: str = Field(description="The operator's: new, in_work, done or lost.")
    transcript: str
    summary: str
    fields: dict[str, Any] = Field(description="What was understood: need, time, next step…")
    created_at: datetime
    updated_at: datetime


class LeadPage(BaseModel):
    """A page of leads."""

    items: list[LeadView]
    next_cursor: str | None = NEXT_CURSOR


@blueprint.get(f"/businesses/{BUSINESS_ID}/leads", responses={200: LeadPage})
@needs(OPERATOR)
def list_leads(path: LeadsPath, query: LeadsQuery) -> Response:
    """List the leads of a business, newest first."""
    wanted = (
        select(Lead)
        .where(Lead.business_id == path.business_id)
        .order_by(Lead.created_at.desc(), Lead.id.desc())
    )
    if query.phone is not None:
        wanted = wanted.where(Lead.phone == dialled_number(query.phone))
    if query.status is not None:
        wanted = wanted.where(Lead.status == query.status)
    if query.work_status is not None:
        wanted = wanted.where(Lead.work_status == query.work_status)
    if query.cursor is not None:
        instant, lead_id = decode_cursor(query.cursor, datetime, int)
        wanted = wanted.where(older_than(Lead.created_at, Lead.id, (instant, lead_id)))
    with services().database.read() as session:
        business = session.get(Business, path.business_id)
        if business is None:
            raise missing("business")
        if query.since is not None:
            wanted = wanted.where(Lead.created_at >= _instant(query.since, business.timezone))
        rows = session.scalars(wanted.limit(query.limit + 1)).all()
    page, following = cut_page(rows, query.limit, lambda row: (row.created_at, row.id))
    return answer(LeadPage(items=[_view(row) for row in page], next_cursor=following))


@blueprint.get(LEAD, responses={200: LeadView})
@needs(OPERATOR)
def get_lead(path: LeadPath) -> Response:
    """Get one lead."""
    with services().database.read() as session:
        return answer(_view(_get(session, path.lead_id)))


@blueprint.patch(LEAD, responses=writing(LeadView))
@needs(OPERATOR)
def change_lead(path: LeadPath, body: LeadChange) -> Response:
    """Change what the operator keeps of a lead: its work status and its name."""
    changes = body.model_dump(exclude_unset=True)
    with services().database.write() as session:
        lead = _get(session, path.lead_id)
        for field, value in changes.items():
            setattr(lead, field, value)
        session.flush()
        detail: dict[str, Any] = {"fields": sorted(changes)}
        if "work_status" in changes:
            detail["work_status"] = lead.work_status
        record_change(
            session,
            caller().actor,
            "lead.update",
            business_id=lead.business_id,
            target=f"lead:{lead.id}",
            detail=detail,
        )
    return answer(_view(lead))


def _get(session: Session, lead_id: int) -> Lead:
    lead = session.get(Lead, lead_id)
    if lead is None:
        raise missing("lead")
    caller().check_sees(lead.business_id, "lead")
    return lead


def _instant(since: datetime, timezone: str) -> datetime:
    try:
        aware = since if since.tzinfo else since.replace(tzinfo=ZoneInfo(timezone))
        return aware.astimezone(UTC)
    except OverflowError:
        raise InvalidInputError("since", "this is outside the calendar") from None


def _view(lead: Lead) -> LeadView:
    return LeadView.model_validate(lead, from_attributes=True)
