"""Which calls are wanted: the filters of the list."""

from __future__ import annotations

from typing import Literal

from pydantic import Field
from sqlalchemy import ColumnElement, Select, and_, or_, select

from server.api.fields import Input
from server.api.query_fields import Instant, Plain, utc_instant
from server.calls.endings import LOST, TERMINAL_STATUSES
from server.models import Business, Call

Outcome = Literal["served", "lost", "running"]
"""Whether the caller was served to the end."""

_NOT_SERVED = (*LOST, *(f"call_status_{status}" for status in TERMINAL_STATUSES[1:]))


class CallFilter(Input):
    """Which calls; absent filters let all pass."""

    since: Instant | None = Field(
        default=None,
        description="Begun at or after this instant; without an offset, in the business's time.",
    )
    until: Instant | None = Field(default=None, description="Begun before this instant.")
    direction: Literal["inbound", "outbound"] | None = None
    outcome: Outcome | None = Field(
        default=None, description="Ended in order, broken off or never answered, or not ended yet."
    )
    end_reason: Plain | None = Field(default=None, min_length=1, max_length=40)
    number: Plain | None = Field(
        default=None, min_length=1, max_length=40, description="The other side's, or part of it."
    )
    is_test: bool | None = Field(default=None, description="Only test calls, or only real ones.")


def filtered_calls(wanted: CallFilter, business: Business) -> Select[Call]:
    """Return the query for the calls of ``business``, unordered.

    Raises:
        InvalidInputError: an instant is outside the calendar.
    """
    query = select(Call).where(Call.business_id == business.id)
    if wanted.since is not None:
        since = utc_instant("since", wanted.since, business.timezone)
        query = query.where(Call.started_at >= since)
    if wanted.until is not None:
        until = utc_instant("until", wanted.until, business.timezone)
        query = query.where(Call.started_at < until)
    if wanted.direction is not None:
        query = query.where(Call.direction == wanted.direction)
    if wanted.outcome == "running":
        query = query.where(Call.end_reason.is_(None))
    elif wanted.outcome is not None:
        lost = Call.end_reason.in_(_NOT_SERVED)
        ended = Call.end_reason.is_not(None)
        query = query.where(ended, lost if wanted.outcome == "lost" else ~lost)
    if wanted.end_reason is not None:
        query = query.where(Call.end_reason == wanted.end_reason)
    if wanted.is_test is not None:
        query = query.where(Call.is_test.is_(wanted.is_test))
    if wanted.number is not None:
        query = query.where(_is_with(wanted.number))
    return query


def _is_with(number: str) -> ColumnElement[bool]:
    """Return the condition that the other side's number holds these digits in a row.

    The national spelling's leading zero is not part of the stored number.
    """
    digits = "".join(c for c in number if c.isdigit()).lstrip("0")
    part = digits or number.strip()
    theirs = [
        and_(Call.direction == "inbound", Call.from_number.contains(part, autoescape=True)),
        and_(Call.direction == "outbound", Call.to_number.contains(part, autoescape=True)),
    ]
    return or_(*theirs)
