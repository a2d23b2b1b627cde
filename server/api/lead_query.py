"""Which leads are wanted: the filters that the list and the export share."""

from __future__ import annotations

import json
import re
from typing import Literal

from pydantic import Field
from sqlalchemy import ColumnElement, Select, Text, cast, or_, select

from server.api.fields import Input, Tag
from server.api.query_fields import Instant, Plain, utc_instant
from server.directory import dialled_number
from server.leads.counts import OPEN_WORK
from server.models import Business, Call, Lead

Status = Literal["new", "processing", "processed", "failed"]
WorkStatus = Literal["new", "in_work", "done", "lost"]

Outcome = Literal["talked", "transferred", "missed", "broken"]
"""How a call went, in a word."""

_ENDINGS: dict[Outcome, tuple[str, ...]] = {
    "transferred": ("transferred",),
    "missed": ("call_status_busy", "call_status_no-answer", "call_status_canceled"),
    "broken": ("stream_lost", "error", "call_status_failed"),
}
"""The ends of calls that make each outcome; every other end is that of a talk."""

_NO_TALK = tuple(end for ends in _ENDINGS.values() for end in ends)

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
    callback: bool | None = Field(
        default=None,
        description="Only those that (do not) want to be called back and are not settled.",
    )
    tag: Tag | None = Field(default=None, description="Only those with this tag.")
    outcome: Outcome | None = Field(default=None, description="How the call went.")
    test: bool | None = Field(
        default=None, description="Only those of calls that were (not) made to try things out."
    )


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
    if wanted.callback is not None:
        waits = Lead.wants_callback & Lead.work_status.in_(OPEN_WORK)
        query = query.where(waits if wanted.callback else ~waits)
    if wanted.tag is not None:
        query = query.where(_tagged(wanted.tag))
    if wanted.outcome is not None:
        fits = (
            Call.end_reason.in_(_ENDINGS[wanted.outcome])
            if wanted.outcome in _ENDINGS
            else Call.end_reason.not_in(_NO_TALK)
        )
        query = query.where(select(Call.lead_id).where(Call.lead_id == Lead.id, fits).exists())
    if wanted.test is not None:
        query = query.where(Lead.is_test if wanted.test else ~Lead.is_test)
    if wanted.q is not None and (words := wanted.q.strip()):
        query = query.where(_mentions(words))
    return query


def outcome_of(end_reason: str | None) -> Outcome | None:
    """Return how a call went that ended so; None while it has not ended."""
    if not end_reason:
        return None
    known = (outcome for outcome, ends in _ENDINGS.items() if end_reason in ends)
    return next(known, "talked")


def _tagged(tag: str) -> ColumnElement[bool]:
    # As the JSON is stored, quotes and all: part of a longer tag is no match.
    return cast(Lead.tags, Text).contains(json.dumps(tag), autoescape=True)


def _mentions(words: str) -> ColumnElement[bool]:
    found = [
        column.icontains(words, autoescape=True)
        for column in (Lead.name, Lead.phone, Lead.summary, Lead.notes)
    ]
    digits = "".join(c for c in words if c.isdigit()).lstrip("0")
    if _LIKE_A_NUMBER.fullmatch(words) and len(digits) >= _MIN_DIGITS:
        found.append(Lead.phone.contains(digits, autoescape=True))
    return or_(*found)
