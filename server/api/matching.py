"""Try it: what a caller's sentence would get, and why."""

from __future__ import annotations

from typing import Literal

from flask import Response
from pydantic import BaseModel, Field

from server.api.access import needs
from server.api.faq_models import MAX_PATTERNS, FaqInput
from server.api.faqs import FAQS, FaqsPath
from server.api.fields import Input, Language
from server.api.profiles import profile_of
from server.api.resource import answer, new_resource, writing
from server.clock import monotonic
from server.faq import matcher
from server.faq.decision import GAP
from server.faq.results import Explanation, Hit, Scored
from server.faq.service import Found
from server.faq.snapshot import FaqRow, build_snapshot
from server.models import OPERATOR
from server.wiring import services

blueprint = new_resource("matching", "What a caller's sentence would get, and why.")

_MOST_RIVALS = 7


class MatchInput(Input):
    """A caller's sentence."""

    text: str = Field(max_length=10_000, description="What the caller says.")
    lang: Language | None = Field(
        default=None, description="The language it is said in; told by its letters when absent."
    )


class PartView(BaseModel):
    """What speaks for a prepared answer, or against it."""

    name: str = Field(description="What it is: an anchor as in `reason`, uncovered, asks:…")
    points: float = Field(description="How much it adds.")


class RowView(BaseModel):
    """A prepared answer that speaks of the sentence."""

    faq_id: int = Field(description="Its id.")
    label: str = Field(description="How it is named to a caller.")
    intent_key: str = Field(description="Which one.")
    score: float = Field(description="How well it fits, 0 to 1.")
    why: str = Field(description="What the score is made of.")
    parts: list[PartView] = Field(description="The same, for programs.")


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
    faq_id: int | None = Field(description="Id of the prepared answer that was found.")
    guardrail: str = Field(
        description="The guardrail that keeps it for the agent: action, job, negation, "
        "statement, backchannel, too_long or other_language; empty when none does."
    )
    lang: str = Field(description="Whose rows were looked at.")
    min_score: float = Field(description="The bar that a score has to reach.")
    gap: float = Field(description="Two answers nearer than this are rivals, and neither answers.")


@blueprint.post(f"{FAQS}/match", responses=writing(MatchView))
@needs(OPERATOR)
def match_faq(path: FaqsPath, body: MatchInput) -> Response:
    """Tell what a sentence would get, by the same look-up that calls use."""
    return answer(try_sentence(path.business_id, body))


def try_sentence(business_id: int, body: MatchInput) -> MatchView:
    """Return what a sentence would get.

    Raises:
        NotFoundError: there is no such business.
    """
    profile_of(business_id)
    return _view(*services().faq.explain(business_id, body.text, body.lang or ""))


def try_draft(business_id: int, faq_id: int | None, draft: FaqInput, text: str) -> MatchView:
    """Return what a sentence would get if ``draft`` were stored, as the answer ``faq_id`` or anew.

    It is tried among the answers that speak of the sentence, which is cheap enough to be done
    while somebody types; the words that only other answers know may make a small difference.

    Raises:
        NotFoundError: there is no such business.
    """
    snapshot = profile_of(business_id).faq
    lang = draft.lang or profile_of(business_id).lang
    settings = services().system.current()
    near = matcher.explain(snapshot, text, lang, min_score=settings.faq_min_score).rows
    patterns = tuple(" ".join(one.split())[:200] for one in draft.patterns if one.strip())
    mine = FaqRow(
        faq_id or 0,
        draft.intent_key,
        draft.label,
        patterns[:MAX_PATTERNS],
        draft.answer_text,
        lang,
        min(100, max(0, draft.priority)),
    )
    others = [one.row for one in near if one.row.id != mine.id][:_MOST_RIVALS]
    tried = build_snapshot(business_id, [mine, *others], keep=False)
    began = monotonic()
    explained = matcher.explain(tried, text, lang, min_score=settings.faq_min_score)
    took_ms = round((monotonic() - began) * 1000, 3)
    return _view(Found(explained.result, lang, took_ms), explained)


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
        rows=[row_view(one) for one in (explained.rows if explained else ())],
        uncovered=list(explained.uncovered) if explained else [],
        faq_id=row.id if row else None,
        guardrail=explained.guard if explained else "",
        lang=found.language,
        min_score=services().system.current().faq_min_score,
        gap=GAP,
    )


def row_view(one: Scored) -> RowView:
    """Return one of the answers that were considered as it is shown."""
    return RowView(
        faq_id=one.row.id,
        label=one.row.label,
        intent_key=one.row.intent_key,
        score=one.score,
        why=one.why,
        parts=[PartView(name=name, points=points) for name, points in one.found.parts],
    )
