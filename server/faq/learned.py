"""Questions that callers put to the agent again and again, grouped by what they mean.

Two sentences mean the same when they ask for the same kind of answer and each word of the one
that counts has its like in the other: by subject, or by the form of a word that nobody knows.
Requests, small talk and whatever tells about the caller are left out.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from server.faq.drafts import Draft, Heard, Said, make_draft
from server.faq.guardrails import guard
from server.faq.matcher import MAX_TEXT_CHARS, Hit, match
from server.faq.morphology import lemmas, without_prefixes
from server.faq.normalize import normalize
from server.faq.questions import Ask
from server.faq.requests import is_asking
from server.faq.snapshot import FaqSnapshot
from server.faq.tokens import split_words
from server.faq.utterance import Utterance, read_utterance
from server.faq.vocabulary import Token, Vocabulary, topics

MAX_GROUPS = 1000
"""Sentences that would open one more are let go: callers have to repeat themselves to matter."""
MAX_EXAMPLES = 5

_PERSONAL = re.compile(r"[\d@]")
_DICTATED = 3
"""So many number words in one sentence are a number that is dictated."""
_OPENERS = frozenset(
    ("יש", "אפשר", "ניתנ", "אתמ", "אתנ", "do", "does", "is", "are", "can", "could", "may", "have")
)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A caller's sentence that went to the agent, and what the agent said to it."""

    sentence: str
    answer: str
    whole: bool
    """Whether the answer was spoken to its end."""
    lang: str
    call_sid: str
    at: datetime


