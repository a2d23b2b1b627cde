"""Hebrew (and Latin) text as the matcher compares it.

Only keys for comparison are made here; what people see and hear keeps its own spelling.
"""

from __future__ import annotations

import re
import unicodedata

_FINAL_LETTERS = str.maketrans("ךםןףץ", "כמנפצ")
_QUOTES = str.maketrans({"׳": "'", "’": "'", "״": '"', "“": '"', "”": '"', "־": " ", "–": " "})
_BIDI = re.compile("[\u200b-\u200f\u061c\u202a-\u202e\u2060\u2066-\u2069\ufeff\u00ad]")
_INNER_QUOTES = re.compile(r"(?<=\w)[\"'](?=\w)|(?<=\w)'")
_PUNCTUATION = re.compile(r"[^\w\s]|_")
_SPACES = re.compile(r"\s+")


def fold_letters(text: str) -> str:
    """Return ``text`` without nikud and bidi marks, in lower case, with final letters opened.

    Keeps everything else, so that it also serves the letters inside a regular expression.
    """
    text = unicodedata.normalize("NFKD", _BIDI.sub("", text))
    text = "".join(c for c in text if unicodedata.category(c) != "Mn")
    return text.lower().translate(_FINAL_LETTERS).translate(_QUOTES)


def join_quoted(folded: str) -> str:
    """Return ``folded`` with the quotes inside its words gone: ``ת"ז`` and ``צ'ק`` are words."""
    return _INNER_QUOTES.sub("", folded)


def normalize(text: str) -> str:
    """Return the key of ``text``: folded letters, no punctuation, single spaces.

    A quote inside a word joins its parts (``ת"ז`` and ``צ'ק`` become one token).
    """
    folded = join_quoted(fold_letters(text))
    return _SPACES.sub(" ", _PUNCTUATION.sub(" ", folded)).strip()
