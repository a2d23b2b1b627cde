"""Which language a sentence is in, by its letters."""

from __future__ import annotations

import unicodedata
from collections import Counter

_LANGUAGE_OF_SCRIPT = {"HEBREW": "he-IL", "ARABIC": "ar-IL", "CYRILLIC": "ru-RU", "LATIN": "en-US"}
_LATIN = frozenset(("en", "fr", "es", "de", "it", "pt", "nl", "pl", "ro", "tr"))
_MOSTLY = 0.7
"""Of the words: names and brands may be longer than all that is said about them."""

_FEWEST_LETTERS = 6
"""A name or a brand in foreign letters is no other language."""


def language_of(text: str, current: str) -> str:
    """Return the language (BCP 47) of ``text``; ``current`` where its letters do not tell.

    Latin letters are English unless ``current`` is written in them as well.
    """
    if sum(map(str.isalpha, text)) < _FEWEST_LETTERS:
        return current
    first_letters = (next(filter(str.isalpha, word), "") for word in text.split())
    scripts = Counter(_script_of(letter) for letter in first_letters if letter)
    script, words = scripts.most_common(1)[0]
    found = _LANGUAGE_OF_SCRIPT.get(script)
    if found is None or words < _MOSTLY * scripts.total():
        return current
    if script == "LATIN" and current[:2] in _LATIN:
        return current
    return current if found[:2] == current[:2] else found


def _script_of(letter: str) -> str:
    return unicodedata.name(letter, "").partition(" ")[0]
