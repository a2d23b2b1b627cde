"""What is done with prepared answers: once, for the JSON API and for the browser.

Every operation is a unit of work of its own and leaves an entry in the log of changes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Text, and_, cast, func, or_, select
from sqlalchemy.orm import Session

from server.accounts import record_change
from server.api.access import caller, missing
from server.api.faq_models import (
    FaqInput,
    FaqPage,
    FaqQuery,
    FaqReplacement,
    FaqView,
    faq_views,
    patterns_of,
    prepare_clip,
)
from server.api.faq_reviews import warned_ids
from server.api.paging import cut_page, decode_cursor
from server.errors import ConflictError
from server.models import Business, BusinessFaq, FaqDismissal
from server.wiring import services

CHANGED_MEANWHILE = "changed_meanwhile"
_ESCAPE = "/"


class ChangedMeanwhileError(ConflictError):
    """Somebody else has changed the prepared answer since this change was begun.

    Args:
        stored: what it is now.
    """

    code = CHANGED_MEANWHILE

    def __init__(self, stored: FaqView) -> None:
        super().__init__("The prepared answer has been changed meanwhile; read it and try again.")
        self.stored = stored


@dataclass(frozen=True, slots=True)
class FaqCounts:
    """How many prepared answers a business has, and in which languages."""

    total: int
    active: int
    languages: tuple[str, ...]


def find_faqs(business_id: int, query: FaqQuery) -> FaqPage:
    """Return a page of the prepared answers that ``query`` asks for, highest priority first.

    Raises:
        NotFoundError: there is no such business.
        InvalidInputError: the cursor is none of this list.
    """
    wanted = (
        select(BusinessFaq)
        .where(BusinessFaq.business_id == business_id)
        .order_by(BusinessFaq.priority.desc(), BusinessFaq.id)
    )
    if query.cursor is not None:
        priority, faq_id = decode_cursor(query.cursor, int, int)
        same = and_(BusinessFaq.priority == priority, BusinessFaq.id > faq_id)
        wanted = wanted.where(or_(BusinessFaq.priority < priority, same))
    if query.search.strip():
        wanted = wanted.where(_holds(query.search))
    if query.lang is not None:
        wanted = wanted.where(BusinessFaq.lang == query.lang)
    if query.active is not None:
        wanted = wanted.where(BusinessFaq.active.is_(query.active))
    if query.warned:
        wanted = wanted.where(BusinessFaq.id.in_(warned_ids(business_id)))
    with services().database.read() as session:
        get_business(session, business_id)
        rows = session.scalars(wanted.limit(query.limit + 1)).all()
        page, following = cut_page(rows, query.limit, lambda row: (row.priority, row.id))
        learned = _learned(session, [row.id for row in page])
    return FaqPage(items=faq_views(page, learned), next_cursor=following)


def count_faqs(business_id: int) -> FaqCounts:
    """Return how many prepared answers there are."""
    asked = (
        select(BusinessFaq.lang, BusinessFaq.active, func.count())
        .where(BusinessFaq.business_id == business_id)
        .group_by(BusinessFaq.lang, BusinessFaq.active)
    )
    with services().database.read() as session:
        found = session.execute(asked).all()
    return FaqCounts(
        total=sum(count for _, _, count in found),
        active=sum(count for _, active, count in found if active),
        languages=tuple(sorted({lang for lang, _, _ in found})),
    )


def taken_keys(business_id: int, but: int | None = None) -> frozenset[str]:
    """Return the intent keys that are in use, but for those of the answer ``but``."""
    asked = select(BusinessFaq.intent_key).where(BusinessFaq.business_id == business_id)
    if but is not None:
        asked = asked.where(BusinessFaq.id != but)
    with services().database.read() as session:
        return frozenset(session.scalars(asked.distinct()))


def find_faq(business_id: int, faq_id: int) -> FaqView:
    """Return one prepared answer.

    Raises:
        NotFoundError: the business has none with this id.
    """
    with services().database.read() as session:
        row = get_faq_row(session, business_id, faq_id)
        return _shown(session, row)


def create_faq(business_id: int, body: FaqInput) -> FaqView:
    """Store a new prepared answer; the next utterance can get it.

    Raises:
        NotFoundError: there is no such business.
    """
    with services().database.write() as session:
        row = add_faq(session, get_business(session, business_id), body)
    return now_stored(row)


def replace_faq(business_id: int, faq_id: int, body: FaqReplacement) -> FaqView:
    """Make a prepared answer what ``body`` says.

    Raises:
        NotFoundError: the business has none with this id.
        ChangedMeanwhileError: somebody else was faster.
    """
    with services().database.write() as session:
        row = get_faq_row(session, business_id, faq_id)
        session.refresh(row, with_for_update=True)  # of two at the same moment one comes second
        _check_unchanged(session, row, body.read_at)
        place = row.priority
        fill_faq(row, body, get_business(session, business_id))
        if body.read_priority == body.priority:
            row.priority = place
        session.flush()
        record_faq(session, row, "faq.update")
        learned = _learned(session, [row.id])
    return now_stored(row, learned)


def switch_faq(business_id: int, faq_id: int, *, active: bool) -> FaqView:
    """Switch a prepared answer on or off; the next utterance knows.

    Raises:
        NotFoundError: the business has none with this id.
    """
    with services().database.write() as session:
        row = get_faq_row(session, business_id, faq_id)
        if row.active != active:
            row.active = active
            session.flush()
            record_faq(session, row, "faq.switch")
        learned = _learned(session, [row.id])
    return now_stored(row, learned)


def delete_faq(business_id: int, faq_id: int) -> FaqInput:
    """Delete a prepared answer, and return what makes it again.

    Raises:
        NotFoundError: the business has none with this id.
    """
    with services().database.write() as session:
        row = get_faq_row(session, business_id, faq_id)
        session.delete(row)  # not in bulk: the caches watch the session
        record_faq(session, row, "faq.delete")
        # What an older release or SQL has stored is brought back as it was, whatever it is.
        return FaqInput.model_construct(
            intent_key=row.intent_key,
            label=row.label,
            patterns=patterns_of(row),
            answer_text=row.answer_text,
            channels="both" if row.channels == "both" else "voice",
            lang=row.lang,
            priority=row.priority,
            active=row.active,
        )


# For those who write several things in one unit of work


def add_faq(session: Session, business: Business, body: FaqInput) -> BusinessFaq:
    """Store a new prepared answer and return its row."""
    row = BusinessFaq(business_id=business.id)
    fill_faq(row, body, business)
    session.add(row)
    session.flush()
    record_faq(session, row, "faq.create")
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


def now_stored(row: BusinessFaq, learned: frozenset[int] = frozenset()) -> FaqView:
    """Have the answer of ``row``, which is committed, rendered; return it as it is shown."""
    prepare_clip(row)
    return faq_views([row], learned)[0]


def get_business(session: Session, business_id: int) -> Business:
    """Return the row of a business.

    Raises:
        NotFoundError: there is none.
    """
    business = session.get(Business, business_id)
    if business is None:
        raise missing("business")
    return business


def get_faq_row(session: Session, business_id: int, faq_id: int) -> BusinessFaq:
    """Return the row of a prepared answer.

    Raises:
        NotFoundError: the business has none with this id.
    """
    row = session.get(BusinessFaq, faq_id)
    if row is None or row.business_id != business_id:
        raise missing("prepared answer")
    return row


def record_faq(session: Session, row: BusinessFaq, action: str) -> None:
    """Note in the log of changes what was done with ``row``."""
    record_change(
        session,
        caller().actor,
        action,
        business_id=row.business_id,
        target=f"faq:{row.id}",
        detail={"intent_key": row.intent_key, "lang": row.lang},
    )


def _check_unchanged(session: Session, row: BusinessFaq, read_at: datetime | None) -> None:
    if read_at is not None and row.updated_at != read_at:
        raise ChangedMeanwhileError(_shown(session, row))


def _shown(session: Session, row: BusinessFaq) -> FaqView:
    return faq_views([row], _learned(session, [row.id]))[0]


def _learned(session: Session, faq_ids: list[int]) -> frozenset[int]:
    found = session.scalars(select(FaqDismissal.faq_id).where(FaqDismissal.faq_id.in_(faq_ids)))
    return frozenset(faq_id for faq_id in found if faq_id is not None)


def _holds(words: str) -> ColumnElement[bool]:
    """Return the condition for rows that hold ``words``; patterns are stored as escaped JSON."""
    sought = " ".join(words.split()).lower()
    texts = (BusinessFaq.label, BusinessFaq.answer_text, BusinessFaq.intent_key)
    found = [func.lower(text).like(_like(sought), escape=_ESCAPE) for text in texts]
    stored = func.lower(cast(BusinessFaq.patterns_json, Text))
    for spelt in {json.dumps(sought)[1:-1], json.dumps(sought, ensure_ascii=False)[1:-1]}:
        found.append(stored.like(_like(spelt.lower()), escape=_ESCAPE))
    return or_(*found)


def _like(text: str) -> str:
    for sign in (_ESCAPE, "%", "_"):
        text = text.replace(sign, _ESCAPE + sign)
    return f"%{text}%"
