"""What an owner should know about the rows: which compete, and which can never answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from server.faq.anchors import POINTS
from server.faq.decision import GAP
from server.faq.facts import Fact
from server.faq.matcher import MAX_TEXT_CHARS, MIN_SCORE, explain
from server.faq.questions import Ask
from server.faq.results import Scored
from server.faq.snapshot import CompiledRow, FaqRow, FaqSnapshot, Shelf, is_expression


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two rows of one language that claim one sentence.

    Said in other words than the pattern's own, neither answers it.
    """

    row: FaqRow
    other: FaqRow
    pattern: str
    """The pattern of ``row`` that ``other`` claims as well, as it was typed."""


def conflicts(snapshot: FaqSnapshot) -> tuple[Conflict, ...]:
    """Return the pairs of rows that compete, each pair once, with the first pattern that shows it.

    Takes a match for every phrase: for pages, not for calls.
    """
    found: dict[tuple[int, int], Conflict] = {}
    for compiled in snapshot.rows:
        for pattern in _phrases(compiled):
            rows = explain(snapshot, pattern, compiled.row.lang).rows
            for rival in _rivals(rows, compiled.row):
                pair = min(compiled.row.id, rival.id), max(compiled.row.id, rival.id)
                found.setdefault(pair, Conflict(compiled.row, rival, pattern))
    return tuple(found.values())


def _phrases(compiled: CompiledRow) -> Iterator[str]:
    return (pattern for pattern in compiled.row.patterns if not is_expression(pattern))


def _rivals(rows: tuple[Scored, ...], row: FaqRow) -> Iterator[FaqRow]:
    own = next((one for one in rows if one.row.id == row.id), None)
    if own is None:
        return
    for one in rows:
        if one.row.intent_key == row.intent_key or one.score < MIN_SCORE:
            continue
        if one.score > min(own.score, POINTS["phrase"]) - GAP:
            yield one.row


def warnings(snapshot: FaqSnapshot) -> dict[int, tuple[str, ...]]:
    """Return what is wrong with each row, by row id; rows without fault are left out.

    Broken patterns, patterns that a guardrail stops, patterns without a word that tells
    anything, and prices asked of an answer that names none.
    """
    found: dict[int, tuple[str, ...]] = {}
    for lang, shelf in snapshot.shelves.items():
        for place, compiled in enumerate(shelf.rows):
            some = (*compiled.warnings, *_faults(snapshot, shelf, place, lang))
            if some:
                found[compiled.row.id] = some
    return found


def _faults(snapshot: FaqSnapshot, shelf: Shelf, place: int, lang: str) -> Iterator[str]:
    compiled, model = shelf.rows[place], shelf.book.rows[place]
    for pattern in _phrases(compiled):
        if len(pattern) > MAX_TEXT_CHARS:
            yield f"{pattern[:20]}…: longer than anything that is answered automatically"
            continue
        guard = explain(snapshot, pattern, lang).guard
        if guard:
            yield f"{pattern}: always goes to the agent ({guard})"
    if any(not one.elements and not one.asks for one in model.patterns):
        yield "a pattern holds no word that tells what it is about"
    priced = any(Ask.PRICE in one.asks for one in model.patterns)
    if priced and not model.facts.kinds & {Fact.AMOUNT, Fact.FREE}:
        yield "a pattern asks for a price, and the answer names none"
