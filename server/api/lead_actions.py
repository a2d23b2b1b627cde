"""What can be done with leads: the operations that the JSON API and the pages share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, Field, model_validator
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from server.accounts import record_change
from server.api.access import caller, missing
from server.api.fields import ABSENT, Notes, OptionalName, PartialInput, Tag
from server.api.lead_query import LeadFilter, WorkStatus, filtered
from server.api.lead_view import LeadView, lead_views, notes_version
from server.api.paging import PageQuery, cut_page, decode_cursor, older_than
from server.clock import utc_now
from server.db import LEAD_NEWS, tell_after_commit
from server.errors import ConflictError
from server.jobs.queue import retry
from server.leads.pipeline import dead_jobs, make_again
from server.models import Business, Lead
from server.wiring import services

MAX_AT_ONCE = 200
_MAX_TAGS = 20
_MAX_HISTORY = 50


def _once_each(values: list[Any]) -> list[Any]:
    return list(dict.fromkeys(values))


class LeadsQuery(PageQuery, LeadFilter):
    """Which leads, and which page of them."""


class LeadChange(PartialInput):
    """Fields of a lead to change; absent ones stay."""

    work_status: WorkStatus = ABSENT
    name: OptionalName = ABSENT
    notes: Notes = ABSENT
    notes_version: Annotated[
        str,
        Field(
            max_length=64,
            description="The `notes_version` that the new notes were made from; where somebody "
            "else has changed them since, nothing is changed (409, `notes_changed`).",
        ),
    ] = ABSENT
    tags: Annotated[list[Tag], Field(max_length=_MAX_TAGS), AfterValidator(_once_each)] = ABSENT
    read: Annotated[bool, Field(strict=True, description="Whether somebody has read it.")] = ABSENT


class LeadsChange(PartialInput):
    """What to change in several leads at once."""

    ids: Annotated[
        list[Annotated[int, Field(strict=True, ge=1, le=2**31 - 1)]],
        Field(min_length=1, max_length=MAX_AT_ONCE, description="Which leads."),
        AfterValidator(_once_each),
    ]
    work_status: WorkStatus = ABSENT
    read: Annotated[bool, Field(strict=True, description="Whether somebody has read it.")] = ABSENT

    @model_validator(mode="after")
    def _changes_something(self) -> LeadsChange:
        if self.model_fields_set <= {"ids"}:
            raise ValueError("must say what to change: work_status or read")
        return self


class LeadsChanged(BaseModel):
    """How many leads there were to change; ids that are no lead of the business are passed over."""

    changed: int


class CountsView(BaseModel):
    """How many leads there are of each kind; those of test calls are only in `test`."""

    total: int
    new: int
    in_work: int
    done: int
    lost: int
    unread: int
    callback: int = Field(description="Want to be called back, and are not settled.")
    failed: int = Field(description="Their card could not be made.")
    test: int


class EarlierLead(BaseModel):
    """Another lead of the same number."""

    id: int
    call_sid: str
    name: str
    status: str
    work_status: str
    headline: str
    created_at: datetime


def visible_lead(session: Session, lead_id: int, business_id: int | None = None) -> Lead:
    """Return the lead.

    Args:
        business_id: whose it has to be; None: of any business that the caller sees.

    Raises:
        NotFoundError: there is none, or none that the caller may know of.
    """
    lead = session.get(Lead, lead_id)
    if lead is None or business_id not in (None, lead.business_id):
        raise missing("lead")
    caller().check_sees(lead.business_id, "lead")
    return lead


def page_of_leads(
    session: Session, business_id: int, query: LeadsQuery
) -> tuple[Sequence[Lead], str | None]:
    """Return the leads of one page, newest first, and the cursor to the next.

    Raises:
        NotFoundError: there is no such business.
        InvalidInputError: the cursor or an instant is none.
    """
    business = session.get(Business, business_id)
    if business is None:
        raise missing("business")
    wanted = filtered(query, business).order_by(Lead.created_at.desc(), Lead.id.desc())
    if query.cursor is not None:
        instant, lead_id = decode_cursor(query.cursor, datetime, int)
        wanted = wanted.where(older_than(Lead.created_at, Lead.id, (instant, lead_id)))
    rows = session.scalars(wanted.limit(query.limit + 1)).all()
    return cut_page(rows, query.limit, lambda row: (row.created_at, row.id))


def count_newer(session: Session, business_id: int, query: LeadsQuery) -> int:
    """Return how many leads fit ``query`` and stand above its cursor; no more than its limit.

    Raises:
        NotFoundError: there is no such business.
        InvalidInputError: the cursor or an instant is none.
    """
    business = session.get(Business, business_id)
    if business is None:
        raise missing("business")
    instant, lead_id = decode_cursor(query.cursor or "", datetime, int)
    above = (Lead.created_at >= instant) & ((Lead.created_at > instant) | (Lead.id > lead_id))
    fitting = filtered(query, business).where(above).limit(query.limit)
    ids = fitting.with_only_columns(Lead.id).subquery()
    return session.scalar(select(func.count()).select_from(ids)) or 0


def counts(business_id: int) -> CountsView:
    """Return how many leads of the business there are of each kind; cheap."""
    return CountsView(**asdict(services().lead_counts.of(business_id)))


def change(session: Session, lead: Lead, changes: LeadChange) -> LeadView:
    """Change what the operator keeps of a lead: work status, name, notes, tags, read or not.

    Raises:
        ConflictError: the notes were changed by somebody else meanwhile.
    """
    new = changes.model_dump(exclude_unset=True)
    seen_version = new.pop("notes_version", None)
    if "notes" in new and seen_version is not None:
        session.refresh(lead, with_for_update=True)  # of two at the same moment one comes second
        _check_notes(lead, new["notes"], seen_version)
    for field, value in new.items():
        if field != "read":
            setattr(lead, field, value)
    if "read" in new:
        _set_read(lead, read=new["read"])
    session.flush()
    detail: dict[str, Any] = {"fields": sorted(new)}
    if "work_status" in new:
        detail["work_status"] = lead.work_status
    record_lead_change(session, lead, "lead.update", detail)
    return lead_views(session, [lead])[0]


def change_many(session: Session, business_id: int, changes: LeadsChange) -> LeadsChanged:
    """Set the work status of several leads, or mark them as read or unread.

    Raises:
        NotFoundError: there is no such business.
    """
    if session.get(Business, business_id) is None:
        raise missing("business")
    new = changes.model_dump(exclude_unset=True)
    ids = new.pop("ids")
    found = session.scalars(
        select(Lead.id).where(Lead.business_id == business_id, Lead.id.in_(ids))
    ).all()
    values: dict[str, Any] = {"updated_at": utc_now()}
    if "work_status" in new:
        values["work_status"] = changes.work_status
    wanted = update(Lead).where(Lead.id.in_(found))
    if "read" in new and not changes.read:
        values["read_at"] = None
    session.execute(wanted.values(values).execution_options(synchronize_session=False))
    if new.get("read"):  # those that were read before keep their time
        unread = wanted.where(Lead.read_at.is_(None)).values(read_at=utc_now())
        session.execute(unread.execution_options(synchronize_session=False))
    for lead_id in found:  # bulk statements tell nobody
        tell_after_commit(session, LEAD_NEWS, (business_id, lead_id))
    if found:
        record_change(
            session,
            caller().actor,
            "lead.update_many",
            business_id=business_id,
            target=f"business:{business_id}",
            detail={"fields": sorted(new), "leads": len(found)}
            | ({"work_status": changes.work_status} if "work_status" in new else {}),
        )
    return LeadsChanged(changed=len(found))


def make_card_again(session: Session, lead: Lead) -> LeadView:
    """Have the card made again: what was given up is tried anew, and it is summed up."""
    jobs = [job_id for job_id in dead_jobs(session, lead) if retry(session, job_id)]
    if make_again(session, lead):
        record_lead_change(session, lead, "lead.retry", {"jobs": len(jobs)})
    session.flush()
    return lead_views(session, [lead])[0]


def history(session: Session, lead: Lead) -> list[EarlierLead]:
    """Return the other leads of the same number at this business, newest first, at most 50."""
    if not lead.phone.startswith("+"):  # a hidden number is nobody's
        return []
    others = session.execute(
        select(
            Lead.id,
            Lead.call_sid,
            Lead.name,
            Lead.status,
            Lead.work_status,
            Lead.headline,
            Lead.created_at,
        )
        .where(Lead.business_id == lead.business_id, Lead.phone == lead.phone)
        .where(Lead.id != lead.id)
        .order_by(Lead.created_at.desc(), Lead.id.desc())
        .limit(_MAX_HISTORY)
    )
    return [EarlierLead.model_validate(row, from_attributes=True) for row in others]


def record_lead_change(session: Session, lead: Lead, action: str, detail: dict[str, Any]) -> None:
    """Write down who changed ``lead``."""
    record_change(
        session,
        caller().actor,
        action,
        business_id=lead.business_id,
        target=f"lead:{lead.id}",
        detail=detail,
    )


def _set_read(lead: Lead, *, read: bool) -> None:
    lead.read_at = (lead.read_at or utc_now()) if read else None


def _check_notes(lead: Lead, notes: str, seen_version: str) -> None:
    if notes != lead.notes and seen_version != notes_version(lead.notes):
        raise ConflictError(
            "Somebody else has changed the notes meanwhile; nothing was overwritten.",
            code="notes_changed",
        )
