"""How well one row answers one sentence: an anchor, every word explained, a fitting answer."""

from __future__ import annotations

from dataclasses import dataclass

from server.faq.anchors import Anchor, anchor_of
from server.faq.book import Book, RowModel
from server.faq.coverage import uncovered
from server.faq.facts import Fact
from server.faq.questions import Ask
from server.faq.utterance import Utterance
from server.faq.vocabulary import Token

UNCOVERED = 0.3
"""What a word costs that the row does not explain."""
UNFITTING = 0.3
"""What it costs when the answer does not hold the kind of answer that is asked for."""
MAX_LIFT = 0.02
"""The most that priority adds. It orders rows of one intent, and is too little to part intents."""
_MORE_WORDS = 0.01
_INDIRECT = 0.01

_FACTS: dict[Ask, frozenset[Fact]] = {
    Ask.PRICE: frozenset((Fact.AMOUNT, Fact.FREE)),
    Ask.COSTS: frozenset((Fact.AMOUNT, Fact.FREE, Fact.PAID, Fact.INCLUDED)),
    Ask.DURATION: frozenset((Fact.DURATION,)),
    Ask.ADVANCE: frozenset((Fact.ADVANCE,)),
    Ask.FREQUENCY: frozenset((Fact.FREQUENCY,)),
    Ask.WHEN: frozenset((Fact.TIME,)),
    Ask.WHERE: frozenset((Fact.PLACE,)),
    Ask.LIMIT: frozenset((Fact.NUMBER, Fact.AMOUNT)),
    Ask.AGE: frozenset((Fact.AGE,)),
    Ask.WHO: frozenset((Fact.WHO,)),
    Ask.INCLUDED: frozenset((Fact.INCLUDED, Fact.FREE, Fact.PAID)),
}
"""What an answer must hold for a question; a kind that is not here needs a pattern that asks it."""
_LASTING = frozenset(("c:WARRANTY", "c:EXPERIENCE"))
"""What is counted in time without saying so."""
_NEED = frozenset(("צריכ", "צריכה", "צריכימ", "צריכות", "need"))
"""Who needs something of a business ("do you need waiters") asks for no answer's detail."""
_YOU = ("אתמ", "אתנ", "you")


@dataclass(frozen=True, slots=True)
class RowScore:
    """How well a row answers a sentence, with the parts that made it."""

    place: int
    """The row's place in its book."""
    score: float
    anchor: str
    """The name of its tie (``anchors.POINTS``)."""
    parts: tuple[tuple[str, float], ...]
    """The name and the points of everything that counted."""
    uncovered: tuple[str, ...]


def score_row(
    book: Book, row: RowModel, utterance: Utterance, *, expressed: bool
) -> RowScore | None:
    """Return how well ``row`` answers, or None when nothing in it speaks of the sentence.

    ``expressed`` tells that one of its expressions was found in the sentence.
    """
    anchor = anchor_of(book, row, utterance, expressed=expressed)
    if anchor is None:
        return None
    parts = [(anchor.name, anchor.points)]
    if anchor.name == "exact":
        return RowScore(row.place, anchor.points, anchor.name, tuple(parts), ())
    missing = uncovered(book, row, utterance)
    direct = sum(1 for token in utterance.content if not row.asked.isdisjoint(token.meanings))
    if direct > 1:
        parts.append(("words", _MORE_WORDS * min(direct - 1, 3)))
    indirect = len(utterance.content) - direct - len(missing)
    if indirect > 0:
        parts.append(("indirect", -_INDIRECT * min(indirect, 2)))
    if anchor.name == "answer" and _is_elsewhere(book, row, utterance):
        parts.append(("another_row", -UNCOVERED))
    if missing:
        parts.append(("uncovered", -UNCOVERED * len(missing)))
    if unfit := _unfitting(row, utterance, anchor):
        parts.append((f"asks:{unfit}", -UNFITTING))
    total = sum(points for _, points in parts)
    return RowScore(
        row.place, round(max(0.0, min(total, 0.99)), 4), anchor.name, tuple(parts), missing
    )


def _is_elsewhere(book: Book, row: RowModel, utterance: Utterance) -> bool:
    """Tell whether a word is the subject of other rows; what "you" do is no subject."""
    return any(
        row.asked.isdisjoint(token.meanings)
        and any(book.intents_asking.get(meaning, 0) for meaning in token.meanings)
        and _text_before(utterance, token) not in _YOU
        for token in utterance.content
    )


def _text_before(utterance: Utterance, token: Token) -> str:
    return utterance.tokens[token.place - 1].text if token.place else ""


def _unfitting(row: RowModel, utterance: Utterance, anchor: Anchor) -> str:
    """Return the kind of answer that is asked for and not given, or an empty text."""
    asks = utterance.question.asks
    if (
        anchor.name == "answer"
        and not asks
        and any(token.text in _NEED for token in utterance.tokens)
    ):
        return "need"
    given = row.open_to | anchor.asks
    return next((ask for ask in asks if not _gives(row, ask, utterance, anchor, given)), "")


def _gives(
    row: RowModel, ask: Ask, utterance: Utterance, anchor: Anchor, given: frozenset[Ask]
) -> bool:
    if ask is Ask.WHICH:
        return anchor.name not in ("answer", "part") and _is_about(row, utterance.question.which)
    if ask in given:
        return True
    if ask is Ask.HOW_MANY:
        return _tells_number(row, utterance)
    if ask is Ask.HOW:
        return any(ask in pattern.asks for pattern in row.patterns)
    wanted = _FACTS.get(ask, frozenset())
    if ask is Ask.DURATION and utterance.meanings & _LASTING:
        wanted |= {Fact.WARRANTED}
    return bool(wanted & row.facts.kinds) or (ask is Ask.COSTS and "c:PRICE" in row.told)


def _is_about(row: RowModel, which: frozenset[str]) -> bool:
    """Tell whether ``row`` is about what "which" asks for, rather than mentions it."""
    if Ask.WHICH in row.open_to or not which or not row.asked.isdisjoint(which):
        return True
    return any(
        which & need for kind in row.kinds for wording in kind.wordings for need in wording.needs
    )


def _tells_number(row: RowModel, utterance: Utterance) -> bool:
    counted = utterance.question.counted
    if counted & _LASTING and row.facts.kinds & {Fact.DURATION, Fact.WARRANTED}:
        return True
    return not row.counted.isdisjoint(counted)
