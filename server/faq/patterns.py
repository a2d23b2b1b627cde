"""An owner's patterns: phrases, and regular expressions that are safe to run.

A pattern is data that somebody typed: it may be broken, huge or slow, and costs itself only.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import regex

from server.faq.morphology import spelling
from server.faq.normalize import fold_letters, join_quoted, normalize

_REGEX_SIGNS = frozenset(r".*+[](){}|\^$")
_KEPT = regex.compile(r"(\\.|\(\?P<\w+>|\(\?P=\w+\))")
_QUESTION_MARKS = regex.compile(r"(?<![\\)\]}])[?! ]+$")
"""How a question ends; behind a bracket a question mark is an operator."""
_REPEATED_GROUP = regex.compile(r"[)]\s*[{]")
_REPEAT = regex.compile(r"\{(?:\d*,)?(\d+)")
_OPTIONAL_GROUP = regex.compile(r"\((?:\?:)?([^()]*)\)[?*]")
_OPTIONAL_LETTER = regex.compile(r"(\w)\?")
_GAP = regex.compile(r"\.[*+]\??|\.\{\d*,?\d*\}|\\s[*+]?|\\b|[\^$]")
_GROUP = regex.compile(r"\((?:\?:)?([^()]*)\)")
_WORD = regex.compile(r"[^\W\d_]{2,}")
_PLAIN = regex.compile(r"[\w |]*")

MAX_REPEATS = 1000
"""An expression may ask for no part of itself more often than this."""


class PatternError(ValueError):
    """An owner's expression that cannot be used; the message is for its owner.

    Args:
        code: ``too_many_repeats``, ``not_an_expression`` or ``too_many_brackets``.
        message: what is wrong, in a sentence.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Expression:
    """An owner's regular expression, compiled over normalised letters."""

    pattern: regex.Pattern[str]
    needle: str
    """Letters without which it finds nothing; empty when none are sure."""
    parts: tuple[tuple[str, ...], ...]
    """Its words in order, each with its alternatives; empty when it is no plain row of words."""
    words: tuple[str, ...]
    """All words that stand in it."""
    literal: bool
    """Whether it matches the words that stand in it and nothing else."""


def is_expression(pattern: str) -> bool:
    """Tell whether an owner's ``pattern`` is a regular expression rather than a phrase.

    A ``?`` is how people end a question, so it alone does not make an expression.
    """
    return any(sign in _REGEX_SIGNS for sign in pattern.rstrip("?!. "))


def compile_expression(pattern: str) -> regex.Pattern[str]:
    """Return ``pattern`` compiled over normalised letters.

    Raises:
        PatternError: it is no valid expression, or one that would take all memory.
    """
    if _repeats(pattern) > MAX_REPEATS:
        raise PatternError(
            "too_many_repeats", f"this expression repeats a part more than {MAX_REPEATS} times"
        )
    try:
        return regex.compile(_fold_expression(_QUESTION_MARKS.sub("", pattern)))
    except regex.error as error:
        raise PatternError("not_an_expression", f"not a valid expression: {error}") from None
    except RecursionError:
        raise PatternError(
            "too_many_brackets", "not a valid expression: too many brackets"
        ) from None


def read_expression(compiled: regex.Pattern[str]) -> Expression:
    """Return ``compiled`` with the words that stand in it."""
    source = compiled.pattern
    without_escapes = regex.sub(r"\\[pPN]\{[^}]*\}|\\.|\(\?P?[<=!:a-zA-Z]*[^)|]*>", " ", source)
    words = tuple(spelling(word) for word in _WORD.findall(without_escapes))
    firm = _OPTIONAL_GROUP.sub(" ", source)
    literal = _GAP.sub("", source) == source.strip("^$") and "[" not in source
    firm = _GAP.sub(" ", _OPTIONAL_LETTER.sub(r"\1", firm))
    outside = _GROUP.sub("|", firm)
    if not _PLAIN.fullmatch(outside) or "|" in _GROUP.sub(" ", firm):
        return Expression(compiled, "", (), words, literal)
    parts: list[tuple[str, ...]] = []
    for piece in regex.findall(r"\([^()]*\)|\w+", firm):
        options = _WORD.findall(piece.removeprefix("(?:"))
        if options:
            parts.append(tuple(spelling(option) for option in options))
    sure = _WORD.findall(
        _OPTIONAL_LETTER.sub(" ", _GAP.sub(" ", _GROUP.sub(" ", _OPTIONAL_GROUP.sub(" ", source))))
    )
    return Expression(compiled, max(sure, key=len, default=""), tuple(parts), words, literal)


def _fold_expression(pattern: str) -> str:
    r"""Return ``pattern`` with its letters folded, but not its escapes (``\S``) and groups."""
    pieces = _KEPT.split(pattern)
    return "".join(
        piece if number % 2 else join_quoted(fold_letters(piece))
        for number, piece in enumerate(pieces)
    )


def _repeats(pattern: str) -> int:
    """Return an upper bound of how often ``pattern`` repeats one of its parts.

    A repetition is unrolled when it is compiled: ``a{1000000000}`` takes all memory there is,
    and the process with it. Repetitions inside a repeated group multiply; others add up.
    """
    counts = [int(count) for count in _REPEAT.findall("".join(fold_letters(pattern).split()))]
    nested = _REPEATED_GROUP.search(pattern) is not None
    return math.prod(max(1, count) for count in counts) if nested else sum(counts)


def phrase_of(pattern: str) -> str:
    """Return the key of a phrase as its owner typed it."""
    return normalize(pattern)
