"""Words with nikud -> phonemes, read by their points.

The modern Israeli reading (Academy of the Hebrew Language, rules of transcription): kamatz and
patah are a, tsere and segol e, a shva is silent unless it would leave an unpronounceable start or
follows another. Stress is on the last syllable but for segolates, furtive patah, -ayim and words
with the stress mark ole (U+05AB).
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field

from server.speech.hebrew.mnemonics import STRESS, VOWELS

_SHVA = "\u05b0"
_DAGESH = "\u05bc"
_SIN_DOT = "\u05c2"
_SHIN_DOT = "\u05c1"
_OLE = "\u05ab"
_HOLAM = frozenset("\u05b9\u05ba")
_PATAH = "\u05b7"
_SEGOL = "\u05b6"
_TSERE = "\u05b5"
_VOWEL_POINTS = {
    "\u05b1": "e",
    "\u05b2": "a",
    "\u05b3": "o",
    "\u05b4": "i",
    "\u05b5": "e",
    "\u05b6": "e",
    "\u05b7": "a",
    "\u05b8": "a",
    "\u05b9": "o",
    "\u05ba": "o",
    "\u05bb": "u",
    "\u05c7": "o",
}
_PLAIN = {
    "א": "",
    "ב": "v",
    "ג": "g",
    "ד": "d",
    "ה": "h",
    "ו": "v",
    "ז": "z",
    "ח": "x",
    "ט": "t",
    "י": "j",
    "כ": "x",
    "ך": "x",
    "ל": "l",
    "מ": "m",
    "ם": "m",
    "נ": "n",
    "ן": "n",
    "ס": "s",
    "ע": "",
    "פ": "f",
    "ף": "f",
    "צ": "ts",
    "ץ": "ts",
    "ק": "k",
    "ר": "r",
    "ש": "S",
    "ת": "t",
}
_WITH_DAGESH = {"ב": "b", "כ": "k", "ך": "k", "פ": "p", "ף": "p"}
_WITH_GERESH = {"ג": "dZ", "ז": "Z", "צ": "tS", "ץ": "tS", "ת": "t", "ד": "d", "ו": "w"}
_SONORANTS = frozenset("יומנלר")


@dataclass(slots=True)
class _Letter:
    """One letter with its points; ``sound`` and ``vowel`` are filled in while reading."""

    char: str
    marks: set[str] = field(default_factory=set)
    sound: str = ""
    vowel: str = ""


def read(word: str) -> str:
    """Return the phonemes of a pointed ``word``, stressed; letters outside Hebrew are skipped."""
    letters = _letters(word)
    for index in range(len(letters)):
        _read_letter(letters, index)
    return _join(letters)


def _letters(word: str) -> list[_Letter]:
    letters: list[_Letter] = []
    for char in unicodedata.normalize("NFKD", word):
        if char in _PLAIN:
            letters.append(_Letter(char))
        elif letters and (char in "'\u05f3" or unicodedata.category(char) == "Mn"):
            letters[-1].marks.add("'" if char in "'\u05f3" else char)
    return letters


def _read_letter(letters: list[_Letter], index: int) -> None:
    """Set the sound and the vowel of the letter at ``index`` from its points and its neighbours."""
    letter = letters[index]
    last = index == len(letters) - 1
    before = letters[index - 1] if index else None
    letter.vowel = next(
        (_VOWEL_POINTS[mark] for mark in sorted(letter.marks) if mark in _VOWEL_POINTS), ""
    )
    if letter.char == "ו" and _is_vowel_letter(letter, before):
        letter.vowel = "o" if letter.marks & _HOLAM else "u"
        return
    silent_yod = letter.char == "י" and before and before.vowel in ("i", "e") and not letter.marks
    silent_he = letter.char == "ה" and last and _DAGESH not in letter.marks
    if silent_yod or (silent_he and not letter.vowel):
        return
    letter.sound = _sound(letter)
    if _SHVA in letter.marks and not last and _is_vocal(letters, index):
        letter.vowel = "e"


def _is_vowel_letter(letter: _Letter, before: _Letter | None) -> bool:
    if before is None:
        return _DAGESH in letter.marks and not letter.vowel
    if before.vowel:
        return False
    if letter.marks & _HOLAM:
        return True
    return _DAGESH in letter.marks and not letter.vowel and _SHVA not in letter.marks


def _sound(letter: _Letter) -> str:
    if "'" in letter.marks and letter.char in _WITH_GERESH:
        return _WITH_GERESH[letter.char]
    if letter.char == "ש" and _SIN_DOT in letter.marks:
        return "s"
    if _DAGESH in letter.marks and letter.char in _WITH_DAGESH:
        return _WITH_DAGESH[letter.char]
    return _PLAIN[letter.char]


def _is_vocal(letters: list[_Letter], index: int) -> bool:
    """Tell whether the shva at ``index`` is heard as e."""
    letter, after = letters[index], letters[index + 1]
    if index == 0:
        return letter.char in _SONORANTS or after.char in "אהע" or letter.char == after.char
    before = letters[index - 1]
    if _SHVA in before.marks and not before.vowel:
        return not (_SHVA in after.marks and index + 2 == len(letters))
    return letter.char == after.char


def _join(letters: list[_Letter]) -> str:
    """Write the letters out: furtive patah, a stop between vowels, the stress."""
    parts: list[tuple[str, str]] = []
    furtive = False
    for index, letter in enumerate(letters):
        if index == len(letters) - 1 and index and letter.char in "חעה" and _PATAH in letter.marks:
            furtive = bool(parts) and parts[-1][1] != "a"
            if furtive:
                parts += [("", "a"), (letter.sound if letter.char == "ח" else "", "")]
                continue
        parts.append((letter.sound, letter.vowel))
    marked = next((i for i, letter in enumerate(letters) if _OLE in letter.marks), None)
    vowels = [index for index, (_, vowel) in enumerate(parts) if vowel]
    if marked is not None and marked not in vowels:
        marked = None
    stressed = marked if marked is not None else _stressed(letters, parts, vowels, furtive=furtive)
    text = ""
    for index, (sound, vowel) in enumerate(parts):
        hiatus = "?" if vowel and not sound and text and text[-1] in VOWELS else ""
        text += sound + hiatus + (STRESS if index == stressed else "") + vowel
    return text


def _stressed(
    letters: list[_Letter], parts: list[tuple[str, str]], vowels: list[int], *, furtive: bool
) -> int | None:
    """Return the part that carries the stress by the rules of thumb."""
    if len(vowels) < 2:
        return vowels[-1] if vowels else None
    last, before = vowels[-1], vowels[-2]
    closed = any(sound for sound, _ in parts[last + 1 :])
    if furtive or (closed and _is_penultimate(letters, before, last)):
        return before
    return last


def _is_penultimate(letters: list[_Letter], before: int, last: int) -> bool:
    """Tell whether a closed last syllable leaves the stress to the one before it.

    So do segolates (מלך, ספר, בוקר), their guttural kin (נער, פתח) and -ayi- (בית, שתיים).
    """
    if letters[-1].char in "םן" and letters[last].char != "י" and letters[last].char not in "חע":
        return False
    marks, marks_before = letters[last].marks, letters[before].marks
    if letters[last].char == "י":
        return letters[before].vowel == "a" and letters[last].vowel == "i" and _DAGESH not in marks
    if _SEGOL in marks:
        return bool(marks_before & {_SEGOL, _TSERE, _PATAH} | marks_before & _HOLAM) or (
            letters[before].char == "ו" and letters[before].vowel == "o"
        )
    guttural = letters[last].char in "אהחע" or letters[-1].char in "חע"
    return _PATAH in marks and guttural and bool(marks_before & {_SEGOL, _PATAH})
