"""One business's words in one language: what each word of a caller means there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from server.faq.facts import value_of, weekday_of
from server.faq.lexicon import (
    ENDING,
    GENERIC,
    KNOWN,
    LEXICON,
    MEANINGS,
    PLACE_NOUN,
    UNEXPLAINED,
    WORDS_OF,
    Found,
    Index,
    Level,
    heard_words,
)
from server.faq.morphology import is_hebrew, lemmas, without_prefixes
from server.faq.tokens import Word

_NEVER_JOINED = frozenset(("לא", "אל", "בלי", "ללא", "אינ", "אני", "לי"))
"""Small words that change what is said; no mending swallows them."""
_CACHE_SIZE = 4000
_FREE = UNEXPLAINED | {ENDING}
_SILENT = UNEXPLAINED - {GENERIC}
_OVERRULED = frozenset(("a:command", "a:person", "a:complaint"))
"""Meanings that a word loses where its business has it in a row."""
_TOPICS = ("c:", "w:", f"{KNOWN}:")
_NOTHING = Found(frozenset(), Level.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a sentence with what it means at this business."""

    text: str
    meanings: frozenset[str]
    level: Level
    prefix: str
    clause: int
    place: int
    value: int | None = None
    """The number that it is."""
    day: int | None = None
    """The day of the week that it names, Sunday is 0."""

    @property
    def free(self) -> bool:
        """Whether no answer has to explain it."""
        return self.day is None and not self.meanings.isdisjoint(_FREE)

    def has(self, *meanings: str) -> bool:
        """Tell whether it may mean one of ``meanings``."""
        return not self.meanings.isdisjoint(meanings)


def topics(meanings: Iterable[str]) -> frozenset[str]:
    """Return those of ``meanings`` that name a subject."""
    return frozenset(meaning for meaning in meanings if meaning[:2] in _TOPICS)


def _hearing() -> Index:
    index = Index()
    for word, meanings in heard_words():
        index.add_sound(word, meanings)
    for word, meanings in MEANINGS.items():
        if meanings & UNEXPLAINED and is_hebrew(word) and len(word) >= 4:
            index.add_exact_sound(word, meanings)
    return index


_HEARING = _hearing()


