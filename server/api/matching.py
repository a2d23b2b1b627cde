"""Try it: what a caller's sentence would get, and why."""

from __future__ import annotations

from typing import Literal

from flask import Response
from pydantic import BaseModel, Field

from server.api.access import missing, needs
from server.api.faqs import FAQS, FaqsPath
from server.api.fields import Input, Language
from server.api.resource import answer, new_resource, writing
from server.clock import monotonic
from server.directory import BusinessProfile
from server.faq.matcher import Hit, match
from server.models import OPERATOR, Business
from server.wiring import services

blueprint = new_resource("matching", "What a caller's sentence would get, and why.")


class MatchInput(Input):
    """A caller's sentence."""

    text: str = Field(max_length=10_000, description="What the caller says.")
    lang: Language | None = Field(
        default=None, description="The language it is said in; the business's when absent."
    )


class MatchView(BaseModel):
    """Who would answer, and why."""

    path: Literal["FAQ_FASTPATH", "AGENT"] = Field(description="Who answers.")
    intent_key: str | None = Field(description="The prepared answer that was found.")
    answer_text: str | None = Field(description="What would be said.")
    score: float = Field(description="How well it fits, 0 to 1.")
    ms: float = Field(description="How long the look-up took, in milliseconds.")
    reason: str = Field(
        description="How it fits (exact, phrase, expression), or why there is no automatic "
        "answer (empty, too_long, action, ambiguous, no_match, disabled)."
    )


@blueprint.post(f"{FAQS}/match", responses=writing(MatchView))
@needs(OPERATOR)
def match_faq(path: FaqsPath, body: MatchInput) -> Response:
    """Tell what a sentence would get, by the same look-up in RAM that calls use."""
    profile = _profile(path.business_id)
    if not services().settings.faq_fastpath_enabled:
        return answer(_miss("disabled", 0.0, 0.0))
    started = monotonic()
    found = match(profile.faq, body.text, body.lang or profile.lang)
    ms = round((monotonic() - started) * 1000, 3)
    if not isinstance(found, Hit):
        return answer(_miss(found.reason, found.score, ms))
    return answer(
        MatchView(
            path="FAQ_FASTPATH",
            intent_key=found.row.intent_key,
            answer_text=found.row.answer_text,
            score=found.score,
            ms=ms,
            reason=found.reason,
        )
    )


def _miss(reason: str, score: float, ms: float) -> MatchView:
    return MatchView(
        path="AGENT", intent_key=None, answer_text=None, score=score, ms=ms, reason=reason
    )


def _profile(business_id: int) -> BusinessProfile:
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
