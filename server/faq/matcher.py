"""From a caller's sentence to a prepared answer, or to the reason why there is none.

Every word of the sentence has to be explained: by the row's patterns, by what its kind of
question brings along, by its answer. A wrong automatic answer is far worse than a miss.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from server.faq.book import Book, RowModel, counts
from server.faq.guardrails import guard
from server.faq.normalize import normalize
from server.faq.places import is_place
from server.faq.patterns import Expression
from server.faq.questions import Ask, question_of
from server.faq.scoring import MAX_LIFT, RowScore, Utterance, score_row
from server.faq.snapshot import FaqRow, FaqSnapshot, Shelf
from server.faq.tokens import split_words
from server.faq.vocabulary import Token

MAX_TEXT_CHARS = 200
"""Longer utterances are stories, and stories are for the agent (spec: faq, guardrails)."""
MIN_SCORE = 0.78
GAP = 0.05
"""Two intents within this are rivals: neither answers."""
RESCUE_SIMILARITY = 0.8
"""The cosine from which embeddings explain the one word that the rules could not."""

_HEBREW = re.compile("[א-ת]")
_EXPRESSION_SECONDS = 0.003
_MOST_TIMEOUTS = 2
"""After so many slow expressions no more are tried: the call's loop waits for the match."""
_MAX_PRIORITY = 100
_OPENERS = frozenset(("יש", "ויש", "אפשר", "ואפשר", "אתמ", "ואתמ", "האמ", "והאמ", "אתנ", "ואתנ"))


@dataclass(frozen=True, slots=True)
class Hit:
    """A prepared answer that fits."""

    row: FaqRow
    score: float
    reason: str
    """What it was found by: ``exact``, ``phrase``, ``expression``, ``kind`` (a usual wording of
    its kind of question), ``topic``, ``bare`` (a question word alone), ``part``, ``answer`` (words
    of its answer) or ``similar`` (embeddings)."""


@dataclass(frozen=True, slots=True)
class Miss:
    """No automatic answer, and why."""

    reason: str
    """``empty``, ``too_long``, ``action``, ``negation``, ``statement``, ``backchannel``,
    ``ambiguous``, ``uncovered``, ``other_question`` or ``no_match``."""
    score: float = 0.0
    """The best score that was not enough."""
    clarify: str = ""
    """When ambiguous: the sentence that asks which is meant; empty when the agent has to."""
    grey: bool = False
    """Whether embeddings could still find an answer: ask for them and match again with them."""


