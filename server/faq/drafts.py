"""A draft of a prepared answer, made of what callers asked and of what the agent said."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from server.faq.kinds import kinds_of
from server.faq.morphology import spelling
from server.faq.normalize import normalize
from server.faq.questions import Ask, question_of
from server.faq.tokens import split_words
from server.faq.utterance import counts
from server.faq.vocabulary import Vocabulary, topics

MAX_ANSWER_CHARS = 240
MAX_PATTERNS = 10

_MAX_KEY_CHARS = 60
_NAMELESS = "question_"
_MAX_LABEL_WORDS = 3
_MAX_LABEL_CHARS = 120
_BETWEEN_SENTENCES = re.compile(r"(?<=[.!?…])\s+")
_NOT_IN_PATTERNS = re.compile(r"[^\w\s'\"׳״־-]|_")
_NOT_IN_KEYS = re.compile(r"[^a-z0-9]+")


@dataclass(slots=True)
class Heard:
    """One wording of a question."""

    text: str
    last: datetime
    count: int = 0

    def again(self, text: str, at: datetime) -> None:
        """Count it once more; the latest spelling is kept."""
        self.count += 1
        if at >= self.last:
            self.text, self.last = text, at


@dataclass(slots=True)
class Said(Heard):
    """One answer of the agent."""

    whole: bool = False
    """Whether it was ever spoken to its end."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What an owner gets to read before it becomes a prepared answer."""

    intent_key: str
    label: str
    patterns: tuple[str, ...]
    answer_text: str
    """Empty when the agent only asked back."""


def make_draft(
    heard: Sequence[Heard],
    said: Sequence[Said],
    words: Sequence[frozenset[str]],
    asks: frozenset[Ask],
    taken: Collection[str],
    subjects: Sequence[str],
) -> Draft:
    """Return the draft for one question.

    Args:
        heard: its wordings, the most frequent first.
        said: the agent's answers.
        words: the meanings of its words that count.
        asks: the kind of answer that it asks for.
        taken: intent keys that are in use.
        subjects: the words that count, as keys without prefixes.
    """
    return Draft(
        intent_key=_free_key(_key(heard[0].text, words, asks), taken),
        label=_label([one.text for one in heard], subjects),
        patterns=_patterns(heard),
        answer_text=_answer(said),
    )


def propose_key(texts: Sequence[str], taken: Collection[str]) -> str:
    """Return an intent key for what its owner calls ``texts``: a name, and how callers say it.

    Args:
        texts: the likeliest to tell what it is about first; empty ones tell nothing.
        taken: intent keys that are in use.
    """
    told = [" ".join(text.split()) for text in texts if normalize(text)]
    vocabulary = Vocabulary()
    for text in told:
        if plain := _NOT_IN_KEYS.sub("_", text.lower()).strip("_"):
            return _free_key(plain[:_MAX_KEY_CHARS].strip("_"), taken)
        tokens = vocabulary.read(split_words(text))
        question = question_of(tokens)
        words = [topics(token.meanings) for token in tokens if counts(token, question)]
        key = _key(text, [word for word in words if word], question.asks)
        if not key.startswith(_NAMELESS):
            return _free_key(key, taken)
    return _free_key(_key("".join(told[:1]), (), frozenset()), taken)


def _patterns(heard: Sequence[Heard]) -> tuple[str, ...]:
    """Return the wordings without punctuation: some of it would make them expressions."""
    found: dict[str, str] = {}
    for one in heard:
        pattern = " ".join(_NOT_IN_PATTERNS.sub(" ", one.text).split())
        if key := normalize(pattern):
            found.setdefault(key, pattern)
    return tuple(found.values())[:MAX_PATTERNS]


def _answer(said: Sequence[Said]) -> str:
    """Return the answer given most often, and of those the latest; cut ones only for want."""
    telling = [(one, text) for one in said if (text := _telling(one.text))]
    if not telling:
        return ""
    return max(telling, key=lambda one: (one[0].whole, one[0].count, one[0].last))[1]


def _telling(answer: str) -> str:
    """Return ``answer`` without the question at its end, in as many sentences as fit."""
    sentences = _BETWEEN_SENTENCES.split(" ".join(answer.split()))
    while sentences and sentences[-1].endswith("?"):
        sentences.pop()
    kept = ""
    for sentence in sentences:
        longer = f"{kept} {sentence}".strip()
        if len(longer) > MAX_ANSWER_CHARS:
            return kept or longer[: MAX_ANSWER_CHARS - 1].rpartition(" ")[0] + "…"
        kept = longer
    return kept


def _label(texts: Sequence[str], subjects: Sequence[str]) -> str:
    """Return the words that count as a caller spelled them, without their prefixes."""
    wanted = list(subjects)[:_MAX_LABEL_WORDS]
    found: dict[str, str] = {}
    for text in texts:
        for word in _NOT_IN_PATTERNS.sub(" ", text).split():
            key = spelling(normalize(word))
            for subject in wanted:
                if key.endswith(subject) and len(key) - len(subject) < 3:
                    found.setdefault(subject, word[len(key) - len(subject) :])
    return " ".join(found[subject] for subject in wanted if subject in found)[:_MAX_LABEL_CHARS]


def _key(question: str, words: Sequence[frozenset[str]], asks: frozenset[Ask]) -> str:
    """Return a name: the usual one of its kind, else its subjects, else a number."""
    kinds = kinds_of("", [(words, asks)], frozenset())
    if kinds:
        return kinds[0].name
    concepts = [
        min(names) for word in words if (names := [key[2:] for key in word if key[:2] == "c:"])
    ]
    if not concepts:
        return f"{_NAMELESS}{hashlib.sha256(normalize(question).encode()).hexdigest()[:6]}"
    named = "_".join((*dict.fromkeys(concepts), *sorted(asks)))
    return _NOT_IN_KEYS.sub("_", named.lower())[:_MAX_KEY_CHARS].strip("_")


def _free_key(key: str, taken: Collection[str]) -> str:
    free, number = key, 1
    while free in taken:
        number += 1
        free = f"{key}_{number}"
    return free
