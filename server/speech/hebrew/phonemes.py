"""Hebrew words -> phonemes: the lexicon, prefix letters, context, and the guess for the rest."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from server.speech.hebrew.alphabet import is_pointed, without_points
from server.speech.hebrew.guess import guess
from server.speech.hebrew.lexicon import LEXICON, NEVER_AFTER_PREFIX
from server.speech.hebrew.mnemonics import STRESS, VOWELS, is_speakable, stress_last
from server.speech.hebrew.pointed import read

_BRACKETED = re.compile(r"([א-ת]*)\[\[([^\[\]]*)\]\]")
_HEBREW_ONLY = re.compile(r"[^א-ת']")
_PREFIX = re.compile(r"ו?(?:כש|מש|לכש|ש)?[בלכמ]?ה?")
_TWO_LETTER_PREFIXES: Final = frozenset("והש")
_LONGEST_PREFIX: Final = 5
_PREFIX_SOUNDS: Final = {
    "ו": "ve",
    "ה": "ha",
    "ב": "be",
    "ל": "le",
    "מ": "me",
    "ש": "Se",
    "כ": "ke",
}
_CLUSTER = re.compile(r"(?!ts[aeiou']|tS|dZ)[bvgdhzxtjklmnspfrSZ]{2}")
_BEFORE_ARTICLE = re.compile(r"(?:כש|מ|ש)ה(?=[א-ת]{3})")
_BEFORE_VERBAL_NOUN = re.compile(r"[בל](?=ה[א-ת][^וי]{2}[הת]$)")
_LIKELY_PREFIX = re.compile(r"ב(?=[מאהכפקת][א-ת]{3})|ל(?=מ[א-ת]{3}[הםן]$)")
_ARTICLE = re.compile(r"ה(?=[^תו][א-ת]{2})(?!.*ה$)(?!..[^וי][הת]$)")
_FEMININE_WORDS: Final = "אחת שתים שתיים שלוש ארבע חמש שש שבע שמונה תשע"
_FEMININE_UNITS: Final = frozenset(_FEMININE_WORDS.split())
_MASCULINE_WORDS: Final = "אחד שנים שניים שלושה ארבעה חמישה שישה שבעה שמונה תשעה"
_MASCULINE_UNITS: Final = frozenset(_MASCULINE_WORDS.split())
_AFTER_FEMININE_EIGHT: Final = frozenset({"עשרה", "מאות", "שנים", "פעמים"})


def sentence_phonemes(words: list[str]) -> str:
    """Return ``[[...]]`` for the words of one clause.

    Each word is Hebrew, with or without nikud, or ``[[phonemes]]`` with or without prefix letters.
    A glottal stop parts a word that starts with a vowel from a vowel before it.
    """
    spoken: list[str] = []
    for index, word in enumerate(words):
        phonemes = _in_context(word, words[index - 1 : index], words[index + 1 : index + 2])
        if spoken and spoken[-1][-1] in VOWELS and phonemes.lstrip(STRESS)[:1] in VOWELS:
            phonemes = "?" + phonemes
        spoken.append(phonemes)
    return f"[[{' '.join(spoken)}]]"


def _in_context(word: str, before: list[str], after: list[str]) -> str:
    """Read the number words whose spelling does not tell masculine from feminine."""
    bare = word.lstrip("ו") if word not in LEXICON else word
    previous = {before[0][cut:] for cut in range(3)} if before else set()
    following = after[0] if after else ""
    reading = None
    if bare == "עשרה" and previous & _FEMININE_UNITS:
        reading = "esr'e"
    elif bare == "עשר" and previous & _MASCULINE_UNITS:
        reading = "as'ar"
    elif bare == "שמונה" and following not in _AFTER_FEMININE_EIGHT:
        reading = "Smon'a" if following == "עשר" or following.endswith("ים") else None
    if reading is None:
        return word_phonemes(word)
    return reading if bare == word else _prefixed("ו", reading)


@lru_cache(maxsize=4096)
def word_phonemes(word: str) -> str:
    """Return the stressed phonemes of one Hebrew word or ``[[phonemes]]`` with prefix letters."""
    bracketed = _BRACKETED.fullmatch(word)
    if bracketed is not None and is_speakable(bracketed[2]):
        return _prefixed(bracketed[1], bracketed[2].strip())
    if is_pointed(word):
        return _pointed(word)
    word = _HEBREW_ONLY.sub("", word).strip("'")
    return LEXICON.get(word) or _after_prefix(word) or _unknown(word) or "e"


def _pointed(word: str) -> str:
    phonemes = read(word)
    if any(char in VOWELS for char in phonemes):
        return stress_last(phonemes)
    return word_phonemes(without_points(word))


def _after_prefix(word: str) -> str | None:
    """Read prefix letters and a word of the lexicon: ובשעות, שהגעתם.

    At least three letters must be left, or two after ו, ה or ש alone: פה, לה and their like hide in
    many words.
    """
    for length in range(1, min(_LONGEST_PREFIX, len(word) - 2) + 1):
        prefix, rest = word[:length], word[length:]
        if len(rest) < 3 and prefix not in _TWO_LETTER_PREFIXES:
            return None
        if rest in LEXICON and rest not in NEVER_AFTER_PREFIX and _PREFIX.fullmatch(prefix):
            return _prefixed(prefix, LEXICON[rest])
    return None


def _unknown(word: str) -> str:
    """Guess, with ו, ה and what may precede them taken for prefixes where that is likelier."""
    if len(word) > 3 and word[0] == "ו" and word[1] not in "וי'":
        rest = word[1:]
        return _prefixed("ו", _after_prefix(rest) or _unknown(rest))
    rules = (_BEFORE_ARTICLE, _BEFORE_VERBAL_NOUN, _LIKELY_PREFIX, _ARTICLE)
    match = next(filter(None, (rule.match(word) for rule in rules)), None)
    if match is not None:
        rest = word[match.end() :]
        return _prefixed(match.group(), _after_prefix(rest) or guess(rest))
    if len(word) == 1 and word in _PREFIX_SOUNDS:
        return stress_last(_PREFIX_SOUNDS[word])
    return guess(word) if word else ""


def _prefixed(prefix: str, phonemes: str) -> str:
    """Put the sounds of the prefix letters before ``phonemes``, from the inside out."""
    for index in range(len(prefix) - 1, -1, -1):
        sound = _prefix_sound(prefix[index], phonemes)
        is_soft = prefix[index] == "ב" and prefix[index - 1 : index] == "ו"
        phonemes = ("v" + sound[1:] if is_soft else sound) + phonemes
    return phonemes


def _prefix_sound(letter: str, phonemes: str) -> str:
    """Return the sound of one prefix letter, which depends on how the word goes on."""
    cluster = _CLUSTER.match(phonemes) is not None
    hiatus = "?" if phonemes.lstrip(STRESS)[:1] in VOWELS else ""
    if letter == "ו":
        return "u" if cluster or phonemes[0] in "bvmp" else "ve" + hiatus
    if letter == "כ" and phonemes.startswith("Se"):
        return "k"
    sound = _PREFIX_SOUNDS[letter]
    if letter in "בלכ":
        return (sound[0] + "i" if cluster else sound) + hiatus
    if letter == "מ" and not hiatus and phonemes[0] not in "hxr":
        return "mi"
    return sound + hiatus