@dataclass(frozen=True, slots=True)
class LearnedGroup:
    """One question in all its wordings."""

    question: str
    """The wording heard most often; names the group."""
    lang: str
    count: int
    """How often it was asked."""
    calls: int
    """In how many calls."""
    last_asked: datetime
    examples: tuple[str, ...]
    draft: Draft


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What a sentence asks; ``words`` holds the subjects or forms of each word that counts."""

    lang: str
    asks: frozenset[Ask]
    words: tuple[frozenset[str], ...]
    subjects: tuple[str, ...]
    """The words that count without their prefixes, as keys."""
    asking: bool

    def is_like(self, other: _Meaning) -> bool:
        return (
            self.lang == other.lang
            and self.asks == other.asks
            and _covers(self.words, other.words)
            and _covers(other.words, self.words)
        )


@dataclass(slots=True)
class _Group:
    meaning: _Meaning
    settled: bool
    heard: dict[str, Heard] = field(default_factory=dict)
    """The wordings by key."""
    said: dict[str, Said] = field(default_factory=dict)
    """The answers by key."""
    calls: set[str] = field(default_factory=set)

    def count(self) -> int:
        return sum(one.count for one in self.heard.values())


class Learner:
    """Takes exchanges one by one, so that whoever feeds it can let calls run in between.

    Args:
        snapshot: the prepared answers as they are now; what they answer is no longer learned.
        settled: language and sentence of questions that the owner has decided on.
    """

    def __init__(self, snapshot: FaqSnapshot, settled: Iterable[tuple[str, str]] = ()) -> None:
        self._snapshot = snapshot
        self._plain: dict[str, Vocabulary] = {}
        self._known: dict[tuple[str, str], _Group | None] = {}
        """The group of every sentence seen so far, by language and text."""
        self._groups: list[_Group] = []
        self._by_word: dict[str, list[int]] = {}
        self._wordless: list[int] = []
        for lang, sentence in settled:
            meaning = self._read(sentence, lang)
            if meaning is not None and self._find(meaning) is None:
                self._open(meaning, settled=True)

    def add(self, exchange: Exchange) -> None:
        """Take one exchange into its group, if it is a question that could be prepared."""
        sentence = " ".join(exchange.sentence.split())
        known = (exchange.lang, sentence)
        if known not in self._known:
            self._known[known] = self._place(sentence, exchange.lang)
        group = self._known[known]
        if group is None or group.settled:
            return
        key = normalize(sentence)
        group.heard.setdefault(key, Heard(sentence, exchange.at)).again(sentence, exchange.at)
        group.calls.add(exchange.call_sid)
        if answer := normalize(exchange.answer):
            said = group.said.setdefault(answer, Said(exchange.answer, exchange.at))
            said.again(exchange.answer, exchange.at)
            said.whole = said.whole or exchange.whole

    def groups(self, min_count: int, taken: Collection[str]) -> list[LearnedGroup]:
        """Return the questions asked at least so often, the most frequent first.

        ``taken`` are the intent keys that drafts may not have.
        """
        found = [
            learned
            for group in self._groups
            if not group.settled and group.count() >= min_count
            # Without a question word, an answer has to show that it was one.
            if (learned := _learned(group, taken)).draft.answer_text or group.meaning.asking
        ]
        found.sort(key=lambda one: (-one.count, -one.last_asked.timestamp(), one.question))
        return found

    def _place(self, sentence: str, lang: str) -> _Group | None:
        meaning = self._read(sentence, lang)
        if meaning is None or self._is_prepared(sentence, lang):
            return None
        group = self._find(meaning)
        if group is None and len(self._groups) < MAX_GROUPS:
            group = self._open(meaning, settled=False)
        return group

    def _is_prepared(self, sentence: str, lang: str) -> bool:
        """Tell whether a prepared answer fits by now, or several do."""
        found = match(self._snapshot, sentence, lang)
        return isinstance(found, Hit) or found.reason == "ambiguous"

    def _find(self, meaning: _Meaning) -> _Group | None:
        """Return the group of this meaning, by its word that the fewest groups have."""
        if meaning.words:
            places = min(
                (
                    {place for key in word for place in self._by_word.get(key, ())}
                    for word in meaning.words
                ),
                key=len,
            )
        else:
            places = set(self._wordless)
        like = (self._groups[place] for place in sorted(places))
        return next((group for group in like if group.meaning.is_like(meaning)), None)

    def _open(self, meaning: _Meaning, *, settled: bool) -> _Group:
        place = len(self._groups)
        self._groups.append(_Group(meaning, settled))
        for key in frozenset().union(*meaning.words):
            self._by_word.setdefault(key, []).append(place)
        if not meaning.words:
            self._wordless.append(place)
        return self._groups[place]

    def _read(self, sentence: str, lang: str) -> _Meaning | None:
        """Return what ``sentence`` asks; None when it is no question for a prepared answer."""
        if len(sentence) > MAX_TEXT_CHARS or _PERSONAL.search(sentence):
            return None
        tokens = self._vocabulary(lang).read(split_words(sentence))
        if sum(token.value is not None for token in tokens) >= _DICTATED:
            return None
        said = read_utterance(normalize(sentence), tokens)
        marked = "?" in sentence
        if not tokens or guard(tokens, said.question, is_question=marked):
            return None
        asks = said.question.asks
        asking = bool(asks) or marked or _opens(tokens)
        if not asking and not all(_is_subject(token) for token in said.content):
            return None
        if not said.content and (not asks or len(tokens) < 2):
            return None  # "when?" alone asks about what was said before
        return _meaning(said, lang, asking=asking)

    def _vocabulary(self, lang: str) -> Vocabulary:
        shelf = self._snapshot.shelves.get(lang)
        return shelf.book.vocabulary if shelf else self._plain.setdefault(lang, Vocabulary())


def _opens(tokens: Sequence[Token]) -> bool:
    return any(map(is_asking, tokens)) or tokens[0].text in _OPENERS


def _is_subject(token: Token) -> bool:
    return token.day is None and any(meaning.startswith("c:") for meaning in token.meanings)


def _meaning(said: Utterance, lang: str, *, asking: bool) -> _Meaning:
    return _Meaning(
        lang,
        said.question.asks,
        tuple(_keys(token) for token in said.content),
        tuple(token.text[len(token.prefix) :] for token in said.content),
        asking,
    )


def _keys(token: Token) -> frozenset[str]:
    """Return the subjects of ``token``; of a word that has none, the forms that it may be."""
    if token.value is not None:
        return frozenset((f"n:{token.value}",))
    if token.day is not None:
        return frozenset((f"d:{token.day}",))
    if subjects := topics(token.meanings):
        return subjects
    bare = (token.text, *(rest for _, rest in without_prefixes(token.text)))
    return frozenset(f"l:{form}" for word in bare for form in lemmas(word))


def _covers(words: Sequence[frozenset[str]], others: Sequence[frozenset[str]]) -> bool:
    return all(any(not word.isdisjoint(other) for other in others) for word in words)


def _learned(group: _Group, taken: Collection[str]) -> LearnedGroup:
    heard = sorted(group.heard.values(), key=lambda one: (-one.count, len(one.text), one.text))
    meaning = group.meaning
    return LearnedGroup(
        question=heard[0].text,
        lang=meaning.lang,
        count=group.count(),
        calls=len(group.calls),
        last_asked=max(one.last for one in heard),
        examples=tuple(one.text for one in heard[:MAX_EXAMPLES]),
        draft=make_draft(
            heard, list(group.said.values()), meaning.words, meaning.asks, taken, meaning.subjects
        ),
    )
