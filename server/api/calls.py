"""Calls, and what was said in each of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Response
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session, selectinload

from server.api.access import caller, missing, needs
from server.api.call_query import CallFilter, filtered_calls
from server.api.fields import has_controls
from server.api.paging import Page, PageQuery, cut_page, decode_cursor, older_than
from server.api.resource import BUSINESS_ID, answer, new_resource
from server.models import OPERATOR, Business, Call, CallTurn
from server.wiring import services

blueprint = new_resource("calls", "Calls and their turns.")


class CallsPath(BaseModel):
    """Whose calls."""

    business_id: int = Field(description="Id of the business.")


class CallPath(BaseModel):
    """Which call."""

    call_sid: str = Field(description="The carrier's id of the call.")


class CallsQuery(PageQuery, CallFilter):
    """Which calls, and which page of them."""


class CallView(BaseModel):
    """A call."""

    call_sid: str
    business_id: int
    lead_id: int | None
    direction: str = Field(description="inbound or outbound.")
    from_number: str = Field(alias="from", description="E.164 where a number was shown.")
    to_number: str = Field(alias="to")
    status: str
    end_reason: str | None
    is_test: bool
    agent: str = Field(description="Who answered.")
    started_at: datetime
    ended_at: datetime | None
    duration_seconds: int | None
    cost_usd: float = Field(description="What its sessions cost at list prices: an estimate.")


class TurnView(BaseModel):
    """One utterance of the caller or one reply."""

    index: int
    speaker: str = Field(description="caller or agent.")
    text: str
    path: str | None = Field(
        description="Who replied: GREETING, FAQ_FASTPATH, AGENT, FALLBACK or FILLER; null: the "
        "caller's."
    )
    intent_key: str | None
    heard_ms: int | None = Field(description="How much of a reply was heard, in milliseconds.")
    interrupted: bool = Field(description="Whether the caller broke in.")
    start_ms: int | None = Field(
        description="When its first sound was, in milliseconds from the start of the sound."
    )
    length_ms: int | None = Field(
        description="How long it is when all of it is said; null while that is not known."
    )
    timings_ms: dict[str, Any] = Field(description="Milliseconds by stage.")


class CallDetail(CallView):
    """A call with its turns, in the order in which they happened."""

    turns: list[TurnView]


class CallPage(Page):
    """A page of calls."""

    items: list[CallView]


@blueprint.get(f"/businesses/{BUSINESS_ID}/calls", responses={200: CallPage})
@needs(OPERATOR)
def list_calls(path: CallsPath, query: CallsQuery) -> Response:
    """List the calls of a business, newest first, without their turns."""
    with services().database.read() as session:
        return answer(call_page(session, path.business_id, query))


@blueprint.get("/calls/<string(maxlength=64):call_sid>", responses={200: CallDetail})
@needs(OPERATOR)
def get_call(path: CallPath) -> Response:
    """Get one call with its turns."""
    with services().database.read() as session:
        return answer(call_detail(visible_call(session, path.call_sid, with_turns=True)))


def call_page(session: Session, business_id: int, query: CallsQuery) -> CallPage:
    """Return one page of the calls of a business, newest first.

    Raises:
        NotFoundError: there is no such business.
        InvalidInputError: a filter or the cursor makes no sense.
    """
    business = session.get(Business, business_id)
    if business is None:
        raise missing("business")
    wanted = filtered_calls(query, business)
    wanted = wanted.order_by(Call.started_at.desc(), Call.call_sid.desc())
    if query.cursor is not None:
        instant, call_sid = decode_cursor(query.cursor, datetime, str)
        wanted = wanted.where(older_than(Call.started_at, Call.call_sid, (instant, call_sid)))
    rows = session.scalars(wanted.limit(query.limit + 1)).all()
    page, following = cut_page(rows, query.limit, lambda row: (row.started_at, row.call_sid))
    return CallPage(items=[CallView(**_values(row)) for row in page], next_cursor=following)


def visible_call(session: Session, call_sid: str, *, with_turns: bool = False) -> Call:
    """Return the call.

    Raises:
        NotFoundError: there is none, or none that the caller may know of.
    """
    if has_controls(call_sid):
        raise missing("call")
    options = [selectinload(Call.turns)] if with_turns else []
    call = session.get(Call, call_sid, options=options)
    if call is None:
        raise missing("call")
    caller().check_sees(call.business_id, "call")
    return call


def call_detail(call: Call) -> CallDetail:
    """Return how ``call`` is shown with its turns, which must be loaded."""
    return CallDetail(**_values(call), turns=[_turn(turn) for turn in call.turns])


def _values(call: Call) -> dict[str, Any]:
    return {
        "call_sid": call.call_sid,
        "business_id": call.business_id,
        "lead_id": call.lead_id,
        "direction": call.direction,
        "from": call.from_number,
        "to": call.to_number,
        "status": call.status,
        "end_reason": call.end_reason,
        "is_test": call.is_test,
        "agent": call.agent,
        "started_at": call.started_at,
        "ended_at": call.ended_at,
        "duration_seconds": call.duration,
        "cost_usd": call.cost_usd,
    }


def _turn(turn: CallTurn) -> TurnView:
    return TurnView.model_validate(turn, from_attributes=True)
