"""A caller's sentence, read with the words of one business."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from server.faq.questions import Question, question_of
from server.faq.vocabulary import Token


@dataclass(frozen=True, slots=True)
class Utterance:
    """A sentence with what it asks."""

    key: str
    tokens: tuple[Token, ...]
    question: Question
    meanings: frozenset[str]
    """The meanings of all of its words."""
    content: tuple[Token, ...]
    """The tokens that an answer has to explain."""


def read_utterance(key: str, tokens: Sequence[Token]) -> Utterance:
    """Return the sentence of ``tokens``, whose places count from 0, with what it asks."""
    question = question_of(tokens)
    return Utterance(
        key,
        tuple(tokens),
        question,
        frozenset(meaning for token in tokens for meaning in token.meanings),
        tuple(token for token in tokens if counts(token, question)),
    )


def counts(token: Token, question: Question) -> bool:
    """Tell whether an answer has to explain ``token``, which stands in ``question``."""
    return not token.free and token.place not in question.spent
