"""What an owner should know about the rows: which compete, and which can never answer."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass

from server.faq.anchors import POINTS
from server.faq.decision import GAP
from server.faq.facts import Fact
from server.faq.faults import Fault
from server.faq.matcher import MAX_TEXT_CHARS, MIN_SCORE, explain, guardrail
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
    return tuple(pair for found in look_for_conflicts(snapshot) for pair in found)


def look_for_conflicts(snapshot: FaqSnapshot) -> Iterator[tuple[Conflict, ...]]:
    """Yield, phrase by phrase, the pairs of ``conflicts`` that were not known before.

    Whoever asks in a process with calls lets them run in between.
    """
    known: set[tuple[int, int]] = set()
    for compiled in snapshot.rows:
        for pattern in _phrases(compiled):
            rows = explain(snapshot, pattern, compiled.row.lang).rows
            found = []
            for rival in _rivals(rows, compiled.row):
                pair = min(compiled.row.id, rival.id), max(compiled.row.id, rival.id)
                if pair not in known:
                    known.add(pair)
                    found.append(Conflict(compiled.row, rival, pattern))
            yield tuple(found)


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


def warnings(
    snapshot: FaqSnapshot, only: Container[int] | None = None
) -> dict[int, tuple[Fault, ...]]:
    """Return what is wrong with each row, by row id; rows without fault are left out.

    Broken patterns, patterns that a guardrail stops, patterns without a word that tells
    anything, and prices asked of an answer that names none. ``only`` holds the ids of the rows
    to look at; None: all of them.
    """
    return {row_id: faults for row_id, faults in look_for_faults(snapshot, only) if faults}


def look_for_faults(
    snapshot: FaqSnapshot, only: Container[int] | None = None
) -> Iterator[tuple[int, tuple[Fault, ...]]]:
    """Yield, row by row, what ``warnings`` tells: the row's id and what is wrong with it.

    Whoever asks in a process with calls lets them run in between.
    """
    for lang, shelf in snapshot.shelves.items():
        for place, compiled in enumerate(shelf.rows):
            if only is None or compiled.row.id in only:
                faults = (*compiled.warnings, *_faults(snapshot, shelf, place, lang))
                yield compiled.row.id, faults


def _faults(snapshot: FaqSnapshot, shelf: Shelf, place: int, lang: str) -> Iterator[Fault]:
    compiled, model = shelf.rows[place], shelf.book.rows[place]
    for pattern in _phrases(compiled):
        if len(pattern) > MAX_TEXT_CHARS:
            message = f"{pattern[:20]}…: longer than anything that is answered automatically"
            yield Fault("long_pattern", message, pattern)
            continue
        if fired := guardrail(snapshot, pattern, lang):
            message = f"{pattern}: always goes to the agent ({fired})"
            yield Fault("guarded_pattern", message, pattern, fired)
    if any(not one.elements and not one.asks for one in model.patterns):
        yield Fault("empty_pattern", "a pattern holds no word that tells what it is about")
    priced = any(Ask.PRICE in one.asks for one in model.patterns)
    if priced and not model.facts.kinds & {Fact.AMOUNT, Fact.FREE}:
        yield Fault("no_price", "a pattern asks for a price, and the answer names none")
