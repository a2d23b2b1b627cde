"""Text of a Hebrew business -> segments that the engine can say.

The order: marks and quotes in one spelling; the demo's hand-checked sentences; what stands in
``[[...]]`` set aside; short forms and numbers into words; then each run of Hebrew into phonemes and
each run of another script to a voice of its language.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from server.speech.hebrew.abbreviations import name_lone_letters, write_out, write_out_signs
from server.speech.hebrew.alphabet import normalise
from server.speech.hebrew.demo import DEMO_PRONUNCIATIONS
from server.speech.hebrew.mnemonics import is_speakable
from server.speech.hebrew.numbers import numbers_to_words
from server.speech.hebrew.phonemes import sentence_phonemes

HEBREW: Final = "he"
"""The engine language of a segment whose text is phonemes in ``[[...]]``."""

_LONGEST_CLAUSE_WORDS: Final = 30
_LONGEST_FOREIGN_WORDS: Final = 60

_TAG = re.compile(r"<[^<>]{0,200}>")
_BRACKETS = re.compile(r"(?:(?<![א-ת])[והבלמשכ]{1,3})?\[\[([^\[\]]*)\]\]")
_SENTENCE_END = re.compile(r"(?<=\]\][.!?]) ")
# The engine keeps a word's phonemes in 200 bytes without checking: a longer word is cut in two.
_RUN = re.compile(
    r"(?P<clause>[.,;:!?…()–—|]+)"
    r"|(?P<hebrew>[והבלמשכ]{0,3}\[\[[^\[\]]*\]\]|[א-ת][א-ת\u05ab-\u05c7'\"]{0,30})"
    r"|(?P<latin>[A-Za-z\u00c0-\u024f][A-Za-z\u00c0-\u024f'.&-]{0,30})"
    r"|(?P<cyrillic>[\u0400-\u04ff]{1,30})"
    r"|(?P<arabic>[\u0620-\u064a]{1,30})"
)
_VOICES: Final = {"latin": "en-US", "cyrillic": "ru", "arabic": "ar"}


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of text for one voice, in the order of speaking.

    Attributes:
        language: ``he`` for phonemes of the Hebrew voice, else the language of ``text``.
        text: what the engine gets, ending in the mark that gives the melody.
    """

    language: str
    text: str


def prepare(text: str) -> list[Segment]:
    """Return what the engine is to say for Hebrew ``text``; empty if there is nothing to say.

    Args:
        text: as people write it; ``[[phonemes]]`` in it are said as they are if the voice knows
            them (see ``mnemonics``), and read as text if it does not.
    """
    text = " ".join(_TAG.sub(" ", normalise(text)).split())
    demo = DEMO_PRONUNCIATIONS.get(text)
    if demo is not None:
        return [Segment(HEBREW, sentence) for sentence in _SENTENCE_END.split(demo)]
    return list(_segments(_to_words(text)))


def _to_words(text: str) -> str:
    """Turn short forms and numbers into words everywhere but in speakable ``[[...]]``."""
    parts: list[str] = []
    position = 0
    for match in _BRACKETS.finditer(text):
        if is_speakable(match[1]):
            parts += [_plain_to_words(text[position : match.start()]), match.group()]
            position = match.end()
    parts.append(_plain_to_words(text[position:]))
    return "".join(parts)


def _plain_to_words(text: str) -> str:
    text = text.replace("[", " ").replace("]", " ")
    return name_lone_letters(write_out_signs(numbers_to_words(write_out(text))))


def _segments(text: str) -> Iterator[Segment]:
    """Cut ``text`` where the voice changes and at sentence ends; bound every clause."""
    words: list[str] = []
    clauses: list[str] = []
    foreign: list[str] = []
    voice = HEBREW

    def close(mark: str) -> None:
        if words:
            clauses.append(sentence_phonemes(words) + mark)
            words.clear()
        elif clauses and mark in ".!?":
            clauses[-1] = clauses[-1][:-1] + mark

    def flush(mark: str) -> Iterator[Segment]:
        close(mark)
        if clauses:
            yield Segment(HEBREW, " ".join(clauses))
            clauses.clear()
        if foreign:
            yield Segment(voice, " ".join(foreign) + mark)
            foreign.clear()

    for match in _RUN.finditer(text):
        kind, found = str(match.lastgroup), match.group()
        if kind == "clause":
            mark = _mark(found)
            if mark in ".!?" or foreign:
                yield from flush(mark)
            else:
                close(mark)
            continue
        wanted = _VOICES.get(kind, HEBREW)
        full = len(words) >= _LONGEST_CLAUSE_WORDS or len(foreign) >= _LONGEST_FOREIGN_WORDS
        if full or (wanted != voice and (words or clauses or foreign)):
            yield from flush(",")
        voice = wanted
        (words if wanted == HEBREW else foreign).append(found)
    yield from flush(".")


def _mark(found: str) -> str:
    """Return the one mark that stands for a run of punctuation."""
    return next((mark for mark in "?!." if mark in found), ",")
