"""Learned questions: what callers often put to the agent, offered as drafts of prepared answers."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Annotated

from flask import Response
from pydantic import AfterValidator, BaseModel, Field, StringConstraints
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.accounts import record_change
from server.api.access import caller, missing, needs
from server.api.faq_models import FaqInput, FaqView
from server.api.faq_operations import add_faq, get_business, now_stored
from server.api.faqs import FAQS, FaqsPath, created
from server.api.fields import Input, Language, has_controls
from server.api.paging import Page
from server.api.profiles import profile_of
from server.api.resource import answer, new_resource, no_content, writing
from server.clock import utc_now
from server.faq.learned import MAX_EXAMPLES, LearnedGroup, Learner
from server.faq.learned_store import MAX_TURNS, decide, load_decisions, load_exchanges
from server.models import ADMIN, OPERATOR, BusinessFaq, FaqDismissal
from server.wiring import services

blueprint = new_resource("learned", "Questions that the agent gets again and again.")

LEARNED = f"{FAQS}/learned"
DISMISSED = f"{LEARNED}/dismissed/<int(max=2147483647):dismissal_id>"

_AT_ONCE = 5
"""So many sentences are read before calls get their turn: a few milliseconds."""


def _one_line(text: str) -> str:
    if has_controls(text):
        raise ValueError("must be one line without control characters")
    return text


_Question = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    AfterValidator(_one_line),
    Field(description="`question` of the group, as it was listed."),
]


class DismissalPath(FaqsPath):
    """Which decision."""

    dismissal_id: int = Field(description="Id of the dismissal.")


class LearnedQuery(Input):
    """Of which calls, and from how many times on."""

    days: int = Field(default=30, ge=1, le=365, description="How many days back.")
    min_count: int = Field(default=2, ge=1, le=1000, description="Asked at least so often.")
    limit: int = Field(default=50, ge=1, le=200, description="Most groups that are listed.")
    include_tests: bool = Field(default=False, description="Whether test calls count.")


class DraftView(BaseModel):
    """A draft, with the fields of a prepared answer."""

    intent_key: str
    label: str
    patterns: list[str]
    answer_text: str = Field(
        description="What the agent said most often, cut to 240 characters; empty when it only "
        "asked back."
    )
    lang: str


class GroupView(BaseModel):
    """One question in all its wordings."""

    question: str = Field(description="Its most frequent wording; names it when it is decided on.")
    lang: str
    count: int = Field(description="How often it was asked.")
    calls: int = Field(description="In how many calls.")
    last_asked: datetime
    examples: list[str] = Field(description=f"At most {MAX_EXAMPLES}, the most frequent first.")
    draft: DraftView


class LearnedPage(Page):
    """What callers asked the agent, the most frequent first."""

    items: list[GroupView]
    days: int
    exchanges: int = Field(
        description=f"Sentences that went to the agent, in the newest {MAX_TURNS} turns."
    )


class Acceptance(FaqInput):
    """A prepared answer made of a learned question."""

    question: _Question


class Dismissal(Input):
    """A learned question that shall not be offered again."""

    question: _Question
    lang: Language | None = Field(
        default=None, description="`lang` of the group; the business's when absent."
    )


class DismissalView(BaseModel):
    """A learned question that is not offered again."""

    id: int
    question: str
    lang: str
    created_at: datetime


@blueprint.get(LEARNED, responses={200: LearnedPage})
@needs(OPERATOR)
def list_learned_questions(path: FaqsPath, query: LearnedQuery) -> Response:
    """List what callers often asked that went to the agent, each with a draft.

    Left out: requests, small talk, sentences with digits or about the caller, test calls,
    answers broken off at their beginning, what prepared answers cover by now, and what was
    decided on before.
    """
    return answer(find_learned(path.business_id, query))


def find_learned(business_id: int, query: LearnedQuery) -> LearnedPage:
    """Return what callers often asked the agent; takes a while where there were many calls.

    Raises:
        NotFoundError: there is no such business.
    """
    profile = profile_of(business_id)
    since = utc_now() - timedelta(days=query.days)
    with services().database.read() as session:
        exchanges = load_exchanges(
            session, profile.id, profile.lang, since, include_tests=query.include_tests
        )
        decisions = load_decisions(session, profile.id)
        taken = session.scalars(
            select(BusinessFaq.intent_key).where(BusinessFaq.business_id == profile.id)
        ).all()
    learner = Learner(profile.faq, decisions)
    for number, exchange in enumerate(exchanges):
        learner.add(exchange)
        if number % _AT_ONCE == 0:
            time.sleep(0)  # calls are being bridged in this process: let them have their frames
    groups = learner.groups(query.min_count, frozenset(taken))[: query.limit]
    items = [_view(group) for group in groups]
    return LearnedPage(items=items, days=query.days, exchanges=len(exchanges))


@blueprint.post(f"{LEARNED}/accept", responses=writing(FaqView, 201))
@needs(ADMIN)
def accept_learned_question(path: FaqsPath, body: Acceptance) -> Response:
    """Create a prepared answer of a learned question, which is then no longer offered.

    When the prepared answer is deleted, the question may be offered again.
    """
    return created(path.business_id, accept(path.business_id, body))


def accept(business_id: int, body: Acceptance) -> FaqView:
    """Store the prepared answer made of a learned question, and the decision with it.

    Raises:
        NotFoundError: there is no such business.
    """
    with services().database.write() as session:
        row = add_faq(session, get_business(session, business_id), body)
        decide(session, business_id, row.lang, body.question, row.id)
    return now_stored(row, frozenset((row.id,)))


@blueprint.post(f"{LEARNED}/dismiss", responses=writing(DismissalView, 201))
@needs(ADMIN)
def dismiss_learned_question(path: FaqsPath, body: Dismissal) -> Response:
    """Have a question, in whatever words, not offered again."""
    return answer(dismiss(path.business_id, body), 201)


def dismiss(business_id: int, body: Dismissal) -> DismissalView:
    """Store that a question is not to be offered again.

    Raises:
        NotFoundError: there is no such business.
    """
    with services().database.write() as session:
        business = get_business(session, business_id)
        row = decide(session, business.id, body.lang or business.lang, body.question)
        _record(session, row, "faq.dismiss")
    return DismissalView.model_validate(row, from_attributes=True)


@blueprint.delete(DISMISSED, responses={204: None})
@needs(ADMIN)
def restore_learned_question(path: DismissalPath) -> Response:
    """Take a dismissal back: the question is offered again."""
    restore(path.business_id, path.dismissal_id)
    return no_content()


def restore(business_id: int, dismissal_id: int) -> None:
    """Take a dismissal back.

    Raises:
        NotFoundError: the business has none with this id.
    """
    with services().database.write() as session:
        row = session.get(FaqDismissal, dismissal_id)
        if row is None or row.business_id != business_id:
            raise missing("dismissal")
        _record(session, row, "faq.restore")
        session.delete(row)


def _record(session: Session, row: FaqDismissal, action: str) -> None:
    record_change(
        session,
        caller().actor,
        action,
        business_id=row.business_id,
        target=f"dismissal:{row.id}",
    )


def _view(group: LearnedGroup) -> GroupView:
    draft = group.draft
    return GroupView(
        question=group.question,
        lang=group.lang,
        count=group.count,
        calls=group.calls,
        last_asked=group.last_asked,
        examples=list(group.examples),
        draft=DraftView(
            intent_key=draft.intent_key,
            label=draft.label,
            patterns=list(draft.patterns),
            answer_text=draft.answer_text,
            lang=group.lang,
        ),
    )
