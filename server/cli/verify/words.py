"""What words hold, in the transcripts of the live checks: streets, numbers, offers, scripts."""

from __future__ import annotations

import re
import unicodedata

from server.faq.normalize import normalize
from server.speech.hebrew.words import has_hebrew, in_words
from server.speech.same_words import letters_of

_PREFIXES = "והבלמכש"
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
        if form := _number(word):
            forms.append(form)
            words.append(word)
            continue
        if forms and (_CURRENCY.match(word) or not set(forms) <= _SMALL):
            found[" ".join(forms)] = " ".join(words)
        forms, words = [], []
    return found


def _number(token: str) -> str:
    """Return a number's one form, or an empty text for what is no number."""
    if token.isdigit():
        return token
    form = letters_of(token) if token else ""
    if form in _NUMBER_WORDS:
        return form
    bare = letters_of(token[1:]) if token[:1] in _PREFIXES and len(token) > 3 else ""
    return bare if bare in _NUMBER_WORDS else ""


def _consonants(name: str) -> str:
    letters = normalize(name).replace(" ", "")
    return letters[:1] + re.sub("[וי]", "", letters[1:])
