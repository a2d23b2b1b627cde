"""Word shapes of Hebrew: which vowels go into which skeleton of consonants.

A shape is written with C for a consonant letter and Hebrew letters for themselves; its reading with
digits for the consonants: ``1`` soft (v x f after a vowel), ``1!`` hard (b k p: at a word's start,
after a closed syllable or doubled), + for the vowel some first consonants need before a second.
What a shape says of stress stands there as '; without it the last syllable is stressed. The first
shape that fits a whole word wins.

The shapes are the common verb stems and noun patterns (binyanim and mishkalim) in the full spelling
of the Academy of the Hebrew Language; each is right for most words of its skeleton, not for all.
"""

from __future__ import annotations

import re
from typing import Final

_CONSONANT: Final = "([בגדהזחטכלמנסעפצקרשתךםןףץ]'?)"

_ENDINGS: Final = (("", ""), ("ים", "im"), ("ות", "ot"), ("ה", "a"), ("ו", "u"))
_HITPAEL: Final = (
    ("להת", "lehit"),
    ("הת", "hit"),
    ("מת", "mit"),
    ("ית", "jit"),
    ("תת", "tit"),
    ("נת", "nit"),
)
_HIFIL: Final = (("לה", "leha"), ("ה", "hi"), ("מ", "ma"), ("י", "ja"), ("ת", "ta"), ("נ", "na"))


def _shapes() -> list[tuple[str, str]]:
    shapes: list[tuple[str, str]] = []
    for letters, sounds in _HITPAEL:
        shapes.append((f"{letters}CCC", f"{sounds}1!a2!e3"))
        shapes.append((f"{letters}CCCת", f"{sounds}1!a2!'e3et"))
        shapes += [
            (f"{letters}CCC{ending}", f"{sounds}1!a2!3!{sound}") for ending, sound in _ENDINGS[1:]
        ]
    for letters, sounds in _HIFIL:
        shapes += [
            (f"{letters}CCיC{ending}", f"{sounds}12!i3{sound}") for ending, sound in _ENDINGS
        ]
    shapes += [
        ("לחCוC", "lax1!o2"),
        ("לעCוC", "la?a1o2"),
        ("לCCוC", "li12!o3"),
        ("לעCות", "la?a1ot"),
        ("לחCות", "lax1!ot"),
        ("לCCות", "li12!ot"),
        ("לCCת", "la1'e2et"),
        ("לCCC", "le1a2!e3"),
        ("לCCיC", "le1a2i3"),
        ("הCCCה", "ha12!a3a"),
        ("הCCCת", "ha12!a3at"),
        ("הCCה", "ha1a2a"),
        ("הCCCתי", "hi12!'a3ti"),
        ("הCCCנו", "hi12!'a3nu"),
        ("מחCC", "max1!a2"),
        ("מעCC", "ma?a1a2"),
        ("מCCC", "mi12!a3"),
        ("מחCCה", "max1!a2a"),
        ("מחCCת", "max1!'e2et"),
        ("מCCCה", "mi12!a3a"),
        ("מCCCת", "mi12!'e3et"),
        ("מCCCים", "me1a2!3!im"),
        ("מCCCות", "me1a2!3!ot"),
        ("מCוCC", "me1u2!a3"),
        ("מCוCCת", "me1u2!'e3et"),
        ("מCוCCים", "me1u2!a3im"),
        ("מCוCCות", "me1u2!a3ot"),
        ("CCים", "1!a2im"),
        ("CCות", "1!a2ot"),
        ("CיCות", "1!i2ot"),
        ("CיCים", "1!i2im"),
        ("CוCה", "1!o2a"),
        ("CוCות", "1!o2ot"),
        ("CוCים", "1!o2im"),
        ("CוCC", "1!o2e3"),
        ("CוCCת", "1!o2'e3et"),
        ("CוCCים", "1!o23!im"),
        ("CוCCות", "1!o23!ot"),
        ("CוCCה", "1!o23!a"),
        ("CיוC", "1!iju2"),
        ("CיוCים", "1!iju2im"),
        ("CיCוC", "1!i2!u3"),
        ("CיCוCים", "1!i2!u3im"),
        ("CיCוCי", "1!i2!u3ej"),
        ("CיCCתי", "1!i2!'a3ti"),
        ("CיCCנו", "1!i2!'a3nu"),
        ("CCוC", "1!a2u3"),
        ("CCיC", "1!a2i3"),
        *((f"CCוC{ending}", f"1!+2u3{sound}") for ending, sound in _ENDINGS[1:4]),
        *((f"CCיC{ending}", f"1!+2i3{sound}") for ending, sound in _ENDINGS[1:4]),
        ("CCוCת", "1!+2'o3et"),
        ("CCיCת", "1!+2i3at"),
        ("CCCתי", "1!a2'a3ti"),
        ("CCCנו", "1!a2'a3nu"),
        ("CCCים", "1!+2a3im"),
        ("CCCות", "1!+2a3ot"),
        ("C[החע]C", "1!'a2a3"),
        ("CC[חע]", "1!'e2a3"),
        ("CCC", "1!'e2e3"),
        ("CCת", "1!a2at"),
        ("CCCת", "1!a2'e3et"),
        ("CC", "1!a2"),
        ("CCה", "1!a2a"),
        ("CCCה", "1!a23!a"),
        ("CCCון", "1!i23!on"),
        ("CCCC", "1!a23!e4"),
    ]
    return shapes


def _compile(shape: str) -> re.Pattern[str]:
    """Return the pattern of a shape; its last C is never ה, which is a vowel letter there."""
    groups = re.sub(r"\[[^]]+\]", lambda match: f"({match.group()})", shape)
    last = "(?<!ה)" if shape.endswith("C") else ""
    return re.compile(groups.replace("C", _CONSONANT) + last)


SHAPES: Final = tuple((_compile(shape), reading) for shape, reading in _shapes())
"""Patterns of whole words and their readings, in the order of trying."""
