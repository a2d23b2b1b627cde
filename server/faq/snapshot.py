"""A business's prepared answers, compiled and ready in RAM; nobody changes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import regex

from server.faq.book import Book, Source, build_book
from server.faq.patterns import (
    MAX_REPEATS,
    compile_expression,
    is_expression,
    phrase_of,
)

__all__ = [
    "MAX_REPEATS",
    "CompiledRow",
    "FaqRow",
    "FaqSnapshot",
    "build_snapshot",
    "compile_expression",
    "compile_row",
    "is_expression",
]


_KEPT = 64
"""So many businesses' rows are kept compiled while nobody changes them."""


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
class Shelf:
    """The rows of one language with the book that finds them; both in the same order."""

    rows: tuple[CompiledRow, ...]
    book: Book


@dataclass(frozen=True, slots=True)
class FaqSnapshot:
    """All active rows of one business for one channel."""

    business_id: int
    rows: tuple[CompiledRow, ...] = ()
    shelves: Mapping[str, Shelf] = field(default_factory=dict, compare=False, repr=False)
    """By language, its rows ready to be matched."""


def compile_row(row: FaqRow) -> CompiledRow:
    """Return ``row`` compiled. A broken pattern costs that pattern and leaves a warning."""
    phrases: list[str] = []
    expressions: list[regex.Pattern[str]] = []
    warnings: list[str] = []
    for pattern in row.patterns:
        if not is_expression(pattern):
            if phrase := phrase_of(pattern):
                phrases.append(phrase)
            continue
        try:
            expressions.append(compile_expression(pattern))
        except ValueError as error:
            warnings.append(f"{pattern}: {error}")
    return CompiledRow(row, tuple(phrases), tuple(expressions), tuple(warnings))


def build_snapshot(business_id: int, rows: Iterable[FaqRow]) -> FaqSnapshot:
    """Return the snapshot of ``rows``, best priority first.

    Everything that matching needs is made here, once; nothing is compiled for an utterance.
    """
    ordered = tuple(sorted(rows, key=lambda row: (-row.priority, row.id)))
    compiled, shelves = _compiled(ordered)
    return FaqSnapshot(business_id, compiled, shelves)


@lru_cache(maxsize=_KEPT)
def _compiled(
    rows: tuple[FaqRow, ...],
) -> tuple[tuple[CompiledRow, ...], Mapping[str, Shelf]]:
    """Return ``rows`` compiled; a business that is read again unchanged costs nothing."""
    compiled = tuple(compile_row(row) for row in rows)
    by_lang: dict[str, list[CompiledRow]] = {}
    for one in compiled:
        by_lang.setdefault(one.row.lang, []).append(one)
    return compiled, {lang: Shelf(tuple(some), _book(some)) for lang, some in by_lang.items()}


def _book(rows: Iterable[CompiledRow]) -> Book:
    return build_book(
        [
            Source(
                one.row.id,
                one.row.intent_key,
                one.phrases,
                tuple(p for p in one.row.patterns if not is_expression(p) and phrase_of(p)),
                one.expressions,
                one.row.answer_text,
            )
            for one in rows
        ]
    )
