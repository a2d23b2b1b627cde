"""Prepared answers as they are sent and shown, over JSON and in the browser."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from server.agent.realtime_plan import DEFAULT_VOICE
from server.api.fields import Answer, Input, IntentKey, Label, Language, Pattern, Priority
from server.api.paging import Page, PageQuery
from server.faq.conflicts import look_for_faults
from server.faq.faults import Fault
from server.faq.snapshot import FaqRow, compile_row
from server.models import BusinessFaq
from server.speech.pronunciation import Pronunciations
from server.wiring import services

MAX_PATTERNS = 50
MAX_SENTENCES = 2

_SENTENCE_END = re.compile(r"[.!?…]+(?=\s|$)")

AudioStatus = Literal["ready", "rendering", "failed"]


class FaqInput(Input):
    """A prepared answer as its owner writes it."""

    intent_key: IntentKey = Field(description="Short name of the question.", examples=["price"])
    label: Label = Field(default="", description="How the question is named to a caller.")
    patterns: Annotated[list[Pattern], Field(min_length=1, max_length=MAX_PATTERNS)] = Field(
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


class FaqReplacement(FaqInput):
    """What a prepared answer becomes."""

    read_at: datetime | None = Field(
        default=None,
        description="`updated_at` as it was when the change was begun. When the answer has been "
        "changed since, nothing is stored (409, `changed_meanwhile`); absent: it is replaced "
        "whatever it is.",
    )
    read_priority: Priority | None = Field(
        default=None,
        description="`priority` as it was when the change was begun. While `priority` is the same, "
        "the answer keeps its place in the order, wherever that has been moved to since.",
    )


class FaultView(BaseModel):
    """One thing that its owner should look at."""

    code: str = Field(
        description="What it is: broken_pattern, long_pattern, guarded_pattern, empty_pattern, "
        "no_price or long_answer."
    )
    message: str = Field(description="The same in a sentence.")
    pattern: str = Field(description="The pattern that it is about, if it is about one.")
    detail: str = Field(
        description="Of a broken pattern why (too_many_repeats, not_an_expression, "
        "too_many_brackets), of a guarded one the guardrail."
    )


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
    audio_status: AudioStatus = Field(description="Whether the spoken answer can be played.")
    warnings: list[str] = Field(description="What its owner should look at.")
    faults: list[FaultView] = Field(description="The warnings, for programs.")
    learned: bool = Field(description="Whether it was made of a learned question.")
    audio_seconds: float | None = Field(
        description="How long the spoken answer takes; null until it is rendered."
    )
    updated_at: datetime


class FaqQuery(PageQuery):
    """Which prepared answers, and which part of the list."""

    search: str = Field(
        default="",
        max_length=200,
        description="Only those that hold this in label, patterns, answer or intent key.",
    )
    lang: Language | None = Field(default=None, description="Only those of this language.")
    active: bool | None = Field(default=None, description="Only those switched on, or off.")
    warned: bool = Field(default=False, description="Only those with warnings.")


class FaqPage(Page):
    """A page of prepared answers."""

    items: list[FaqView]


def voice_of(business_id: int) -> tuple[str, Pronunciations]:
    """Return the voice of a business and its pronunciations; the usual ones while unknown."""
    profile = services().directory.by_id(business_id)
    if profile is None:
        return DEFAULT_VOICE, ()
    return profile.voice or DEFAULT_VOICE, profile.settings.spoken_as


def prepare_clip(row: BusinessFaq) -> None:
    """Have the answer of a stored row rendered."""
    services().clips.prepare(row.answer_text, row.lang, *voice_of(row.business_id))


def patterns_of(row: BusinessFaq) -> list[str]:
    """Return what can be a pattern: the column may hold what an older release or SQL wrote."""
    stored = row.patterns_json if isinstance(row.patterns_json, list) else []
    return [pattern for pattern in stored if isinstance(pattern, str)]


def faults_of(rows: Sequence[BusinessFaq]) -> dict[int, list[Fault]]:
    """Return what is wrong with each of ``rows``, which are of one business."""
    profile = services().directory.by_id(rows[0].business_id) if rows else None
    ids = {row.id for row in rows}
    looked_at = dict(look_for_faults(profile.faq, ids)) if profile is not None else {}
    found = {}
    for row in rows:
        faults = looked_at.get(row.id)
        if faults is None:  # no utterance can get it
            faults = compile_row(_plain(row)).warnings
        found[row.id] = [*faults]
        if sentences_in(row.answer_text) > MAX_SENTENCES:
            message = "The answer is longer than two sentences; callers stop listening."
            found[row.id].append(Fault("long_answer", message))
    return found


def sentences_in(answer: str) -> int:
    """Return how many sentences ``answer`` has."""
    return len(_SENTENCE_END.split(answer.strip().rstrip(".!?…")))


def faq_views(rows: Sequence[BusinessFaq], learned: frozenset[int] = frozenset()) -> list[FaqView]:
    """Return ``rows``, which are of one business, as they are shown.

    Args:
        learned: the ids of those that were made of a learned question.
    """
    faults = faults_of(rows)
    return [_view(row, faults[row.id], row.id in learned) for row in rows]


def _view(row: BusinessFaq, faults: Sequence[Fault], learned: bool) -> FaqView:
    clips, voice = services().clips, voice_of(row.business_id)
    return FaqView(
        id=row.id,
        intent_key=row.intent_key,
        label=row.label,
        patterns=patterns_of(row),
        answer_text=row.answer_text,
        channels=row.channels,
        lang=row.lang,
        priority=row.priority,
        active=row.active,
        audio_status=clips.status(row.answer_text, row.lang, *voice),
        warnings=[fault.message for fault in faults],
        faults=[fault_view(fault) for fault in faults],
        learned=learned,
        audio_seconds=clips.seconds(row.answer_text, row.lang, *voice),
        updated_at=row.updated_at,
    )


def fault_view(fault: Fault) -> FaultView:
    """Return ``fault`` as it is shown."""
    return FaultView(
        code=fault.code, message=fault.message, pattern=fault.pattern, detail=fault.detail
    )


def _plain(row: BusinessFaq) -> FaqRow:
    return FaqRow(
        row.id,
        row.intent_key,
        row.label,
        tuple(patterns_of(row)),
        row.answer_text,
        row.lang,
        row.priority,
    )
