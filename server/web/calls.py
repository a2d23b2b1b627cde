"""The calls that were: their list, and one of them from its first sound to its last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from http import HTTPStatus
from typing import Any

from flask import Response, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _l
from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.api.access import needs
from server.api.calls import CallPage, CallsQuery, TurnView, call_detail, call_page, visible_call
from server.api.lead_view import recording_path
from server.errors import InvalidInputError
from server.leads.media import stored_recording
from server.models import OPERATOR, BusinessFaq, Call, Lead
from server.web.call_words import (
    PATHS,
    agent_words,
    reason_kind,
    reason_words,
    reasons,
    shows_number,
)
from server.web.pages import BUSINESS, is_htmx, missing, new_pages
from server.web.waterfall import STAGES, Waterfall, scale_of, waterfall
from server.wiring import services

blueprint = new_pages("calls")

CALL = f"{BUSINESS}/calls/<string(maxlength=64):call_sid>"
_CHOICES: tuple[tuple[Any, dict[str, str]], ...] = (
    (_l("All"), {}),
    (_l("Served"), {"outcome": "served"}),
    (_l("Broken off or unanswered"), {"outcome": "lost"}),
    (_l("In progress"), {"outcome": "running"}),
    (_l("Test calls"), {"is_test": "true"}),
)
"""What is chosen with one tap; the other filters are under "search and filter"."""

_FILTERS = ("outcome", "direction", "end_reason", "number", "is_test", "since", "until")


@dataclass(frozen=True, slots=True)
class Choice:
    """A filter that is one tap away."""

    label: str
    href: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """A prepared answer that was given and is still there."""

    faq_id: int
    name: str


@dataclass(frozen=True, slots=True)
class TurnRow:
    """One turn as it is drawn."""

    turn: TurnView
    waits: Waterfall | None
    answer: GivenAnswer | None

    @property
    def end_ms(self) -> int | None:
        """When it was over, from the start of the sound."""
        turn = self.turn
        said = turn.heard_ms if turn.interrupted or turn.length_ms is None else turn.length_ms
        return None if turn.start_ms is None or said is None else turn.start_ms + said


@blueprint.app_context_processor
def call_words() -> dict[str, object]:
    """Give every template the words for calls."""
    return {
        "reason_words": reason_words,
        "reason_kind": reason_kind,
        "agent_words": agent_words,
        "path_words": PATHS,
        "shows_number": shows_number,
    }


@blueprint.get(f"{BUSINESS}/calls")
@needs(OPERATOR)
def list_calls(business_id: int) -> Response | str:
    """Show the calls, newest first."""
    given = {name: request.args[name].strip() for name in _FILTERS if request.args.get(name)}
    given = {name: value for name, value in given.items() if value}
    wrong = False
    with services().database.read() as session:
        try:
            page = call_page(session, business_id, _query(given, request.args.get("cursor")))
        except (ValidationError, InvalidInputError, ValueError, OverflowError):
            wrong = True
            page = CallPage(items=[], next_cursor=None)
        names = _names(session, [call.call_sid for call in page.items])
    following = None
    if page.next_cursor is not None:
        where: dict[str, Any] = given | {"cursor": page.next_cursor}
        following = url_for(".list_calls", business_id=business_id, **where)
    body = render_template(
        "calls/_rows.html" if is_htmx() and request.args.get("cursor") else "calls/list.html",
        calls=page.items,
        names=names,
        following=following,
        given=given,
        wrong=wrong,
        reasons=reasons(),
        choices=_choices(business_id, given),
    )
    return Response(body, 422) if wrong else body


@blueprint.get(CALL)
@needs(OPERATOR)
def show_call(business_id: int, call_sid: str) -> str:
    """Show one call: what was said, how long each answer took, and its recording."""
    with services().database.read() as session:
        row = _call_here(session, business_id, call_sid)
        call = call_detail(row)
        answers = _given_answers(session, business_id, call.turns)
        lead = session.get(Lead, row.lead_id) if row.lead_id is not None else None
        recording = stored_recording(session, lead) if lead is not None else None
        name = lead.name if lead is not None else ""
    scale_ms = scale_of(turn.timings_ms for turn in call.turns)
    return render_template(
        "calls/show.html",
        call=call,
        name=name,
        rows=[
            TurnRow(turn, waterfall(turn.timings_ms, scale_ms), answers.get(turn.index))
            for turn in call.turns
        ],
        stages=STAGES,
        recording_url=recording_path(lead.id) if lead is not None and recording else None,
        running=services().calls.watch.call(call_sid) is not None,
    )


@blueprint.get(f"{CALL}/lead")
@needs(OPERATOR)
def lead_of_call(business_id: int, call_sid: str) -> Response:
    """Go to the lead that the call made."""
    with services().database.read() as session:
        lead_id = _call_here(session, business_id, call_sid).lead_id
    if lead_id is None:
        raise missing("lead")
    return redirect(f"/b/{business_id}/leads/{lead_id}", HTTPStatus.SEE_OTHER)  # type: ignore[return-value]


def _choices(business_id: int, given: dict[str, str]) -> list[Choice]:
    mine = {name for _, wanted in _CHOICES for name in wanted}
    kept: dict[str, Any] = {name: value for name, value in given.items() if name not in mine}
    now = {name: value for name, value in given.items() if name in mine}
    return [
        Choice(
            str(label),
            url_for(".list_calls", business_id=business_id, **(kept | wanted)),
            chosen=now == wanted,
        )
        for label, wanted in _CHOICES
    ]


def _query(given: dict[str, str], cursor: str | None) -> CallsQuery:
    """Return the list's query; a day without a time means all of it.

    Raises:
        ValidationError, ValueError: something in it makes no sense.
    """
    wanted: dict[str, str] = dict(given)
    if "until" in wanted:
        wanted["until"] = (date.fromisoformat(wanted["until"]) + timedelta(days=1)).isoformat()
    if cursor:
        wanted["cursor"] = cursor
    return CallsQuery.model_validate(wanted)


def _names(session: Session, call_sids: list[str]) -> dict[str, str]:
    """Return the names of those who called, as far as they are known."""
    known = session.execute(
        select(Lead.call_sid, Lead.name).where(Lead.call_sid.in_(call_sids), Lead.name != "")
    )
    return {row.call_sid: row.name for row in known}


def _given_answers(
    session: Session, business_id: int, turns: list[TurnView]
) -> dict[int, GivenAnswer]:
    """Return the prepared answers that were given, each under its turn's index.

    A turn knows its answer's key, which each language has anew: the one with these words was said.
    """
    keys = {turn.index: turn.intent_key for turn in turns if turn.intent_key}
    known: dict[str, list[BusinessFaq]] = {}
    for faq in session.scalars(
        select(BusinessFaq)
        .where(BusinessFaq.business_id == business_id, BusinessFaq.intent_key.in_(keys.values()))
        .order_by(BusinessFaq.id)
    ):
        known.setdefault(faq.intent_key, []).append(faq)
    given = {}
    for turn in turns:
        if faqs := known.get(keys.get(turn.index, "")):
            said = next((faq for faq in faqs if faq.answer_text == turn.text), faqs[0])
            given[turn.index] = GivenAnswer(said.id, said.label or said.intent_key)
    return given


def _call_here(session: Session, business_id: int, call_sid: str) -> Call:
    """Return the call with its turns.

    Raises:
        NotFoundError: this business has no such call.
    """
    call = visible_call(session, call_sid, with_turns=True)
    if call.business_id != business_id:
        raise missing("call")
    return call
