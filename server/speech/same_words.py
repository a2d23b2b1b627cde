"""Whether what was said is what was to be said, however the two are spelt."""

from __future__ import annotations

import re
import unicodedata

from server.speech.hebrew.alphabet import FINAL_TO_BASE, normalise
from server.speech.hebrew.words import has_hebrew, in_words

_WITHIN_WORDS = re.compile(
    "[\"'\u0300-\u036f\u0483-\u0487\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670]"
)
"""Quotes, and the marks above and below letters."""

_BETWEEN_WORDS = re.compile(r"[\W_]+")
_FEMININE_NUMBERS = (
    "אפס אחת שתיים שלוש ארבע חמש שש שבע שמונה תשע עשר עשרים שלושים ארבעים חמישים שישים שבעים "
    "שמונים תשעים מאה מאתיים מאות אלף אלפיים אלפים"
)
_OTHER_FORMS = {
    "אחד": "אחת",
    "שניים": "שתיים",
    "שנים": "שתיים",
    "שתים": "שתיים",
    "שני": "שתיים",
    "שתי": "שתיים",
    "שלושה": "שלוש",
    "שלושת": "שלוש",
    "ארבעה": "ארבע",
    "ארבעת": "ארבע",
    "חמישה": "חמש",
    "חמשת": "חמש",
    "שישה": "שש",
    "ששת": "שש",
    "שבעה": "שבע",
    "שבעת": "שבע",
    "תשעה": "תשע",
    "תשעת": "תשע",
    "עשרה": "עשר",
    "עשרת": "עשר",
    "שקל": "שקלים",
    "אחוזים": "אחוז",
    "דולרים": "דולר",
}
"""Forms that mean the same number or unit; what is written and what is said may differ in them."""

_NUMBERS = frozenset(_FEMININE_NUMBERS.split()) | frozenset(_OTHER_FORMS)


def same_words(text: str, said: str) -> bool:
    """Tell whether ``said``, a transcript, holds exactly the words of ``text``.

    Spaces, punctuation, nikud, quotes, final letters and case do not matter. In Hebrew a number
    may be in digits here and in words there, and in either gender.
    """
    wanted = letters_of(text)
    return bool(wanted) and wanted == letters_of(said)


def letters_of(text: str) -> str:
    """Return the letters and digits of ``text`` in one spelling, without spaces."""
    words = in_words(text) if has_hebrew(text) else normalise(text)
    decomposed = unicodedata.normalize("NFKD", words).casefold()
    parts = _BETWEEN_WORDS.sub(" ", _WITHIN_WORDS.sub("", decomposed)).split()
    return "".join(_one_form(word) for word in parts).translate(FINAL_TO_BASE)


def _one_form(word: str) -> str:
    """Return a number word without its "and" and in the feminine, any other word as it is."""
    bare = word[1:] if word.startswith("ו") and word[1:] in _NUMBERS else word
    return _OTHER_FORMS.get(bare, bare)
