"""From a caller's sentence to a prepared answer, or to the reason why there is none.

Every word of the sentence has to be explained: by a row's patterns, by what its kind of
question brings along, by its answer. A wrong automatic answer is far worse than a miss.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from server.faq.decision import decide
from server.faq.guardrails import guard
from server.faq.normalize import normalize
from server.faq.results import Explanation, Hit, Miss
from server.faq.retrieval import Clock, Patience, score_rows
from server.faq.snapshot import FaqSnapshot
from server.faq.tokens import split_words
from server.faq.utterance import read_utterance
from server.faq.vocabulary import Token

__all__ = [
    "MAX_TEXT_CHARS",
    "MIN_SCORE",
    "Explanation",
    "Hit",
    "Miss",
    "explain",
    "guardrail",
    "match",
]

MAX_TEXT_CHARS = 200
"""Longer utterances are stories, and stories are for the agent (spec: faq, guardrails)."""
MIN_SCORE = 0.78
"""The bar, when nobody sets another."""

_HEBREW = re.compile("[א-ת]")


def _still() -> float:
    """A clock that stands: without one, only each expression's own time-out counts."""
    return 0.0


def match(
    snapshot: FaqSnapshot,
    text: str,
    lang: str,
    *,
    min_score: float = MIN_SCORE,
    similar: Mapping[int, float] | None = None,
    clock: Clock = _still,
) -> Hit | Miss:
    """Return the row that answers ``text``, spoken in ``lang`` (``he-IL``), or a reason.

    ``similar`` holds cosines by row id, 0 to 1, of rows whose embeddings are known. They rescue a
    row that has an anchor and one unexplained word, and override no guardrail; ``Miss.grey`` tells
    when they are worth getting. Never raises; hostile text and expressions cost their own match
    only: each expression runs under a time-out, and all together end by ``clock`` (seconds).
    """
    return _consider(snapshot, text, lang, min_score, similar, clock, every=False).result


def explain(
    snapshot: FaqSnapshot,
    text: str,
    lang: str,
    *,
    min_score: float = MIN_SCORE,
    similar: Mapping[int, float] | None = None,
    clock: Clock = _still,
) -> Explanation:
    """Return what ``match`` would, with every row considered and what spoke for and against it."""
    return _consider(snapshot, text, lang, min_score, similar, clock, every=True)


def guardrail(snapshot: FaqSnapshot, text: str, lang: str) -> str:
    """Return which guardrail ``match`` would stop ``text`` with, or an empty text.

    Scores nothing, and so takes a fraction of the time.
    """
    if len(text) > MAX_TEXT_CHARS:
        return "too_long"
    shelf = snapshot.shelves.get(lang)
    if shelf is None:
        return ""
    tokens = shelf.book.vocabulary.read(split_words(text))
    if _is_foreign(text, tokens, lang):
        return "other_language"
    utterance = read_utterance(normalize(text), tokens)
    return guard(tokens, utterance.question, is_question="?" in text)


def _consider(
    snapshot: FaqSnapshot,
    text: str,
    lang: str,
    min_score: float,
    similar: Mapping[int, float] | None,
    clock: Clock,
    *,
    every: bool,
) -> Explanation:
    if len(text) > MAX_TEXT_CHARS:
        return _refused("too_long")
    key = normalize(text)
    if not key:
        return Explanation(Miss("empty"), "", (), ())
    shelf = snapshot.shelves.get(lang)
    if shelf is None:
        return Explanation(Miss("no_match"), "", (), ())
    tokens = shelf.book.vocabulary.read(split_words(text))
    if _is_foreign(text, tokens, lang):
        return Explanation(Miss("no_match"), "other_language", (), ())
    utterance = read_utterance(key, tokens)
    fired = guard(tokens, utterance.question, is_question="?" in text)
    if fired and not every:
        return _refused(fired)
    patience = Patience(clock)
    scored = score_rows(shelf, utterance, patience, every=every)
    uncovered = scored[0].found.uncovered if scored else ()
    if fired:
        best = scored[0].score if scored else 0.0
        return Explanation(Miss(fired, best), fired, scored, uncovered)
    result = decide(shelf, utterance, scored, patience, lang, min_score, similar)
    return Explanation(result, "", scored, uncovered)


def _refused(guardrail: str) -> Explanation:
    return Explanation(Miss(guardrail), guardrail, (), ())


def _is_foreign(text: str, tokens: Sequence[Token], lang: str) -> bool:
    """Tell whether a sentence for Hebrew rows is English, or the other way round.

    A single foreign word ("wifi?") is no sentence.
    """
    hebrew = _HEBREW.search(text) is not None
    if lang.startswith("he"):
        return not hebrew and sum(token.text.isalpha() for token in tokens) > 1
    return lang.startswith("en") and hebrew
