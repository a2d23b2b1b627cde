"""What kind of answer a sentence asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from server.faq.vocabulary import Token


class Ask(StrEnum):
    """A kind of answer."""

    PRICE = "price"
    """How much it costs."""
    COSTS = "costs"
    """Whether it costs anything, or more."""
    DURATION = "duration"
    ADVANCE = "advance"
    FREQUENCY = "frequency"
    WHEN = "when"
    WHERE = "where"
    WHO = "who"
    WHY = "why"
    HOW = "how"
    HOW_MANY = "how_many"
    LIMIT = "limit"
    WHICH = "which"
    AGE = "age"
    INCLUDED = "included"


@dataclass(frozen=True, slots=True)
class Question:
    """What a sentence asks."""

    asks: frozenset[Ask]
    counted: frozenset[str]
    """The meanings of what it asks the number of."""
    which: frozenset[str]
    """The meanings of what it asks to choose among."""
    spent: frozenset[int]
    """The places of the words that make the question; they need no explanation."""

    @property
    def open(self) -> bool:
        """Whether it holds a question word at all."""
        return bool(self.asks)


_PRICE = ("c:PRICE",)
_SUM = ("c:PAY", "c:CHARGE", "c:COMMISSION", "c:FEE", "c:DISCOUNT")
_PRICED_NOUNS = ("c:COMMISSION", "c:FEE", "c:SURCHARGE")
_TIME_NOUNS = frozenset(
    (
        "זמנ",
        "זמנים",
        "שעות",
        "ימים",
        "ימימ",
        "דקות",
        "שבועות",
        "חודשים",
        "חודשימ",
        "שנים",
        "שנימ",
        "hours",
        "days",
        "minutes",
        "long",
    )
)
_LASTING = ("c:DURATION",)
_WHEN_NOUNS = ("c:HOURS",)
_WITHOUT = ("c:GLUTEN", "c:SUGAR", "c:LACTOSE", "c:AMMONIA", "c:NUTS", "c:DAIRY")
_COSTING = ("c:FREE", "c:PAID", "c:CHEAP", "c:EXPENSIVE", "c:MONEY", "c:SURCHARGE")
_GOES = frozenset(
    ("עובד", "עובדת", "זה", "הולכ", "הולכת", "מתנהל", "מתנהלת", "נראה", "נראית", "work", "works")
)
"""How does it go: that asks for all that there is to tell."""
_COST_VERBS = frozenset(("עולה", "עולות", "עולימ", "יעלה", "תעלה", "costs", "cost"))
_WAYS_TO_PAY = ("c:MEANS", "c:CREDIT", "c:CASH", "c:BIT", "c:CHEQUE", "c:PAYBOX", "c:TRANSFER")
_DAYS = frozenset(("יום", "יומ", "ימים", "ימימ", "day", "days"))


def question_of(tokens: Sequence[Token]) -> Question:
    """Return what ``tokens`` ask."""
    asks: set[Ask] = set()
    counted: set[str] = set()
    which: set[str] = set()
    spent: set[int] = set()
    for token in tokens:
        after = tokens[token.place + 1 :] if token.place + 1 < len(tokens) else ()
        before = tokens[token.place - 1] if token.place else None
        if any(meaning.startswith("q:") for meaning in token.meanings):
            spent.add(token.place)
        if token.has("q:how_many"):
            asks |= _how_many(token, before, after, counted, spent)
        elif token.has("q:how") and after and after[0].text == "much":
            asks.add(Ask.PRICE)
            spent.add(after[0].place)
        elif token.has("q:how") and after and after[0].text == "long":
            asks.add(Ask.DURATION)
            spent.add(after[0].place)
        elif token.has("q:how") and any(other.text in _GOES for other in after[:2]):
            continue
        elif token.has("q:how"):
            asks.add(Ask.HOW)
        elif token.has("q:when"):
            asks.add(Ask.WHEN)
        elif token.has("q:where"):
            asks.add(Ask.WHERE)
        elif token.has("q:who"):
            asks.add(Ask.WHO)
        elif token.has("q:why"):
            asks.add(Ask.WHY)
        elif token.has("q:which", "q:what"):
            chosen = _which(token, after, spent)
            asks |= chosen
            if Ask.WHICH in chosen:
                nouns = [other for other in after if not other.free]
                which |= nouns[0].meanings if nouns else frozenset()
        elif token.has(*_PRICE):
            asks.add(Ask.PRICE)
            spent.add(token.place)
        elif token.has("c:INCLUDED"):
            asks.add(Ask.INCLUDED)
            spent.add(token.place)
        elif token.has("c:DURATION") and Ask.DURATION in asks:
            spent.add(token.place)
        if token.has("c:ADVANCE") and Ask.DURATION in asks:
            asks = (asks - {Ask.DURATION}) | {Ask.ADVANCE}
    interrogative = any(token.has("q:how_many", "q:what", "q:which", "q:how") for token in tokens)
    for token, other in zip(tokens, tokens[1:], strict=False):
        if other.text == "free" and token.has(*_WITHOUT):
            spent.add(other.place)
            return Question(frozenset(asks), frozenset(counted), frozenset(which), frozenset(spent))
    costly = any(token.has(*_COSTING) for token in tokens) or any(
        token.text.removeprefix("ה") in _COST_VERBS for token in tokens
    )
    if costly and not any(token.has(*_WAYS_TO_PAY) for token in tokens):
        if Ask.PRICE in asks and not interrogative:
            asks.discard(Ask.PRICE)
        if not asks & {Ask.PRICE, Ask.DURATION, Ask.HOW, Ask.WHEN, Ask.WHERE}:
            spent |= {token.place for token in tokens if token.has(*_COSTING)}
        if not asks & {Ask.PRICE, Ask.DURATION, Ask.HOW, Ask.WHEN, Ask.WHERE}:
            asks.add(Ask.COSTS)
    if Ask.PRICE in asks:
        asks.discard(Ask.WHICH)
    return Question(frozenset(asks), frozenset(counted), frozenset(which), frozenset(spent))


def _how_many(
    token: Token,
    before: Token | None,
    after: Sequence[Token],
    counted: set[str],
    spent: set[int],
) -> set[Ask]:
    if token.prefix.endswith("ב") or token.text in ("בכמה", "ובכמה"):
        return {Ask.PRICE}
    if before is not None and before.text in ("בנ", "בת", "בני", "בן"):
        return {Ask.AGE}
    nexts = [other for other in after[:4] if other.clause == token.clause]
    if nexts and nexts[0].text in _TIME_NOUNS:
        spent.add(nexts[0].place)
        if before is not None and before.text == "כל":
            return {Ask.FREQUENCY}
        return {Ask.DURATION}
    if nexts and nexts[0].text in ("פעמים", "פעמימ"):
        return {Ask.FREQUENCY}
    if before is not None and before.text == "עד":
        return {Ask.LIMIT}
    rest = [other for other in after if other.clause == token.clause]
    for other in rest:
        if other.has("c:PRICE", "c:PAY", "c:CHARGE", "c:FEE", "c:COMMISSION", "c:MONEY"):
            if other.has("c:PRICE", "c:MONEY"):
                spent.add(other.place)
            return {Ask.PRICE}
    nouns = [other for other in rest if not other.free or other.has("c:PEOPLE")]
    if not nouns or (rest and rest[0].text in ("זה", "יוצא", "יוצאת", "יוצאימ", "זו")):
        return {Ask.PRICE}
    first = nouns[0]
    if rest[0].has("f"):
        return {Ask.PRICE}
    if rest[0] is first:
        plural = first.text.endswith(("ימ", "ות", "s")) or first.has("c:PEOPLE")
        said = any(other.free and not other.has("f", "p") for other in rest)
        if not plural and not said and not first.has("c:WARRANTY", "c:EXPERIENCE"):
            return {Ask.PRICE}
        counted |= first.meanings
    return {Ask.HOW_MANY}


def _which(token: Token, after: Sequence[Token], spent: set[int]) -> set[Ask]:
    for other in after[:2]:
        if other.has(*_WHEN_NOUNS) or other.text in _DAYS:
            spent.add(other.place)
            return {Ask.WHEN}
        if other.has("c:AGE"):
            return {Ask.AGE}
        if other.has(*_PRICE):
            return set()
        if not other.free:
            break
    return {Ask.WHICH} if token.has("q:which") else set()
