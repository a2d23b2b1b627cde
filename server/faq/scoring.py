"""How well one row answers one sentence: an anchor, every word explained, a fitting answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from server.faq.book import Book, PatternModel, RowModel, counts
from server.faq.facts import Fact
from server.faq.kinds import PLACED, Wording
from server.faq.lexicon import Level
from server.faq.places import is_place
from server.faq.questions import Ask, Question
from server.faq.vocabulary import Token

EXACT, FULL, EXPRESSION, KIND, TOPIC, BARE, PART, ANSWER = (
    1.0,
    0.94,
    0.93,
    0.91,
    0.88,
    0.87,
    0.83,
    0.81,
)
UNCOVERED = 0.3
"""What a word costs that the row does not explain."""
UNFITTING = 0.3
"""What it costs when the answer does not hold the kind of answer that is asked for."""
_MORE_WORDS = 0.01
_INDIRECT = 0.01
_MORE_NEEDS = 0.05
MAX_LIFT = 0.02
"""The most that priority adds. It orders rows of one intent, and is too little to part intents."""

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
    Ask.INCLUDED: frozenset((Fact.INCLUDED, Fact.FREE, Fact.PAID)),
}
"""What an answer must hold for a question; a kind that is not here needs a pattern that asks it."""


_LASTING = frozenset(("c:WARRANTY", "c:EXPERIENCE"))
"""What is counted in time without saying so."""
_PAYING = frozenset(("c:CHARGE", "c:PAY", "c:MONEY"))
_NEED = frozenset(("צריכ", "צריכה", "צריכימ", "צריכות", "need"))
"""Who needs something of a business ("do you need waiters") asks for no answer's detail."""


