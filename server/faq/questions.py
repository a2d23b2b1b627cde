"""What kind of answer a sentence asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise

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


_WORDS = {
    "q:when": Ask.WHEN,
    "q:where": Ask.WHERE,
    "q:who": Ask.WHO,
    "q:why": Ask.WHY,
}
_INTERROGATIVES = ("q:how_many", "q:what", "q:which", "q:how")
_PRICES = (
    "c:PRICE", "c:PAY", "c:CHARGE", "c:FEE", "c:COMMISSION", "c:MONEY", "c:DISCOUNT", "c:SURCHARGE",
    "c:DEPOSIT",
)  # fmt: skip
_COSTING = ("c:FREE", "c:PAID", "c:CHEAP", "c:EXPENSIVE", "c:MONEY", "c:SURCHARGE")
_COST_VERBS = frozenset(("עולה", "עולות", "עולימ", "יעלה", "תעלה", "costs", "cost"))
_WAYS_TO_PAY = (
    "c:MEANS", "c:CREDIT", "c:CASH", "c:BIT", "c:CHEQUE", "c:PAYBOX", "c:TRANSFER",
    "c:INSTALMENTS",
)  # fmt: skip
_WITHOUT = ("c:GLUTEN", "c:SUGAR", "c:LACTOSE", "c:AMMONIA", "c:NUTS", "c:DAIRY")
"""What food and the like is "free" of in English."""
_UNCOUNTABLE = ("c:WARRANTY", "c:EXPERIENCE")
_TIMES = frozenset(
    ("זמנ", "שעות", "ימימ", "דקות", "שבועות", "חודשימ", "שנימ", "hours", "days", "minutes")
)
_AHEAD = frozenset(("לפני", "קודמ"))
_EXISTING = frozenset(("יש", "נמצאימ", "נמצאות", "עובדימ"))
_SPANS = frozenset(("משכ", "תקופת", "תקופה", "זמנ"))
_DAYS = frozenset(("יומ", "ימימ", "day", "days"))
_SONS = frozenset(("בנ", "בת", "בני", "גיל", "מגיל", "לגיל", "בגיל", "גילאי", "גילאימ"))
_YOU = frozenset(("אתה", "את", "אתמ", "אתנ"))
_GOES = frozenset(
    ("עובד", "עובדת", "זה", "הולכ", "הולכת", "מתנהל", "מתנהלת", "נראה", "נראית", "work", "works")
)
"""How does it go: that asks for all that there is to tell."""


def question_of(tokens: Sequence[Token]) -> Question:
    """Return what ``tokens`` ask; their places count from 0."""
    reader = _Reader(tokens)
    for token in tokens:
        reader.read(token)
    reader.weigh_costs()
    return Question(
        frozenset(reader.asks),
        frozenset(reader.counted),
        frozenset(reader.which),
        frozenset(reader.spent),
    )


@dataclass(slots=True)
class _Reader:
    """Goes through a sentence once."""

    tokens: Sequence[Token]
    asks: set[Ask] = field(default_factory=set)
    counted: set[str] = field(default_factory=set)
    which: set[str] = field(default_factory=set)
    spent: set[int] = field(default_factory=set)

    def read(self, token: Token) -> None:
        """Take in one word."""
        kinds = [meaning for meaning in token.meanings if meaning.startswith("q:")]
        if kinds:
            self.spent.add(token.place)
            self._read_question(token, kinds)
        elif token.has("c:PRICE"):
            self.asks.add(Ask.PRICE)
            self.spent.add(token.place)
        elif token.has("c:INCLUDED"):
            self.asks.add(Ask.INCLUDED)
            self.spent.add(token.place)
        elif token.has("c:DURATION") and Ask.DURATION in self.asks:
            self.spent.add(token.place)
        if token.has("c:ADVANCE") and Ask.DURATION in self.asks:
            self.asks.discard(Ask.DURATION)
            self.asks.add(Ask.ADVANCE)

    def _read_question(self, token: Token, kinds: Sequence[str]) -> None:
        after = self.tokens[token.place + 1 :]
        if "q:how_many" in kinds:
            self.asks.add(self._how_many(token, after))
        elif "q:how" in kinds:
            self._read_how(after)
        elif "q:what_if" in kinds:
            self.asks.add(Ask.HOW)
        elif "q:which" in kinds or "q:what" in kinds:
            self._read_which(after, choosing="q:which" in kinds)
        else:
            before = self.tokens[token.place - 1].text if token.place else ""
            if token.text == "ממתי" and any(other.has("c:FREE") for other in after):
                self.asks.add(Ask.LIMIT)
                self.spent.update(other.place for other in after if other.has("c:FREE"))
            elif before != "של":
                self.asks.update(_WORDS[kind] for kind in kinds if kind in _WORDS)

    def _read_how(self, after: Sequence[Token]) -> None:
        following = after[0].text if after else ""
        if following in ("much", "long"):
            self.asks.add(Ask.PRICE if following == "much" else Ask.DURATION)
            self.spent.add(after[0].place)
        elif not any(other.text in _GOES for other in after[:2]):
            self.asks.add(Ask.HOW)

    def _how_many(self, token: Token, after: Sequence[Token]) -> Ask:
        before = self.tokens[token.place - 1].text if token.place else ""
        if token.text in ("בכמה", "ובכמה", "מכמה"):
            return Ask.LIMIT if after and after[0].has("c:INSTALMENTS") else Ask.PRICE
        if before in _SONS:
            return Ask.AGE
        rest = [other for other in after if other.clause == token.clause]
        if len(rest) > 1 and rest[0].text in _YOU and rest[1].has("c:CHARGE"):
            return Ask.PRICE  # "how much do you take"
        following = rest[0].text if rest else ""
        if following in _TIMES:
            self.spent.add(rest[0].place)
            if len(rest) > 1 and rest[1].text in _AHEAD:
                return Ask.ADVANCE
            return Ask.FREQUENCY if before == "כל" else Ask.DURATION
        if following in ("מהר", "רחוק"):
            self.spent.add(rest[0].place)
            return Ask.DURATION if following == "מהר" else Ask.LIMIT
        if following == "פעמימ":
            return Ask.FREQUENCY
        if before == "עד":
            return Ask.LIMIT
        return self._amount_or_number(rest)

    def _amount_or_number(self, rest: Sequence[Token]) -> Ask:
        """Tell "how much" from "how many" by what follows: Hebrew has one word for both."""
        priced = next(
            (other for other in rest if other.has(*_PRICES) and not other.has("c:DURATION")), None
        )
        if priced is not None:
            if priced.has("c:PRICE", "c:MONEY"):
                self.spent.add(priced.place)
            return Ask.PRICE
        if _are_counted(rest):
            self.counted |= rest[0].meanings
            return Ask.HOW_MANY
        nouns = [other for other in rest if not other.free or other.has("c:PEOPLE")]
        if not nouns or rest[0].text in ("יוצא", "יוצאת", "יוצאימ") or rest[0].has("f"):
            return Ask.PRICE
        first = nouns[0]
        if rest[0] is first:
            plural = first.text.endswith(("ימ", "ות", "s")) or first.has("c:PEOPLE")
            told = any(other.free and not other.has("f", "p") for other in rest)
            if not plural and not told and not first.has(*_UNCOUNTABLE):
                return Ask.PRICE
            self.counted |= first.meanings
        return Ask.HOW_MANY

    def _read_which(self, after: Sequence[Token], *, choosing: bool) -> None:
        if not choosing and after and after[0].text.startswith("מתחיל"):
            self.asks.add(Ask.PRICE)  # "what do they start from"
            return
        if not choosing and after and after[0].text.removeprefix("ה") in _SPANS:
            self.spent.add(after[0].place)
            self.asks.add(Ask.DURATION)
            return
        for other in after[:2]:
            if other.has("c:HOURS") or other.text in _DAYS:
                self.spent.add(other.place)
                self.asks.add(Ask.WHEN)
                return
            if other.has("c:AGE"):
                self.asks.add(Ask.AGE)
                return
            if other.has("c:PRICE"):
                return
            if not other.free:
                break
        if choosing:
            self.asks.add(Ask.WHICH)
            noun = next((other for other in after if not other.free), None)
            self.which |= noun.meanings if noun is not None else frozenset()

    def weigh_costs(self) -> None:
        """Tell "what does it cost" from "does it cost anything"."""
        if Ask.PRICE in self.asks:
            self.asks.discard(Ask.WHICH)
        for token, other in pairwise(self.tokens):
            if other.text == "free" and token.has(*_WITHOUT):
                self.spent.add(other.place)
                return
        costing = [token.place for token in self.tokens if token.has(*_COSTING)]
        costly = bool(costing) or any(
            token.text.removeprefix("ה") in _COST_VERBS for token in self.tokens
        )
        if not costly or any(token.has(*_WAYS_TO_PAY) for token in self.tokens):
            return
        if not any(token.has(*_INTERROGATIVES) for token in self.tokens):
            self.asks.discard(Ask.PRICE)
        if not self.asks & {Ask.PRICE, Ask.DURATION, Ask.HOW, Ask.WHEN, Ask.WHERE}:
            self.spent.update(costing)
            self.asks.add(Ask.COSTS)


def _are_counted(words: Sequence[Token]) -> bool:
    """Tell whether ``words`` behind "how many" are no subject: "workers are there"."""
    return (
        len(words) > 1
        and words[0].has("g")
        and not words[0].has("c:DURATION")
        and words[0].text.endswith(("ימ", "ות"))
        and words[1].text in _EXISTING
    )
