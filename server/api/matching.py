"""Try it: what a caller's sentence would get, and why."""

from __future__ import annotations

from typing import Literal

from flask import Response
from pydantic import BaseModel, Field

from server.api.access import missing, needs
from server.api.faqs import FAQS, FaqsPath
from server.api.fields import Input, Language
from server.api.resource import answer, new_resource, writing
from server.directory import BusinessProfile
from server.faq.results import Explanation, Hit
from server.faq.service import Found
from server.models import OPERATOR, Business
from server.wiring import services

blueprint = new_resource("matching", "What a caller's sentence would get, and why.")


class MatchInput(Input):
    """A caller's sentence."""

    text: str = Field(max_length=10_000, description="What the caller says.")
    lang: Language | None = Field(
        default=None, description="The language it is said in; told by its letters when absent."
    )


class RowView(BaseModel):
    """A prepared answer that speaks of the sentence."""

    intent_key: str = Field(description="Which one.")
    score: float = Field(description="How well it fits, 0 to 1.")
    why: str = Field(description="What the score is made of.")


class MatchView(BaseModel):
    """Who would answer, and why."""

    path: Literal["FAQ_FASTPATH", "AGENT"] = Field(description="Who answers.")
    intent_key: str | None = Field(description="The prepared answer that was found.")
    answer_text: str | None = Field(description="What would be said.")
    score: float = Field(description="How well it fits, 0 to 1.")
    ms: float = Field(description="How long the look-up took, in milliseconds.")
    reason: str = Field(
        description="How it fits (exact, phrase, expression, kind, topic, bare, part, answer, "
        "similar), or why there is no automatic answer (empty, too_long, action, "
        "job, negation, statement, backchannel, ambiguous, uncovered, other_question, no_match, "
        "disabled, failed, slow, tripped)."
    )
    clarify: str | None = Field(description="When ambiguous: what could be asked back.")
    rows: list[RowView] = Field(description="The answers that were considered, the best first.")
    uncovered: list[str] = Field(description="Words that the best of them does not explain.")


@blueprint.post(f"{FAQS}/match", responses=writing(MatchView))
@needs(OPERATOR)
def match_faq(path: FaqsPath, body: MatchInput) -> Response:
    """Tell what a sentence would get, by the same look-up that calls use."""
    profile_of(path.business_id)
    found, explained = services().faq.explain(path.business_id, body.text, body.lang or "")
    return answer(_view(found, explained))


def _view(found: Found, explained: Explanation | None) -> MatchView:
    result = found.result
    row = result.row if isinstance(result, Hit) else None
    return MatchView(
        path="FAQ_FASTPATH" if row else "AGENT",
        intent_key=row.intent_key if row else None,
        answer_text=row.answer_text if row else None,
        score=result.score,
        ms=found.ms,
        reason=result.reason,
        clarify=None if isinstance(result, Hit) else result.clarify or None,
        rows=[
            RowView(intent_key=one.row.intent_key, score=one.score, why=one.why)
            for one in (explained.rows if explained else ())
        ],
        uncovered=list(explained.uncovered) if explained else [],
    )


def profile_of(business_id: int) -> BusinessProfile:
    """Return the copy in RAM, read now if this process does not have it yet.

    Raises:
        NotFoundError: there is no such business.
    """
    directory = services().directory
    profile = directory.by_id(business_id)
    if profile is None:
        with services().database.read() as session:
            exists = session.get(Business, business_id) is not None
        if exists:
            directory.load()
            profile = directory.by_id(business_id)
    if profile is None:
        raise missing("business")
    return profile