@dataclass(frozen=True, slots=True)
class RowScore:
    """How well a row answers a sentence, with the parts that made it."""

    place: int
    score: float
    anchor: str
    """``exact``, ``phrase``, ``expression``, ``kind``, ``topic``, ``bare``, ``part``, ``answer``."""
    parts: tuple[tuple[str, float], ...]
    uncovered: tuple[str, ...]
    specific: int
    """How many words its patterns explain."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """A sentence, read with the words of one book."""

    key: str
    tokens: tuple[Token, ...]
    question: Question
    meanings: frozenset[str]
    content: tuple[Token, ...]
    """The tokens that an answer has to explain."""


def covers(row: RowModel, token: Token, utterance: Utterance) -> bool:
    """Tell whether ``row`` explains ``token``."""
    hours = "hours" in row.kind_names
    if token.day is not None:
        return hours or token.day in row.facts.days or not row.asked.isdisjoint(token.meanings)
    if token.value is not None:
        return _covers_number(row, token, utterance, hours=hours)
    meanings = token.meanings
    if not meanings:
        return False
    if (
        Ask.PRICE in utterance.question.asks
        and not meanings.isdisjoint(_PAYING)
        and Fact.AMOUNT in row.facts.kinds
    ):
        return True
    if not (row.asked.isdisjoint(meanings) and row.companions.isdisjoint(meanings)):
        return True
    if row.told.isdisjoint(meanings):
        return False
    return not (
        utterance.question.asks & {Ask.PRICE, Ask.COSTS} and not row.excluded.isdisjoint(meanings)
    )


def _covers_number(row: RowModel, token: Token, utterance: Utterance, *, hours: bool) -> bool:
    if token.value == 1 or (hours and (token.value or 0) <= 24) or token.value in row.numbers:
        return True
    if not row.asked.isdisjoint(token.meanings):
        return True
    if Ask.PRICE in utterance.question.asks:
        return False
    following = utterance.tokens[token.place + 1 : token.place + 3]
    return any(not row.counted.isdisjoint(other.meanings) for other in following)


def score_row(
    book: Book, row: RowModel, utterance: Utterance, *, expressed: bool
) -> RowScore | None:
    """Return how well ``row`` answers, or None when nothing in it speaks of the sentence.

    ``expressed`` tells that one of its expressions was found in the sentence.
    """
    content = utterance.content
    anchor, base, pattern = _anchor(book, row, utterance, expressed=expressed)
    if not anchor:
        return None
    parts = [(anchor, base)]
    direct = sum(1 for token in content if not row.asked.isdisjoint(token.meanings))
    uncovered = () if anchor == "exact" else _uncovered(book, row, utterance)
    if anchor == "exact":
        return RowScore(row.place, 1.0, anchor, tuple(parts), (), direct)
    if direct > 1:
        parts.append(("words", _MORE_WORDS * min(direct - 1, 3)))
    if indirect := len(content) - direct - len(uncovered):
        parts.append(("indirect", -_INDIRECT * min(indirect, 2)))
    if anchor == "answer" and any(
        _elsewhere(book, row, token) and not _is_deed(utterance, token) for token in content
    ):
        parts.append(("another_row", -UNCOVERED))
    if uncovered:
        parts.append(("uncovered", -UNCOVERED * len(uncovered)))
    if unfit := _unfitting(row, utterance, pattern, anchor):
        parts.append((f"asks:{unfit}", -UNFITTING))
    score = sum(points for _, points in parts)
    return RowScore(
        row.place, round(max(0.0, min(score, 0.99)), 4), anchor, tuple(parts), uncovered, direct
    )


def _uncovered(book: Book, row: RowModel, utterance: Utterance) -> tuple[str, ...]:
    """Return the words that ``row`` does not explain.

    Of two that are offered for choice ("dairy or pareve") one explained is enough.
    """
    placing = Ask.PRICE not in utterance.question.asks
    fitting = Ask.HOW_MANY in utterance.question.asks
    inside = not utterance.question.asks - {Ask.PRICE}
    theme = "price" in row.kind_names and Ask.PRICE in utterance.question.asks
    left = [
        token
        for token in utterance.content
        if not covers(row, token, utterance)
        and not (placing and _placed(row, token))
        and not (theme and not book.theme.isdisjoint(token.meanings))
        and not (inside and _inside(book, token))
        and book.itself.isdisjoint(token.meanings)
        and not (fitting and token.has("c:ENTER", "c:SIT"))
    ]
    if not left:
        return ()
    places = {token.place for token in left}
    content = {token.place for token in utterance.content}
    for token in utterance.tokens:
        if token.text in ("או", "or"):
            before = max((place for place in content if place < token.place), default=-1)
            after = min((place for place in content if place > token.place), default=-1)
            if after >= 0 and before >= 0 and (before in places) != (after in places):
                places -= {before, after}
    return tuple(token.text for token in left if token.place in places)


def _inside(book: Book, token: Token) -> bool:
    """Tell whether ``token`` is "in our ...", of something that the whole business is about."""
    return not book.common.isdisjoint(token.meanings) and (
        token.prefix in ("ב", "בה") or (token.text[0] == "ל" and token.has("c:REPAIR", "c:INSTALL"))
    )


def _placed(row: RowModel, token: Token) -> bool:
    """Tell whether ``token`` names a place and the row's answer lists where one serves."""
    return bool(row.kind_names & PLACED) and is_place(token.text) is not None


def _anchor(
    book: Book, row: RowModel, utterance: Utterance, *, expressed: bool
) -> tuple[str, float, PatternModel | Wording | None]:
    asks, meanings = utterance.question.asks, utterance.meanings
    topic: PatternModel | None = None
    bare: PatternModel | None = None
    partial = False
    for pattern in row.patterns:
        if pattern.key and pattern.key == utterance.key:
            return "exact", EXACT, pattern
        if not pattern.elements:
            if pattern.asks and pattern.asks <= asks:
                bare = pattern
            continue
        held = sum(1 for element in pattern.elements if not element.isdisjoint(meanings))
        if held == len(pattern.elements):
            if pattern.asks <= asks:
                return "phrase", FULL, pattern
            topic = topic or pattern
        elif held:
            partial = partial or any(
                _telling(book, element & meanings) for element in pattern.elements
            )
    if expressed:
        return "expression", EXPRESSION, None
    for kind in row.kinds:
        for wording in kind.wordings:
            if wording.asks and not wording.asks & asks:
                continue
            if wording.needs and all(not need.isdisjoint(meanings) for need in wording.needs):
                return "kind", KIND + _MORE_NEEDS * min(len(wording.needs) - 1, 2), wording
            if not wording.needs and bare is None and kind.name != "price":
                return "bare", BARE, wording
    if "areas" in row.kind_names and any(_placed(row, token) for token in utterance.content):
        return "kind", KIND, None
    if topic is not None:
        return "topic", TOPIC, topic
    if bare is not None or ("price" in row.kind_names and Ask.PRICE in asks):
        return "bare", BARE, bare
    if partial and _surely(row, utterance):
        return "part", PART, None
    if any(_told_only_here(book, row, token) for token in utterance.content):
        return "answer", ANSWER, None
    return "", 0.0, None


