"""Which words of a sentence a row explains; one that it does not makes the answer a guess."""

from __future__ import annotations

from server.faq.book import BOOKING, OPPOSITES, PREPARING, Book, RowModel
from server.faq.facts import Fact
from server.faq.kinds import PLACED
from server.faq.places import is_place
from server.faq.questions import Ask
from server.faq.utterance import Utterance
from server.faq.vocabulary import Token

_PAYING = frozenset(("c:CHARGE", "c:PAY", "c:MONEY"))
_SONS = ("בנ", "בת", "בני", "בנות")
_MONEY = ("שקל", "שקלימ", "שח")
_OR = ("או", "or")
_LAST_HOUR = 24


def uncovered(book: Book, row: RowModel, utterance: Utterance) -> tuple[str, ...]:
    """Return the words of ``utterance`` that ``row`` does not explain.

    Of two that are offered for choice ("dairy or pareve") one explained is enough.
    """
    left = [token for token in utterance.content if not _explains(book, row, token, utterance)]
    left += _alternatives(row, utterance)
    if not left:
        return ()
    places = {token.place for token in left}
    content = {token.place for token in utterance.content}
    for token in utterance.tokens:
        if token.text not in _OR:
            continue
        before = max((place for place in content if place < token.place), default=None)
        after = min((place for place in content if place > token.place), default=None)
        if before is not None and after is not None and (before in places) != (after in places):
            places -= {before, after}
    return tuple(token.text for token in left if token.place in places)


def _alternatives(row: RowModel, utterance: Utterance) -> list[Token]:
    """Return people between whom to choose, who are no subject elsewhere: "a man or a woman"."""
    tokens = utterance.tokens
    return [
        token
        for token in tokens
        if token.free
        and token.has("c:MAN", "c:WOMAN")
        and any(other.text in _OR for other in tokens[max(0, token.place - 1) : token.place + 2])
        and row.asked.isdisjoint(token.meanings)
        and row.told.isdisjoint(token.meanings)
    ]


def _explains(book: Book, row: RowModel, token: Token, utterance: Utterance) -> bool:
    if _is_claimed(book, row, token):
        return False
    return (
        covers(row, token, utterance)
        or not book.itself.isdisjoint(token.meanings)
        or (
            "delivery" in row.kind_names
            and "c:DELIVERY" in utterance.meanings
            and not book.things.isdisjoint(token.meanings)
        )
        or _is_theme(book, row, token, utterance)
    )


def _is_claimed(book: Book, row: RowModel, token: Token) -> bool:
    """Tell whether ``token`` is a time that the hours do not tell and another row is about."""
    if "hours" not in row.kind_names or token.day in row.facts.days:
        return False
    subjects = [meaning for meaning in token.meanings if meaning in book.times]
    return bool(subjects) and row.told.isdisjoint(subjects) and row.asked.isdisjoint(subjects)


def covers(row: RowModel, token: Token, utterance: Utterance) -> bool:
    """Tell whether ``row`` by itself explains ``token``."""
    asks, meanings = utterance.question.asks, token.meanings
    if token.day is not None:
        return (
            "hours" in row.kind_names
            or token.day in row.facts.days
            or not row.asked.isdisjoint(meanings)
        )
    if token.value is not None:
        return _covers_number(row, token, utterance)
    if Ask.PRICE not in asks and names_place(row, token):
        return True
    if Ask.PRICE in asks and not meanings.isdisjoint(_PAYING) and Fact.AMOUNT in row.facts.kinds:
        return True
    if token.has(*PREPARING) and Ask.DURATION in asks and len(utterance.content) > 1:
        return True
    if token.has("a:infinitive") and not BOOKING.isdisjoint(row.asked | row.told):
        return True
    if token.has("c:TAKE") and Ask.PRICE in asks:
        return True
    if token.has("c:BUY") and "c:RENT" not in row.asked | row.told:
        return True
    if not asks and token.has("c:CHARGE"):
        return True  # "do you take babies"
    if not meanings.isdisjoint(OPPOSITES) and not OPPOSITES.isdisjoint(row.asked | row.told):
        return True
    if Ask.HOW_MANY in asks and token.has("c:ENTER", "c:SIT"):
        return True
    if not (row.asked.isdisjoint(meanings) and row.companions.isdisjoint(meanings)):
        return True
    # What the price does not include costs something else.
    elsewhere = asks & {Ask.PRICE, Ask.COSTS} and not row.excluded.isdisjoint(meanings)
    return not (row.told.isdisjoint(meanings) or elsewhere)


def names_place(row: RowModel, token: Token) -> bool:
    """Tell whether ``token`` names a place and the row's answer lists where one serves."""
    return not row.kind_names.isdisjoint(PLACED) and is_place(token.text)


def _covers_number(row: RowModel, token: Token, utterance: Utterance) -> bool:
    value = token.value or 0
    if value == 1 or value in row.numbers or not row.asked.isdisjoint(token.meanings):
        return True
    if "hours" in row.kind_names and value <= _LAST_HOUR:
        return True
    if Ask.PRICE in utterance.question.asks:
        return False
    following = utterance.tokens[token.place + 1 : token.place + 3]
    before = utterance.tokens[token.place - 1] if token.place else None
    if Fact.AGE in row.facts.kinds and before is not None and _is_age(before):
        return True
    if Fact.LEAST in row.facts.kinds and any(other.text in _MONEY for other in following):
        return True
    return any(not row.counted.isdisjoint(other.meanings) for other in following)


def _is_age(before: Token) -> bool:
    return before.has("c:AGE") or before.text in _SONS


def _is_theme(book: Book, row: RowModel, token: Token, utterance: Utterance) -> bool:
    """Tell whether ``token`` is only what the whole business is about.

    "How much is a room" where every answer speaks of rooms, "is there a towel in the rooms",
    "how much to repair a screen" where everything is repaired, "does the laser hurt" of a row that
    speaks of no such thing itself (where it does, it may mean that one and no other).
    """
    asks = utterance.question.asks
    if (
        "price" in row.kind_names
        and Ask.PRICE in asks
        and not token.meanings.isdisjoint(book.theme)
    ):
        return True
    if asks - {Ask.PRICE} or token.meanings.isdisjoint(book.common):
        return False
    if not asks and token.prefix in ("", "ה"):
        return book.common.isdisjoint(row.asked | row.told)
    return token.prefix in ("ב", "בה") or (
        token.text.startswith("ל") and token.has("c:REPAIR", "c:INSTALL")
    )
