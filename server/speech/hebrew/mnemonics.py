"""The phonemes of the Hebrew voice, as espeak-ng mnemonics.

The voice takes espeak-ng's French phoneme table (see ``server/speech/espeak_library.py``): its r is
the uvular one of Hebrew, its vowels a e i o u lie where Hebrew's do. A word is written with the
stress mark ' before the stressed vowel: ``Sal'om``, ``higa?'atem``.

    b v g d h z t j k l m n s p f r    as they look (j is the y of yes)
    x    both ח and כ without dagesh     S  ש      Z  ז'      ts  צ      tS  צ'      dZ  ג'
    ?    a glottal stop between vowels     w  foreign w       @  a shva one hears (names)
"""

from __future__ import annotations

import re

VOWELS = frozenset("aeiou@")
"""Mnemonics that carry a syllable."""

CONSONANTS = frozenset("bvgdhzxXtjklmnspfrSZw?N")
"""One-letter consonants; ts, tS and dZ are spelt with two of them."""

STRESS = "'"
"""Goes before the stressed vowel."""

_TOKEN = re.compile(r"tS|dZ|_:|[" + re.escape("".join(sorted(VOWELS | CONSONANTS))) + r"',_|]")
_LONGEST_WORD = 60
_LONGEST_PART = 600


def tokenise(phonemes: str) -> list[str] | None:
    """Split one word's ``phonemes`` into mnemonics and marks; None if any part is unknown."""
    tokens: list[str] = []
    position = 0
    while position < len(phonemes):
        match = _TOKEN.match(phonemes, position)
        if match is None:
            return None
        tokens.append(match.group())
        position = match.end()
    return tokens


def is_speakable(phonemes: str) -> bool:
    """Tell whether the inside of ``[[...]]`` may go to the engine as it is.

    Every word must consist of known mnemonics, hold one, and fit the engine's buffers: the text is
    written by people, and the engine takes unknown mnemonics for commands (``_^_EN`` changes its
    language) or skips them unheard.
    """
    words = phonemes.split()
    if not words or len(phonemes) > _LONGEST_PART:
        return False
    for word in words:
        tokens = tokenise(word)
        if tokens is None or len(word) > _LONGEST_WORD:
            return False
    return any(char in VOWELS or char in CONSONANTS for char in phonemes)


def syllables(phonemes: str) -> int:
    """Return how many vowels ``phonemes`` has."""
    return sum(char in VOWELS for char in phonemes)


def stress_last(phonemes: str) -> str:
    """Put the stress on the last vowel unless ``phonemes`` is stressed already or has none."""
    if STRESS in phonemes:
        return phonemes
    for index in range(len(phonemes) - 1, -1, -1):
        if phonemes[index] in VOWELS:
            return phonemes[:index] + STRESS + phonemes[index:]
    return phonemes
