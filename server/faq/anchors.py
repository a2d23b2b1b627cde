"""What ties a sentence to a row, from a phrase word for word down to a word of its answer."""

from __future__ import annotations

from dataclasses import dataclass

from server.faq.book import Book, PatternModel, RowModel
from server.faq.coverage import names_place
from server.faq.kinds import PLACED, Wording
from server.faq.lexicon import Level
from server.faq.questions import Ask
from server.faq.utterance import Utterance
from server.faq.vocabulary import Token

POINTS = {
    "exact": 1.0,
    "phrase": 0.94,
    "expression": 0.93,
    "kind": 0.91,
    "topic": 0.88,
    "bare": 0.87,
    "part": 0.83,
    "answer": 0.81,
}
"""What each tie is worth: a sentence that is a pattern, that holds one, that an expression finds,
that is a usual wording of the row's kind of question; a pattern's subject without its question, a
question without a subject, part of a pattern, words of the answer alone."""
_TOLD_BY_PRICES = frozenset((Ask.PRICE, Ask.COSTS, Ask.INCLUDED, Ask.DURATION, Ask.HOW_MANY))
"""What may be asked of the row with the prices."""
_BROUGHT = frozenset(("bring", "documents"))
_TOWN = frozenset(("c:CITY",))
_YOU = frozenset(("אתמ", "אתנ", "אתה"))
_MORE_NEEDS = 0.05
_MOST_NEEDS = 2


@dataclass(frozen=True, slots=True)
class Anchor:
    """A tie between a sentence and a row."""

    name: str
    points: float
    asks: frozenset[Ask] = frozenset()
    """What the owner's pattern, or the usual wording, asks by itself."""


@dataclass(frozen=True, slots=True)
class _Patterns:
    """How the patterns of a row compare with a sentence."""

    exact: bool = False
    whole: PatternModel | None = None
    topic: PatternModel | None = None
    bare: PatternModel | None = None
    partial: bool = False


def anchor_of(book: Book, row: RowModel, utterance: Utterance, *, expressed: bool) -> Anchor | None:
    """Return the best tie, or None. ``expressed``: one of the row's expressions was found."""
    patterns = _compare(book, row, utterance)
    if patterns.exact:
        return Anchor("exact", POINTS["exact"])
    if "hours" in row.kind_names and _comes_to_callers(utterance):
        return None
    if patterns.whole is not None:
        return Anchor("phrase", POINTS["phrase"], patterns.whole.asks)
    if expressed:
        return Anchor("expression", POINTS["expression"])
    usual = _usual(book, row, utterance, bare=patterns.bare is not None)
    if usual is not None:
        return usual
    if patterns.topic is not None:
        return Anchor("topic", POINTS["topic"], patterns.topic.asks)
    if patterns.bare is not None:
        return Anchor("bare", POINTS["bare"], patterns.bare.asks)
    if "price" in row.kind_names and Ask.PRICE in utterance.question.asks:
        return Anchor("bare", POINTS["bare"])
    if patterns.partial and _surely(row, utterance):
        return Anchor("part", POINTS["part"])
    if not row.kind_names.isdisjoint(_BROUGHT) and not any(
        token.has("c:BRING") or token.text.startswith("צריכ") for token in utterance.tokens
    ):
        return None  # what callers bring is not what there is
    if not utterance.question.asks and len(utterance.tokens) < 3:
        return None  # a word or two that only the answer holds are no question yet
    priced = Ask.PRICE in utterance.question.asks
    if any(
        _told_only_here(book, row, token) and not (priced and _is_complement(token))
        for token in utterance.content
    ):
        return Anchor("answer", POINTS["answer"])
    return None


