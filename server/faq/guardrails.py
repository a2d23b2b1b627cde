"""Sentences that never get an automatic answer, whatever words they hold.

Spec: faq, guardrails. By grammar more than by lists: orders, wishes, deeds told in the first or
second person, free places, one's own bookings, complaints, refusals, statements.
"""

from __future__ import annotations

from collections.abc import Sequence

from server.faq.actions import PAST_FIRST_EXCEPTIONS, PAST_SECOND_EXCEPTIONS
from server.faq.lexicon import ENDING, Level, words_of
from server.faq.morphology import is_hebrew
from server.faq.questions import Ask, Question
from server.faq.vocabulary import Token

_NOT_FIRST = frozenset(words_of(PAST_FIRST_EXCEPTIONS))
_NOT_SECOND = frozenset(words_of(PAST_SECOND_EXCEPTIONS))
_TO_ME = frozenset(words_of("לי לנו אותי אותנו אלי אליי אלינו איתי איתנו"))
_I = frozenset(words_of("אני אנחנו אנו"))
_MINE = frozenset(words_of("שלי שלנו"))
_MY = frozenset(("my", "our"))
_NEED = frozenset(words_of("צריך צריכה צריכים חייב חייבת"))
_DUTY = frozenset(words_of("צריך צריכים צריכות חייב חייבים חייבות חובה אפשר ניתן מותר"))
_THERE_IS = frozenset(words_of("יש נשאר אפשר ניתן"))
_OPENERS = frozenset(words_of("יש אפשר ניתן האם אתם אתן מישהו"))
_RULES = (
    "c:ADVANCE", "c:FEE", "c:POLICY", "c:FREE", "c:PRICE", "c:PAID", "c:COMMITMENT", "c:MONEY",
)  # fmt: skip
_HEARD = frozenset(words_of("שמעתי ראיתי"))
_MISSED = frozenset(words_of("הבנתי שמעתי קלטתי תפסתי הצלחתי ברור"))
_ASKED = frozenset(words_of("רציתי רצינו התקשרתי מתקשר מתקשרת ניסיתי חשבתי"))
_PRETEXTS = frozenset(words_of("רציתי רצינו התקשרתי"))
_NOT = frozenset(words_of("לא אל"))
_NO_NEED = frozenset(words_of("צורך צריך צריכה רוצה מעניין משנה"))
_PERSONAL_HAVE = frozenset(words_of("לי לנו"))
_THIS = frozenset(words_of("זה זאת זו היא הוא הם"))
_FOR = frozenset(words_of("בשביל עבור"))
_BE_PLACE = ("c:PARK", "c:CAR", "c:STROLLER", "c:LEAVE", "c:SIT")
_SPEAK_TO = frozenset(words_of("לדבר לשוחח"))
_SEEKING = frozenset(words_of("צריך צריכים צריכות צריכה דרושים דרוש מגייסים מחפשים מחפש"))
_WORKERS = (
    "c:TEACHER", "c:TRAINER", "c:AGENT", "c:DOCTOR", "c:TECHNICIAN", "c:PHOTOGRAPHER", "c:VET",
    "c:LAWYER", "c:TEACHING_STAFF", "c:HYGIENIST", "c:ACCOUNTANT", "c:PLUMBER", "c:WORKING",
)  # fmt: skip
_HOURS = ("c:OPEN", "c:CLOSE", "c:HOURS", "c:WORKING")


def guard(tokens: Sequence[Token], question: Question, *, is_question: bool) -> str:
    """Return which guard ``tokens`` trip, or an empty text.

    ``is_question`` tells that a question mark was heard. One of ``action``, ``negation``,
    ``statement`` and ``backchannel``.
    """
    if not tokens:
        return ""
    if is_action(tokens, question):
        return "action"
    if _is_job(tokens, question):
        return "job"
    if _is_negated(tokens):
        return "negation"
    if _is_ending(tokens, question):
        return "backchannel"
    if _is_statement(tokens, question, is_question=is_question):
        return "statement"
    return ""


