"""Prepared answers: create, read, replace, delete; saving one has its audio rendered."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from flask import Response
from pydantic import BaseModel, Field
from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from server.accounts import record_change
from server.agent.realtime_plan import DEFAULT_VOICE
from server.api.access import caller, missing, needs
from server.api.fields import Answer, Input, IntentKey, Label, Language, Pattern, Priority
from server.api.paging import NEXT_CURSOR, PageQuery, cut_page, decode_cursor
from server.api.resource import BUSINESS_ID, answer, new_resource, no_content, writing
from server.faq.conflicts import warnings
from server.faq.snapshot import FaqRow, compile_row
from server.models import ADMIN, OPERATOR, Business, BusinessFaq
from server.wiring import services

blueprint = new_resource("faqs", "Prepared answers to common questions.")

FAQS = f"/businesses/{BUSINESS_ID}/faqs"
FAQ = f"{FAQS}/<int(max=2147483647):faq_id>"

_MAX_SENTENCES = 2
_SENTENCE_END = re.compile(r"[.!?…]+(?=\s|$)")


class FaqsPath(BaseModel):
    """Whose answers."""

    business_id: int = Field(description="Id of the business.")


class FaqPath(FaqsPath):
    """Which answer."""

    faq_id: int = Field(description="Id of the prepared answer.")


class FaqInput(Input):
    """A prepared answer as its owner writes it."""

    intent_key: IntentKey = Field(description="Short name of the question.", examples=["price"])
    label: Label = Field(default="", description="How the question is named to a caller.")
    patterns: Annotated[list[Pattern], Field(min_length=1, max_length=50)] = Field(
        description="How callers say it: phrases, or regular expressions.",
        examples=[["מה המחיר", "כמה (זה )?עולה"]],
    )
    answer_text: Answer = Field(description="What is said; at most two short sentences.")
    channels: Literal["voice", "both"] = Field(default="voice", description="Where it answers.")
    lang: Language | None = Field(
        default=None, description="Language of the question; the business's when absent."
    )
    priority: Priority = Field(default=0, description="Between close rows the higher one wins.")
    active: bool = Field(default=True, description="Whether it answers at all.", strict=True)


class FaqView(BaseModel):
    """A prepared answer."""

    id: int
    intent_key: str
    label: str
    patterns: list[str]
    answer_text: str
    channels: str
    lang: str
    priority: int
    active: bool
    audio_status: Literal["ready", "rendering", "failed"] = Field(
        description="Whether the spoken answer can be played."
    )
    warnings: list[str] = Field(description="What its owner should look at.")
    audio_seconds: float | None = Field(
        description="How long the spoken answer takes; null until it is rendered."
    )
    updated_at: datetime


class FaqPage(BaseModel):
    """A page of prepared answers."""

    items: list[FaqView]
    next_cursor: str | None = NEXT_CURSOR


@blueprint.get(FAQS, responses={200: FaqPage})
@needs(OPERATOR)
def list_faqs(path: FaqsPath, query: PageQuery) -> Response:
    """List the prepared answers of a business, highest priority first."""
    wanted = (
        select(BusinessFaq)
        .where(BusinessFaq.business_id == path.business_id)
        .order_by(BusinessFaq.priority.desc(), BusinessFaq.id)
    )
    if query.cursor is not None:
        priority, faq_id = decode_cursor(query.cursor, int, int)
        same = and_(BusinessFaq.priority == priority, BusinessFaq.id > faq_id)
        wanted = wanted.where(or_(BusinessFaq.priority < priority, same))
    with services().database.read() as session:
        get_business(session, path.business_id)
        rows = session.scalars(wanted.limit(query.limit + 1)).all()
    page, following = cut_page(rows, query.limit, lambda row: (row.priority, row.id))
    return answer(FaqPage(items=_views(page), next_cursor=following))


@blueprint.post(FAQS, responses=writing(FaqView, 201))
@needs(ADMIN)
def create_faq(path: FaqsPath, body: FaqInput) -> Response:
    """Create a prepared answer; the next utterance can get it."""
    with services().database.write() as session:
        row = add_faq(session, get_business(session, path.business_id), body)
    return created(row)


@blueprint.get(FAQ, responses={200: FaqView})
@needs(OPERATOR)
def get_faq(path: FaqPath) -> Response:
    """Get one prepared answer."""
    with services().database.read() as session:
        return answer(_views([_get(session, path)])[0])


@blueprint.put(FAQ, responses=writing(FaqView))
@needs(ADMIN)
def replace_faq(path: FaqPath, body: FaqInput) -> Response:
    """Replace a prepared answer; absent fields get their defaults."""
    with services().database.write() as session:
        row = _get(session, path)
        fill_faq(row, body, get_business(session, path.business_id))
        session.flush()
        _record(session, row, "faq.update")
    prepare_clip(row)
    return answer(_views([row])[0])


@blueprint.delete(FAQ, responses={204: None})
@needs(ADMIN)
def delete_faq(path: FaqPath) -> Response:
    """Delete a prepared answer; the next utterance does not get it."""
    with services().database.write() as session:
        row = _get(session, path)
        session.delete(row)  # not in bulk: the caches watch the session
        _record(session, row, "faq.delete")
    return no_content()


def add_faq(session: Session, business: Business, body: FaqInput) -> BusinessFaq:
    """Store a new prepared answer and return its row."""
    row = BusinessFaq(business_id=business.id)
    fill_faq(row, body, business)
    session.add(row)
    session.flush()
    _record(session, row, "faq.create")
    return row


def fill_faq(row: BusinessFaq, body: FaqInput, business: Business) -> None:
    """Make ``row`` what ``body`` says."""
    row.intent_key = body.intent_key
    row.label = body.label
    row.patterns_json = body.patterns
    row.answer_text = body.answer_text
    row.channels = body.channels
    row.lang = body.lang or business.lang
    row.priority = body.priority
    row.active = body.active


def prepare_clip(row: BusinessFaq) -> None:
    """Have the answer of a stored row rendered."""
    services().clips.prepare(row.answer_text, row.lang, _voice_of(row))


def created(row: BusinessFaq) -> Response:
    """Return the answer to the creation of ``row``, which is committed, and have it rendered."""
    prepare_clip(row)
    response = answer(_views([row])[0], 201)
    response.headers["Location"] = f"/api/businesses/{row.business_id}/faqs/{row.id}"
    return response


def get_business(session: Session, business_id: int) -> Business:
    """Return the row of a business.

    Raises:
        NotFoundError: there is none.
    """
    business = session.get(Business, business_id)
    if business is None:
        raise missing("business")
    return business


def _get(session: Session, path: FaqPath) -> BusinessFaq:
    row = session.get(BusinessFaq, path.faq_id)
    if row is None or row.business_id != path.business_id:
        raise missing("prepared answer")
    return row


def _record(session: Session, row: BusinessFaq, action: str) -> None:
    record_change(
        session,
        caller().actor,
        action,
        business_id=row.business_id,
        target=f"faq:{row.id}",
        detail={"intent_key": row.intent_key, "lang": row.lang},
    )


def _voice_of(row: BusinessFaq) -> str:
    """Return the voice of the row's business; the default one's where it is not known."""
    profile = services().directory.by_id(row.business_id)
    return (profile.voice if profile is not None else "") or DEFAULT_VOICE


def _views(rows: Sequence[BusinessFaq]) -> list[FaqView]:
    """Return ``rows``, which are of one business, as they are shown."""
    profile = services().directory.by_id(rows[0].business_id) if rows else None
    faults = {} if profile is None else warnings(profile.faq, {row.id for row in rows})
    return [_view(row, faults.get(row.id)) for row in rows]


def _view(row: BusinessFaq, faults: Sequence[str] | None) -> FaqView:
    """Return ``row`` as it is shown; ``faults`` is None where no utterance can get it."""
    # The column may hold what an older release or a person's SQL wrote: shown as far as it goes.
    stored = row.patterns_json if isinstance(row.patterns_json, list) else []
    patterns = tuple(pattern for pattern in stored if isinstance(pattern, str))
    if faults is None:
        whole = FaqRow(
            row.id, row.intent_key, row.label, patterns, row.answer_text, row.lang, row.priority
        )
        faults = compile_row(whole).warnings
    shown = list(faults)
    if len(_SENTENCE_END.split(row.answer_text.strip().rstrip(".!?…"))) > _MAX_SENTENCES:
        shown.append("The answer is longer than two sentences; callers stop listening.")
    return FaqView(
        id=row.id,
        intent_key=row.intent_key,
        label=row.label,
        patterns=list(patterns),
        answer_text=row.answer_text,
        channels=row.channels,
        lang=row.lang,
        priority=row.priority,
        active=row.active,
        audio_status=services().clips.status(row.answer_text, row.lang, _voice_of(row)),
        warnings=shown,
        audio_seconds=services().clips.seconds(row.answer_text, row.lang, _voice_of(row)),
        updated_at=row.updated_at,
    )
