"""Calls while they run: who talks, what is said, and how one is ended from here."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Literal

import orjson
from flask import Response
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.accounts import record_change
from server.api.access import caller, missing, needs
from server.api.calls import CallPath, CallsPath, TurnView, visible_call
from server.api.fields import Input, has_controls
from server.api.paging import Page
from server.api.resource import BUSINESS_ID, answer, new_resource, writing
from server.api.streams import (
    HEARTBEAT,
    HEARTBEAT_SECONDS,
    MAX_SECONDS,
    documented_stream,
    event_stream,
    sse,
)
from server.calls.endings import OPERATOR_END
from server.calls.watch import CallWatch, LiveCall, Watcher
from server.clock import monotonic
from server.models import OPERATOR, Business, Lead
from server.wiring import services

blueprint = new_resource("live", "Calls while they run.")

CALL = "/calls/<string(maxlength=64):call_sid>"


class LiveCallView(BaseModel):
    """A running call, as far as it has come."""

    call_sid: str
    business_id: int
    lead_id: int | None = Field(description="Null for the moment until the lead is stored.")
    direction: str = Field(description="inbound or outbound.")
    from_number: str = Field(alias="from", description="E.164 where a number was shown.")
    to_number: str = Field(alias="to")
    is_test: bool
    agent: str = Field(description="Who answers.")
    arrived_at: datetime
    started_at: datetime | None = Field(description="Null until its sound is connected.")
    speaking: bool = Field(description="Whether the caller is being heard just now.")
    words: str = Field(description="What is understood of what the caller is saying.")
    turns: list[TurnView]


class LiveCalls(Page):
    """The calls of a business that run now, oldest first."""

    items: list[LiveCallView]


class EndCall(Input):
    """Nothing needs to be said."""


class CallEnd(BaseModel):
    """What became of the wish to end a call."""

    call_sid: str
    state: Literal["ending", "over"] = Field(
        description="ending: the caller is told goodbye; over: it had ended before."
    )


@blueprint.get(f"/businesses/{BUSINESS_ID}/live", responses={200: LiveCalls})
@needs(OPERATOR)
def list_live_calls(path: CallsPath) -> Response:
    """List the calls of a business that run now, with what has been said."""
    with services().database.read() as session:
        if session.get(Business, path.business_id) is None:
            raise missing("business")
        return answer(LiveCalls(items=live_calls(session, path.business_id)))


@blueprint.get(
    f"/businesses/{BUSINESS_ID}/live/events",
    responses=documented_stream(
        "Events `call`, each a JSON object with `type`, `call_sid` and `seq`: `calls` (who is on "
        "the line; each of these calls as it stands follows), `arrived`, `started`, `speech`, "
        "`words`, `turn`, `text`, `ended`; `missed` when the reader was too slow, then `calls` "
        "anew."
    ),
)
@needs(OPERATOR)
def watch_live_calls(path: CallsPath) -> Response:
    """Watch all calls of a business as they happen."""
    with services().database.read() as session:
        if session.get(Business, path.business_id) is None:
            raise missing("business")
    return _watching(path.business_id, None)


@blueprint.get(
    f"{CALL}/events",
    responses=documented_stream(
        "The events of one call (see the events of all), then `end`; of one that is over only that."
    ),
)
@needs(OPERATOR)
def watch_call(path: CallPath) -> Response:
    """Watch one call as it happens."""
    live = _running(path.call_sid)
    if live is not None:
        business_id = live.business_id
    else:
        with services().database.read() as session:
            business_id = visible_call(session, path.call_sid).business_id
    return _watching(business_id, path.call_sid)


@blueprint.post(f"{CALL}/end", responses=writing(CallEnd, 202))
@needs(OPERATOR)
def end_call(path: CallPath, body: EndCall) -> Response:
    """End a running call: the caller is told goodbye. Asked again, it ends at once."""
    return answer(end_politely(path.call_sid), 202)


def live_calls(session: Session, business_id: int) -> list[LiveCallView]:
    """Return the calls of a business that run now, oldest first."""
    calls = services().calls.watch.calls(business_id)
    if not calls:
        return []
    sids = [call.call_sid for call in calls]
    leads = session.execute(select(Lead.call_sid, Lead.id).where(Lead.call_sid.in_(sids)))
    lead_ids = {row.call_sid: row.id for row in leads}
    return [_view(call, lead_ids.get(call.call_sid)) for call in calls]


def end_politely(call_sid: str) -> CallEnd:
    """End a running call for the current caller, who is on record with it.

    Raises:
        NotFoundError: there is no such call, or none that the caller may know of.
    """
    parts, live = services(), _running(call_sid)
    with parts.database.write() as session:
        if live is None:
            visible_call(session, call_sid)
            return CallEnd(call_sid=call_sid, state="over")
        record_change(
            session,
            caller().actor,
            "call.end",
            business_id=live.business_id,
            target=f"call:{call_sid}",
        )
    found = parts.calls.registry.request_end(call_sid, OPERATOR_END, politely=True)
    return CallEnd(call_sid=call_sid, state="ending" if found else "over")


def _running(call_sid: str) -> LiveCall | None:
    """Return the call if it runs now.

    Raises:
        NotFoundError: it does, and the caller may not know of it.
    """
    if has_controls(call_sid):
        raise missing("call")
    live = services().calls.watch.call(call_sid)
    if live is not None:
        caller().check_sees(live.business_id, "call")
    return live


def _view(call: LiveCall, lead_id: int | None) -> LiveCallView:
    told: dict[str, Any] = call.arrived | {
        "lead_id": lead_id,
        "started_at": call.started and call.started["started_at"],
        "speaking": call.speech is not None,
        "words": call.words["text"] if call.words is not None else "",
        "turns": [
            TurnView.model_validate(call.turns[index]["turn"]) for index in sorted(call.turns)
        ],
    }
    return LiveCallView.model_validate(told)


def _watching(business_id: int, call_sid: str | None) -> Response:
    watch = services().calls.watch
    watcher = watch.watch(business_id, call_sid)
    response = event_stream(
        business_id,
        lambda: _told(watch, watcher, call_sid),
        lambda: watch.leave(watcher),
    )
    if response.status_code != 200:
        watch.leave(watcher)
    return response


def _told(watch: CallWatch, watcher: Watcher, call_sid: str | None) -> Iterator[str]:
    """Yield what happens: to one call until it is over, to all until the stream is old."""
    ends_at = monotonic() + MAX_SECONDS
    while monotonic() < ends_at:
        event = watcher.get(HEARTBEAT_SECONDS)
        if event is not None:
            yield sse("call", orjson.dumps(event).decode())
            gone = event["type"] == "calls" and not event["call_sids"]
            if call_sid is not None and (gone or event["type"] == "ended"):
                yield sse("end", str(event.get("reason", "over")))
                return
        elif watcher.closed:
            return
        else:
            yield HEARTBEAT