def is_action(tokens: Sequence[Token], question: Question) -> bool:
    """Tell whether something is to be done: an order, a wish, a booking, a complaint, a deed."""
    return (
        any(_is_order(tokens, token) for token in tokens)
        or _is_wish(tokens, question)
        or _is_deed(tokens)
        or _is_booking(tokens, question)
        or _is_own_case(tokens)
        or _is_personal_contact(tokens)
        or _is_english_action(tokens)
    )


def _is_job(tokens: Sequence[Token], question: Question) -> bool:
    """Tell whether somebody looks for work: "do you need waiters"."""
    if question.asks:
        return False
    if len(tokens) <= 3 and tokens[0].text == "צריכימ" and len(tokens) > 1:
        return tokens[1].level > Level.SKELETON
    return any(
        token.text in _SEEKING
        and any(
            other.has(*_WORKERS) or other.text.startswith("שליח")
            for other in _next(tokens, token, 2)
        )
        for token in tokens
    )


def _next(tokens: Sequence[Token], token: Token, count: int = 1) -> Sequence[Token]:
    return tokens[token.place + 1 : token.place + 1 + count]


def _before(tokens: Sequence[Token], token: Token, count: int = 1) -> Sequence[Token]:
    return tokens[max(0, token.place - count) : token.place]


def _is_order(tokens: Sequence[Token], token: Token) -> bool:
    if token.has("a:complaint", "a:russian"):
        return True
    if token.has("a:command") and (
        token.level <= Level.PREFIXED
        or token.level is Level.SOUND
        or (token.level <= Level.NEAR and not token.prefix and token.text[0] in "תש")
    ):
        return True
    following = _next(tokens, token)
    if (
        token.text.startswith("ת")
        and len(token.text) >= 4
        and following
        and following[0].text in (*_TO_ME, "את", "ת")
        and not token.free
        and not any(meaning.startswith("c:") for meaning in token.meanings)
    ):
        return True
    if token.text == "לשלוח" and following and following[0].text in _TO_ME:
        return True
    return token.has("a:available") and not _is_noun_of_hours(tokens, token)


def _is_noun_of_hours(tokens: Sequence[Token], token: Token) -> bool:
    """Tell whether "available" is asked of somebody on call, by hours rather than by a date."""
    return any(other.has("c:ONCALL", "c:PHONE") for other in tokens) and token.text.startswith("זמ")


def _is_wish(tokens: Sequence[Token], question: Question) -> bool:
    for token in tokens:
        following = _next(tokens, token, 2)
        if token.has("a:wish") and not any(other.has("a:tell") for other in following):
            before = _before(tokens, token, 3)
            if token.text.startswith("מחפש") and not _near_i(tokens, token):
                continue
            if not any(other.has("q:what", "q:which") for other in before):
                return True
        if (
            token.text in _NEED
            and _near_i(tokens, token)
            and not any(other.has("a:tell") for other in following)
            and not any(_is_asking(other) for other in tokens[: token.place])
            and not token.text.startswith("חיב")
        ):
            return True
    if not tokens or not any(token.text in _PRETEXTS for token in tokens[:6]):
        return False
    place = next(token.place for token in tokens if token.text in _PRETEXTS)
    rest = tokens[place + 1 : place + 6]
    return not any(other.has("a:tell") or _is_asking(other) for other in rest)


def _near_i(tokens: Sequence[Token], token: Token) -> bool:
    return any(other.text in _I for other in _before(tokens, token, 2))


def _is_asking(token: Token) -> bool:
    return any(meaning.startswith("q:") for meaning in token.meanings)