def _compare(book: Book, row: RowModel, utterance: Utterance) -> _Patterns:
    asks, meanings = utterance.question.asks, utterance.meanings
    said = f" {utterance.key} "
    priced_only = "price" in row.kind_names and not asks & _TOLD_BY_PRICES
    priced_only = priced_only and (bool(asks) or len(utterance.tokens) > 2)
    topic: PatternModel | None = None
    bare: PatternModel | None = None
    partial = False
    whole: PatternModel | None = None
    for pattern in row.patterns:
        if pattern.key and pattern.key == utterance.key:
            return _Patterns(exact=True)
        if not pattern.elements:
            if pattern.key and f" {pattern.key} " in said:
                whole = whole or pattern
            elif pattern.asks and pattern.asks <= asks:
                bare = pattern
            continue
        held = sum(1 for element in pattern.elements if not element.isdisjoint(meanings))
        if held == len(pattern.elements):
            if pattern.asks <= asks:
                whole = whole or pattern
            elif not (priced_only and Ask.PRICE in pattern.asks):
                topic = topic or pattern
        elif held and not partial and not (priced_only and Ask.PRICE in pattern.asks):
            head = pattern.elements[0]
            partial = any(
                book.intents_asking.get(meaning, 0) == 1
                and (element is head or (asks and meaning in row.told))
                for element in pattern.elements
                for meaning in element & meanings
            )
    return _Patterns(False, whole, topic, bare, partial)


def _usual(book: Book, row: RowModel, utterance: Utterance, *, bare: bool) -> Anchor | None:
    """Return the tie by a usual wording of the row's kinds of question."""
    best: Anchor | None = None
    for kind in row.kinds:
        for wording in kind.wordings:
            if book.areas and kind.name == "address" and _TOWN in wording.needs:
                continue
            if wording.needs and _is_said(wording, utterance):
                more = min(len(wording.needs), _MOST_NEEDS + 1) - 1
                asks = wording.asks | (frozenset() if best is None else best.asks)
                points = POINTS["kind"] + _MORE_NEEDS * more
                best = Anchor("kind", points if best is None else max(points, best.points), asks)
            subjectless = not wording.needs and not bare and kind.name != "price"
            if subjectless and _is_said(wording, utterance):
                best = best or Anchor("bare", POINTS["bare"], wording.asks)
    if best is not None:
        return best
    visits = "areas" in row.kind_names or (
        not row.kind_names.isdisjoint(PLACED) and "c:ARRIVE" in utterance.meanings
    )
    if visits and any(names_place(row, token) for token in utterance.content):
        return Anchor("kind", POINTS["kind"])
    return None


def _is_said(wording: Wording, utterance: Utterance) -> bool:
    if wording.asks and not wording.asks & utterance.question.asks:
        return False
    return all(not need.isdisjoint(utterance.meanings) for need in wording.needs)


def _comes_to_callers(utterance: Utterance) -> bool:
    """Tell whether it is the business that comes: "when can you come"."""
    return any(
        token.has("c:ARRIVE")
        and any(
            other.text in _YOU for other in utterance.tokens[max(0, token.place - 2) : token.place]
        )
        for token in utterance.tokens
    )


def _surely(row: RowModel, utterance: Utterance) -> bool:
    """Tell whether a word of the row's patterns was heard clearly."""
    return any(
        token.level <= Level.SKELETON and not row.asked.isdisjoint(token.meanings)
        for token in utterance.content
    )


def _is_complement(token: Token) -> bool:
    """Tell whether the answer has ``token`` behind a preposition only: a screen "for a phone".

    Then the price in it is not the price of that.
    """
    forms = (token.text, token.text[1:]) if token.text[0] in "הו" else (token.text,)
    return not any(f"w:{form}" in token.meanings for form in forms)


def _told_only_here(book: Book, row: RowModel, token: Token) -> bool:
    if token.value is not None or token.day is not None or token.level >= Level.SOUND:
        return False
    if token.has("c:FIRST"):  # "a first question" is not about an answer's Sunday
        return False
    telling = asking = 0
    for meaning in token.meanings:
        telling |= book.answering.get(meaning, 0)
        asking |= book.intents_asking.get(meaning, 0)
    return telling == 1 << row.place and not asking
