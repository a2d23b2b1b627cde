"""Sentences that never get an automatic answer, whatever words they hold.

Spec: faq, guardrails. Requests, and what is no question at all: people who look for work, refuse,
take note, or tell about themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from server.faq.lexicon import ENDING, Level, words_of
from server.faq.questions import Question
from server.faq.requests import (
    MINE,
    MISSED,
    NOT,
    I,
    following,
    is_asking,
    is_request,
    preceding,
)
from server.faq.vocabulary import Token

_OPENERS = frozenset(words_of("יש אפשר ניתן האם אתם אתן מישהו"))
_SEEKING = frozenset(words_of("צריך צריכים צריכות צריכה דרושים דרוש מגייסים מחפשים מחפש"))
_WORKERS = (
    "c:TEACHER", "c:TRAINER", "c:AGENT", "c:DOCTOR", "c:TECHNICIAN", "c:PHOTOGRAPHER", "c:VET",
    "c:LAWYER", "c:TEACHING_STAFF", "c:HYGIENIST", "c:ACCOUNTANT", "c:PLUMBER", "c:WORKING",
)  # fmt: skip
_GIVE_UP = frozenset(words_of("עזוב עזבי עזבו תעזוב תעזבי"))
_WITHOUT = frozenset(words_of("בלי ללא"))
_NO_NEED = frozenset(words_of("צורך עניין צריך צריכה רוצה מעניין משנה דיברתי התכוונתי שאלתי"))
_IF = frozenset(words_of("אם ואם"))
_PERSONAL = ("c:ADDRESS", "c:PHONE", "c:NUMBER", "c:EMAIL")
_NAME = frozenset(words_of("שם"))
_HAVE = frozenset(words_of("יש היה היתה היו אין"))
_TO_US = frozenset(words_of("לי לנו"))
_THIS = frozenset(words_of("זה זאת זו היא הוא הם"))
_FOR = frozenset(words_of("בשביל עבור בן בת"))


def guard(tokens: Sequence[Token], question: Question, *, is_question: bool) -> str:
    """Return which guardrail ``tokens`` trip, or an empty text.

    ``is_question`` tells that a question mark was heard. One of ``action``, ``job``,
    ``negation``, ``backchannel`` and ``statement``.
    """
    if not tokens:
        return ""
    if is_request(tokens):
        return "action"
    if _is_job(tokens, question):
        return "job"
    asking = bool(question.asks) or any(map(is_asking, tokens))
    if _is_negated(tokens, asking=asking or is_question):
        return "negation"
    if not asking and _is_ending(tokens):
        return "backchannel"
    if _is_statement(tokens, asking=asking or is_question):
        return "statement"
    return ""


def _is_job(tokens: Sequence[Token], question: Question) -> bool:
    """Tell whether somebody looks for work: "do you need waiters"."""
    if question.asks:
        return False
    if len(tokens) in (2, 3) and tokens[0].text == "צריכימ":
        return tokens[1].level > Level.SKELETON
    return any(
        token.text in _SEEKING
        and any(
            other.has(*_WORKERS) or other.text.startswith("שליח")
            for other in _object(following(tokens, token, 2))
        )
        for token in tokens
    )


def _object(tokens: Sequence[Token]) -> Sequence[Token]:
    """Return ``tokens`` up to the first that carries a subject."""
    end = next((place for place, token in enumerate(tokens, 1) if not token.free), len(tokens))
    return tokens[:end]


def _is_negated(tokens: Sequence[Token], *, asking: bool) -> bool:
    """Tell whether something is refused, corrected or wrong ("it does not work").

    "I did not hear" asks again instead.
    """
    if tokens[0].text in _WITHOUT and any(token.text == "בבקשה" for token in tokens):
        return True
    for token in tokens:
        after = following(tokens, token, 2)
        refused = bool(after) and after[0].text in _NO_NEED
        if token.text in _GIVE_UP or (token.text == "אינ" and refused):
            return True
        if token.text not in NOT or (after and after[0].text in MISSED):
            continue
        if any(
            other.text in _IF and other.clause == token.clause for other in tokens[: token.place]
        ):
            continue
        before = preceding(tokens, token)
        if (
            not asking
            or refused
            or not before
            or before[0].text in I
            or before[0].clause != token.clause
        ):
            return True
    return False


def _is_ending(tokens: Sequence[Token]) -> bool:
    """Tell whether somebody only takes note: "fine, the price then"."""
    if any(token.text in _OPENERS for token in tokens):
        return False
    return any(token.has(ENDING) and not token.prefix for token in tokens)


def _is_statement(tokens: Sequence[Token], *, asking: bool) -> bool:
    """Tell whether somebody tells about themselves, with or without a question behind it."""
    for token, other in pairwise(tokens):
        if token.text in I and other.prefix.endswith("ב") and other.clause == token.clause:
            return True  # "I am at ..."
    for token in tokens:
        if token.text in MINE and any(
            other.has(*_PERSONAL) or other.text in _NAME for other in preceding(tokens, token, 2)
        ):
            return True
    if asking:
        return False
    having = [token for token in tokens if _is_having(tokens, token)]
    if any(token.text in _OPENERS and token not in having for token in tokens):
        return False
    if having or any(token.text in MINE for token in tokens):
        return True
    if any(token.text in I for token in tokens):
        return not any(token.has("a:tell") for token in tokens)
    after = following(tokens, tokens[0])
    return (
        tokens[0].text in _THIS
        and bool(after)
        and (after[0].text in _FOR or after[0].prefix == "ל")
    )


def _is_having(tokens: Sequence[Token], token: Token) -> bool:
    after = following(tokens, token)
    return token.text in _HAVE and bool(after) and after[0].text in _TO_US