def _is_deed(tokens: Sequence[Token]) -> bool:
    """Tell whether somebody here did something: "I ordered", "you charged"."""
    for token in tokens:
        word = token.text
        if (
            not is_hebrew(word)
            or token.has("a:tell")
            or (token.free and token.level <= Level.PREFIXED)
        ):
            continue
        if word in _PRETEXTS or word in _MISSED:
            continue
        known = any(meaning[:2] in ("c:", "w:") for meaning in token.meanings) and (
            token.level <= Level.PREFIXED or token.level is Level.SOUND
        )
        if word.endswith("תי") and len(word) >= 5 and word not in _NOT_FIRST and not known:
            return True
        if word.endswith(("תמ", "תנ")) and len(word) >= 5 and word not in _NOT_SECOND and not known:
            return True
    return False


def _is_booking(tokens: Sequence[Token], question: Question) -> bool:
    dated = any(token.has("a:date") for token in tokens)
    timed = any(token.day is not None for token in tokens) and any(
        token.value is not None for token in tokens
    )
    about_hours = any(token.has(*_HOURS) for token in tokens)
    for token in tokens:
        if (
            token.has("a:infinitive")
            and token.text.startswith("ל")
            and not _is_rule(tokens, question)
        ):
            return True
        if token.has("a:bookable") and any(
            other.text in _THERE_IS for other in _before(tokens, token, 2)
        ):
            following = _next(tokens, token, 2)
            place = token.text.startswith("מקומ")
            if token.text == "חדר" or token.text == "חדרימ":
                if dated:
                    return True
                continue
            if token.text in ("מישהו", "צות", "שעה", "טכנאי") and not (dated or timed):
                continue
            infinitive = following and (
                following[0].text.startswith("ל")
                and following[0].level is Level.WRITTEN
                and not following[0].prefix
                and len(following[0].text) >= 4
            )
            if place and (infinitive or any(other.has(*_BE_PLACE) for other in following)):
                continue
            if token.has("c:APPOINTMENT") or place or dated or timed:
                return True
    opener = any(token.text in _THERE_IS for token in tokens)
    if opener and (dated or timed) and not about_hours:
        return True
    soon = any(
        token.text in ("לעוד", "בעוד") and following.value is not None
        for token in tokens
        for following in _next(tokens, token, 1)
    )
    return opener and soon


def _is_rule(tokens: Sequence[Token], question: Question) -> bool:
    """Tell whether a deed is asked about as a rule: must one book, until when may one cancel."""
    if any(token.has("a:date") or token.text in (*_TO_ME, *_MINE) for token in tokens):
        return False
    if any(token.text in _I for token in tokens):
        return False
    if question.asks & {
        Ask.WHEN,
        Ask.DURATION,
        Ask.ADVANCE,
        Ask.HOW,
        Ask.PRICE,
        Ask.COSTS,
        Ask.HOW_MANY,
        Ask.LIMIT,
    }:
        return True
    duty = any(
        token.text in _DUTY and token.text not in ("אפשר", "ניתן", "מותר") for token in tokens
    )
    return duty or any(token.has(*_RULES) for token in tokens)


def _is_own_case(tokens: Sequence[Token]) -> bool:
    for token in tokens:
        if token.text in _MINE and any(other.has("a:owned") for other in _before(tokens, token, 3)):
            return True
        if token.text in _MY and any(
            other.has("a:owned", "c:APPOINTMENT", "c:RESERVE", "c:LESSON", "c:MEMBER", "c:CANCEL")
            or other.text in ("order", "account", "booking", "bill", "money")
            for other in _next(tokens, token, 2)
        ):
            return True
        late = token.text in ("הגיע", "הגיעה", "הגיעו", "חזרו", "ענו", "עונים", "עונה")
        if late and any(other.text in _NOT for other in _before(tokens, token)):
            return True
        if token.has("a:paper") and (
            any(other.text in _TO_ME for other in tokens)
            or any(other.text in ("לקבל", "לקבלת") for other in _before(tokens, token, 2))
        ):
            return True
    return False


def _is_personal_contact(tokens: Sequence[Token]) -> bool:
    for token in tokens:
        if (
            token.has("a:person")
            and (token.level <= Level.PREFIXED or token.level is Level.SOUND)
            and not any(meaning.startswith("w:") for meaning in token.meanings)
        ):
            return True
        if token.text in _SPEAK_TO:
            return True
    return False


