"""From a caller's sentence to a prepared answer, or to the reason why there is none.

A wrong automatic answer is far worse than a miss, so this matches whole phrases and the
owner's expressions only, and steps back as soon as two rows claim the sentence.
"""

from __future__ import annotations

from dataclasses import dataclass

import regex

from server.faq.normalize import normalize
from server.faq.snapshot import CompiledRow, FaqRow, FaqSnapshot

MAX_TEXT_CHARS = 200
"""Longer utterances are stories, and stories are for the agent (spec: faq, guardrails)."""

_EXACT, _PHRASE, _EXPRESSION = 1.0, 0.9, 0.88
_EXPRESSION_SECONDS = 0.003
_MOST_TIMEOUTS = 2
"""After so many slow expressions no more are tried: the call's loop waits for the match."""
_MAX_SPARE_WORDS = 3
"""Words that a sentence may hold beside a phrase before the phrase no longer explains it."""

# Words that want something done rather than something told (spec: faq, guardrails).
_ACTIONS = frozenset(
    normalize(
        "תקבע תקבעי לקבוע קבע להזמין תזמין תזמיני לבטל תבטל תבטלי לשנות תשנה לדחות תשלח תשלחי "
        "שלח שלחי לשלוח פנוי פנויה פנויים תור לשלם תלונה להתלונן נציג מנהל אדם תעביר תעבירי "
        "book cancel reschedule send pay complain human available appointment"
    ).split()
)


@dataclass(frozen=True, slots=True)
class Hit:
    """A prepared answer that fits."""

    row: FaqRow
    score: float
    reason: str
    """``exact``, ``phrase`` or ``expression``."""


@dataclass(frozen=True, slots=True)
class Miss:
    """No automatic answer, and why."""

    reason: str
    """``empty``, ``too_long``, ``action``, ``ambiguous`` or ``no_match``."""
    score: float = 0.0
    """The best score that was not enough."""


def match(snapshot: FaqSnapshot, text: str, lang: str) -> Hit | Miss:
    """Return the row that answers ``text``, spoken in ``lang`` (``he-IL``), or a reason.

    Hostile text and expressions only cost their own match: expressions run under a time-out.
    """
    if len(text) > MAX_TEXT_CHARS:
        return Miss("too_long")
    key = normalize(text)
    if not key:
        return Miss("empty")
    words = key.split()
    if any(word in _ACTIONS for word in words):
        return Miss("action")
    scorer = _Scorer(key)
    hits = [
        Hit(row.row, *found)
        for row in snapshot.rows
        if row.row.lang == lang and (found := scorer.score(row)) is not None
    ]
    if not hits:
        return Miss("no_match")
    best = max(hits, key=lambda hit: hit.score)
    rivals = {hit.row.intent_key for hit in hits if best.score - hit.score < 0.05}
    if len(rivals) > 1:
        return Miss("ambiguous", best.score)
    return best


class _Scorer:
    """Scores the rows for one sentence."""

    def __init__(self, key: str) -> None:
        self._key = key
        self._word_count = key.count(" ") + 1
        self._timeouts = 0

    def score(self, row: CompiledRow) -> tuple[float, str] | None:
        """Return how well ``row`` explains the sentence and by what, or None."""
        if self._key in row.phrases:
            return _EXACT, "exact"
        padded = f" {self._key} "
        for phrase in row.phrases:
            spare = self._word_count - phrase.count(" ") - 1
            # "and" is written as one letter in front of the word.
            found = f" {phrase} " in padded or f" ו{phrase} " in padded
            if spare <= _MAX_SPARE_WORDS and found:
                return _PHRASE, "phrase"
        if any(self._finds(expression) for expression in row.expressions):
            return _EXPRESSION, "expression"
        return None

    def _finds(self, expression: regex.Pattern[str]) -> bool:
        if self._timeouts >= _MOST_TIMEOUTS:
            return False
        try:
            return expression.search(self._key, timeout=_EXPRESSION_SECONDS) is not None
        except TimeoutError:
            self._timeouts += 1
            return False
