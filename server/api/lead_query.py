"""Which leads are wanted: the filters that the list and the export share."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field
from sqlalchemy import Select, or_, select

from server.api.fields import Input
from server.api.query_fields import Instant, Plain, utc_instant
from server.directory import dialled_number
from server.models import Business, Lead

Status = Literal["new", "processing", "processed", "failed"]
WorkStatus = Literal["new", "in_work", "done", "lost"]

_LIKE_A_NUMBER = re.compile(r"[+\d][\d\s().-]*")
_MIN_DIGITS = 3


class LeadFilter(Input):
    """Which leads; absent filters let all pass."""

    phone: Plain | None = Field(
        default=None, min_length=1, max_length=40, description="The caller's, in any spelling."
    )
    status: Status | None = Field(default=None, description="Where the pipeline is.")
    work_status: WorkStatus | None = Field(default=None, description="Where the operator is.")
    since: Instant | None = Field(
        default=None,
        description="Created at or after this instant; without an offset, in the business's time.",
    )
    until: Instant | None = Field(default=None, description="Created before this instant.")
    q: Plain | None = Field(
        default=None,
        min_length=1,
        max_length=100,
        description="Words, or part of a number, in name, phone, summary or notes.",
    )
    unread: bool | None = Field(default=None, description="Only those that are (not) unread.")


def filtered(wanted: LeadFilter, business: Business) -> Select[Lead]:
    """Return the query for the leads of ``business``, unordered.

    Raises:
        InvalidInputError: an instant is outside the calendar.
    """
    query = select(Lead).where(Lead.business_id == business.id)
    if wanted.phone is not None:
        query = query.where(Lead.phone == dialled_number(wanted.phone))
    if wanted.status is not None:
        query = query.where(Lead.status == wanted.status)
    if wanted.work_status is not None:
        query = query.where(Lead.work_status == wanted.work_status)
    if wanted.since is not None:
        since = utc_instant("since", wanted.since, business.timezone)
        query = query.where(Lead.created_at >= since)
    if wanted.until is not None:
        until = utc_instant("until", wanted.until, business.timezone)
        query = query.where(Lead.created_at < until)
    if wanted.unread is not None:
        unread = Lead.read_at.is_(None)
        query = query.where(unread if wanted.unread else ~unread)
    if wanted.q is not None and (words := wanted.q.strip()):
        found = [
            column.icontains(words, autoescape=True)
            for column in (Lead.name, Lead.phone, Lead.summary, Lead.notes)
        ]
        digits = "".join(c for c in words if c.isdigit()).lstrip("0")
        if _LIKE_A_NUMBER.fullmatch(words) and len(digits) >= _MIN_DIGITS:
            found.append(Lead.phone.contains(digits, autoescape=True))
        query = query.where(or_(*found))
    return query
