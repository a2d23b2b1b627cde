"""What words hold, in the transcripts of the live checks: streets, numbers, offers, scripts."""

from __future__ import annotations

import re
import unicodedata

from server.faq.normalize import normalize
from server.speech.hebrew.words import has_hebrew, in_words
from server.speech.same_words import letters_of

_PREFIXES = "הבלמכש"
"""What stands before a number that begins; "and" goes on with it."""

_CURRENCY = re.compile(r'^(?:שקל|שח|ש"ח|₪|דולר|אירו)')
_TOKEN = re.compile(r"[\w'\"₪]+|[^\w\s]")
_OFFERS = re.compile(
    r"חזור|יחזר|להתקשר|יתקשר|נתקשר|נציג|מנהל|צוות|בעל(?:י|ת|ים)? ה|מישהו|אדם"
    r"|[ליאנת]ברר|[לאנ]בדוק"
)
_NUMBERS = (
    "אפס אחת שתיים שתי שלוש ארבע חמש שש שבע שמונה תשע עשר עשרה עשרים שלושים ארבעים חמישים "
    "שישים שבעים שמונים תשעים מאה מאתיים מאות אלף אלפיים אלפים מיליון"
)
_NUMBER_WORDS = frozenset(letters_of(word) for word in _NUMBERS.split())
_SMALL = frozenset(letters_of(word) for word in ("אחת", "שתיים"))


def names_street(transcript: str, name: str) -> bool:
    """Tell whether the street is named in ``transcript``.

    Whole words are compared, however they are spaced, without quotes and without the letters
    that Hebrew writes or leaves out as it likes (``ארלוזורוב``, ``ארלוזרוב``).
    """
    wanted = _consonants(name)
    words = normalize(transcript).split()
    windows = (
        "".join(words[begin:end])
        for begin in range(len(words))
        for end in range(begin + 1, min(len(words), begin + 4) + 1)
    )
    return bool(wanted) and any(_consonants(window) == wanted for window in windows)


def script_share(text: str, script: str) -> float:
    """Return which share of the letters are of ``script`` (``HEBREW``, ``LATIN``); 0.0 of none."""
    letters = [unicodedata.name(char, "") for char in text if char.isalpha()]
    return sum(name.startswith(script) for name in letters) / len(letters) if letters else 0.0


def offers_a_person(text: str) -> bool:
    """Tell whether words were found that offer a person, a call back, or to find out."""
    return _OFFERS.search(text) is not None


def amounts_in(text: str) -> dict[str, str]:
    """Return the numbers of ``text``: each in words of one form, and in its own words.

    "One" and "two" without a currency are left out: Hebrew says them of much else.
    """
    spelt = in_words(text) if has_hebrew(text) else text
    found: dict[str, str] = {}
    forms: list[str] = []
    words: list[str] = []
    for word in [*_TOKEN.findall(spelt), ""]:
        form, begins = _number(word)
        if forms and (begins or not form):
            if _CURRENCY.match(word) or not set(forms) <= _SMALL:
                found[" ".join(forms)] = " ".join(words)
            forms, words = [], []
        if form:
            forms.append(form)
            words.append(word)
    return found


def _number(word: str) -> tuple[str, bool]:
    """Return a number word's one form, empty for any other, and whether it begins a number."""
    if word.isdigit():
        return word, False
    form = letters_of(word) if word else ""
    if form in _NUMBER_WORDS:
        return form, False
    if word[:1] in _PREFIXES and len(word) > 3 and (bare := letters_of(word[1:])) in _NUMBER_WORDS:
        return bare, True
    return "", False


def _consonants(name: str) -> str:
    letters = normalize(name).replace(" ", "")
    return letters[:1] + re.sub("[וי]", "", letters[1:])
