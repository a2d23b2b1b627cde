"""A business's prepared answers, compiled and ready in RAM; nobody changes them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import regex

from server.faq.book import Book, Source, build_book
from server.faq.faults import Fault
from server.faq.patterns import (
    MAX_REPEATS,
    PatternError,
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
    warnings: tuple[Fault, ...]


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
    warnings: list[Fault] = []
    for pattern in row.patterns:
        if not is_expression(pattern):
            if phrase := phrase_of(pattern):
                phrases.append(phrase)
            continue
        try:
            expressions.append(compile_expression(pattern))
        except PatternError as error:
            message = f"{pattern}: {error}"
            warnings.append(Fault("broken_pattern", message, pattern, error.code))
    return CompiledRow(row, tuple(phrases), tuple(expressions), tuple(warnings))


_Compiled = tuple[tuple[CompiledRow, ...], Mapping[str, Shelf]]
_kept: OrderedDict[tuple[FaqRow, ...], _Compiled] = OrderedDict()


def build_snapshot(
    business_id: int,
    rows: Iterable[FaqRow],
    breathe: Callable[[], None] = lambda: None,
    *,
    keep: bool = True,
) -> FaqSnapshot:
    """Return the snapshot of ``rows``, best priority first.

    Everything that matching needs is made here, once; nothing is compiled for an utterance.

    Args:
        breathe: called every few milliseconds of work, so that others may run meanwhile.
        keep: whether these rows may come again; what somebody is just typing will not.
    """
    ordered = tuple(sorted(rows, key=lambda row: (-row.priority, row.id)))
    found = _kept.get(ordered)  # a business that is read again unchanged costs nothing
    if found is None:
        found = _compiled(ordered, breathe)
        if keep:
            _kept[ordered] = found
        if len(_kept) > _KEPT:
            _kept.popitem(last=False)
    compiled, shelves = found
    return FaqSnapshot(business_id, compiled, shelves)


def _compiled(rows: tuple[FaqRow, ...], breathe: Callable[[], None]) -> _Compiled:
    compiled = []
    by_lang: dict[str, list[CompiledRow]] = {}
    for row in rows:
        one = compile_row(row)
        compiled.append(one)
        by_lang.setdefault(row.lang, []).append(one)
        breathe()
    shelves = {lang: Shelf(tuple(some), _book(some, breathe)) for lang, some in by_lang.items()}
    return tuple(compiled), shelves


def _book(rows: Iterable[CompiledRow], breathe: Callable[[], None]) -> Book:
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
        ],
        breathe,
    )
