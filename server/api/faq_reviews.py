"""What owners should look at in their prepared answers, kept for as long as nobody changes them."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, TypeVar

from server.api.faq_models import MAX_SENTENCES, sentences_in
from server.api.profiles import profile_of
from server.clock import monotonic
from server.faq.conflicts import Conflict, look_for_conflicts, look_for_faults
from server.faq.snapshot import FaqSnapshot

MAX_SECONDS = 3.0
"""So long at most answers are compared with each other; a usual business takes a tenth of it."""

_KEPT = 64
_AT_ONCE = 20

Found = TypeVar("Found")

_kept: OrderedDict[tuple[Any, ...], tuple[Any, Any]] = OrderedDict()
"""By question and business, the rows it was asked of and the answer."""


def warned_ids(business_id: int) -> frozenset[int]:
    """Return the ids of the answers that callers can get and that have warnings.

    Raises:
        NotFoundError: there is no such business.
    """

    def look(snapshot: FaqSnapshot) -> frozenset[int]:
        found = set()
        for number, (faq_id, faults) in enumerate(look_for_faults(snapshot)):
            if faults:
                found.add(faq_id)
            _breathe(number)
        long = (
            one.row.id for one in snapshot.rows if sentences_in(one.row.answer_text) > MAX_SENTENCES
        )
        return frozenset((*found, *long))

    return _kept_for(("warned",), business_id, look)


def conflicts_of(
    business_id: int, most_phrases: int, most_pairs: int
) -> tuple[tuple[Conflict, ...], bool]:
    """Return the pairs of answers that compete, and whether all was looked at.

    Raises:
        NotFoundError: there is no such business.
    """

    def look(snapshot: FaqSnapshot) -> tuple[tuple[Conflict, ...], bool]:
        found: list[Conflict] = []
        until = monotonic() + MAX_SECONDS
        for number, pairs in enumerate(look_for_conflicts(snapshot), 1):
            found += pairs
            if number >= most_phrases or len(found) >= most_pairs or monotonic() > until:
                return tuple(found[:most_pairs]), False
            time.sleep(0)  # calls are being bridged in this process: let them have their frames
        return tuple(found), True

    return _kept_for(("conflicts", most_phrases, most_pairs), business_id, look)


def known_conflicts_of(
    business_id: int, most_phrases: int, most_pairs: int
) -> tuple[tuple[Conflict, ...], bool] | None:
    """Return what :func:`conflicts_of` would, where that is known already; else None.

    Raises:
        NotFoundError: there is no such business.
    """
    key = ("conflicts", most_phrases, most_pairs, business_id)
    rows, found = _kept.get(key, (None, None))
    known: tuple[tuple[Conflict, ...], bool] | None = found
    return known if rows is profile_of(business_id).faq.rows else None


def _kept_for(
    question: tuple[Any, ...], business_id: int, look: Callable[[FaqSnapshot], Found]
) -> Found:
    snapshot = profile_of(business_id).faq
    key = (*question, business_id)
    known = _kept.get(key)
    if known is not None and known[0] is snapshot.rows:
        found: Found = known[1]
        return found
    found = look(snapshot)
    _kept[key] = (snapshot.rows, found)
    _kept.move_to_end(key)
    while len(_kept) > _KEPT:
        _kept.popitem(last=False)
    return found


def _breathe(number: int) -> None:
    if number % _AT_ONCE == 0:
        time.sleep(0)  # calls are being bridged in this process: let them have their frames