def _surely(row: RowModel, utterance: Utterance) -> bool:
    """Tell whether a word of the row's patterns was heard clearly."""
    return any(
        token.level <= Level.SKELETON and not row.asked.isdisjoint(token.meanings)
        for token in utterance.content
    )


def _telling(book: Book, meanings: frozenset[str]) -> bool:
    """Tell whether one of ``meanings`` stands for a single intent of this business."""
    return any(book.intents_asking.get(meaning, 0) == 1 for meaning in meanings)


def _elsewhere(book: Book, row: RowModel, token: Token) -> bool:
    """Tell whether ``token`` is the subject of other rows and not of this one."""
    return row.asked.isdisjoint(token.meanings) and any(
        book.intents_asking.get(meaning, 0) for meaning in token.meanings
    )


def _is_deed(utterance: Utterance, token: Token) -> bool:
    """Tell whether ``token`` is what "you" do; deeds are no subjects."""
    before = utterance.tokens[token.place - 1].text if token.place else ""
    return before in ("אתמ", "אתנ", "you")


def _told_only_here(book: Book, row: RowModel, token: Token) -> bool:
    if token.value is not None or token.day is not None or token.level >= Level.SOUND:
        return False
    telling = asking = 0
    for meaning in token.meanings:
        telling |= book.answering.get(meaning, 0)
        asking |= book.intents_asking.get(meaning, 0)
    return telling == 1 << row.place and not asking


def _names(row: RowModel, which: frozenset[str]) -> bool:
    """Tell whether ``row`` is about what "which" asks for, rather than mentions it."""
    needs = (need for kind in row.kinds for wording in kind.wordings for need in wording.needs)
    return not which or not row.asked.isdisjoint(which) or any(which & need for need in needs)


def _unfitting(
    row: RowModel, utterance: Utterance, pattern: PatternModel | Wording | None, anchor: str
) -> str:
    """Return the kind of answer that is asked for and not given, or an empty text."""
    asks = utterance.question.asks
    if anchor == "answer" and not asks and any(token.text in _NEED for token in utterance.tokens):
        return "need"
    given = row.open_to | (pattern.asks if pattern is not None else frozenset())
    for ask in asks:
        if ask in given:
            continue
        wanted = _FACTS.get(ask)
        if wanted is not None:
            if ask is Ask.DURATION and utterance.meanings & _LASTING:
                wanted |= {Fact.WARRANTED}
            if not wanted & row.facts.kinds and not (ask is Ask.COSTS and "c:PRICE" in row.told):
                return ask
        elif ask is Ask.HOW_MANY:
            lasting = utterance.question.counted & _LASTING and (
                row.facts.kinds & {Fact.DURATION, Fact.WARRANTED}
            )
            if lasting:
                continue
            if (
                row.counted.isdisjoint(utterance.question.counted)
                and Ask.PRICE not in utterance.question.asks
            ):
                return ask
        elif ask is Ask.WHICH:
            if anchor in ("answer", "part") or not _names(row, utterance.question.which):
                return ask
        elif ask is not Ask.HOW or not any(ask in one.asks for one in row.patterns):
            return ask
    return ""