def _is_english_action(tokens: Sequence[Token]) -> bool:
    words = [token.text for token in tokens]
    if not any(word.isascii() for word in words):
        return False
    mine = any(word in ("i", "id", "we", "me", "my", "us") for word in words)
    asked = any(
        word in ("how", "when", "where", "what", "until", "policy", "fee") for word in words
    )
    for place, word in enumerate(words):
        if word in ("book", "reserve", "reschedule", "cancel", "refund", "postpone", "schedule",
                    "confirm", "complain") and (mine or place == 0 or not asked):  # fmt: skip
            return True
        if word in ("send", "transfer", "connect", "call", "speak", "talk", "change") and (
            mine or place <= 1
        ):
            return True
        if word in ("want", "need", "like") and words[max(0, place - 1)] in (
            "i",
            "id",
            "we",
            "would",
        ):
            rest = words[place + 1 : place + 4]
            if not {"know", "ask", "hear", "understand"} & set(rest):
                return True
        if word in ("today", "tomorrow", "now", "tonight") and not {
            "open",
            "close",
            "hours",
            "closed",
        } & set(words):
            return True
    return False


def _is_negated(tokens: Sequence[Token]) -> bool:
    """Tell whether something is refused or corrected; "I did not hear" asks again instead."""
    if tokens[0].text in ("בלי", "ללא") and any(token.text == "בבקשה" for token in tokens):
        return True
    for token in tokens:
        following = _next(tokens, token, 2)
        if token.text in ("עזוב", "עזבי", "עזבו", "תעזוב", "תעזבי", "תעזבו"):
            return True
        if token.text == "אינ" and following and following[0].text in ("צורכ", "ענינ"):
            return True
        if token.text not in _NOT and token.text != "ולא":
            continue
        if following and following[0].text in _MISSED:
            continue
        if (
            token.place == 0
            or tokens[token.place - 1].text in _I
            or (tokens[token.place - 1].clause != token.clause)
        ):
            return True
        if following and following[0].text in (*_NO_NEED, "דיברתי", "התכוונתי", "שאלתי"):
            return True
    return False


def _is_ending(tokens: Sequence[Token], question: Question) -> bool:
    """Tell whether somebody only takes note: "fine, the price then"."""
    if question.asks or any(token.text in _OPENERS or _is_asking(token) for token in tokens):
        return False
    return any(token.has(ENDING) and not token.prefix for token in tokens)


def _is_statement(tokens: Sequence[Token], question: Question, *, is_question: bool) -> bool:
    first = tokens[0]
    if any(
        token.text in _I and other.prefix.endswith("ב") and other.clause == token.clause
        for token, other in zip(tokens, tokens[1:], strict=False)
    ):
        return True
    asking = bool(question.asks) or any(_is_asking(token) for token in tokens)
    if any(
        token.text in _MINE
        and any(other.has("c:ADDRESS", "c:PHONE", "c:NUMBER", "c:EMAIL") or other.text == "שמ"
                for other in _before(tokens, token, 2))
        for token in tokens
    ):  # fmt: skip
        return True
    if asking or is_question:
        return False
    opener = any(token.text in _OPENERS and not _is_having(tokens, token) for token in tokens)
    if opener:
        return False
    if any(_is_having(tokens, token) or token.text in _MINE for token in tokens):
        return True
    if any(token.text in _I for token in tokens) and not any(t.has("a:tell") for t in tokens):
        return True
    following = _next(tokens, first)
    return (
        first.text in _THIS
        and bool(following)
        and (
            following[0].text in _FOR
            or following[0].text in ("בנ", "בת")
            or following[0].prefix == "ל"
        )
    )


def _is_having(tokens: Sequence[Token], token: Token) -> bool:
    following = _next(tokens, token)
    return (
        token.text in ("יש", "היה", "היתה", "היו", "אינ")
        and bool(following)
        and (following[0].text in _PERSONAL_HAVE)
    )
