"""Callers who want something done: orders, wishes, bookings, deeds, cases of their own, people.

By grammar more than by lists. None of these gets an automatic answer, whatever else is said.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from server.faq.actions import PAST_FIRST_EXCEPTIONS, PAST_SECOND_EXCEPTIONS
from server.faq.lexicon import Level, words_of
from server.faq.questions import Ask, question_of
from server.faq.vocabulary import Token

I = frozenset(words_of("אני אנחנו אנו"))  # noqa: E741 - the pronoun
MINE = frozenset(words_of("שלי שלנו"))
MISSED = frozenset(words_of("הבנתי שמעתי קלטתי תפסתי הצלחתי ברור"))
"""What one did not: it asks again and refuses nothing."""
NOT = frozenset(words_of("לא אל"))

_NOT_FIRST = frozenset(words_of(PAST_FIRST_EXCEPTIONS))
_NOT_SECOND = frozenset(words_of(PAST_SECOND_EXCEPTIONS))
_TO_ME = frozenset(words_of("לי לנו אותי אותנו אלי אליי אלינו איתי איתנו"))
_OBJECTS = _TO_ME | {"את", "ת"}
_MY = frozenset(("my", "our"))
_NEED = frozenset(words_of("צריך צריכה צריכים"))
_DUTY = frozenset(words_of("צריך צריכים צריכות חייב חייבים חייבות חובה"))
_THERE_IS = frozenset(words_of("יש נשאר אפשר ניתן"))
_RULES = (
    "c:ADVANCE", "c:FEE", "c:POLICY", "c:FREE", "c:PRICE", "c:PAID", "c:COMMITMENT", "c:MONEY",
)  # fmt: skip
_RULE_ASKS = frozenset(
    (Ask.WHEN, Ask.DURATION, Ask.ADVANCE, Ask.HOW, Ask.PRICE, Ask.COSTS, Ask.HOW_MANY, Ask.LIMIT)
)
_PRETEXTS = frozenset(words_of("רציתי רצינו התקשרתי"))
_SAID = frozenset(words_of("שאלתי דיברתי התכוונתי אמרתי"))
_SPEAK_TO = frozenset(words_of("לדבר לשוחח"))
_LATE = frozenset(words_of("הגיע הגיעה הגיעו חזרו ענו עונים עונה"))
_RECEIVE = frozenset(words_of("לקבל לקבלת"))
_TONGUES = ("c:ENGLISH", "c:RUSSIAN", "c:FRENCH", "c:ARABIC", "c:SPANISH", "c:AMHARIC")
_WITHOUT = frozenset(words_of("בלי ללא"))
_SOON = frozenset(words_of("לעוד בעוד"))
_HOURS = ("c:OPEN", "c:CLOSE", "c:HOURS", "c:WORKING", "c:DISCOUNT")
_NO_BOOKING = ("c:PARK", "c:CAR", "c:STROLLER", "c:LEAVE", "c:SIT")
"""A place for these is no reservation."""
_ROOMS = frozenset(words_of("חדר חדרים"))
_DATED_ONLY = frozenset(words_of("מישהו צוות שעה טכנאי"))
"""These are asked for as a booking only with a date."""

_ENGLISH_OWNED = (
    "a:owned", "c:APPOINTMENT", "c:RESERVE", "c:LESSON", "c:MEMBER", "c:CANCEL",
)  # fmt: skip
_ENGLISH_CASES = frozenset(("order", "account", "booking", "bill", "money"))
_ENGLISH_FIRST = frozenset(("i", "id", "we", "me", "my", "us"))
_ENGLISH_QUESTIONS = frozenset(("how", "when", "where", "what", "until", "policy", "fee"))
_ENGLISH_BOOKINGS = frozenset(
    ("book", "reserve", "reschedule", "cancel", "refund", "postpone", "schedule", "confirm",
     "complain")
)  # fmt: skip
_ENGLISH_ORDERS = frozenset(("send", "transfer", "connect", "call", "speak", "talk", "change"))
_ENGLISH_WISHES = frozenset(("want", "need", "like"))
_ENGLISH_TELLING = frozenset(("know", "ask", "hear", "understand"))
_ENGLISH_SOON = frozenset(("today", "tomorrow", "now", "tonight"))
_ENGLISH_HOURS = frozenset(("open", "close", "hours", "closed"))


def is_request(tokens: Sequence[Token]) -> bool:
    """Tell whether the sentence of ``tokens`` wants something done."""
    return (
        any(_is_order(tokens, token) for token in tokens)
        or _is_wish(tokens)
        or any(_is_deed(token) for token in tokens)
        or _is_booking(tokens)
        or any(rule(tokens, token) for token in tokens for rule in _CASES)
        or _is_english_request(tokens)
    )


def following(tokens: Sequence[Token], token: Token, count: int = 1) -> Sequence[Token]:
    """Return up to ``count`` tokens behind ``token``."""
    return tokens[token.place + 1 : token.place + 1 + count]


def preceding(tokens: Sequence[Token], token: Token, count: int = 1) -> Sequence[Token]:
    """Return up to ``count`` tokens before ``token``."""
    return tokens[max(0, token.place - count) : token.place]


def is_asking(token: Token) -> bool:
    """Tell whether ``token`` is a question word."""
    return any(meaning.startswith("q:") for meaning in token.meanings)


def _is_order(tokens: Sequence[Token], token: Token) -> bool:
    if token.has("a:complaint", "a:russian") or (token.has("a:command") and _is_sure(token)):
        return True
    after = following(tokens, token)
    objective = bool(after) and after[0].text in _OBJECTS
    unknown = not token.free and not any(meaning.startswith("c:") for meaning in token.meanings)
    if (
        objective
        and unknown
        and token.text.startswith("ת")
        and len(token.text) >= 4
        and (not token.text.endswith(("ימ", "ות")))
    ):
        return True  # a second-person future with an object, whatever its verb
    if token.text == "לשלוח" and after and after[0].text in _TO_ME:
        return True
    return token.has("a:available") and not _is_on_call(tokens, token)


def _is_sure(token: Token) -> bool:
    """Tell whether a command was heard, rather than a word that resembles one."""
    if token.level <= Level.PREFIXED or token.level is Level.SOUND:
        return True
    return token.level <= Level.NEAR and not token.prefix and token.text[0] in "תש"


def _is_on_call(tokens: Sequence[Token], token: Token) -> bool:
    """Tell whether "available" is asked of somebody on call, by hours rather than by a date."""
    return token.text.startswith("זמ") and any(t.has("c:ONCALL", "c:PHONE") for t in tokens)


def _is_wish(tokens: Sequence[Token]) -> bool:
    return any(_wishes(tokens, token) for token in tokens) or _is_pretext(tokens)


def _wishes(tokens: Sequence[Token], token: Token) -> bool:
    if any(other.has("a:tell") for other in following(tokens, token, 2)):
        return False
    if any(other.text in NOT for other in preceding(tokens, token)):
        return False
    by_me = any(other.text in I for other in preceding(tokens, token, 2))
    if token.has("a:wish"):
        asked = any(other.has("q:what", "q:which") for other in preceding(tokens, token, 3))
        return not asked and (by_me or not token.text.startswith("מחפש"))
    return token.text in _NEED and by_me and not any(map(is_asking, tokens[: token.place]))


def _is_pretext(tokens: Sequence[Token]) -> bool:
    """Tell whether "I wanted to ..." or "I called to ..." leads to no question."""
    pretext = next((token for token in tokens[:6] if token.text in _PRETEXTS), None)
    if pretext is None:
        return False
    rest = following(tokens, pretext, 5)
    return not any(token.has("a:tell") or is_asking(token) for token in rest)


def _is_deed(token: Token) -> bool:
    """Tell whether somebody here did something: "I ordered", "you charged"."""
    word = token.text
    if len(word) < 5 or token.has("a:tell") or word in _PRETEXTS | MISSED | _SAID:
        return False
    if token.free and token.level <= Level.PREFIXED:
        return False
    if any(meaning[:2] in ("c:", "w:") for meaning in token.meanings) and (
        token.level <= Level.PREFIXED or token.level is Level.SOUND
    ):
        return False
    if word.endswith("תי"):
        return word not in _NOT_FIRST
    return word.endswith(("תמ", "תנ")) and word not in _NOT_SECOND


def _is_booking(tokens: Sequence[Token]) -> bool:
    relative = any(token.has("a:date") for token in tokens)
    timed = any(token.day is not None for token in tokens) and any(
        token.value is not None for token in tokens
    )
    for token in tokens:
        if token.has("a:infinitive") and token.text.startswith("ל"):
            without = any(other.text in _WITHOUT for other in preceding(tokens, token))
            if not without and not _is_rule(tokens, _clause(tokens, token)):
                return True
        elif token.has("a:bookable") and _is_free_place(tokens, token, relative, timed):
            return True
    if not any(token.text in _THERE_IS for token in tokens):
        return False
    soon = any(
        token.text in _SOON and (other.value is not None or other.has("c:HOURS", "c:WEEKLY"))
        for token in tokens
        for other in following(tokens, token)
    )
    return soon or ((relative or timed) and not any(token.has(*_HOURS) for token in tokens))


def _is_free_place(tokens: Sequence[Token], token: Token, relative: bool, timed: bool) -> bool:
    """Tell whether "is there a table" asks for one of them."""
    before = preceding(tokens, token, 2)
    if not any(other.text in _THERE_IS for other in before) or before[-1].text in _WITHOUT:
        return False
    after = following(tokens, token, 2)
    if token.text in _ROOMS:
        return relative
    if token.text in _DATED_ONLY:
        return relative or timed
    if not token.text.startswith("מקומ"):
        return token.has("c:APPOINTMENT") or relative or timed
    infinitive = bool(after) and (
        after[0].text.startswith("ל")
        and len(after[0].text) >= 4
        and after[0].level is Level.WRITTEN
        and not after[0].prefix
    )
    return not (infinitive or any(other.has(*_NO_BOOKING) for other in after))


def _clause(tokens: Sequence[Token], token: Token) -> list[Token]:
    return [
        replace(other, place=place)
        for place, other in enumerate(o for o in tokens if o.clause == token.clause)
    ]


def _is_rule(tokens: Sequence[Token], clause: Sequence[Token]) -> bool:
    """Tell whether a deed is asked about as a rule: must one book, until when may one cancel.

    Only the question of its own ``clause`` counts: "can I book, how much is it" is no rule.
    """
    if any(token.has("a:date") or token.text in (_TO_ME | MINE | I) for token in tokens):
        return False
    if question_of(clause).asks & _RULE_ASKS:
        return True
    unpaid = any(
        token.has("c:PAY") and any(other.text in _WITHOUT for other in preceding(clause, token))
        for token in clause
    )
    return unpaid or any(
        token.text in _DUTY or token.has("q:what_if", "c:LASTMOMENT", *_RULES) for token in clause
    )


def _is_own(tokens: Sequence[Token], token: Token) -> bool:
    """Tell whether ``token`` makes something the caller's: "my order"."""
    if token.text in MINE:
        return any(other.has("a:owned") for other in preceding(tokens, token, 3))
    return token.text in _MY and any(
        other.has(*_ENGLISH_OWNED) or other.text in _ENGLISH_CASES
        for other in following(tokens, token, 2)
    )


