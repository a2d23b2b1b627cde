"""The words that the matcher knows by itself, looked up by spelling, form and sound.

An :class:`Index` finds words through ever looser keys and stops at the first that knows any:
as written, without attached prefixes, by ending, by root, by skeleton. The lexicon is one index,
made when the module is first used; every business has another with its own words.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum

from server.faq import actions, concepts, trades, words_en, words_he
from server.faq.morphology import (
    consonants,
    is_hebrew,
    lemmas,
    near_sounds,
    roots,
    skeleton,
    sounds,
    spelling,
    transliterated,
    without_prefixes,
)
from server.faq.normalize import normalize

_LONGEST_HEARD = 24
"""Longer words are no words; they are not looked up by sound, which would take long."""
FREE = "f"
"""Meaning of words that need no explanation by an answer."""
GENERIC = "g"
"""As ``FREE``, for nouns and verbs: they take prefixes."""
PLACE_NOUN = "p"
"""As ``GENERIC``, for what businesses call themselves; also when garbled."""
RELATION = "r"
ENDING = "end"
UNEXPLAINED = frozenset((FREE, GENERIC, PLACE_NOUN, RELATION))
KNOWN = "k"
"""Prefix of the meanings of common words that no answer speaks of by itself."""

QUESTIONS = {
    "q:how_many": "כמה howmany сколько",
    "q:when": "מתי when когда",
    "q:where": "איפה היכן איפא לאן מאיפה where где",
    "q:who": "מי who",
    "q:why": "למה מדוע why",
    "q:which": "איזה איזו אילו איזהו which",
    "q:what": "מה מהו מהי מהם מהן what",
    "q:how": "איך כיצד how",
    "q:whether": "האם",
    "q:what_if": "מהאם",
}

_GROUPS = {
    "a:command": actions.COMMANDS,
    "a:infinitive": actions.INFINITIVES,
    "a:paper": actions.DOCUMENTS,
    "a:wish": actions.WISHES,
    "a:tell": actions.TELL_VERBS,
    "a:available": actions.AVAILABILITY,
    "a:bookable": actions.BOOKABLE,
    "a:owned": actions.OWNED,
    "a:person": actions.PERSONS,
    "a:complaint": actions.COMPLAINTS,
    "a:date": actions.RELATIVE_DATES,
    "a:russian": words_en.RUSSIAN_ACTIONS,
    ENDING: words_he.GREETING_ENDS,
}


class Level(IntEnum):
    """How a word was recognised, the surest first."""

    WRITTEN = 0
    PREFIXED = 1
    INFLECTED = 2
    ROOT = 3
    SKELETON = 4
    SOUND = 5
    NEAR = 6
    UNKNOWN = 9


@dataclass(frozen=True, slots=True)
class Found:
    """A word recognised."""

    meanings: frozenset[str]
    level: Level
    prefix: str = ""


_Table = dict[str, frozenset[str]]


@dataclass(slots=True)
class Index:
    """Words by their keys. Filled once, then only read."""

    written: _Table = field(default_factory=dict)
    attached: _Table = field(default_factory=dict)
    """What may be words once the prefixes of written ones are off."""
    inflected: _Table = field(default_factory=dict)
    rooted: _Table = field(default_factory=dict)
    bony: _Table = field(default_factory=dict)
    sounding: _Table = field(default_factory=dict)
    nearly: _Table = field(default_factory=dict)
    loaned: _Table = field(default_factory=dict)

    def add(self, word: str, meanings: Iterable[str], *, prefixed: bool = False) -> None:
        """Add ``word`` (a key) with its meanings.

        ``prefixed`` says that its first letters may be prefixes, as in an owner's sentence.
        """
        word = spelling(word)
        meanings = frozenset(meanings)
        _put(self.written, (word,), meanings)
        forms = [word]
        if prefixed:
            rests = [rest for _, rest in without_prefixes(word)]
            _put(self.attached, rests, meanings)
            forms += rests
        for form in forms:
            _put(self.inflected, lemmas(form), meanings)
            _put(self.rooted, roots(form), meanings)
            if (bare := skeleton(form)) is not None:
                _put(self.bony, (bare,), meanings)

    def add_sound(
        self, word: str, meanings: Iterable[str], *, prefixed: bool = False, name: bool = False
    ) -> None:
        """Let what sounds like ``word`` mean the same; a ``name`` by fewer consonants, too."""
        word = spelling(word)
        meanings = frozenset(meanings)
        forms = [word, *(rest for _, rest in without_prefixes(word))] if prefixed else [word]
        for form in forms:
            if len(form) < 3:
                continue
            _put(self.sounding, sounds(form), meanings)
            if len(form) >= 4:
                _put(self.nearly, near_sounds(form), meanings)
            if (bare := consonants(form, 3 if name and len(form) > 4 else 4)) is not None:
                _put(self.loaned, (bare,), meanings)

    def add_exact_sound(self, word: str, meanings: Iterable[str]) -> None:
        """Let what sounds letter for letter like ``word`` mean the same."""
        _put(self.sounding, sounds(spelling(word)), frozenset(meanings))

    def find(self, word: str) -> Found | None:
        """Return what ``word`` (a key in single spelling) means, by form, or None."""
        if (found := self.written.get(word)) is not None:
            return Found(found, Level.WRITTEN)
        splits = [("", word), *without_prefixes(word)]
        for prefix, rest in splits:
            found = self.written.get(rest) or self.attached.get(rest)
            if not found:
                continue
            if prefix and prefix[-1] not in "וש":
                if not found.isdisjoint((FREE, RELATION)):
                    continue
                found = found - {"a:command"}
            if found:
                if prefix == "מ":  # a prefix, or the first letter of a present tense
                    found = found.union(*(self.rooted.get(root, ()) for root in roots(word)))
                return Found(found, Level.PREFIXED, prefix)
        for table, keys, level in (
            (self.inflected, lemmas, Level.INFLECTED),
            (self.rooted, roots, Level.ROOT),
            (self.bony, _skeletons, Level.SKELETON),
        ):
            for prefix, rest in splits:
                meanings: set[str] = set()
                for key in keys(rest):
                    meanings |= table.get(key, set())
                if level is not Level.SKELETON or rest[0] != "ת":
                    meanings = meanings - {"a:command"}
                sure = frozenset(meanings) - UNEXPLAINED or meanings & {PLACE_NOUN}
                if sure:
                    return Found(frozenset(sure), level, prefix)
        return None

    def find_sound(self, word: str) -> Found | None:
        """Return what ``word`` may have been before the line garbled it, or None."""
        if len(word) > _LONGEST_HEARD:
            return None
        if not is_hebrew(word):
            return self._find_loan(word)
        splits = [("", word), *without_prefixes(word)]
        for prefix, rest in splits:
            meanings = _union(self.sounding, sounds(rest))
            if not meanings or len(rest) < 3:
                continue
            if prefix and len(rest) < 5 and not meanings.isdisjoint(UNEXPLAINED):
                continue
            if prefix and prefix[-1] not in "וש":
                meanings -= {"a:command"}
                if not meanings:
                    continue
            return Found(meanings, Level.SOUND, prefix)
        for prefix, rest in splits:
            if len(rest) < 4:
                continue
            meanings = _union(self.sounding, near_sounds(rest)) | _union(self.nearly, sounds(rest))
            if meanings and not _free(meanings):
                return Found(meanings, Level.NEAR, prefix)
        return None

    def _find_loan(self, word: str) -> Found | None:
        hebrew = transliterated(word)
        bare = None if hebrew is None else consonants(hebrew, 3)
        found = None if bare is None else self.loaned.get(bare)
        return None if not found else Found(found, Level.SOUND)


def _skeletons(word: str) -> frozenset[str]:
    bare = skeleton(word)
    return frozenset() if bare is None else frozenset((bare,))


def _put(table: _Table, keys: Iterable[str], meanings: frozenset[str]) -> None:
    for key in keys:
        known = table.get(key)
        table[key] = meanings if known is None else known | meanings


def _union(table: _Table, keys: Iterable[str]) -> frozenset[str]:
    return frozenset(meaning for key in keys for meaning in table.get(key, ()))


def _free(meanings: Iterable[str]) -> bool:
    return all(meaning in (FREE, GENERIC, RELATION) for meaning in meanings)


def words_of(listed: str) -> list[str]:
    """Return the words of a list as keys; an underscore joins the parts of one word."""
    return [spelling(normalize(word.replace("_", ""))) for word in listed.split()]


def _concept_words() -> list[tuple[str, list[str]]]:
    listed = concepts.CONCEPTS.strip() + "\n" + trades.TRADES.strip()
    lines = [line.split(":", 1) for line in listed.splitlines()]
    return [(f"c:{name.strip()}", words_of(listed)) for name, listed in lines]


def _meanings() -> _Table:
    found: _Table = {}
    for meaning, listed in (
        (FREE, words_he.FUNCTION), (FREE, words_en.FUNCTION), (FREE, words_en.RUSSIAN),
        (GENERIC, words_he.GENERIC), (GENERIC, words_en.GENERIC), (PLACE_NOUN, words_he.PLACES),
    ):  # fmt: skip
        _put(found, words_of(listed), frozenset((meaning,)))
    _put(found, words_of(words_he.RELATIONS), frozenset((RELATION,)))
    for listed in (actions.WISHES, actions.TELL_VERBS):
        _put(found, words_of(listed), frozenset((GENERIC,)))
    for meaning, listed in (*QUESTIONS.items(), *_GROUPS.items()):
        _put(found, words_of(listed), frozenset((meaning,)))
    for meaning, words in _concept_words():
        _put(found, words, frozenset((meaning,)))
    for word in words_of(words_he.KNOWN) + words_of(words_en.KNOWN):
        _put(found, (word,), frozenset((f"{KNOWN}:{word}",)))
    return found


MEANINGS = _meanings()
"""All words known from the start, with everything that each may mean."""

WORDS_OF: dict[str, tuple[str, ...]] = {}
"""The words of one meaning."""
for _word, _found in MEANINGS.items():
    for _meaning in _found:
        WORDS_OF[_meaning] = (*WORDS_OF.get(_meaning, ()), _word)


def _lexicon() -> Index:
    index = Index()
    for word, meanings in MEANINGS.items():
        index.add(word, meanings)
        for prefix in ("ו", "ש", "כש", "ב", "מ", "ל", "ול", "וב", "ומ"):
            if prefix + word in MEANINGS:
                continue
            if any(meaning.startswith("q:") for meaning in meanings) and is_hebrew(word):
                _put(index.written, (prefix + word,), meanings)
        if len(word) == 2 and is_hebrew(word) and any(m.startswith("c:") for m in meanings):
            for prefix in ("ה", "ב", "ל", "ו"):
                if prefix + word not in MEANINGS:
                    _put(index.written, (prefix + word,), meanings)
        if prefix_takers(meanings) and is_hebrew(word) and len(word) < 3:
            for prefix in ("ו", "ש"):
                if prefix + word in MEANINGS:
                    continue
                _put(index.written, (prefix + word,), meanings)
    return index


def prefix_takers(meanings: frozenset[str]) -> bool:
    """Tell whether short words of these meanings take "and" and "that" in front."""
    return bool(meanings & UNEXPLAINED)


LEXICON = _lexicon()

_ALWAYS_HEARD = (PLACE_NOUN, "q:", "a:command", "a:infinitive", "a:wish", "a:person", "a:tell")


def heard_words() -> list[tuple[str, frozenset[str]]]:
    """Return the words that a garbled one may have been at any business."""
    return [
        (word, meanings)
        for word, meanings in MEANINGS.items()
        if any(meaning.startswith(_ALWAYS_HEARD) for meaning in meanings)
        or meanings & {"c:PRICE", "c:OPEN", "c:HOURS", "c:APPOINTMENT"}
    ]