@dataclass(slots=True)
class Vocabulary:
    """The words of a business's rows, and everything that callers may say for them."""

    _own: Index = field(default_factory=Index)
    _runs: dict[str, frozenset[str]] = field(default_factory=dict)
    """Neighbours of a pattern as one word."""
    _heard: set[str] = field(default_factory=set)
    """Concepts whose words may be misheard already."""
    _subjects: dict[str, str] = field(default_factory=dict)
    """What common words mean that are a pattern by themselves, by their bare forms."""
    _cache: dict[str, Found] = field(default_factory=dict)

    def add(self, words: Iterable[str]) -> None:
        """Take in the words of an owner's pattern or answer, in single spelling."""
        active: set[str] = set()
        for word in words:
            if value_of(word) is not None:
                continue
            known = LEXICON.find(word)
            meanings = set() if known is None or known.level > Level.ROOT else set(known.meanings)
            if meanings & _SILENT or any(m[:2] == "q:" for m in meanings):
                continue
            meanings = set(topics(meanings))
            sure = known is not None and known.level <= Level.PREFIXED
            if not sure and (earlier := self._own.find(word)) is not None:
                meanings |= earlier.meanings if earlier.level <= Level.INFLECTED else set()
            active |= {meaning for meaning in meanings if meaning.startswith("c:")}
            meanings.add(f"w:{word}")
            prefixed = known is None or known.level > Level.WRITTEN
            self._own.add(word, meanings, prefixed=prefixed)
            self._own.add_sound(word, meanings, prefixed=prefixed, name=known is None)
        for meaning in active - self._heard:
            for word in WORDS_OF[meaning]:
                self._own.add_sound(word, MEANINGS[word])
        self._heard |= active

    def add_subject(self, word: str) -> None:
        """Let the one word of a pattern be a subject, though it is none elsewhere: "parents"."""
        if self.find(word).meanings & {GENERIC, PLACE_NOUN}:
            for lemma in lemmas(word):
                self._subjects[lemma] = f"w:{word}"
        self._cache.clear()

    def add_joined(self, words: Sequence[str]) -> None:
        """Let two neighbours of a pattern be said as one word."""
        for left, right in pairwise(words):
            if len(left) > 1 and len(right) > 1:
                meanings = topics(self.find(left).meanings | self.find(right).meanings)
                if meanings:
                    self._runs[left + right] = meanings
        self._cache.clear()

    def find(self, word: str) -> Found:
        """Return what ``word`` means here; ``Level.UNKNOWN`` when nothing is known of it."""
        found = self._cache.get(word)
        if found is None:
            found = self._subject(word) or self._find(word)
            if len(self._cache) >= _CACHE_SIZE:
                self._cache.clear()
            self._cache[word] = found
        return found

    def _subject(self, word: str) -> Found | None:
        if not self._subjects:
            return None
        for prefix, rest in (("", word), *without_prefixes(word)):
            named = {self._subjects[lemma] for lemma in lemmas(rest) if lemma in self._subjects}
            if named:
                known = self._find(rest)
                meanings = frozenset(named) | (known.meanings - UNEXPLAINED)
                return Found(meanings, Level.INFLECTED, prefix)
        return None

    def _find(self, word: str) -> Found:
        if (run := self._runs.get(word)) is not None:
            return Found(run, Level.WRITTEN)
        common, own = LEXICON.find(word), self._own.find(word)
        if common is None and own is None and len(word) == 3 and word[0] in "הבלו":
            short = self._own.written.get(word[1:])
            own = None if short is None else Found(frozenset(short), Level.PREFIXED, word[0])
        best = _better(common, own)
        if (
            own is not None
            and common is not None
            and max(own.level, common.level) <= Level.INFLECTED
            and not any(
                meaning[:2] in ("c:", "k:") or meaning in UNEXPLAINED for meaning in common.meanings
            )
        ):
            best = Found(common.meanings | own.meanings, min(common.level, own.level), own.prefix)
        if own is not None and own.level is Level.WRITTEN and best is not None:
            best = Found(best.meanings - _OVERRULED, best.level, best.prefix)
        if best is not None and best.level <= Level.SKELETON and not _suspect(best):
            return best
        heard = _better(self._own.find_sound(word), _HEARING.find_sound(word))
        if best is not None and (
            heard is None or heard.level is Level.NEAR or heard.meanings.isdisjoint(UNEXPLAINED)
        ):
            return best
        return heard or _NOTHING

    def read(self, words: Sequence[Word]) -> list[Token]:
        """Return the tokens of ``words``, with words that the line cut or ran together mended."""
        tokens: list[Token] = []
        place = 0
        while place < len(words):
            word = words[place]
            following = words[place + 1] if place + 1 < len(words) else None
            before = words[place - 1].text if place else ""
            if len(word.text) == 1 and is_hebrew(word.text):
                place += 1
                if tokens and tokens[-1].level is Level.UNKNOWN and tokens[-1].day is None:
                    mended = self.find(tokens[-1].text + word.text)
                    if mended.level < Level.NEAR:
                        text = tokens.pop().text + word.text
                        tokens.append(_token(text, mended, word.clause, len(tokens), before))
                continue
            if (
                following is not None
                and following.clause == word.clause
                and len(following.text) > 1
            ):
                joined = self._join(word.text, following.text)
                if joined is not None:
                    tokens.append(_token(joined[0], joined[1], word.clause, len(tokens), before))
                    place += 2
                    continue
            found = self.find(word.text)
            halves = self._halves(word.text) if found.level is Level.UNKNOWN else ()
            for text, half in halves or ((word.text, found),):
                tokens.append(_token(text, half, word.clause, len(tokens), before))
            place += 1
        return tokens

    def _join(self, left: str, right: str) -> tuple[str, Found] | None:
        both = left + right
        if not is_hebrew(both) or len(both) < 4 or value_of(left) or value_of(right):
            return None
        if left in _NEVER_JOINED or right in _NEVER_JOINED:
            return None
        written = self._own.written.get(both)
        if written is not None and len(both) >= 5:
            return both, Found(frozenset(written), Level.WRITTEN)
        if Level.UNKNOWN not in (self.find(left).level, self.find(right).level):
            return None
        found = self.find(both)
        if found.level is Level.UNKNOWN or found.level is Level.SKELETON or _suspect(found):
            return None
        return both, found

    def _halves(self, word: str) -> tuple[tuple[str, Found], ...]:
        if not is_hebrew(word) or len(word) < 5:
            return ()
        for cut in range(2, len(word) - 2):
            left, right = word[:cut], word[cut:]
            start = MEANINGS.get(left)
            if start is None or not start & UNEXPLAINED:
                continue
            found = self._own.find(right) or self._own.find_sound(right)
            if (
                found is not None
                and not found.prefix
                and found.level in (Level.WRITTEN, Level.SOUND)
            ):
                return (left, Found(start, Level.WRITTEN)), (right, found)
        return ()


def _better(one: Found | None, other: Found | None) -> Found | None:
    if one is None or other is None:
        return one or other
    if one.level == other.level or max(one.level, other.level) <= Level.PREFIXED:
        level = min(one.level, other.level)
        return Found(one.meanings | other.meanings, level, one.prefix or other.prefix)
    return min(one, other, key=lambda found: found.level)


def _suspect(found: Found) -> bool:
    """Tell whether ``found`` is a common word under a prefix: it may be another one misheard."""
    return found.level > Level.WRITTEN and all(
        meaning.startswith(KNOWN + ":") or meaning in ("c:BREAD",) for meaning in found.meanings
    )


def _token(text: str, found: Found, clause: int, place: int, before: str) -> Token:
    day = weekday_of(text, before)
    value = value_of(text) if day is None else None
    meanings = found.meanings if day is None else found.meanings | {"t:day"}
    if value is not None:
        meanings |= {"t:number"}
    return Token(
        text, meanings, found.level, found.prefix, clause, place,
        value, day,
    )  # fmt: skip
