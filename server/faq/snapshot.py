"""A business's prepared answers, compiled and ready in RAM; immutable."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import regex

from server.faq.normalize import fold_letters, join_quoted, normalize

_REGEX_SIGNS = frozenset(r".*+[](){}|\^$")
_KEPT = regex.compile(r"(\\.|\(\?P<\w+>|\(\?P=\w+\))")
_QUESTION_MARKS = regex.compile(r"(?<![\\)\]}])[?! ]+$")
"""How a question ends; behind a bracket a question mark is an operator."""
_REPEATED_GROUP = regex.compile(r"[)]\s*[{]")
_REPEAT = regex.compile(r"\{(?:\d*,)?(\d+)")

MAX_REPEATS = 1000
"""An expression may ask for no part of itself more often than this."""


@dataclass(frozen=True, slots=True)
class FaqRow:
    """One prepared answer as its owner typed it."""

    id: int
    intent_key: str
    label: str
    patterns: tuple[str, ...]
    answer_text: str
    lang: str
    priority: int


@dataclass(frozen=True, slots=True)
class CompiledRow:
    """A row with its phrases normalised and its expressions compiled."""

    row: FaqRow
    phrases: tuple[str, ...]
    expressions: tuple[regex.Pattern[str], ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FaqSnapshot:
    """All active rows of one business for one channel."""

    business_id: int
    rows: tuple[CompiledRow, ...] = ()


def is_expression(pattern: str) -> bool:
    """Tell whether an owner's ``pattern`` is a regular expression rather than a phrase.

    A ``?`` is how people end a question, so it alone does not make an expression.
    """
    return any(sign in _REGEX_SIGNS for sign in pattern.rstrip("?!. "))


def compile_expression(pattern: str) -> regex.Pattern[str]:
    """Return ``pattern`` compiled over normalised letters.

    Raises:
        ValueError: it is no valid expression, or one that would take all memory; the message is
            for its owner.
    """
    if _repeats(pattern) > MAX_REPEATS:
        raise ValueError(f"this expression repeats a part more than {MAX_REPEATS} times")
    try:
        return regex.compile(_fold_expression(_QUESTION_MARKS.sub("", pattern)))
    except regex.error as error:
        raise ValueError(f"not a valid expression: {error}") from None
    except RecursionError:
        raise ValueError("not a valid expression: too many brackets") from None


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


def compile_row(row: FaqRow) -> CompiledRow:
    """Return ``row`` compiled. A broken pattern costs that pattern and leaves a warning."""
    phrases: list[str] = []
    expressions: list[regex.Pattern[str]] = []
    warnings: list[str] = []
    for pattern in row.patterns:
        if not is_expression(pattern):
            if phrase := normalize(pattern):
                phrases.append(phrase)
            continue
        try:
            expressions.append(compile_expression(pattern))
        except ValueError as error:
            warnings.append(f"{pattern}: {error}")
    return CompiledRow(row, tuple(phrases), tuple(expressions), tuple(warnings))


def build_snapshot(business_id: int, rows: Iterable[FaqRow]) -> FaqSnapshot:
    """Return the snapshot of ``rows``, best priority first."""
    ordered = sorted(rows, key=lambda row: (-row.priority, row.id))
    return FaqSnapshot(business_id, tuple(compile_row(row) for row in ordered))
