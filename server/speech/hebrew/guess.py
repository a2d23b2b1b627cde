"""A guess at the vowels of an undotted Hebrew word that no lexicon knows.

First the word's shape (``templates``), then, for what fits none, its letters one by one: ו and י
give the vowels they stand for, a final ה or א is a, gaps between consonants are filled so that no
syllable is unspeakable. בכ"פ are hard at a word's start and after a closed syllable. The guess is
right for perhaps two words in three and is speakable always.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from server.speech.hebrew.alphabet import LETTERS
from server.speech.hebrew.mnemonics import VOWELS, stress_last
from server.speech.hebrew.templates import SHAPES

_SOUNDS: Final = "? v g d h v z X t j x l m n s A f ts k r S t x m n f ts"
_SOFT: Final = dict(zip(LETTERS, _SOUNDS.split(), strict=True))
_HARD: Final = _SOFT | {"ב": "b", "כ": "k", "פ": "p"}
_WITH_GERESH: Final = {"ג": "dZ", "ז": "Z", "צ": "tS", "ץ": "tS", "ת": "t", "ד": "d", "ו": "w"}
_STEP = re.compile(r"(\d)(!?)|(\+)|(.)")


def guess(word: str) -> str:
    """Return stressed phonemes for an undotted ``word`` of Hebrew letters and geresh."""
    word = "".join(re.findall("[א-ת]'?", word))
    return _finish(_by_shape(word) or _by_letters(word))


def consonant(letter: str, *, hard: bool) -> str:
    """Return the sound of one letter, which may carry a geresh; X is ח and A is ע until the end."""
    if letter.endswith("'"):
        return _WITH_GERESH.get(letter[0]) or _SOFT[letter[0]]
    return (_HARD if hard else _SOFT)[letter]


def _by_shape(word: str) -> str | None:
    for shape, reading in SHAPES:
        match = shape.fullmatch(word)
        if match is not None:
            return _fill(reading, match.groups())
    return None


def _fill(reading: str, letters: tuple[str, ...]) -> str:
    """Put the letters into a template's reading; + is the vowel of an opening shva, if heard."""
    text = ""
    for digit, hard, opening, sound in _STEP.findall(reading):
        if digit:
            text += consonant(letters[int(digit) - 1], hard=bool(hard))
        elif opening:
            text += "e" if text[-1] in "jlmnr" else "a" if text[-1] in "XA?h" else ""
        else:
            text += sound
    return text


@dataclass(slots=True)
class _Unit:
    """A consonant and the vowel after it; None until it is known, empty for none."""

    letter: str
    vowel: str | None = None


def _by_letters(word: str) -> str:
    units: list[_Unit] = []
    letters = re.findall(r".'?", word)
    for index, letter in enumerate(letters):
        _add(units, letter, letters[index + 1 :])
    _fill_gaps(units)
    text = ""
    for index, unit in enumerate(units):
        closed = index == 0 or units[index - 1].vowel == ""
        text += consonant(unit.letter, hard=closed) + (unit.vowel or "")
    return text


def _add(units: list[_Unit], letter: str, rest: list[str]) -> None:
    """Add one letter of an unknown word: a consonant of its own, or the vowel of the last one."""
    before = units[-1] if units else None
    is_open = before is not None and before.vowel is None
    after = rest[0] if rest else ""
    if before is None:
        units.append(_Unit(letter))
    elif letter == "ו" and is_open and before.letter == "ו":
        return
    elif letter == "ו" and is_open and after != "ו":
        before.vowel = "o" if rest and rest != ["י"] else "u"
    elif (
        letter == "י" and is_open and (after not in ("ו", "י", "ה") or (after == "ה" and rest[1:]))
    ):
        before.vowel = "i"
    elif letter == "י" and is_open:
        before.vowel = "a" if after == "י" and rest[1:] not in (["ה"], ["ת"]) else "i"
        if after != "י":
            units.append(_Unit(letter))
    elif letter in ("ה", "א") and not rest:
        before.vowel = before.vowel or "a"
    elif letter == "י" and rest == ["ם"]:
        units.append(_Unit(letter, vowel="i"))
    else:
        units.append(_Unit(letter, vowel=None if rest else ""))


def _fill_gaps(units: list[_Unit]) -> None:
    """Give every consonant without a vowel one, or none where the word stays speakable."""
    last = len(units) - 1
    for index, unit in enumerate(units):
        if unit.vowel is not None:
            continue
        following = units[index + 1].vowel if index < last else ""
        if index == last:
            unit.vowel = ""
        elif unit.letter in "אע" or (units[index + 1].letter in "אע" and following is not None):
            unit.vowel = "a"
        elif index == 0:
            unit.vowel = "a" if following is None or len(units) < 4 else "e"
        elif units[index - 1].vowel and following:
            unit.vowel = ""
        elif index == last - 1:
            unit.vowel = "e" if units[index - 1].vowel in ("o", "a") else "a"
        else:
            unit.vowel = "a" if units[index - 1].vowel == "" else ""


def _finish(text: str) -> str:
    """Add furtive patah, drop stops that are not heard, stress the word."""
    text = re.sub(r"([eiou])X$", r"\1?ax", text)
    text = re.sub(r"([eiou])A$", r"\1?a", text)
    text = text.replace("X", "x").replace("A", "?")
    text = re.sub(r"^('?)\?", r"\1", text)
    text = re.sub(r"\?+(?!'?[aeiou])", "", text)
    if not any(char in VOWELS for char in text):
        text += "e"
    before_last = re.search(r"[eiou]\?ax?$|ajim$", text)
    if before_last and "'" not in text:
        return text[: before_last.start()] + "'" + text[before_last.start() :]
    return stress_last(text)
