"""A business's prepared answers, compiled and ready in RAM; immutable."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import regex

from server.faq.normalize import fold_letters, normalize

_REGEX_SIGNS = frozenset(r".*+[](){}|\^$")


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
        ValueError: it is no valid expression; the message is for its owner.
    """
    try:
        return regex.compile(fold_letters(pattern.rstrip("?! ")))
    except regex.error as error:
        raise ValueError(f"not a valid expression: {error}") from None


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
