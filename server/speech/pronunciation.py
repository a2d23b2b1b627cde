"""A business's own pronunciations: its words as they are to be said, put into a text.

The changed text is what is spoken and what renderings are kept under, so a new pronunciation is a
new rendering, and a text without such words keeps the one it has.
"""

from __future__ import annotations

import functools
import re
from typing import Final

from server.speech.hebrew.alphabet import is_pointed, normalise

Pronunciations = tuple[tuple[str, str], ...]
"""Words or phrases, each with its respelling (with or without nikud) or ``[[phonemes]]``, which
only the local voice understands."""

_MAX_WORDS: Final = 500
"""Further ones are ignored: each is looked for in every text."""

_LONGEST_TEXT: Final = 4000
"""Characters; pronunciations are longer than words, and must not grow a text without bound."""

_POINTED_PREFIX: Final = str.maketrans(
    {
        "ו": "ו\u05b5",
        "ה": "ה\u05b7",
        "ב": "ב\u05bc\u05b5",
        "ל": "ל\u05b5",
        "מ": "מ\u05b4",
        "ש": "ש\u05b6",
        "כ": "כ\u05bc\u05b5",
    }
)
"""Prefix letters with points that make them heard before a pointed word."""


def pronounce(text: str, pronunciations: Pronunciations) -> str:
    """Return ``text`` as it is to be said; the very same text when none of its words is known.

    The longest word goes first, never one inside another's pronunciation or inside ``[[…]]``.
    Hebrew's prefix letters may precede a word in the text.
    """
    if not pronunciations:
        return text
    pattern, known = _compiled(pronunciations)
    if pattern is None:
        return text
    found = False

    def replacement(match: re.Match[str]) -> str:
        nonlocal found
        if match[2] is None:
            return match.group()
        found = True
        spoken = known[match[2].casefold()]
        return (match[1].translate(_POINTED_PREFIX) if is_pointed(spoken) else match[1]) + spoken

    said = pattern.sub(replacement, " ".join(normalise(text).split()))
    return said[:_LONGEST_TEXT] if found else text


@functools.lru_cache(maxsize=64)
def _compiled(pronunciations: Pronunciations) -> tuple[re.Pattern[str] | None, dict[str, str]]:
    known: dict[str, str] = {}
    for word, spoken in pronunciations[:_MAX_WORDS]:
        key = " ".join(normalise(word).split())
        said = " ".join(normalise(spoken).split())
        if key and said:
            known[key.casefold()] = said
    if not known:
        return None, known
    keys = "|".join(re.escape(key) for key in sorted(known, key=len, reverse=True))
    pattern = re.compile(
        rf"\[\[[^\[\]]*\]\]|(?<![א-ת\w])([והבלמשכ]{{0,3}})({keys})(?![א-ת\w])", re.IGNORECASE
    )
    return pattern, known
