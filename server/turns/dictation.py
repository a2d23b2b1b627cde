"""Numbers told digit by digit: they come with pauses that are not the end of the turn."""

from __future__ import annotations

import re

from server.faq.normalize import normalize

PAUSE_SECONDS = 1.5
"""Silence after which a number that looks unfinished is taken as it is."""

KEY_PAUSE_SECONDS = 2.0
"""Silence of the keypad after which the keys pressed are a number."""

PHONE_DIGITS = 10
_FEWEST, _ENOUGH = 2, 9
"""An ID or a landline number has nine digits, a mobile one ten."""

_DIGIT_WORDS = frozenset(
    normalize(
        "אפס אחת אחד שתיים שניים שתים שלוש שלושה ארבע ארבעה חמש חמישה שש שישה שבע שבעה "
        "שמונה תשע תשעה zero oh one two three four five six seven eight nine"
    ).split()
)
_ASKS_FOR_NUMBER = re.compile(r"טלפון|מספר|תעודת זהות|ת\"ז|phone|number|\bID\b", re.IGNORECASE)


def is_unfinished_number(words: str) -> bool:
    """Tell whether ``words`` end in a run of digits that is too short for a phone or ID number."""
    digits = 0
    for token in reversed(normalize(words).split()):
        if token.isdigit():
            digits += len(token)
        elif token in _DIGIT_WORDS or token.removeprefix("ו") in _DIGIT_WORDS:
            digits += 1
        else:
            break
    return _FEWEST <= digits < _ENOUGH


def asks_for_number(text: str) -> bool:
    """Tell whether the agent's ``text`` asks for a number that callers dictate."""
    return "?" in text and _ASKS_FOR_NUMBER.search(text) is not None