@dataclass(frozen=True, slots=True)
class Scored:
    """A row and how well it answers."""

    row: FaqRow
    score: float
    """With the lift of its priority."""
    found: RowScore


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything about one match."""

    result: Hit | Miss
    guard: str
    """The guardrail that fired, or an empty text."""
    rows: tuple[Scored, ...]
    """Every row that speaks of the sentence, the best first."""
    uncovered: tuple[str, ...]
    """The words that the best row does not explain."""

    @property
    def path(self) -> str:
        """``FAQ_FASTPATH`` or ``AGENT``."""
        return "FAQ_FASTPATH" if isinstance(self.result, Hit) else "AGENT"


def match(
    snapshot: FaqSnapshot,
    text: str,
    lang: str,
    *,
    min_score: float = MIN_SCORE,
    similar: Mapping[int, float] | None = None,
) -> Hit | Miss:
    """Return the row that answers ``text``, spoken in ``lang`` (``he-IL``), or a reason.

    ``similar`` holds cosines by row id, 0 to 1; a row without one has none. They rescue a row that
    has an anchor and one unexplained word, and override no guard. Hostile text and expressions
    only cost their own match: expressions run under a time-out.
    """
    return _consider(snapshot, text, lang, min_score, similar, every=False).result


def explain(
    snapshot: FaqSnapshot,
    text: str,
    lang: str,
    *,
    min_score: float = MIN_SCORE,
    similar: Mapping[int, float] | None = None,
) -> Explanation:
    """Return what ``match`` would, with the rows considered and what spoke against them."""
    return _consider(snapshot, text, lang, min_score, similar, every=True)


def _consider(
    snapshot: FaqSnapshot,
    text: str,
    lang: str,
    min_score: float,
    similar: Mapping[int, float] | None,
    *,
    every: bool,
) -> Explanation:
    if len(text) > MAX_TEXT_CHARS:
        return Explanation(Miss("too_long"), "too_long", (), ())
    key = normalize(text)
    if not key:
        return Explanation(Miss("empty"), "", (), ())
    shelf = snapshot.shelves.get(lang)
    if shelf is None:
        return Explanation(Miss("no_match"), "", (), ())
    tokens = shelf.book.vocabulary.read(split_words(text))
    if _is_foreign(text, tokens, lang):
        return Explanation(Miss("other_language"), "other_language", (), ())
    utterance = read_utterance(key, tokens)
    fired = guard(tokens, utterance.question, is_question="?" in text)
    if fired and not every:
        return Explanation(Miss(fired), fired, (), ())
    scored = _scored(shelf, utterance, every=every)
    uncovered = scored[0].found.uncovered if scored else ()
    if fired:
        return Explanation(Miss(fired, scored[0].score if scored else 0.0), fired, scored, uncovered)
    result = _decide(shelf, utterance, scored, lang, min_score, similar)
    return Explanation(result, "", scored, uncovered)


def _is_foreign(text: str, tokens: Sequence[Token], lang: str) -> bool:
    """Tell whether a sentence for Hebrew rows is English, or the other way round."""
    if lang.startswith("he"):
        return not _HEBREW.search(text) and any(token.free and token.text.isascii() for token in tokens)
    return lang.startswith("en") and _HEBREW.search(text) is not None


def read_utterance(key: str, tokens: Sequence[Token]) -> Utterance:
    """Return the sentence with what it asks and which of its words want explaining."""
    question = question_of(tokens)
    return Utterance(
        key,
        tuple(tokens),
        question,
        frozenset(meaning for token in tokens for meaning in token.meanings),
        tuple(token for token in tokens if counts(token, question.spent)),
    )


def _scored(shelf: Shelf, utterance: Utterance, *, every: bool) -> tuple[Scored, ...]:
    book = shelf.book
    candidates = _candidates(book, utterance, every=every)
    searched = _Search(utterance.key)
    found: list[Scored] = []
    for place in _places(candidates | book.searching):
        model = book.rows[place]
        expressed = bool(model.expressions) and any(map(searched.finds, model.expressions))
        if not expressed and not candidates >> place & 1:
            continue
        score = score_row(book, model, utterance, expressed=expressed)
        if score is not None:
            row = shelf.rows[place].row
            found.append(Scored(row, _lifted(score, row.priority), score))
    found.sort(key=lambda one: (-one.score, one.found.place))
    return tuple(found)


def _lifted(score: RowScore, priority: int) -> float:
    if score.score >= 1.0:
        return 1.0
    return round(score.score + MAX_LIFT * min(max(priority, 0), _MAX_PRIORITY) / _MAX_PRIORITY, 4)


def _candidates(book: Book, utterance: Utterance, *, every: bool) -> int:
    """Return the rows worth scoring: all words explained but one, or all with ``every``."""
    whole = one_short = (1 << len(book.rows)) - 1
    named = 0
    for token in utterance.content:
        mask = asked = 0
        for meaning in token.meanings:
            mask |= book.covering.get(meaning, 0)
            asked |= book.asking.get(meaning, 0) | book.answering.get(meaning, 0)
        named |= asked
        if token.value is not None or token.day is not None:
            continue
        if is_place(token.text) is not None:
            mask |= book.placed
        one_short = whole | (one_short & mask)
        whole &= mask
    for token in utterance.tokens:
        if token.free or token in utterance.content:
            continue
        for meaning in token.meanings:
            if meaning != "c:PRICE":
                named |= book.asking.get(meaning, 0)
    named |= book.bare | book.areas | book.phrases.get(utterance.key, 0)
    return named if every else (one_short & named) | book.phrases.get(utterance.key, 0)


def _places(mask: int) -> Iterator[int]:
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


class _Search:
    """Looks for expressions in one sentence, within a bounded time."""

    def __init__(self, key: str) -> None:
        self._key = key
        self._timeouts = 0

    def finds(self, expression: Expression) -> bool:
        if expression.needle and expression.needle not in self._key:
            return False
        if self._timeouts >= _MOST_TIMEOUTS:
            return False
        try:
            return expression.pattern.search(self._key, timeout=_EXPRESSION_SECONDS) is not None
        except TimeoutError:
            self._timeouts += 1
            return False


def _decide(
    shelf: Shelf,
    utterance: Utterance,
    scored: Sequence[Scored],
    lang: str,
    min_score: float,
    similar: Mapping[int, float] | None,
) -> Hit | Miss:
    doubled = _doubled(shelf, utterance, min_score, whole=_whole(scored, min_score))
    if doubled is not None:
        best = scored[0].score if scored else 0.0
        return Miss("ambiguous", best, clarify=clarifying(doubled, lang))
    if not scored:
        return Miss("no_match")
    best_row = scored[0]
    if best_row.score < min_score:
        return _rescued(scored, similar) or _miss(best_row)
    rivals = [
        one.row
        for one in scored
        if best_row.score - one.score < GAP and one.row.intent_key != best_row.row.intent_key
    ]
    if rivals and best_row.found.anchor != "exact":
        return Miss("ambiguous", best_row.score, clarify=clarifying([best_row.row, *rivals], lang))
    if rivals and any(one.found.anchor == "exact" for one in scored[1:] if one.row in rivals):
        return Miss("ambiguous", best_row.score, clarify=clarifying([best_row.row, *rivals], lang))
    return Hit(best_row.row, best_row.score, best_row.found.anchor)


def _miss(best: Scored) -> Miss:
    reason = "uncovered" if best.found.uncovered else "other_question"
    return Miss(reason, best.score, grey=_could_be_rescued(best))


def _could_be_rescued(one: Scored) -> bool:
    unfit = any(name.startswith("asks:") for name, _ in one.found.parts)
    return len(one.found.uncovered) == 1 and not unfit and one.found.anchor != "answer"


def _rescued(scored: Sequence[Scored], similar: Mapping[int, float] | None) -> Hit | None:
    if not similar:
        return None
    near = [
        one
        for one in scored
        if _could_be_rescued(one) and similar.get(one.row.id, 0.0) >= RESCUE_SIMILARITY
    ]
    if not near:
        return None
    best = max(near, key=lambda one: similar[one.row.id])
    rival = max(
        (cosine for row_id, cosine in similar.items() if row_id != best.row.id), default=0.0
    )
    if similar[best.row.id] - rival < GAP:
        return None
    return Hit(best.row, round(min(similar[best.row.id], 0.99), 4), "similar")


def _whole(scored: Sequence[Scored], min_score: float) -> bool:
    return bool(scored) and scored[0].score >= min_score


def _doubled(
    shelf: Shelf, utterance: Utterance, min_score: float, *, whole: bool
) -> list[FaqRow] | None:
    """Return the rows that parts of the sentence ask for, when they are of different intents.

    ``whole`` tells that one row explains it all: then the parts have to be questions each.
    """
    answers: list[FaqRow] = []
    for tokens in _questions(utterance.tokens):
        if whole and not _asks(tokens):
            continue
        part = read_utterance(" ".join(token.text for token in tokens), _renumbered(tokens))
        scored = _scored(shelf, part, every=False)
        if scored and scored[0].score >= min_score:
            answers.append(scored[0].row)
    intents = {row.intent_key for row in answers}
    return answers if len(intents) > 1 else None


def _asks(tokens: Sequence[Token]) -> bool:
    return bool(question_of(_renumbered(tokens)).asks) or tokens[0].text in _OPENERS


def _questions(tokens: Sequence[Token]) -> list[list[Token]]:
    """Return the questions that ``tokens`` may be made of: clauses, and what "and" joins."""
    parts: list[list[Token]] = []
    for token in tokens:
        joins = token.text[0] == "ו" and (
            token.prefix[:1] == "ו"
            or any(meaning.startswith("q:") for meaning in token.meanings)
            or token.text in ("ויש", "ואפשר", "ואתמ", "והאמ", "ואתנ", "ואיכ", "ואמ")
        )
        new = not parts or parts[-1][-1].clause != token.clause or joins or token.text == "and"
        if new:
            parts.append([])
        parts[-1].append(token)
    return parts if len(parts) > 1 else []


def _renumbered(tokens: Sequence[Token]) -> list[Token]:
    return [
        Token(
            token.text, token.meanings, token.level, token.prefix, token.clause, place,
            token.value, token.day,
        )
        for place, token in enumerate(tokens)
    ]  # fmt: skip


def clarifying(rows: Sequence[FaqRow], lang: str) -> str:
    """Return the sentence that asks which of the first two ``rows`` is meant.

    Empty when one of them has no label or the language is neither Hebrew nor English.
    """
    labels: dict[str, str] = {}
    for row in rows:
        labels.setdefault(row.intent_key, row.label.strip())
    if len(labels) < 2 or not all(list(labels.values())[:2]):
        return ""
    one, other = list(labels.values())[:2]
    if lang.startswith("he"):
        return f"ל{one} או ל{other}?"
    if lang.startswith("en"):
        return f"{one[:1].upper()}{one[1:]} or {other[:1].lower()}{other[1:]}?"
    return ""


