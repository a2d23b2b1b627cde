"""Hebrew text as a person would read it out: short forms, numbers and signs in words.

For voices that read Hebrew letters by themselves; the local one goes on from here to phonemes
(``prepare``).
"""

from __future__ import annotations

import re

from server.speech.hebrew.abbreviations import write_out, write_out_signs
from server.speech.hebrew.alphabet import LETTER, normalise
from server.speech.hebrew.numbers import numbers_to_words

_TAG = re.compile(r"<[^<>]{0,200}>")
_HEBREW = re.compile(LETTER)


def has_hebrew(text: str) -> bool:
    """Tell whether there is a Hebrew letter in ``text``."""
    return _HEBREW.search(text) is not None


def in_words(text: str) -> str:
    """Return ``text`` with nothing in it but words and punctuation; nikud stays."""
    plain = _TAG.sub(" ", normalise(text))
    return " ".join(write_out_signs(numbers_to_words(write_out(plain))).split())