def _is_overdue(tokens: Sequence[Token], token: Token) -> bool:
    return token.text in _LATE and any(other.text in NOT for other in preceding(tokens, token))


def _is_paper(tokens: Sequence[Token], token: Token) -> bool:
    """Tell whether ``token`` is a paper that is to be made for the caller."""
    return token.has("a:paper") and (
        any(other.text in _TO_ME for other in tokens)
        or any(other.text in _RECEIVE for other in preceding(tokens, token, 2))
    )


def _is_person(tokens: Sequence[Token], token: Token) -> bool:
    """Tell whether ``token`` asks for a person, or to speak."""
    if token.text in _SPEAK_TO:
        return not any(
            other.has("c:LANGUAGES", *_TONGUES) and other.text.startswith("ב")
            for other in following(tokens, token, 2)
        )
    clear = token.level <= Level.PREFIXED or token.level is Level.SOUND
    own = any(meaning.startswith("w:") for meaning in token.meanings)
    return token.has("a:person") and clear and not own


_CASES: tuple[Callable[[Sequence[Token], Token], bool], ...] = (
    _is_own, _is_overdue, _is_paper, _is_person,
)  # fmt: skip


def _is_english_request(tokens: Sequence[Token]) -> bool:
    words = [token.text for token in tokens]
    if not any(word.isascii() for word in words):
        return False
    said = frozenset(words)
    mine = bool(said & _ENGLISH_FIRST)
    if said & _ENGLISH_SOON and not said & _ENGLISH_HOURS:
        return True
    for place, word in enumerate(words):
        if word in _ENGLISH_BOOKINGS and (mine or place == 0 or not said & _ENGLISH_QUESTIONS):
            return True
        if word in _ENGLISH_ORDERS and (mine or place <= 1):
            return True
        if word in _ENGLISH_WISHES and place and words[place - 1] in ("i", "id", "we", "would"):
            return not _ENGLISH_TELLING & frozenset(words[place + 1 : place + 4])
    return False
