"""What a word may be once its prefixes and endings are taken off, and what it sounds like.

Words are keys (``normalize``): lower case, final letters opened. Nothing here knows any words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

_KEPT_WORDS = 20_000
"""Words whose sounds are remembered: rows that are read again, and most of their words."""

_PREFIX_LETTERS = "והבלמשכ"
_MAX_PREFIX_LETTERS = 3
_SHORTEST_REST = 3
_SHORTEST_SKELETON = 4
_SHORTEST_LEMMA = 3

_HEBREW = re.compile(r"[א-ת]+")
_LATIN = re.compile(r"[a-z]+")
_DOUBLED = re.compile("ו{2,}|י{2,}")

# The prefixes in the order in which Hebrew stacks them: and / that, when / from, to, in / the.
_STACKED = re.compile("^ו?(?:כש|ש|לכש)?[מלב]?ה?$")

# One root in the verb and in the noun made of it: to insure and insurance, to paint and painting.
_C = "[א-ת]"
_ROOTS = (
    ("h", re.compile(f"^ל?ה({_C})({_C})י({_C})$")),
    ("h", re.compile(f"^מ({_C})({_C})י({_C})(?:ימ|ה|ות)?$")),
    ("h", re.compile(f"^ה({_C})({_C})({_C})(?:ה|ת|ות)$")),
    ("p", re.compile(f"^({_C})י({_C})ו({_C})(?:ימ|י)?$")),
    ("p", re.compile(f"^[למ]({_C})({_C})({_C})(?:ימ|ת|ות)?$")),
    ("q", re.compile(f"^({_C})({_C})י({_C})(?:ה|ת|ות)$")),
    ("q", re.compile(f"^ל({_C})({_C})ו({_C})$")),
    ("q", re.compile(f"^({_C})ו({_C})({_C})(?:ימ|ת|ות)$")),
)
_ENDINGS = ("יות", "ימ", "ות", "ית", "ה", "ת", "י", "כמ", "כנ", "נו", "ך")

_VOWEL_LETTERS = "אהויע"
_SOUNDS = tuple(
    str.maketrans({"ט": "ת", "ה": "א", "ע": "א", "ו": "ב", back: "כ", hiss: "ס"})
    for back in "קח"
    for hiss in "צש"
)


def spelling(word: str) -> str:
    """Return ``word`` with doubled vowel letters single: both ways are written."""
    return _DOUBLED.sub(lambda found: found[0][0], word)


def is_hebrew(word: str) -> bool:
    """Tell whether ``word`` is made of Hebrew letters alone."""
    return _HEBREW.fullmatch(word) is not None


def without_prefixes(word: str) -> Iterator[tuple[str, str]]:
    """Yield (prefix, rest) of every way to take attached prefixes off, the shortest first.

    At least three letters are left: what is shorter is a word of its own more often than not.
    """
    if not is_hebrew(word):
        return
    for length in range(1, min(_MAX_PREFIX_LETTERS, len(word) - _SHORTEST_REST) + 1):
        if word[length - 1] not in _PREFIX_LETTERS:
            return
        if _STACKED.match(word[:length]):
            yield word[:length], word[length:]


def lemmas(word: str) -> frozenset[str]:
    """Return the bare forms that ``word`` may be an inflection of; forms of one word share one."""
    if _LATIN.fullmatch(word):
        return _english_lemmas(word)
    if not is_hebrew(word):
        return frozenset((word,))
    found = {word}
    for ending in _ENDINGS:
        if word.endswith(ending):
            bare = word[: -len(ending)]
            if len(bare) >= _SHORTEST_LEMMA + (ending in ("ת", "י", "ות", "ית")):
                found.add(bare)
            if len(bare) >= _SHORTEST_LEMMA - 1 and ending in ("ימ", "ות", "ת", "ה"):
                found.add(bare + "ה")
    return frozenset(found)


def _english_lemmas(word: str) -> frozenset[str]:
    found = {word}
    for ending in ("ies", "es", "s", "ing", "ed", "er"):
        bare = word.removesuffix(ending)
        if bare != word and len(bare) >= 3:
            found |= {bare, bare + "e"} if ending != "ies" else {bare + "y"}
            if ending in ("ing", "ed") and bare[-1] == bare[-2]:
                found.add(bare[:-1])
    return frozenset(found)


def roots(word: str) -> frozenset[str]:
    """Return the roots that ``word`` shows by its pattern, each with its verb class."""
    return frozenset(
        f"{name}:{''.join(found.groups())}"
        for name, pattern in _ROOTS
        if (found := pattern.match(word)) is not None
    )


def skeleton(word: str) -> str | None:
    """Return ``word`` without inner vowel letters ו and י, or None when too little is left."""
    bare = word[:1] + word[1:].replace("ו", "").replace("י", "")
    return bare if len(bare) >= _SHORTEST_SKELETON and is_hebrew(word) else None


@lru_cache(maxsize=_KEPT_WORDS)
def sounds(word: str) -> frozenset[str]:
    """Return how ``word`` may sound, by each way of hearing; words that share one sound alike.

    ק and ח both sound like כ, but not like each other; so do צ and ש with ס: each way of hearing
    confuses one of each pair.
    """
    if not is_hebrew(word):
        return frozenset()
    head, rest = word[:1], word[1:]
    # ו sounds like ב inside and at the end of a word only where it is a consonant; the first
    # letter keeps its own sound.
    return frozenset(f"{number}{_sound(head, rest, table)}" for number, table in enumerate(_SOUNDS))


def _sound(head: str, rest: str, table: dict[int, str]) -> str:
    first = head if head == "ו" else head.translate(table)
    return first + rest.translate(table)


@lru_cache(maxsize=_KEPT_WORDS)
def near_sounds(word: str) -> frozenset[str]:
    """Return the sounds of ``word`` with one of its vowel letters left out."""
    if not is_hebrew(word) or len(word) < 4:
        return frozenset()
    return frozenset(
        sound
        for place, letter in enumerate(word)
        if letter in _VOWEL_LETTERS and len(word) > 3
        for sound in sounds(word[:place] + word[place + 1 :])
        if place or letter != "ו"
    )


_LATIN_SOUNDS = (
    ("sh", "ש"), ("ch", "צ"), ("th", "ת"), ("ph", "פ"), ("ck", "ק"), ("tz", "צ"), ("kh", "ח"),
    ("a", ""), ("b", "ב"), ("c", "ק"), ("d", "ד"), ("e", ""), ("f", "פ"), ("g", "ג"), ("h", "ה"),
    ("i", "י"), ("j", "ג"), ("k", "ק"), ("l", "ל"), ("m", "מ"), ("n", "נ"), ("o", "ו"), ("p", "פ"),
    ("q", "ק"), ("r", "ר"), ("s", "ס"), ("t", "ט"), ("u", "ו"), ("v", "ו"), ("w", "ו"),
    ("x", "קס"), ("y", "י"), ("z", "ז"),
)  # fmt: skip
_LATIN_SOUND = dict(_LATIN_SOUNDS)
_LATIN_LETTERS = re.compile("|".join(letters for letters, _ in _LATIN_SOUNDS))


def transliterated(word: str) -> str | None:
    """Return Latin ``word`` by its consonants in Hebrew letters (``keratin``), or None."""
    if not _LATIN.fullmatch(word) or len(word) < 5:
        return None
    return _LATIN_LETTERS.sub(lambda found: _LATIN_SOUND[found[0]], word)


def consonants(word: str, fewest: int = 4) -> str | None:
    """Return the consonants of a Hebrew word, as loan words keep them; None when too few."""
    bare = "".join(c for c in word if c not in "אהעוי").replace("ט", "ת").replace("ק", "כ")
    return bare if len(bare) >= fewest else None
